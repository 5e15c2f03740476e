"""Features of the elements from their periodic table, so that rare elements resemble their chemical neighbours.

``elements.csv``: row, group and the s, p, d, f electrons outside the noble-gas core; Pauling's electronegativity,
calculated and empirical atomic radii, first ionisation energy, electron affinity, molar volume, melting point and
bulk modulus of the elements. From the periodic table of pymatgen 2026.10 (MIT licence), which names its sources
(NIST, Slater, Clementi et al., WebElements). Empty where unknown.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

N_ELEMENTS = 119
"""Atomic numbers 0 (padding) to 118."""

_LOGARITHMIC = ("melting_K", "bulk_modulus_GPa")
_SHELLS = {"s": 2, "p": 6, "d": 10}


@cache
def element_features() -> Tensor:
    """(119, 17) float32 by atomic number: mean 0 and variance 1 over the elements; 0 where unknown."""
    with files("basis_store.datasets").joinpath("elements.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = []
    for name in list(rows[0])[2:]:
        column = np.array([float(row[name]) if row[name] else np.nan for row in rows])
        columns.append(np.log(column) if name in _LOGARITHMIC else column)
        if name in _SHELLS:
            columns.append(np.where(column > 0, _SHELLS[name] - column, 0))
    table = np.stack(columns, axis=1)
    table = (table - np.nanmean(table, axis=0)) / np.nanstd(table, axis=0)
    known = np.nan_to_num(table).astype(np.float32)
    return torch.from_numpy(np.concatenate([np.zeros_like(known[:1]), known]))
