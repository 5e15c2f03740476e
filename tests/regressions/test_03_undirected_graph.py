"""Regression 3. An undirected graph kept one gain per edge: (v, u) overwrote (u, v) with the opposite direction's.

All phases were conjugated, which is wrong in 29 chiral and non-symmorphic groups.
"""

from __future__ import annotations

import numpy as np

from basis_compiler import dual_graph, operations, prove
from basis_store import CertificateError, CompiledSetting, Setting, StoreReader, WaveIndex, standard_settings
from tests.support.compiled import changed

CONJUGATED = [43, 76, 78, 80, 91, 92, 95, 96, 98, 109, 110, 122, 144, 145, *range(151, 155), *range(169, 173)]
CONJUGATED += [*range(178, 182), 210, 212, 213]


def passes(compiled: CompiledSetting) -> bool:
    try:
        prove(compiled)
    except CertificateError:
        return False
    return True


def test_conjugated_phases_break_exactly_these_groups(reader: StoreReader) -> None:
    broken = []
    for setting in standard_settings():
        compiled = reader.read(setting)
        conjugated = changed(
            compiled,
            phases24=(-compiled.phases24.astype(int) % 24).astype(np.int8),
            real_phases24=np.where(compiled.real_phases24 == -6, -6, -compiled.real_phases24).astype(np.int8),
        )
        if not passes(conjugated):
            broken.append(setting.number)
    assert broken == CONJUGATED


def test_the_dual_graph_keeps_both_directions() -> None:
    """P4_1: each k -> kR is a separate edge with gain l/4 (or 3l/4); its reverse has the opposite gain."""
    group = operations(Setting.standard(76))
    graph = dual_graph(group, WaveIndex(np.array([[1, 0, 1], [-1, 0, 1], [0, 1, 1], [0, -1, 1]])))
    assert graph.is_directed()
    assert graph.is_multigraph()
    gains = {(u, v): gain for u, v, gain in graph.edges(data="gain")}
    assert len(gains) == 4
    assert len(set(gains.values())) == 1
    assert set(gains.values()) <= {6, 18}, "an edge and its reverse would cancel: 6 and 18 both"
