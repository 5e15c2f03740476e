"""How common extinction classes are: the counts of space groups among crystals of the Materials Project."""

from __future__ import annotations

import csv
import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass
from basis_store import all_settings
from basis_store.array_types import FloatArray

TABLE = Path(__file__).parent / "group_frequencies.csv"
"""Written by ``python -m experiments.group_frequencies``."""

_ADDED = 60
"""To the number of crystals of every group, half of the mean: rare groups are not impossible ones."""


@functools.cache
def group_frequencies() -> dict[int, int]:
    """Number of crystals by space-group number."""
    with TABLE.open(newline="") as file:
        return {int(row["number"]): int(row["crystals"]) for row in csv.DictReader(file)}


@functools.cache
def _weights() -> dict[int, float]:
    """Of each setting of a group, by number: no setting is more common than another, no group impossible."""
    settings = Counter(setting.number for setting in all_settings())
    return {number: (count + _ADDED) / settings[number] for number, count in group_frequencies().items()}


def log_frequencies(classes: Sequence[ExtinctionClass]) -> FloatArray:
    """(c,) logarithms of how common each of the extinction classes of a Laue class is; shares add up to 1."""
    weights = _weights()
    sums = np.log([sum(weights[setting.number] for setting in one.settings) for one in classes])
    return np.asarray(sums - np.logaddexp.reduce(sums))
