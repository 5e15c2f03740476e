"""The spanning forest, copied from one component of each kind to all, against graphs of all waves."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.bases.dual_graph import SpanningForest, spanning_forest
from basis_store import CertificateError, Setting, all_settings, waves_within
from basis_store.groups.group import LatticeFamily
from basis_store.groups.operations import rotation_generators

FAMILIES = sorted({(one.lattice_family, operations(one).distinct_rotations) for one in all_settings()})


def whole_graph(forest: SpanningForest) -> "nx.DiGraph[int]":
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(forest.index)))
    for heads in forest.images:
        graph.add_edges_from(enumerate(heads.tolist()))
    return graph


@pytest.mark.parametrize(("family", "rotations"), FAMILIES, ids=range(len(FAMILIES)))
def test_the_forest_is_a_breadth_first_forest_of_the_whole_graph(
    family: LatticeFamily, rotations: tuple[bytes, ...]
) -> None:
    forest = spanning_forest(rotations, waves_within(family, 60))
    waves, starts = forest.index.waves, np.cumsum(forest.orbit_sizes) - forest.orbit_sizes
    graph = whole_graph(forest)
    components = {frozenset(one) for one in nx.weakly_connected_components(graph)}
    rows = np.split(np.arange(len(waves)), starts[1:])
    assert components == {frozenset(one.tolist()) for one in rows}
    assert np.array_equal(forest.generators, rotation_generators(rotations))
    depths = np.full(len(waves), -1)
    depths[starts] = 0
    for depth, (children, parents, generators) in enumerate(forest.levels, start=1):
        assert (depths[children] == -1).all(), "no wave is reached twice"
        assert (depths[parents] == depth - 1).all()
        assert np.array_equal(forest.images[generators, parents], children), "its edges are edges of the graph"
        reached = np.einsum("ci,cij->cj", waves[parents], forest.generators[generators])
        assert np.array_equal(reached, waves[children])
        depths[children] = depth
    expected = np.concatenate(
        [
            [distances[row] for row in own]
            for own in (one.tolist() for one in rows)
            for distances in [nx.single_source_shortest_path_length(graph, own[0])]
        ]
    )
    assert np.array_equal(depths, expected)


def test_orbits_of_one_shell_come_in_the_order_of_the_format() -> None:
    """P4: a pair of orbits O, -O with four waves each, and the pole, whose opposite is another orbit."""
    group = operations(Setting.standard(75))
    forest = spanning_forest(group.distinct_rotations, waves_within("orthogonal", 6)[:18])
    starts = np.cumsum(forest.orbit_sizes) - forest.orbit_sizes
    assert forest.index.waves[starts].tolist() == [
        [1, 0, 0],
        [0, 0, 1],
        [0, 0, -1],
        [1, 1, 0],
        [1, 0, 1],
        [-1, 0, -1],
    ]
    assert forest.orbit_sizes.tolist() == [4, 1, 1, 4, 4, 4]
    assert forest.parts.tolist() == [0, 1, -1, 0, 1, -1]
    assert np.array_equal(forest.index.waves[14:18], -forest.index.waves[10:14])


def test_incomplete_shells_are_refused() -> None:
    rotations = operations(Setting.standard(225)).distinct_rotations
    with pytest.raises(CertificateError, match="a set of 5 waves is not closed under R ="):
        spanning_forest(rotations, waves_within("orthogonal", 3)[:5])


def test_no_waves_at_all() -> None:
    forest = spanning_forest(operations(Setting.standard(225)).distinct_rotations, np.zeros((0, 3), np.int16))
    assert len(forest.index) == len(forest.orbit_sizes) == len(forest.levels) == 0
