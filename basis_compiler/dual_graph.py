"""The dual graph of a setting (D3) and the spanning forest that its gains are propagated along.

    nodes  waves k (as rows of a closed wave list)
    edges  k -> k R, one for every generator, with gain k.t mod 1 in 24ths

The graph is directed: an undirected one would let (v, u) overwrite (u, v) and conjugate the phases of 29
groups. Its shape depends on the rotations alone, so one forest serves every setting with the same set of
rotations; only the gains differ. :func:`dual_graph` is the whole of it for one setting, gains and parallel
edges included; the compiler needs :func:`rotation_graph` and its forest, and checks all edges in arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from basis_compiler.operations import UNIT, IntArray, Operations, rotation_generators
from basis_compiler.waves import WaveIndex


@dataclass(frozen=True, eq=False)
class SpanningForest:
    """A breadth-first spanning forest of the dual graph of a rotation set on a list of ``n`` waves.

    Attributes:
        index: the waves; a component's root is the first of its waves in list order.
        generators: (m, 3, 3) rotations that the edges stand for.
        images: (m, n) row of k R for each generator.
        roots: (n,) row of the root of each wave's component.
        levels: per depth from 1 on, ``(children, parents, generators)``: three (c,) arrays.
    """

    index: WaveIndex
    generators: IntArray
    images: IntArray
    roots: IntArray
    levels: tuple[tuple[IntArray, IntArray, IntArray], ...]


def rotation_graph(images: IntArray) -> nx.DiGraph[int]:
    """The dual graph without gains: nodes are rows, ``images[m]`` are the heads of generator m's edges.

    Where generators run parallel, the edge keeps the first; the rest are checked with ``images`` all the same.
    """
    graph: nx.DiGraph[int] = nx.DiGraph()
    n_waves = images.shape[1]
    graph.add_nodes_from(range(n_waves))
    for generator in reversed(range(len(images))):
        graph.add_edges_from(zip(range(n_waves), images[generator].tolist(), strict=True), generator=generator)
    return graph


def dual_graph(group: Operations, index: WaveIndex) -> nx.MultiDiGraph[tuple[int, int, int]]:
    """The dual graph of a setting for inspection: nodes are (h, k, l), edges carry ``gain`` in 24ths.

    Centring translations are loops k -> k with gain k.t; an orbit they frustrate is a centring absence.
    """
    graph: nx.MultiDiGraph[tuple[int, int, int]] = nx.MultiDiGraph()
    rotations, translations = lifted_generators(group)
    nodes = [(h, k, m) for h, k, m in index.waves.tolist()]
    graph.add_nodes_from(nodes)
    for key, (rotation, translation) in enumerate(zip(rotations, translations, strict=True)):
        gains = index.waves @ translation % UNIT
        heads = index.images(rotation)
        for tail, (head, gain) in enumerate(zip(heads.tolist(), gains.tolist(), strict=True)):
            graph.add_edge(nodes[tail], nodes[head], key=key, gain=gain)
    return graph


def lifted_generators(group: Operations) -> tuple[IntArray, IntArray]:
    """Generators of the space group modulo its cell: rotations (m, 3, 3) and translations in 24ths (m, 3).

    The rotation generators with one translation each, then the centrings with R = 1.
    """
    rotations = rotation_generators(group.distinct_rotations)
    lifted = [group.translation_of(rotation) for rotation in rotations]
    centrings = group.centrings24
    identities = np.tile(np.eye(3, dtype=np.int64), (len(centrings), 1, 1))
    return (
        np.concatenate([rotations, identities]),
        np.concatenate([np.array(lifted, dtype=np.int64).reshape(-1, 3), centrings]),
    )


def spanning_forest(distinct_rotations: tuple[bytes, ...], index: WaveIndex) -> SpanningForest:
    """Build the forest once for a set of rotations; ``index`` must be closed under them."""
    generators = rotation_generators(distinct_rotations)
    images = np.empty((len(generators), len(index)), dtype=np.int64)  # P1 has no generators
    for number, rotation in enumerate(generators):
        images[number] = index.images(rotation)
    graph = rotation_graph(images)
    roots = np.full(len(index), -1, dtype=np.int64)
    depths = np.zeros(len(index), dtype=np.int64)
    edges: list[tuple[int, int, int]] = []
    for root in range(len(index)):
        if roots[root] >= 0:
            continue
        roots[root] = root
        for parent, child in nx.bfs_edges(graph, root):
            roots[child] = root
            depths[child] = depths[parent] + 1
            edges.append((child, parent, graph.edges[parent, child]["generator"]))
    table = np.array(edges, dtype=np.int64).reshape(-1, 3)
    edge_depths = depths[table[:, 0]]
    levels = tuple(tuple(table[edge_depths == depth].T) for depth in range(1, int(depths.max(initial=0)) + 1))
    return SpanningForest(index, generators, images, roots, levels)
