"""The properties of a crystal as arrays of floats: numbers, truth values and nested lists of them.

Truth values are arrays of dtype bool, without axes. Missing is NaN: ``null``, NaN itself, and infinities, which no
model could learn. Texts and objects are no targets; they are left out and counted in the notes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

UNITS = {
    "band_gap": "eV",
    "bulk_modulus_voigt": "GPa",
    "bulk_modulus_vrh": "GPa",
    "dielectric_electronic": "1",
    "dielectric_total": "1",
    "eij_max": "C/m^2",
    "elastic_tensor_voigt_GPa": "GPa",
    "fermi_energy": "eV",
    "formation_energy_per_atom": "eV/atom",
    "piezo_tensor_voigt_C_per_m2": "C/m^2",
    "poisson_ratio": "1",
    "poly_electronic": "1",
    "poly_total": "1",
    "refractive_index": "1",
    "shear_modulus_voigt": "GPa",
    "shear_modulus_vrh": "GPa",
    "volume": "Angstrom^3",
}
"""Units of targets by the names that the Materials Project and its datasets use; 1 is a pure number."""

MAX_TARGETS = 1000
"""Different names: each is a column of the dataset."""

_MAX_NUMBERS = 10_000
"""Of one value, such as a density of states."""

_MAX_DEPTH = 8
"""Indices of a value: more than any tensor has."""

_MAX_NAME = 256
"""Characters."""

NoteCounts = Counter[tuple[str, str]]
"""How often a value was left out, by (name of the target, reason)."""


def target_values(
    raw: Mapping[str, object], counts: NoteCounts
) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    """The targets among ``raw`` values; what is left out is counted in ``counts``."""
    values: dict[str, NDArray[np.float64] | NDArray[np.bool_]] = {}
    for name, value in raw.items():
        if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
            counts["a target without a proper name", "left out"] += 1
            continue
        if isinstance(value, bool | np.bool_):
            values[name] = np.array(value, dtype=np.bool_)
            continue
        try:
            found = np.array(_plain(value, _MAX_DEPTH), dtype=np.float64)
            if found.size > _MAX_NUMBERS:
                raise TypeError(f"more than {_MAX_NUMBERS} numbers")
        except (TypeError, ValueError, OverflowError) as error:
            counts[name, str(error) if isinstance(error, TypeError) else "not an array of numbers"] += 1
            continue
        infinite = np.isinf(found)
        if infinite.any():
            counts[name, "infinite, taken as missing"] += 1
            found[infinite] = np.nan
        if found.size:
            values[name] = found
        else:
            counts[name, "an empty list"] += 1
    return values


def _plain(value: object, depth: int) -> object:
    """Lists of floats, nested as ``value`` is; numpy alone would accept the text "1.5" as a number."""
    if value is None:
        return math.nan
    if isinstance(value, np.ndarray):
        return _plain(value.tolist(), depth)
    if isinstance(value, list | tuple):
        if not depth:
            raise TypeError(f"lists in lists, more than {_MAX_DEPTH} deep")
        return [_plain(entry, depth - 1) for entry in value]
    if isinstance(value, bool | int | float | np.number | np.bool_):
        return float(value)
    raise TypeError("text, not a number" if isinstance(value, str) else "not a number")
