"""Orbits of waves by their roots, in integers.

A root is the lexicographically largest of all waves of O and -O. What the store says about its orbit (T1, T2)
follows from one pass over the rotations:

    kR = k,  k.t - c not an integer     the orbit is frustrated and left out
    |O|                                 rotations over those with kR = k
    kR = -k                             O = -O, with the real phase -(k.t - c)/2

c is that of a real character (T9), 0 for invariant functions. Nothing here depends on the compiled store; tests
compare every column with it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN
from basis_store.array_types import BoolArray, IntArray
from basis_store.groups.operations import PointGroupOperations
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE

_BLOCK = 1 << 15
"""Waves at a time: their columns stay in the cache."""


class WaveOrbits(NamedTuple):
    """Orbits by their roots.

    Attributes:
        roots: (m, 3) one of each O u -O.
        sizes: (m,) |O|.
        paired: (m,) whether O != -O.
        real_phases24: (m,) phi, -6 to 5, where O = -O, else 0.
    """

    roots: NDArray[np.signedinteger]
    sizes: NDArray[np.signedinteger]
    paired: BoolArray
    real_phases24: NDArray[np.signedinteger]

    def take(self, rows: BoolArray | slice) -> WaveOrbits:
        """Some of the orbits: ``rows`` are a range or a mask (m,)."""
        columns: list[Any] = [column[rows] for column in self]
        return WaveOrbits(*columns)


def orbits_of(roots: IntArray, group: PointGroupOperations) -> tuple[WaveOrbits, BoolArray]:
    """What T1 and T2 say about the orbits of some waves.

    Args:
        roots: (m, 3) waves.
        group: the operations.

    Returns:
        Their orbits, and (m,) which waves are roots of balanced ones. Of others the columns say nothing.
    """
    starts = range(0, max(1, len(roots)), _BLOCK)
    parts = [_orbits_of_block(roots[start : start + _BLOCK], group) for start in starts]
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return WaveOrbits(*columns[:-1]), columns[-1]


def real_phases24(gains: IntArray) -> IntArray:
    """(m,) phi, -6 to 5, of orbits with O = -O: ``gains`` (m,) are k.t - c of an operation with k R = -k (T2)."""
    half = (-gains // 2) % (TURN // 2)
    return (half + TURN // 4) % (TURN // 2) - TURN // 4


def _orbits_of_block(
    waves: IntArray, group: PointGroupOperations
) -> tuple[IntArray, IntArray, BoolArray, IntArray, BoolArray]:
    columns = np.ascontiguousarray(waves.T)
    codes = dot_columns(columns, CODE)
    fixing = np.zeros(len(waves), np.int64)
    left_out = _absent(columns, group) | (codes < 0)
    minus = np.full(len(waves), -1)
    for number in group.half:
        images = dot_columns(columns, group.rotations[number] @ CODE)
        sizes = np.abs(images)
        left_out |= sizes > codes
        own = np.flatnonzero(sizes == codes)
        fixed = images[own] == codes[own]
        # R, and with an inversion also -R: of the two one may fix k, the other one leads to -k.
        numbers = [(number, fixed)]
        if group.inversion is not None:
            numbers.append((group.products[group.inversion, number], ~fixed | (codes[own] == 0)))
        for operation, fixes in numbers:
            products = dot_columns(columns[:, own], group.translations24[operation])
            gains = (products - group.characters24[operation]) % TURN
            fixing[own] += fixes
            left_out[own] |= fixes & (gains != 0)
            reversed_ = ~fixes | (codes[own] == 0)
            minus[own[reversed_]] = gains[reversed_]
    phases = np.where(minus < 0, 0, real_phases24(minus))
    return waves, len(group.rotations) // np.maximum(fixing, 1), minus < 0, phases, ~left_out


def _absent(columns: IntArray, group: PointGroupOperations) -> BoolArray:
    absent = np.zeros(columns.shape[1], bool)
    for centring, character in zip(group.centrings24, group.centring_characters24, strict=True):
        if centring.any():
            absent |= (dot_columns(columns, centring) - character) % TURN != 0
    return absent
