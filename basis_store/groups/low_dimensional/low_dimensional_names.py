"""Plane, layer and rod groups by number and by symbol: the table, and how people write their names.

The table ``low_dimensional_groups.csv`` next to this file is written by ``python -m
basis_compiler.groups.low_dimensional_table``, which compares operations exactly. It names for each group the
setting of a space group with the same operations: those of a plane group with z added, those of a layer or rod
group with the translations that it lacks.
"""

from __future__ import annotations

import csv
import functools
import re
from pathlib import Path
from typing import Literal, NamedTuple

from basis_store.errors import SettingError
from basis_store.groups.name_text import normalised

LowDimensionalKind = Literal["plane", "layer", "rod"]

N_GROUPS: dict[LowDimensionalKind, int] = {"plane": 17, "layer": 80, "rod": 75}
"""How many groups of each kind there are."""
_TABLE = Path(__file__).with_name("low_dimensional_groups.csv")
_NAME = re.compile(r"(plane|layer|rod)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_OTHER_SYMBOLS: dict[tuple[LowDimensionalKind, str], int] = {
    ("plane", symbol): number
    for symbol, number in {
        "p211": 2, "p1m1": 3, "p1g1": 4, "c1m1": 5, "pmm": 6, "pmm2": 6, "pmg": 7, "pmg2": 7, "pgg": 8, "pgg2": 8,
        "cmm": 9, "cmm2": 9, "p4m": 11, "p4g": 12, "p6m": 17,
    }.items()
}  # fmt: skip
"""Full symbols of plane groups, and the short ones that are common outside of crystallography."""


class LowDimensionalRow(NamedTuple):
    """A row of the table.

    Attributes:
        kind: of group.
        number: in International Tables A (plane groups) or E.
        symbol: there.
        hall_number: of the setting with the same operations.
        origin24: the origin of International Tables E in coordinates of that setting, in 24ths; 0 but for five.
    """

    kind: LowDimensionalKind
    number: int
    symbol: str
    hall_number: int
    origin24: tuple[int, int, int]


@functools.cache
def low_dimensional_rows() -> dict[LowDimensionalKind, tuple[LowDimensionalRow, ...]]:
    """The table, by kind, in the order of the numbers."""
    found: dict[LowDimensionalKind, list[LowDimensionalRow]] = {kind: [] for kind in N_GROUPS}
    with _TABLE.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            x, y, z = map(int, line["origin24"].split())
            kind: LowDimensionalKind = line["kind"]  # type: ignore[assignment]
            found[kind].append(
                LowDimensionalRow(kind, int(line["number"]), line["symbol"], int(line["hall_number"]), (x, y, z))
            )
    return {kind: tuple(rows) for kind, rows in found.items()}


def row_of_name(text: str) -> LowDimensionalRow | None:
    """The row that a name such as ``"layer:55"`` or ``"plane:p6mm"`` means; None if it has no such prefix.

    A label (``"layer:64 p4/nmm"``) is read as well; spaces, underscores and case do not matter.

    Raises:
        SettingError: there is no such group; the message offers those with similar symbols.
    """
    match = _NAME.fullmatch(text.strip())
    if match is None:
        return None
    kind: LowDimensionalKind = match[1].lower()  # type: ignore[assignment]
    rows, name = low_dimensional_rows()[kind], match[2].strip()
    number, _, symbol = name.partition(" ")
    if number.isdecimal():
        row = rows[int(number) - 1] if len(number) < 4 and 1 <= int(number) <= len(rows) else None
        if row is None:
            raise SettingError(f"there is no {kind} group {number:.20}: they run from 1 to {len(rows)}")
        if symbol and normalised(symbol) != normalised(row.symbol):
            raise SettingError(f"{text!r:.80} contradicts itself: {kind} group {number} is {row.symbol}")
        return row
    by_symbol = {normalised(row.symbol): row for row in rows}
    wanted = normalised(name)
    if (kind, wanted) in _OTHER_SYMBOLS:
        return rows[_OTHER_SYMBOLS[kind, wanted] - 1]
    if wanted in by_symbol:
        return by_symbol[wanted]
    import difflib  # noqa: PLC0415 - for errors alone

    near = [by_symbol[one].symbol for one in difflib.get_close_matches(wanted[:40], by_symbol, n=4, cutoff=0.5)]
    offered = f"did you mean {', '.join(near)}?" if near else f"try {kind}:{rows[-1].number} or {rows[-1].symbol}"
    raise SettingError(f"unknown {kind} group {name!r:.60}: {offered}")
