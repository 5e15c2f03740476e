"""Orbits of the waves of a grid by their roots, in integers: each wave is touched a few times, whatever the group.

A root is the lexicographically largest of all waves of O and -O, so that the roots are found by inequalities, and
what the store says about an orbit (T1, T2) follows from one pass over the rotations:

    kR = k,  k.t not an integer     the orbit is frustrated and left out
    |O|                             rotations over those with kR = k
    kR = -k                         O = -O, with the real phase -k.t/2

Nothing here depends on the compiled store; tests compare every column with it.
"""

from __future__ import annotations

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

_BLOCK = 1 << 16
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
    blocks = [_roots(block, group) for block in _candidates(lattice, group)]
    columns = np.concatenate([np.zeros((3, 1), np.int64), *blocks], axis=1)
    return orbits_of(_in_store_order(columns, lattice), group)


def orbits_of(roots: IntArray, group: PointGroupOperations) -> WaveOrbits:
    """What T1 and T2 say about the orbits of ``roots`` (m, 3); frustrated ones are left out."""
    parts = [_orbits_of_block(roots[start : start + _BLOCK], group) for start in range(0, len(roots), _BLOCK)]
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return WaveOrbits(*columns)


def _orbits_of_block(roots: IntArray, group: PointGroupOperations) -> WaveOrbits:
    columns = np.ascontiguousarray(roots.T)
    codes = dot_columns(columns, CODE)
    fixing = np.zeros(len(roots), np.int64)
    frustrated = _absent(columns, group.centrings24)
    minus = np.full(len(roots), -1)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        images, gains = dot_columns(columns, rotation @ CODE), dot_columns(columns, translation) % TURN
        fixed = images == codes
        fixing += fixed
        frustrated |= fixed & (gains != 0)
        np.copyto(minus, gains, where=images == -codes)
    half = (-minus // 2) % (TURN // 2)
    phases = np.where(minus < 0, 0, (half + TURN // 4) % (TURN // 2) - TURN // 4)
    found = WaveOrbits(roots, len(group.rotations) // fixing, minus < 0, phases)
    return found.take(~frustrated)


def _absent(columns: IntArray, centrings24: IntArray) -> BoolArray:
    absent = np.zeros(columns.shape[1], bool)
    for centring in centrings24:
        if centring.any():
            absent |= dot_columns(columns, centring) % TURN != 0
    return absent


def _candidates(lattice: GridLattice, group: PointGroupOperations) -> Iterator[IntArray]:
    """(3, n) blocks of waves of the Voronoi cell: all roots but 0, and few others.

    Both the cell and what a root has to satisfy are linear inequalities k.w <= bound. Those without the third
    index are applied to pairs (h, k), the others to all l of a block of pairs.
    """
    # 1. Inside the cell: |2 k G v| <= v G v.
    extent = lattice.extent
    walls = 2 * lattice.faces @ lattice.form
    bounds = (lattice.faces * (lattice.faces @ lattice.form)).sum(axis=1)
    limits = [(wall, bound) for wall, bound in zip(walls, bounds, strict=True)]
    limits += [(-wall, bound) for wall, bound in limits]
    # 2. A root: the first index of k is not less than that of any kR or -kR.
    first = np.array([1, 0, 0])
    columns = np.unique(np.concatenate([group.rotations[:, :, 0], -group.rotations[:, :, 0]]), axis=0)
    limits += [(column - first, 0) for column in columns if (column != first).any()]
    axis = np.arange(-extent, extent + 1)
    h, k = (one.reshape(-1) for one in np.meshgrid(axis[extent:], axis, indexing="ij"))
    for wall, bound in limits:
        if wall[2] == 0:
            kept = h * wall[0] + k * wall[1] <= bound
            h, k = h[kept], k[kept]
        elif not wall[:2].any():
            axis = axis[axis * wall[2] <= bound]
    for start in range(0, len(h), step := max(1, _BLOCK // len(axis))):
        some = slice(start, start + step)
        inside = np.ones((len(h[some]), len(axis)), bool)
        for wall, bound in limits:
            if wall[2] and wall[:2].any():
                pairs = (bound - h[some] * wall[0] - k[some] * wall[1])[:, None]
                inside &= axis * wall[2] <= pairs
        pairs, row = np.nonzero(inside)
        block = np.stack([h[some][pairs], k[some][pairs], axis[row]])
        yield block[:, ~_absent(block, group.centrings24)]


def _roots(columns: IntArray, group: PointGroupOperations) -> IntArray:
    """Those waves (3, n) that are larger than 0, and not less than any image of themselves or their opposites."""
    codes = dot_columns(columns, CODE)
    columns, codes = columns[:, codes > 0], codes[codes > 0]
    for rotation in group.rotations:
        kept = np.abs(dot_columns(columns, rotation @ CODE)) <= codes
        columns, codes = columns[:, kept], codes[kept]
    return columns


def _in_store_order(columns: IntArray, lattice: GridLattice) -> IntArray:
    """(m, 3) by norm, then the lexicographically largest first: packed into one integer, sorted, unpacked."""
    norms = wave_norm(columns.T, lattice.group.setting.lattice_family)
    digits = _OFFSET - columns
    keys = np.sort((norms << (3 * _DIGIT)) + (digits[0] << (2 * _DIGIT)) + (digits[1] << _DIGIT) + digits[2])
    mask = (1 << _DIGIT) - 1
    return np.stack([_OFFSET - ((keys >> (_DIGIT * place)) & mask) for place in (2, 1, 0)], axis=1)
