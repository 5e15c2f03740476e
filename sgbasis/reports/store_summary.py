"""The summary table of a store: one row per crystal system."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from basis_store import CompiledSetting
from basis_store.text_table import table_lines

_COLUMNS = ("system", "groups", "settings", "functions", "waves", "absent waves", "radius")


COUNTED = "functions are counted without the constant, and waves are those of these functions"


def summary_table(compiled: Sequence[CompiledSetting]) -> str:
    """Counts by crystal system; functions and radius as ranges over the settings, waves as sums."""
    rows = [
        _row(system, list(members))
        for system, members in itertools.groupby(compiled, lambda one: one.setting.crystal_system)
    ]
    return "\n".join([*table_lines([_COLUMNS, *rows, _row("all", compiled)]), COUNTED])


def _row(name: str, members: Sequence[CompiledSetting]) -> tuple[str, ...]:
    radii = [(one.norm_limit / 3) ** 0.5 for one in members]
    return (
        name,
        str(len({one.setting.number for one in members})),
        str(len(members)),
        _range([one.n_orbits for one in members], "d"),
        f"{sum(len(one.waves) for one in members):,}",
        f"{sum(len(one.absent_waves) for one in members):,}",
        _range(radii, ".1f"),
    )


def _range(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low}-{high}"
