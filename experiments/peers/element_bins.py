"""Elements as CGCNN sees them: nine properties, each as a bin of a histogram (Xie & Grossman 2018, supplement)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

from basis_store.array_types import FloatArray
from runtime.models.elements import N_ELEMENTS

_GROUPS, _PERIODS, _VALENCES, _BINS = 18, 9, 12, 10
_FULL = {"s": 3, "p": 7, "d": 10, "f": 14}
"""Electrons from which on a shell is no longer one of valence."""

_F_BLOCK = ((57, 71), (89, 103))
"""First and last atomic numbers."""

_RANGES = {
    "electronegativity": (0.5, 4.0),
    "radius_empirical_A": (0.25, 2.5),
    "ionization_eV": (1.3, 3.3),
    "affinity_eV": (-3.0, 3.7),
    "molar_volume_cm3": (1.5, 4.3),
}
_LOGARITHMIC = ("ionization_eV", "molar_volume_cm3")


@cache
def element_bins() -> Tensor:
    """(119, 93) float32 by atomic number: a one for each known property, in the bin of its value.

    Group, period, electronegativity, radius, valence electrons, logarithm of the first ionisation energy, electron
    affinity, block, and logarithm of the molar volume. Values are those of ``runtime/models/elements.csv``.
    """
    with files("basis_store.datasets").joinpath("elements.csv").open() as file:
        rows = list(csv.DictReader(file))
    valences = [sum(n for shell, full in _FULL.items() if (n := int(row[shell] or 0)) < full) for row in rows]
    tables = [
        _bins(_column(rows, "group"), (0.5, _GROUPS + 0.5), _GROUPS),
        _bins(_column(rows, "row"), (0.5, _PERIODS + 0.5), _PERIODS),
        _bins(np.array(valences, float), (0.5, _VALENCES + 0.5), _VALENCES),
        _bins(np.array([_block(row) for row in rows], float), (-0.5, 3.5), 4),
    ]
    for name, ends in _RANGES.items():
        column = _column(rows, name)
        tables.append(_bins(np.log(column) if name in _LOGARITHMIC else column, ends, _BINS))
    table = np.zeros((N_ELEMENTS, sum(one.shape[1] for one in tables)), np.float32)
    table[1 : len(rows) + 1] = np.concatenate(tables, axis=1)
    return torch.from_numpy(table)


def _block(row: dict[str, str]) -> int:
    """0 to 3: s, p, d, f."""
    number, group = int(row["number"]), int(row["group"] or 0)
    if any(first <= number <= last for first, last in _F_BLOCK):
        return 3
    if group <= 2 or row["symbol"] == "He":
        return 0
    return 1 if group >= 13 else 2


def _column(rows: list[dict[str, str]], name: str) -> FloatArray:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def _bins(values: FloatArray, ends: tuple[float, float], n: int) -> FloatArray:
    """(elements, n) a one in the bin of each value, the first or last one outside of the range; none where NaN."""
    place = np.floor((values - ends[0]) / (ends[1] - ends[0]) * n)
    return np.asarray(np.clip(place, 0, n - 1)[:, None] == np.arange(n), np.float64)
