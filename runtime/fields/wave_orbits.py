"""Orbits of the waves of a grid by their roots, in integers: each wave is touched a few times, whatever the group.

A root is the lexicographically largest of all waves of O and -O, so that the roots are found by inequalities, and
what the store says about an orbit (T1, T2) follows from one pass over the rotations:

    kR = k,  k.t not an integer     the orbit is frustrated and left out
    |O|                             rotations over those with kR = k
    kR = -k                         O = -O, with the real phase -k.t/2

Nothing here depends on the compiled store; tests compare every column with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, point_group_operations, wave_norm
from basis_store.array_types import BoolArray, IntArray
from basis_store.groups.operations import PointGroupOperations
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE
from runtime.fields.grid_lattice import GridLattice

_BLOCK = 1 << 15
"""Waves at a time: their columns stay in the cache."""
_DIGIT = 12
_OFFSET = 1 << (_DIGIT - 1)
"""An index plus this has 12 binary digits."""


class WaveOrbits(NamedTuple):
    """Balanced orbits by their roots, in the order of the store; 0 comes first.

    Attributes:
        roots: (m, 3) int64, one of each O u -O.
        sizes: (m,) |O|.
        paired: (m,) whether O != -O.
        real_phases24: (m,) phi, -6 to 5, where O = -O, else 0.
    """

    roots: IntArray
    sizes: IntArray
    paired: BoolArray
    real_phases24: IntArray

    def take(self, rows: NDArray[np.intp] | BoolArray) -> WaveOrbits:
        """Some of the orbits: ``rows`` (n,) are their numbers or a mask."""
        columns: list[Any] = [column[rows] for column in self]
        return WaveOrbits(*columns)


def grid_orbits(lattice: GridLattice) -> WaveOrbits:
    """The balanced orbits of all waves that a grid tells apart."""
    group = point_group_operations(lattice.group)
    waves = np.concatenate(list(_candidates(lattice, group)), axis=1)
    return orbits_of(_in_store_order(waves, lattice), group)


def orbits_of(roots: IntArray, group: PointGroupOperations) -> WaveOrbits:
    """What T1 and T2 say about the orbits of ``roots`` (m, 3); others and frustrated ones are left out."""
    parts = [_orbits_of_block(roots[start : start + _BLOCK], group) for start in range(0, len(roots), _BLOCK)]
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return WaveOrbits(*columns)


def _orbits_of_block(waves: IntArray, group: PointGroupOperations) -> WaveOrbits:
    columns = np.ascontiguousarray(waves.T)
    codes = dot_columns(columns, CODE)
    fixing = np.zeros(len(waves), np.int64)
    left_out = _absent(columns, group.centrings24) | (codes < 0)
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
            gains = dot_columns(columns[:, own], group.translations24[operation]) % TURN
            fixing[own] += fixes
            left_out[own] |= fixes & (gains != 0)
            reversed_ = ~fixes | (codes[own] == 0)
            minus[own[reversed_]] = gains[reversed_]
    half = (-minus // 2) % (TURN // 2)
    phases = np.where(minus < 0, 0, (half + TURN // 4) % (TURN // 2) - TURN // 4)
    kept = ~left_out
    return WaveOrbits(waves[kept], len(group.rotations) // fixing[kept], minus[kept] < 0, phases[kept])


def _absent(columns: IntArray, centrings24: IntArray) -> BoolArray:
    absent = np.zeros(columns.shape[1], bool)
    for centring in centrings24:
        if centring.any():
            absent |= dot_columns(columns, centring) % TURN != 0
    return absent


def _candidates(lattice: GridLattice, group: PointGroupOperations) -> Iterator[IntArray]:
    """(3, n) blocks of waves of the Voronoi cell: all roots, and few others.

    Both the cell and what a root has to satisfy are linear inequalities k.w <= bound. For each pair (h, k) they
    give the range of l.
    """
    # 1. Inside the cell: |2 k G v| <= v G v.
    walls = 2 * lattice.faces @ lattice.form
    bounds = (lattice.faces * (lattice.faces @ lattice.form)).sum(axis=1)
    limits = [(sign * wall, bound) for wall, bound in zip(walls, bounds, strict=True) for sign in (1, -1)]
    # 2. A root is not less than any image: its first index, or the next where the image has the same ones before.
    limits += [(vector, 0) for vector in _root_conditions(group.rotations)]
    # 3. Pairs (h, k), and for each the l from low to high.
    axis = np.arange(-lattice.extent, lattice.extent + 1)
    h, k = (one.reshape(-1) for one in np.meshgrid(axis[lattice.extent :], axis, indexing="ij"))
    for wall, bound in limits:
        if wall[2] == 0:
            kept = h * wall[0] + k * wall[1] <= bound
            h, k = h[kept], k[kept]
    low, high = np.full(len(h), -lattice.extent), np.full(len(h), lattice.extent)
    for wall, bound in limits:
        if wall[2]:
            rest = bound - h * wall[0] - k * wall[1]
            if wall[2] > 0:
                np.minimum(high, rest // wall[2], out=high)
            else:
                np.maximum(low, -(rest // -wall[2]), out=low)
    counts = np.maximum(high - low + 1, 0)
    ends = np.cumsum(counts)
    for some in _runs(ends):
        count = counts[some]
        own = np.arange(count.sum()) - np.repeat(ends[some] - count - (ends[some][0] - count[0]), count)
        block = np.stack([np.repeat(h[some], count), np.repeat(k[some], count), np.repeat(low[some], count) + own])
        yield block[:, ~_absent(block, group.centrings24)]


def _root_conditions(rotations: IntArray) -> IntArray:
    """(n, 3) vectors v with k.v <= 0 for every root k."""
    both = np.concatenate([rotations, -rotations])
    same = np.eye(3, dtype=np.int64)
    conditions = []
    for column in range(3):
        kept = (both[:, :, :column] == same[:, :column]).all(axis=(1, 2))
        conditions.append(both[kept, :, column] - same[column])
    found = np.unique(np.concatenate(conditions), axis=0)
    return np.asarray(found[found.any(axis=1)])


def _runs(ends: IntArray) -> Iterator[slice]:
    """Ranges of pairs with about as many waves as a block; ``ends`` (n,) counts the waves up to each pair."""
    starts = np.searchsorted(ends, np.arange(0, ends[-1], _BLOCK), side="right").tolist()
    for start, stop in itertools.pairwise([*starts, len(ends)]):
        if stop > start:
            yield slice(start, stop)


def _in_store_order(columns: IntArray, lattice: GridLattice) -> IntArray:
    """(m, 3) by norm, then the lexicographically largest first: packed into one integer, sorted, unpacked."""
    norms = wave_norm(columns.T, lattice.group.setting.lattice_family)
    digits = _OFFSET - columns
    keys = np.sort((norms << (3 * _DIGIT)) + (digits[0] << (2 * _DIGIT)) + (digits[1] << _DIGIT) + digits[2])
    mask = (1 << _DIGIT) - 1
    return np.stack([_OFFSET - ((keys >> (_DIGIT * place)) & mask) for place in (2, 1, 0)], axis=1)
