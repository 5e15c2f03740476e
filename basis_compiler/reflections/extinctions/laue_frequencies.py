"""How common Laue classes are in cells of some metric: counts of crystals of the Materials Project.

The metric is named by the largest Laue class that it allows. Most crystals whose cell looks cubic are cubic; but
as many whose cell looks hexagonal have -3m1, and some have no symmetry at all.
"""

from __future__ import annotations

import csv
import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_store.array_types import FloatArray

TABLE = Path(__file__).parent / "laue_frequencies.csv"
"""Written by ``python -m experiments.group_frequencies``."""
RHOMBOHEDRAL = "rhombohedral"
"""The metric of -3m in rhombohedral axes."""
_ADDED = 1.0
"""To each count: what was not seen is not impossible."""


@functools.cache
def laue_frequencies() -> dict[tuple[str, str], int]:
    """Number of crystals by metric and symbol of the Laue class."""
    with TABLE.open(newline="") as file:
        return {(row["metric"], row["laue"]): int(row["crystals"]) for row in csv.DictReader(file)}


def metric_name(fitting: Sequence[LaueClass]) -> str:
    """The name of a metric: the symbol of the largest of the Laue classes that fit it."""
    largest = max(fitting, key=lambda one: one.order)
    return RHOMBOHEDRAL if largest.axes == "rhombohedral axes" else largest.symbol


def log_laue_frequencies(fitting: Sequence[LaueClass]) -> FloatArray:
    """(n,) logarithms of how common Laue classes are among crystals with a metric; shares add up to 1.

    Args:
        fitting: all Laue classes that the metric allows. Those of one symbol, such as 2/m with three axes, share.
    """
    metric, counts = metric_name(fitting), laue_frequencies()
    alike = Counter(one.symbol for one in fitting)
    logs = np.log([(counts.get((metric, one.symbol), 0) + _ADDED) / alike[one.symbol] for one in fitting])
    return np.asarray(logs - np.logaddexp.reduce(logs))
