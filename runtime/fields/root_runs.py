"""The roots of the orbits of a grid's waves, listed by inequalities, block after block.

A root is the lexicographically largest of all waves of O and -O. Both the Voronoi cell of the grid and what a root
has to satisfy are linear inequalities k.v <= bound. For each pair (h, k) they give a range of l: a run. Where all
of them hold strictly, the orbit is of the general kind: of all rotations only the identity fixes the root, only
the inversion reverses it, and no other wave of the grid looks the same. Only waves on a wall, where k.v = bound,
are looked at one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, point_group_operations, wave_norm
from basis_store.array_types import BoolArray, IntArray
from basis_store.groups.operations import PointGroupOperations
from runtime.fields.grid_lattice import GridLattice
from runtime.fields.wave_orbits import WaveOrbits, orbits_of
from runtime.fields.wave_runs import WaveRuns

_BLOCK, _IMAGES = 1 << 15, 1 << 18
"""Waves, and images of waves, at a time: all that is computed of them stays in the cache."""

_Limits = list[tuple[IntArray, int]]
"""Pairs of v and bound: k.v <= bound."""


class Roots(NamedTuple):
    """Some waves, among them roots, the lexicographically largest first.

    Attributes:
        waves: n waves.
        norms: (n,).
        numbers: (n,) of the waves, ascending; odd where a wave is special, else even.
        special: (s,) which of them are on a wall. All others are roots of balanced orbits of the general kind.
        kept: (s,) which special waves are roots of balanced orbits.
        orbits: of the special waves.
        ties: (s,) how many waves as short as a special one look the same on the grid, itself among them.
    """

    waves: WaveRuns
    norms: NDArray[np.int32]
    numbers: NDArray[np.signedinteger]
    special: NDArray[np.intp]
    kept: BoolArray
    orbits: WaveOrbits
    ties: IntArray


class RootRuns:
    """The roots of a grid.

    Args:
        lattice: of the grid.

    Attributes:
        extent: upper bound of all indices.
        type: of :attr:`Roots.numbers`.
    """

    def __init__(self, lattice: GridLattice) -> None:
        self._lattice, self._group = lattice, point_group_operations(lattice.group)
        self.extent = lattice.extent
        self._digits = (2 * self.extent).bit_length()
        self.type: type[np.signedinteger] = np.int32 if 3 * self._digits < 32 else np.int64
        limits = _limits(lattice, self._group.rotations)
        # 1. Pairs (h, k), and whether all their waves are on a wall.
        axis = np.arange(self.extent, -self.extent - 1, -1)
        h, k = (one.reshape(-1) for one in np.meshgrid(axis[: self.extent + 1], axis, indexing="ij"))
        whole: BoolArray = np.zeros(len(h), bool)
        for vector, bound in limits:
            if vector[2] == 0:
                distance = bound - h * vector[0] - k * vector[1]
                inside = distance >= 0
                h, k, whole = h[inside], k[inside], (whole | (distance == 0))[inside]
        # 2. Their l from low to high, in the steps that the centrings allow.
        low, high = _range_of_l(h, k, self.extent, limits)
        self._step, first = _allowed(h, k, self._group)
        high -= (high - first) % self._step
        counts = np.where(first < 0, 0, (high - low) // self._step + 1)
        kept = counts > 0
        self._h, self._k, self._high, self._counts = h[kept], k[kept], high[kept], counts[kept]
        whole = whole[kept]
        # 3. Those on a wall: all of a run, or its ends. If an end is on none, no wave between the ends is.
        last = self._high - self._step * (self._counts - 1)
        at_high, at_last = (_touches(self._h, self._k, end, limits) for end in (self._high, last))
        numbers = np.where(whole, self._counts, at_high.astype(int) + (at_last & (self._counts > 1)))
        self._special_ends = np.concatenate([[0], np.cumsum(numbers)])
        run = np.repeat(np.arange(len(numbers)), numbers)
        place = np.arange(len(run)) - self._special_ends[run]
        place = np.where(whole[run] | (place == 0) & at_high[run], place, self._counts[run] - 1)
        waves = np.stack([self._h[run], self._k[run], self._high[run] - self._step * place], axis=1)
        self._special = np.cumsum(self._counts)[run] - self._counts[run] + place
        self._orbits, self._kept = orbits_of(waves, self._group)
        self._ties = lattice.ties(waves)

    def __len__(self) -> int:
        """An upper bound of the number of roots."""
        return int(self._counts.sum())

    def read(self, numbers: NDArray[np.signedinteger], columns: NDArray[np.signedinteger]) -> None:
        """Write the waves of some :attr:`Roots.numbers` (n,) to ``columns`` (3, n)."""
        for place, column in zip((2, 1, 0), columns, strict=True):
            column[:] = self.extent - (numbers >> (place * self._digits + 1) & ((1 << self._digits) - 1))

    def blocks(self) -> Iterator[Roots]:
        """All roots of balanced orbits, and few other waves."""
        # 1. What runs have in common: the norm but 3 l^2, the number but 2 l.
        pairs = np.stack([self._h, self._k, 0 * self._k], axis=1)
        norms = wave_norm(pairs, self._lattice.group.setting.lattice_family).astype(np.int32)
        places = ((self.extent - self._h << self._digits) + self.extent - self._k << self._digits) + self.extent
        numbers = (2 * places).astype(self.type)
        # 2. Their waves.
        ends = np.concatenate([[0], np.cumsum(self._counts)])
        size = min(_BLOCK, _IMAGES // len(self._group.half))
        for some in _ranges(ends, size):
            counts, start = self._counts[some], ends[some.start]
            shifts = self._high[some] + self._step * (ends[some] - start)
            last = np.repeat(shifts, counts) - self._step * np.arange(ends[some.stop] - start)
            short = last.astype(np.int32)
            number = np.repeat(numbers[some], counts) - 2 * short
            own = slice(self._special_ends[some.start], self._special_ends[some.stop])
            special = self._special[own] - start
            number[special] += 1
            yield Roots(
                waves=WaveRuns(self._h[some], self._k[some], counts, last),
                norms=np.repeat(norms[some], counts) + 3 * short * short,
                numbers=number,
                special=special,
                kept=self._kept[own],
                orbits=self._orbits.take(own),
                ties=self._ties[own],
            )


def _limits(lattice: GridLattice, rotations: IntArray) -> _Limits:
    """What the root of an orbit of the grid satisfies."""
    # 1. It is inside the Voronoi cell: |2 k G v| <= v G v.
    walls = 2 * lattice.faces @ lattice.form
    bounds = (lattice.faces * (lattice.faces @ lattice.form)).sum(axis=1).tolist()
    limits = [(sign * wall, bound) for wall, bound in zip(walls, bounds, strict=True) for sign in (1, -1)]
    # 2. It is not less than any image: its first index, or the next one where the image has the same ones before.
    both = np.concatenate([rotations, -rotations])
    same = np.eye(3, dtype=np.int64)
    conditions = []
    for column in range(3):
        kept = (both[:, :, :column] == same[:, :column]).all(axis=(1, 2))
        conditions.append(both[kept, :, column] - same[column])
    vectors = np.unique(np.concatenate(conditions), axis=0)
    return limits + [(vector, 0) for vector in vectors[vectors.any(axis=1)]]


def _range_of_l(h: IntArray, k: IntArray, extent: int, limits: _Limits) -> tuple[IntArray, IntArray]:
    """(n,) the lowest and (n,) the highest l of pairs (h, k), both (n,)."""
    low, high = np.full(len(h), -extent), np.full(len(h), extent)
    for vector, bound in limits:
        if vector[2]:
            rest = bound - h * vector[0] - k * vector[1]
            if vector[2] > 0:
                np.minimum(high, rest // vector[2], out=high)
            else:
                np.maximum(low, -(rest // -vector[2]), out=low)
    return low, high


def _allowed(h: IntArray, k: IntArray, group: PointGroupOperations) -> tuple[int, IntArray]:
    """The step between l with k.t - c an integer for all centrings, and (n,) the first one, -1 for none."""
    centrings24, step = group.centrings24, 1
    gains24 = list(zip(centrings24.tolist(), group.centring_characters24.tolist(), strict=True))
    while (centrings24[:, 2] * step % TURN).any():
        step += 1
    first = np.full(len(h), -1)
    for one in range(step):
        first[~np.any([(h * t[0] + k * t[1] + one * t[2] - c) % TURN for t, c in gains24], axis=0)] = one
    return step, first


def _touches(h: IntArray, k: IntArray, end: IntArray, limits: _Limits) -> BoolArray:
    """(n,) whether waves (h, k, end) are on a wall that ends the run of (h, k)."""
    touches = np.zeros(len(h), bool)
    for vector, bound in limits:
        if vector[2]:
            touches |= h * vector[0] + k * vector[1] + end * vector[2] == bound
    return touches


def _ranges(ends: IntArray, size: int) -> Iterator[slice]:
    """Ranges of runs with about ``size`` waves; ``ends`` (n + 1,) counts the waves before each run, and all."""
    starts = np.unique(np.searchsorted(ends, np.arange(0, ends[-1], size))).tolist()
    for start, stop in itertools.pairwise([*starts, len(ends) - 1]):
        if stop > start:
            yield slice(start, stop)
