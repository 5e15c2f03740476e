"""Chemical formulas of records, and the symbols of the elements."""

from __future__ import annotations

import csv
import functools
import math
from collections import Counter
from importlib.resources import files

from basis_store import CrystalRecord


def reduced_formula(record: CrystalRecord) -> str:
    """The reduced formula, such as ``"MgAl2O4"``; elements in order of Pauling's electronegativity."""
    counts: Counter[int] = Counter()
    for number, atoms in zip(record.numbers.tolist(), record.multiplicities.tolist(), strict=True):
        counts[number] += atoms
    divisor = math.gcd(*counts.values())
    parts = []
    for number in sorted(counts, key=lambda number: (_elements()[number][1], _elements()[number][0])):
        count = counts[number] // divisor
        parts.append(symbol(number) + (str(count) if count > 1 else ""))
    return "".join(parts)


def symbol(number: int) -> str:
    """The symbol of the element with an atomic number, 1 to 118."""
    return _elements()[number][0]


@functools.cache
def _elements() -> dict[int, tuple[str, float]]:
    """Symbol and electronegativity by atomic number; unknown electronegativities (noble gases) are infinite."""
    with files("runtime.models").joinpath("elements.csv").open(encoding="utf-8") as file:
        return {
            int(row["number"]): (row["symbol"], float(row["electronegativity"] or math.inf))
            for row in csv.DictReader(file)
        }
