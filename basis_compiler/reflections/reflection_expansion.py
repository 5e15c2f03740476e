"""From unique reflections to all: the exact phases of a setting, equivalent reflections averaged.

With the density rho invariant under x -> R x + t, and F(k) = V times its coefficient of exp(-2 pi i k.x),

    F(kR) = F(k) exp(-2 pi i k.t),    F(-k) = conj F(k)

(D3, and rho real). Every row is carried to all of its equivalents, and what arrives at a wave is averaged: so
lists of unique reflections and of several equivalent ones give the same, and the result has the exact symmetry.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_compiler.bases.phases import forbidding_operations
from basis_compiler.reflections.synthesis_grid import Shape
from basis_store import TURN, Operations
from basis_store.array_types import BoolArray, FloatArray, IntArray

Complexes = NDArray[np.complex128]

_BLOCK = 4096


class ExpandedReflections(NamedTuple):
    """Structure factors of all waves on the half of a grid of waves with l >= 0, for a real FFT.

    Attributes:
        values: (N1, N2, N3 // 2 + 1) F; 0 where no reflection is known.
        known: (N1, N2, N3 // 2 + 1) whether one is.
        differences: (n,) how far each row is from the mean of its equivalents.
    """

    values: Complexes
    known: BoolArray
    differences: FloatArray


def allowed_rows(group: Operations, hkl: IntArray) -> BoolArray:
    """(n,) which of the waves ``hkl`` (n, 3) no operation forbids (T1)."""
    blocks = [
        forbidding_operations(group, hkl[start : start + _BLOCK]) < 0 for start in range(0, len(hkl), _BLOCK)
    ]
    return np.concatenate([np.zeros(0, dtype=bool), *blocks])


def expanded(
    group: Operations, hkl: IntArray, factors: Complexes, shape: Shape, *, phases: bool
) -> ExpandedReflections:
    """The structure factors of all equivalents; see the head of this module.

    Args:
        group: the operations of the setting.
        hkl: (n, 3) indices, none of them forbidden by the group.
        factors: (n,) structure factors, or |F| or |F|^2.
        shape: of the grid; holds all of the indices.
        phases: whether equivalents differ by their phases. |F| and |F|^2 are the same for all.
    """
    own = group.of_point_group
    half = (*shape[:2], shape[2] // 2 + 1)
    sums, counts = np.zeros(half, dtype=np.complex128), np.zeros(half, dtype=np.int32)
    for rotation, shift in zip(own.rotations, own.translations24, strict=True):
        turned = factors * np.exp(-2j * np.pi * (hkl @ shift % TURN) / TURN) if phases else factors
        for waves, values in ((hkl @ rotation, turned), (-hkl @ rotation, turned.conj())):
            stored = waves[:, 2] >= 0
            places = tuple((waves[stored] % shape).T)
            np.add.at(sums, places, values[stored])
            np.add.at(counts, places, 1)
    known = counts > 0
    np.divide(sums, counts, out=sums, where=known)
    return ExpandedReflections(sums, known, np.abs(values_at(sums, hkl, shape) - factors))


def values_at(expansion: NDArray[np.complex128], hkl: IntArray, shape: Shape) -> Complexes:
    """(n,) the values of an expansion at the waves ``hkl`` (n, 3)."""
    opposite = hkl[:, 2] < 0
    waves = np.where(opposite[:, None], -hkl, hkl)
    found = expansion[tuple((waves % shape).T)]
    return np.asarray(np.where(opposite, found.conj(), found))
