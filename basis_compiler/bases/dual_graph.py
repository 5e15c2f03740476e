"""The dual graph of a setting (D3) and the spanning forest that its gains are propagated along.

    nodes  waves k (as rows of a closed wave list)
    edges  k -> k R, one for every generator, with gain k.t - c mod 1 in 24ths; c = 0 but for characters (T9)

The graph is directed: in an undirected one (v, u) would overwrite (u, v), which conjugates the phases of 29
groups. Its shape depends on the rotations alone, so one forest serves every setting with the same set of
rotations; only the gains differ. :func:`dual_graph` is the complete graph of one setting, with gains and parallel
edges.

The forest is built for one component of each kind. A component is the orbit of its root, and its nodes stand for
the cosets of the root's stabiliser: k R = k S exactly when R S^-1 fixes k. So components whose roots have the
same stabiliser are one graph, in which the same rotations lead from the root to corresponding nodes, and there
are at most as many kinds as subgroups. networkx finds a breadth-first tree of each kind, which is copied to all
components of that kind by array operations. Every edge of every component is checked against the gains later.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from basis_compiler.bases.orbits import partition_into_orbits
from basis_compiler.groups.spglib_database import operations_of
from basis_store import Operations, WaveIndex
from basis_store.array_types import IntArray
from basis_store.groups.operations import product_table, rotation_generators, rotation_key, rotation_of_key
from basis_store.groups.representation import RepresentationName

Edges = tuple[IntArray, IntArray, IntArray]


@dataclass(frozen=True, eq=False)
class SpanningForest:
    """A breadth-first spanning forest of the dual graph of a rotation set on ``n`` waves in ``M`` orbits.

    Attributes:
        index: the waves, orbit after orbit in the order of the format; each starts with its root.
        orbit_sizes: (M,) waves of each orbit.
        parts: (M,) as in :class:`basis_store.CompiledSetting`.
        generators: (m, d, d) rotations that the edges stand for.
        images: (m, n) row of k R for each generator.
        levels: per depth from 1 on, ``(children, parents, generators)``: three (c,) arrays.
    """

    index: WaveIndex
    orbit_sizes: IntArray
    parts: IntArray
    generators: IntArray
    images: IntArray
    levels: tuple[Edges, ...]


def dual_graph(group: Operations | RepresentationName, index: WaveIndex) -> nx.MultiDiGraph[tuple[int, ...]]:
    """The dual graph of a setting for inspection: nodes are (h, k, l) or (h, k), edges carry ``gain`` in 24ths.

    Args:
        group: all operations of the setting, modulo lattice translations; or the setting or its name; or a
            representation.
        index: the waves, complete shells.

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.

    Centring translations are loops k -> k with gain k.t; an orbit they frustrate is a centring absence.
    """
    graph: nx.MultiDiGraph[tuple[int, ...]] = nx.MultiDiGraph()
    generators = lifted_generators(operations_of(group))
    nodes: list[tuple[int, ...]] = list(map(tuple, index.waves.tolist()))
    graph.add_nodes_from(nodes)
    for key, (rotation, gains) in enumerate(
        zip(generators.rotations, generators.gains24(index.columns), strict=True)
    ):
        heads = index.images(rotation)
        for tail, (head, gain) in enumerate(zip(heads.tolist(), gains.tolist(), strict=True)):
            graph.add_edge(nodes[tail], nodes[head], key=key, gain=gain)
    return graph


def lifted_generators(group: Operations) -> Operations:
    """Generators of the space group modulo its cell, m of its operations.

    The rotation generators with one translation each, then the centrings with R = 1.
    """
    rotations = [rotation_key(rotation) for rotation in group.rotations]
    lifted = [rotations.index(rotation_key(one)) for one in rotation_generators(group.distinct_rotations)]
    chosen = [*lifted, *np.flatnonzero(group.are_centrings)]
    return Operations(
        group.setting, group.rotations[chosen], group.translations24[chosen], group.characters24[chosen]
    )


def spanning_forest(distinct_rotations: tuple[bytes, ...], waves: NDArray[np.integer]) -> SpanningForest:
    """Build the forest once for a set of rotations.

    Args:
        distinct_rotations: as :attr:`Operations.distinct_rotations`.
        waves: (n, d) complete shells in store order.

    Raises:
        CertificateError: the waves are not closed under the rotations.
    """
    # 1. The orbits, and the images of all waves under the generators.
    generators = rotation_generators(distinct_rotations)
    index, orbit_sizes, parts = partition_into_orbits(generators, WaveIndex(waves))
    images = index.all_images(generators)
    # 2. The stabiliser of each root, as a bit mask over the rotations.
    rotations = [rotation_of_key(key) for key in distinct_rotations]
    roots = np.cumsum(orbit_sizes) - orbit_sizes
    copies = np.array([index.rows(index.waves[roots] @ rotation) for rotation in rotations])
    stabilisers = (1 << np.arange(len(rotations))) @ (copies == roots)
    # 3. The tree of each stabiliser, copied to all orbits that have it.
    levels: list[list[Edges]] = []
    for stabiliser in np.unique(stabilisers).tolist():
        own = copies[:, stabilisers == stabiliser]
        for depth, (children, parents, edges) in enumerate(_tree(distinct_rotations, stabiliser)):
            if depth == len(levels):
                levels.append([])
            levels[depth].append((own[children].ravel(), own[parents].ravel(), np.repeat(edges, own.shape[1])))
    return SpanningForest(index, orbit_sizes, parts, generators, images, tuple(map(_joined, levels)))


def _joined(edges: list[Edges]) -> Edges:
    children, parents, generators = map(np.concatenate, zip(*edges, strict=True))
    return children, parents, generators


def component(distinct_rotations: tuple[bytes, ...], stabiliser: int) -> nx.DiGraph[int]:
    """The component of a wave in the dual graph without gains.

    Args:
        distinct_rotations: as :attr:`Operations.distinct_rotations`.
        stabiliser: the rotations that fix the wave k, as the sum of ``1 << number``.

    Returns:
        Nodes are k R, labelled by the smallest index of such an R; edges carry the ``generator`` that they
        stand for, one of them where several are parallel.
    """
    table = _products(distinct_rotations)
    fixing = [number for number in range(len(table)) if stabiliser >> number & 1]
    nodes = table[fixing].min(axis=0)
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(nodes.tolist())  # P1 has no edges
    for generator, rotation in enumerate(rotation_generators(distinct_rotations)):
        heads = nodes[table[:, distinct_rotations.index(rotation_key(rotation))]]
        graph.add_edges_from(zip(nodes.tolist(), heads.tolist(), strict=True), generator=generator)
    return graph


@functools.cache
def _tree(distinct_rotations: tuple[bytes, ...], stabiliser: int) -> tuple[Edges, ...]:
    """A breadth-first tree of :func:`component` from k itself, as the levels of a :class:`SpanningForest`."""
    graph = component(distinct_rotations, stabiliser)
    (root,) = (node for node in graph if stabiliser >> node & 1)
    depths = {root: 0}
    levels: list[list[tuple[int, int, int]]] = []
    for parent, child in nx.bfs_edges(graph, root):
        depths[child] = depths[parent] + 1
        if depths[child] > len(levels):
            levels.append([])
        levels[-1].append((child, parent, graph.edges[parent, child]["generator"]))
    return tuple((level[:, 0], level[:, 1], level[:, 2]) for level in map(np.array, levels))


@functools.cache
def _products(distinct_rotations: tuple[bytes, ...]) -> IntArray:
    """(p, p) the number of R S, for R and S by their numbers."""
    rotations = np.array([rotation_of_key(key) for key in distinct_rotations])
    return product_table(rotations, np.zeros(rotations.shape[:2], np.int64))
