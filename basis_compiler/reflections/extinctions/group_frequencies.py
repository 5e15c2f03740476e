"""How common extinction classes are: the counts of space groups among crystals of the Materials Project.

They are counted by the volume of the conventional cell. Small cells have few atoms, on sites of few images: a cell
of 90 cubic Angstrom is often I4/mmm and hardly I4_1/acd, whose smallest sites have eight.
"""

from __future__ import annotations

import csv
import functools
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass
from basis_store import Setting, all_settings
from basis_store.array_types import FloatArray

TABLE = Path(__file__).parent / "group_frequencies.csv"
"""Written by ``python -m experiments.group_frequencies``."""
VOLUMES = (32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024, 1448, 2048, 2896)
"""Cubic Angstrom: a crystal counts for the first that is larger than its cell, or for the rest."""

_ADDED = 60
"""To the number of crystals of every group, half of the mean: rare groups are not impossible ones."""
_OF_ALL_VOLUMES = 0.25
"""Share of what is known from crystals of any volume."""


def volume_column(volume: float) -> int:
    """Which of the columns of the table a conventional cell of this volume belongs to."""
    return sum(volume >= limit for limit in VOLUMES)


@functools.cache
def group_frequencies() -> dict[int, tuple[int, ...]]:
    """Number of crystals by space-group number, for each of the columns of volumes."""
    with TABLE.open(newline="") as file:
        rows = [[int(word) for word in row] for row in list(csv.reader(file))[1:]]
    return {number: tuple(counts) for number, *counts in rows}


@functools.cache
def _weights(column: int) -> dict[int, float]:
    """Of each setting of a group, by number: no setting is more common than another, no group impossible."""
    settings = Counter(setting.number for setting in all_settings())
    table = group_frequencies()
    here = sum(counts[column] for counts in table.values())
    total = sum(sum(counts) + _ADDED for counts in table.values())
    return {
        number: ((1 - _OF_ALL_VOLUMES) * counts[column] / here + _OF_ALL_VOLUMES * (sum(counts) + _ADDED) / total)
        / settings[number]
        for number, counts in table.items()
    }


def log_frequencies(classes: Sequence[ExtinctionClass], volume: float) -> FloatArray:
    """(c,) logarithms of how common each of the extinction classes of a Laue class is; shares add up to 1.

    Args:
        classes: all of the Laue class.
        volume: of the cell, in cubic Angstrom.
    """
    sums = [sum(_weight(setting, volume) for setting in one.settings) for one in classes]
    logs = [math.log(one) for one in sums]
    return np.asarray(np.array(logs) - np.logaddexp.reduce(logs))


def _weight(setting: Setting, volume: float) -> float:
    # Crystals are counted in hexagonal axes.
    return _weights(volume_column(3 * volume if setting.choice == "R" else volume))[setting.number]
