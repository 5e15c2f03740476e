"""Orbits against plain definitions that share no code with them."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np

from basis_compiler import dual_graph, operations
from basis_compiler.bases.phases import forbidding_operations
from basis_store import Setting, StoreReader, WaveIndex, waves_within


def test_orbits_are_the_components_of_the_dual_graph(setting: Setting, reader: StoreReader) -> None:
    compiled = reader.read(setting)
    graph = dual_graph(operations(setting), WaveIndex(waves_within(setting.lattice_family, 48)))
    components = {frozenset(component) for component in nx.weakly_connected_components(graph)}
    ours = set()
    for waves, starts in (
        (compiled.waves, compiled.orbit_starts),
        (compiled.absent_waves, compiled.absence_starts),
    ):
        rows = [tuple(k) for k in waves.tolist()]
        ours |= {frozenset(rows[a:b]) for a, b in itertools.pairwise(starts)}
    assert components == {orbit for orbit in ours if orbit & set(graph)}


def test_gains_of_edges_are_potential_differences(setting: Setting, reader: StoreReader) -> None:
    """T1: on balanced components theta(v) - theta(u) is the gain of every edge; frustrated ones admit none."""
    compiled = reader.read(setting)
    graph = dual_graph(operations(setting), WaveIndex(waves_within(setting.lattice_family, 48)))
    theta = dict(zip(map(tuple, compiled.waves.tolist()), compiled.phases24.tolist(), strict=True))
    absent = set(map(tuple, compiled.absent_waves.tolist()))
    for u, v, gain in graph.edges(data="gain"):
        if u not in absent:
            assert (theta[u] + gain - theta[v]) % 24 == 0


def test_frustrated_orbits_are_those_that_an_operation_forbids(setting: Setting, reader: StoreReader) -> None:
    compiled = reader.read(setting)
    group = operations(setting)
    assert (forbidding_operations(group, compiled.absent_waves.astype(int)) >= 0).all()
    assert (forbidding_operations(group, compiled.waves.astype(int)) == -1).all()


def test_plain_means_over_the_group(setting: Setting, reader: StoreReader) -> None:
    """T4 in complex floats: (1/|G|) sum over kR = k' of exp(2 pi i k.t) is conj(c_k) c_k' / |O|, 0 if absent."""
    compiled = reader.read(setting)
    group = operations(setting)
    roots = compiled.roots.astype(int)
    turns = np.exp(2j * np.pi * (roots @ group.translations24.T % 24) / 24)
    fixed = (np.einsum("ki,gij->kgj", roots, group.rotations) == roots[:, None]).all(-1)
    means = (turns * fixed).sum(1) / len(group)
    np.testing.assert_allclose(means, 1 / compiled.orbit_sizes, atol=1e-14)
    first = compiled.absent_waves[compiled.absence_starts[:-1]].astype(int)
    turns = np.exp(2j * np.pi * (first @ group.translations24.T % 24) / 24)
    fixed = (np.einsum("ki,gij->kgj", first, group.rotations) == first[:, None]).all(-1)
    np.testing.assert_allclose((turns * fixed).sum(1) / len(group), 0, atol=1e-14)


def test_sign_rule() -> None:
    """O = -O: the root's term starts with + cos or, if it has no cosine, with + sin (store format 1)."""
    from basis_compiler import compile_setting

    gyroid = compile_setting(Setting.standard(214), radius=2, min_functions=0)
    assert gyroid.roots[0].tolist() == [1, 1, 0]
    assert -6 <= gyroid.real_phases24.min() <= gyroid.real_phases24.max() <= 5
    assert set(gyroid.real_phases24[gyroid.parts != 0].tolist()) <= {0}
