"""The table of the 530 settings, ``settings.csv``, and the names by which people call its rows."""

from __future__ import annotations

import csv
import functools
import re
from pathlib import Path
from typing import NamedTuple

from basis_store.groups.name_text import normalised

_TABLE = Path(__file__).with_name("settings.csv")
POINT_GROUP_ORDERS = {
    "1": 1, "-1": 2, "2": 2, "m": 2, "2/m": 4, "222": 4, "mm2": 4, "mmm": 8, "4": 4, "-4": 4, "4/m": 8, "422": 8,
    "4mm": 8, "-42m": 8, "4/mmm": 16, "3": 3, "-3": 6, "32": 6, "3m": 6, "-3m": 12, "6": 6, "-6": 6, "6/m": 12,
    "622": 12, "6mm": 12, "-6m2": 12, "6/mmm": 24, "23": 12, "m-3": 24, "432": 24, "-43m": 24, "m-3m": 48,
}  # fmt: skip
"""The 32 point groups by their Hermann-Mauguin symbols, with their orders."""
_OLDER_POINT_GROUPS = {"m3": "m-3", "m3m": "m-3m", "s6": "-3"}
_MAX_NEAR = 4


class SettingRow(NamedTuple):
    """A row of ``settings.csv`` after its Hall number."""

    number: int
    choice: str
    symbol: str
    full_symbol: str
    hall_symbol: str
    point_group: str
    schoenflies: str

    @property
    def names(self) -> frozenset[str]:
        """All of its names but the Hall number and the Hall symbol, normalised."""
        names = [str(self.number), *self._symbols, self.schoenflies]
        base, _, index = self.schoenflies.partition("^")
        if re.fullmatch(r"C\d", base) is None:  # C22 might as well be C222
            names.append(base + index)
        if "e" in self.symbol:  # before 1992 one of the two axial glides was written: Cmce was Cmca
            names += [self.symbol.replace("e", glide) for glide in "abc" if glide != self.symbol[0].lower()]
        if self.point_group in ("m-3", "m-3m"):  # before 1992 the bar was left out: Fm-3m was Fm3m
            names += [name.replace("-3", "3") for name in (self.symbol, self.full_symbol)]
        return frozenset(map(normalised, names))

    @property
    def _symbols(self) -> tuple[str, ...]:
        """Short and full Hermann-Mauguin symbol, and P 1 2_1/n 1 as it is usually written: P2_1/n."""
        monoclinic = self.point_group in ("2", "m", "2/m")
        short = "".join(part for part in self.full_symbol.split() if part != "1")
        return (self.symbol, self.full_symbol, *([short] if monoclinic else []))


@functools.cache
def setting_rows() -> tuple[SettingRow, ...]:
    """The 530 rows, in the order of their Hall numbers."""
    with _TABLE.open(newline="", encoding="utf-8") as file:
        _, *lines = csv.reader(file)
    return tuple(SettingRow(int(number), *rest) for _, number, *rest in lines)


@functools.cache
def hall_numbers_by_symbol() -> dict[str, int]:
    """By Hall symbol in lower case, with single spaces, the first Hall number that has it.

    Two settings share a Hall symbol only if they are the same group (68:1 and 68:1ba-c).
    """
    rows = enumerate(setting_rows(), 1)
    return {_spaced(row.hall_symbol): hall_number for hall_number, row in reversed(list(rows))}


def hall_number_of_symbol(text: str) -> int | None:
    """The Hall number of a Hall symbol; None if there is none. ``P 32`` and ``P 3 2`` differ."""
    return hall_numbers_by_symbol().get(_spaced(text))


def point_group_of_symbol(symbol: str) -> str | None:
    """The Hermann-Mauguin symbol of a point group, from it or that of Schoenflies (``"Td"``); None if none."""
    key = normalised(symbol)
    key = _OLDER_POINT_GROUPS.get(key, key)
    return key if key in POINT_GROUP_ORDERS else _schoenflies_point_groups().get(key)


def did_you_mean(text: str) -> str:
    """What to add to the message that no setting has this name: those that have similar ones, or examples."""
    import difflib  # noqa: PLC0415 - for errors alone

    name, _, choice = text.partition(":")
    if choice and (same := [row for row in setting_rows() if normalised(name) in row.names]):
        near = list(dict.fromkeys(f"{row.number}{':' * bool(row.choice)}{row.choice}" for row in same))
        return f": of {name.strip()} there is {_listed(near, 9)}"
    by_hall = name.strip().lower() == "hall"
    if not by_hall and (point_group := point_group_of_symbol(text)):
        numbers = [row.number for row in setting_rows() if row.point_group == point_group]
        return f": that is a point group, of the space groups {numbers[0]} to {numbers[-1]}"
    known = _hall_symbols() if by_hall else _spellings()
    key = _spaced(choice) if by_hall else normalised(name)
    found = difflib.get_close_matches(key, known, n=5 * _MAX_NEAR, cutoff=0.7)
    # Of equally similar ones those of standard settings first.
    first_rows = {row.number: row for row in reversed(setting_rows())}.values()
    usual = {row.symbol for row in first_rows}
    found.sort(key=lambda one: (-difflib.SequenceMatcher(None, one, key).ratio(), known[one] not in usual))
    near = [known[one] for one in found]
    return f": did you mean {_listed(near, _MAX_NEAR)}?" if near else ": try 227, 227:1, hall:525 or Fd-3m"


def _listed(names: list[str], most: int) -> str:
    return ", ".join(names[:most]) + " ..." * (len(names) > most)


@functools.cache
def _spellings() -> dict[str, str]:
    """By normalised Hermann-Mauguin symbol the symbol as it is written: short ones before full ones."""
    rows = setting_rows()
    return {normalised(row._symbols[place]): row._symbols[place] for place in (1, -1, 0) for row in rows}


@functools.cache
def _hall_symbols() -> dict[str, str]:
    return {_spaced(row.hall_symbol): f"hall:{row.hall_symbol}" for row in setting_rows()}


@functools.cache
def _schoenflies_point_groups() -> dict[str, str]:
    return {normalised(row.schoenflies.partition("^")[0]): row.point_group for row in setting_rows()}


def _spaced(hall_symbol: str) -> str:
    return " ".join(hall_symbol.lower().split())
