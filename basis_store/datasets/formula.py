"""Chemical formulas of crystals, and the symbols of the elements."""

from __future__ import annotations

import csv
import functools
import math
from collections import Counter
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


def reduced_formula(numbers: NDArray[np.integer], multiplicities: NDArray[np.integer]) -> str:
    """The reduced formula, such as ``"MgAl2O4"``; elements in order of Pauling's electronegativity.

    Args:
        numbers: (n,) atomic numbers of sites.
        multiplicities: (n,) atoms of each.
    """
    counts: Counter[int] = Counter()
    for number, atoms in zip(numbers.tolist(), multiplicities.tolist(), strict=True):
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
    with files("basis_store.datasets").joinpath("elements.csv").open(encoding="utf-8") as file:
        return {
            int(row["number"]): (row["symbol"], float(row["electronegativity"] or math.inf))
            for row in csv.DictReader(file)
        }
