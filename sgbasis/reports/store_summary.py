"""The summary table of a store: one row per crystal system."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from basis_store import CompiledSetting, Representation
from basis_store.counted import counted
from basis_store.tables.text_table import table_lines

_COLUMNS = ("system", "groups", "settings", "characters", "functions", "waves", "absent waves", "radius")


COUNTED = "functions are counted without the constant, and waves are those of these functions"


def summary_table(compiled: Sequence[CompiledSetting]) -> str:
    """Counts by crystal system; functions and radius as ranges over the settings, waves as sums.

    Where there are characters, they are counted as well.
    """
    rows = [
        _row(system, list(members))
        for system, members in itertools.groupby(compiled, lambda one: one.setting.crystal_system)
    ]
    table = [_COLUMNS, *rows, _row("all", compiled)]
    if not any(one.character for one in compiled):
        table = [row[:3] + row[4:] for row in table]
    return "\n".join([*table_lines(table), COUNTED])


def counted_bases(bases: Sequence[CompiledSetting | Representation]) -> str:
    """``530 settings``, ``230 settings with 1,118 characters`` or ``1,651 groups with 2,842 characters``."""
    groups = {one.setting for one in bases}
    noun = "setting" if all(group.kind == "space" for group in groups) else "group"
    with_characters = "" if len(groups) == len(bases) else f" with {len(bases):,} characters"
    return counted(len(groups), noun) + with_characters


def _row(name: str, members: Sequence[CompiledSetting]) -> tuple[str, ...]:
    radii = [(one.norm_limit / 3) ** 0.5 for one in members]
    return (
        name,
        str(len({one.setting.number for one in members})),
        str(len({one.setting for one in members})),
        f"{len(members):,}",
        _range([one.n_orbits for one in members], "d"),
        f"{sum(len(one.waves) for one in members):,}",
        f"{sum(len(one.absent_waves) for one in members):,}",
        _range(radii, ".1f"),
    )


def _range(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low}-{high}"
