"""Indices and structure factors of a crystal in the cell of its file, from those in its standard setting.

All is computed in the standard setting of the space group, where operations are exact. With x_std = P x + p,

    k = k_std P,    F(k) = det(P) F_std(k_std) exp(-2 pi i k_std.p)

since the file's cell has det(P) times the volume of the standard one. So indices, amplitudes and phases are those
of the cell, axes and origin that the file uses.
"""

from __future__ import annotations

import numpy as np

from basis_compiler.crystals.standardization import StandardCrystal
from basis_compiler.reflections.atom_sums import Complexes
from basis_store.array_types import FloatArray, IntArray

_SAME_PHASE = 1e-7
"""Degrees."""


def own_lattice(standard: StandardCrystal) -> FloatArray:
    """(3, 3) rows of the crystal's own cell in Angstrom, with the metric that the group preserves."""
    return np.asarray(standard.change_of_basis.T / standard.denominator @ standard.lattice)


def volume_ratio(standard: StandardCrystal) -> float:
    """Volume of the crystal's own cell over that of the standard one."""
    return float(abs(np.linalg.det(standard.change_of_basis / standard.denominator)))


def in_own_cell(standard: StandardCrystal, waves: IntArray, factors: Complexes) -> Complexes:
    """(n,) structure factors of the standard cell, for ``waves`` (n, 3) of it, as those of the own cell."""
    turned = factors * np.exp(-2j * np.pi * (waves @ standard.origin_shift))
    return np.asarray(turned * volume_ratio(standard))


def plain_phases(degrees: FloatArray) -> FloatArray:
    """Phases above -180 to 180, without the rounding of those that symmetry restricts to multiples of 15 degrees.

    So -4.8e-14 is 0, and -180 is 180.
    """
    restricted = 15 * np.rint(degrees / 15)
    phases = np.where(np.abs(degrees - restricted) < _SAME_PHASE, restricted + 0.0, degrees)
    return np.asarray(np.where(phases <= -180, phases + 360, phases))
