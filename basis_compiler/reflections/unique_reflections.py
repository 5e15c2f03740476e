"""The unique reflections of a lattice: one of each orbit of waves, in any cell of the crystal.

Indices are found and compared in the setting of the group, where all operations are integer matrices, and are
printed in another cell of the same crystal. With columns x_std = P x + p a row of indices becomes

    k = k_std P            exact: P has integers over a small denominator

and is a reflection of that cell if it is integral. (In a primitive cell the reflections that a centring of the
setting forbids are no reflections at all.)

An orbit is closed under k -> kR and, where Friedel pairs are merged, k -> -k. It is represented by the wave with
the fewest negative indices in the printed cell; of these, by the first in lexicographic order, largest first: 311
for the 24 waves 311, 131, -311 ... of m-3m, and 110, not 2-10, in hexagonal axes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from basis_compiler.bases.phases import forbidding_operations
from basis_store import Operations, ReflectionError
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.tables.short_repr import ShortRepr

MAX_WAVES = 5_000_000
"""Of all indices in the sphere, before equivalent ones are merged."""

_SLACK = 1e-6
"""Of a length: the sphere that is searched is larger by this, so that no orbit is cut at its surface."""
_SAME_LENGTH = 1e-9
_BASE = 1 << 17
_BLOCK = 1 << 18


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UniqueReflections(ShortRepr):
    """One reflection of each orbit, in order of falling d; at equal d, the representative with fewer signs first.

    Attributes:
        hkl: (n, 3) indices in the printed cell.
        waves: (n, 3) the same in the setting of the group.
        multiplicities: (n,) waves of the orbit.
        d: (n,) spacing in Angstrom.
        forbidding: (n,) index of the first operation that forbids the orbit, -1 where there is none (T1).
    """

    hkl: IntArray
    waves: IntArray
    multiplicities: IntArray
    d: FloatArray
    forbidding: IntArray

    def __len__(self) -> int:
        return len(self.hkl)

    def taken(self, rows: BoolArray) -> UniqueReflections:
        """Those reflections where ``rows`` (n,) is true."""
        return UniqueReflections(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def unique_reflections(
    group: Operations, lattice: FloatArray, *, d_min: float, change: IntArray, denominator: int, friedel: bool
) -> UniqueReflections:
    """List the unique reflections with a spacing of at least ``d_min``, absent ones as well; without 000.

    Args:
        group: the operations of the setting.
        lattice: (3, 3) rows of its cell in Angstrom, with a metric that the group preserves.
        d_min: in Angstrom.
        change: (3, 3) integers: P times ``denominator``, to print indices in another cell; the unit matrix for
            the setting's own.
        denominator: of P.
        friedel: whether k and -k are one reflection.

    Raises:
        ReflectionError: the sphere holds more than :data:`MAX_WAVES` waves, or d is not positive.
    """
    _check_number(lattice, d_min)
    images = _distinct_images(group, friedel)
    found = [_canonical(block, images, change) for block in _sphere(lattice, d_min)]
    waves = np.concatenate(found) if found else np.empty((0, 3), np.int64)
    # 1. What is no reflection of the printed cell, or lies outside of the sphere by more than rounding.
    scaled = waves @ change
    d = 1 / np.linalg.norm(waves @ np.linalg.inv(lattice).T, axis=1)
    kept = (scaled % denominator == 0).all(axis=1) & (d >= d_min * (1 - _SAME_LENGTH))
    waves, hkl, d = waves[kept], scaled[kept] // denominator, d[kept]
    # 2. Multiplicities: the number of images over that of those which fix the wave.
    fixing = np.zeros(len(waves), dtype=np.int64)
    for image in images:
        fixing += (waves @ image == waves).all(axis=1)
    # 3. Order: lengths that differ by rounding only are equal.
    order = np.lexsort((-_rank(hkl), -_steps(d)))
    waves, hkl, d, fixing = waves[order], hkl[order], d[order], fixing[order]
    forbidding = [
        forbidding_operations(group, waves[start : start + _BLOCK // 64])
        for start in range(0, len(waves), _BLOCK // 64)
    ]
    return UniqueReflections(
        hkl=hkl,
        waves=waves,
        multiplicities=len(images) // fixing,
        d=d,
        forbidding=np.concatenate([np.empty(0, np.int64), *forbidding]),
    )


def expected_waves(lattice: FloatArray, d_min: float) -> float:
    """About how many waves have a spacing of at least ``d_min``: the volume of the sphere in reciprocal space."""
    return float(4 / 3 * np.pi / d_min**3 * abs(np.linalg.det(lattice)))


def _check_number(lattice: FloatArray, d_min: float) -> None:
    if not 0 < d_min < np.inf:
        raise ReflectionError(f"the smallest spacing d is a positive number of Angstrom, not {d_min:g}")
    if (count := expected_waves(lattice, d_min)) > MAX_WAVES:
        least = float((4 / 3 * np.pi * abs(np.linalg.det(lattice)) / MAX_WAVES) ** (1 / 3))
        raise ReflectionError(
            f"down to d = {d_min:.4g} Angstrom this crystal has about {count:.2g} reflections; at most "
            f"{MAX_WAVES:,} are listed: end at d = {np.ceil(1000 * least) / 1000:.3f} Angstrom or more"
        )


def _distinct_images(group: Operations, friedel: bool) -> IntArray:
    """(m, 3, 3) the matrices R, and -R where Friedel pairs are merged, each once."""
    rotations = group.point_group
    return np.unique(np.concatenate([rotations, -rotations]), axis=0) if friedel else rotations


def _sphere(lattice: FloatArray, d_min: float) -> Iterator[IntArray]:
    """All waves but 0 with spacings down to a little less than ``d_min``, in blocks (n, 3) of bounded size."""
    # |h| = |k.a| <= |G| |a|.
    limit = (1 + _SLACK) / d_min
    extents = np.floor(np.linalg.norm(lattice, axis=1) * limit).astype(np.int64)
    second, third = (np.arange(-n, n + 1) for n in extents[1:])
    reciprocal = np.linalg.inv(lattice).T
    rows = max(1, _BLOCK // len(third))
    for h in range(-int(extents[0]), int(extents[0]) + 1):
        for start in range(0, len(second), rows):
            plane = np.stack(np.meshgrid([h], second[start : start + rows], third, indexing="ij"), axis=-1)
            waves = plane.reshape(-1, 3)
            lengths = np.linalg.norm(waves @ reciprocal, axis=1)
            yield waves[(lengths <= limit) & waves.any(axis=1)]


def _canonical(waves: IntArray, images: IntArray, change: IntArray) -> IntArray:
    """Those of ``waves`` (n, 3) that represent their orbits under k -> k M, M in ``images`` (m, 3, 3)."""
    for image in images:
        waves = waves[_rank(waves @ change) >= _rank(waves @ (image @ change))]
    return waves


def _rank(hkl: IntArray) -> IntArray:
    """(n,) integers: the larger, the sooner a wave represents its orbit; different for different waves (n, 3)."""
    lexicographic = (hkl[:, 0] * _BASE + hkl[:, 1]) * _BASE + hkl[:, 2]
    return np.asarray(lexicographic - (hkl < 0).sum(axis=1) * (4 * _BASE**3))


def _steps(d: FloatArray) -> IntArray:
    """(n,) integers that are equal where spacings are equal up to rounding, and ascend with them."""
    ascending = np.argsort(d)
    steps = np.diff(d[ascending], prepend=d[ascending][:1]) > _SAME_LENGTH * d[ascending]
    numbers = np.empty(len(d), dtype=np.int64)
    numbers[ascending] = np.cumsum(steps)
    return numbers
