"""Averages over operations that move whole rows of a grid: those that keep its third axis, up to its direction.

    F(x) = (1/n) sum_r chi(r) f(r x),   A f(x) = (1/|K|) sum_K chi(k) F(k x),   A f(r x) = chi(r) A f(x)

chi is a real character (T9), 1 for invariant functions. K are the operations that keep every row, and r one
element of each of the n cosets r K. The rows of an orbit are added up in one of them, averaged over K there, and
copied back: each row is read once and written once, whatever the order of the group. Where operations do not keep
the third axis, rows are torn apart, and the way through Fourier coefficients is faster.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from runtime.fields.grid_images import grid_operations
from runtime.fields.grid_lattice import GridLattice

_BLOCK = 1 << 15
"""Values of a block of rows, which stays in the cache."""


class _Coset(NamedTuple):
    """Operations that map rows in the same way.

    Attributes:
        matrix: (2, 2) row (i, j) goes to ``matrix (i, j) + steps``.
        steps: (2,)
        along: for each operation sign and shift of k -> sign k + shift, along a row, and whether chi is -1.
    """

    matrix: IntArray
    steps: IntArray
    along: list[tuple[int, int, bool]]


def keeps_rows(lattice: GridLattice) -> bool:
    """Whether a field on the grid can be averaged here; its cell is not larger than the conventional one."""
    if not lattice.closed or np.linalg.det(lattice.cell.matrix) > 1 + 1e-9:
        return False
    matrices, _ = grid_operations(lattice)
    return not matrices[:, 2, :2].any() and not matrices[:, :2, 2].any()


def average_rows(values: FloatArray, lattice: GridLattice) -> FloatArray:
    """(N1, N2, N3) the average of ``values`` (N1, N2, N3) over the operations; see :func:`keeps_rows`."""
    one, two, three = lattice.shape
    keeping, *others = cosets = _cosets(lattice)
    if not others and len(keeping.along) == 1:
        return values.copy()
    rows, result = np.ascontiguousarray(values).reshape(one * two, three), np.empty((one * two, three))
    firsts = _firsts(cosets, one, two)
    size = max(1, _BLOCK // three)
    buffer = np.empty((size, three))
    for start in range(0, len(firsts), size):
        some = firsts[start : start + size]
        places = [_images(coset, some, one, two) for coset in cosets]
        # 1. The rows of an orbit, added up.
        total = np.zeros((len(some), three))
        for coset, place in zip(cosets, places, strict=True):
            taken = rows.take(place, axis=0, out=buffer[: len(some)], mode="clip")
            sign, shift, negative = coset.along[0]
            for target, source in _pieces(sign, shift, three):
                _accumulate(total[:, target], taken[:, source], negative=negative)
        # 2. Averaged over what keeps each row.
        average = np.zeros_like(total)
        for sign, shift, negative in keeping.along:
            for target, source in _pieces(sign, shift, three):
                _accumulate(average[:, target], total[:, source], negative=negative)
        average /= len(cosets) * len(keeping.along)
        # 3. Copied to every row.
        for coset, place in zip(cosets, places, strict=True):
            sign, shift, negative = coset.along[0]
            for target, source in _pieces(sign, shift, three):
                result[place, source] = -average[:, target] if negative else average[:, target]
    return result.reshape(values.shape)


def _accumulate(total: FloatArray, values: FloatArray, *, negative: bool) -> None:
    """Add values to a total of the same shape, or subtract them."""
    if negative:
        total -= values
    else:
        total += values


def _cosets(lattice: GridLattice) -> list[_Coset]:
    """The operations on the grid by what they do to rows; first those that keep every row."""
    found: dict[bytes, _Coset] = {}
    matrices, steps = grid_operations(lattice)
    steps = steps % np.array(lattice.shape)
    moves = (matrices[:, :2, :2] != np.eye(2)).any(axis=(1, 2)) | steps[:, :2].any(axis=1)
    for number in np.argsort(moves, kind="stable"):
        matrix, step = matrices[number, :2, :2], steps[number, :2]
        coset = found.setdefault(matrix.tobytes() + step.tobytes(), _Coset(matrix, step, []))
        negative = bool(lattice.group.characters24[number])
        along = int(matrices[number, 2, 2]), int(steps[number, 2]), negative
        if along not in coset.along:
            coset.along.append(along)
    return list(found.values())


def _images(coset: _Coset, rows: IntArray, one: int, two: int) -> IntArray:
    """Numbers of the images of ``rows``, numbers i two + j."""
    (a, b), (c, d) = coset.matrix.tolist()
    i, j = np.divmod(rows, two)
    return np.asarray((a * i + b * j + coset.steps[0]) % one * two + (c * i + d * j + coset.steps[1]) % two)


def _firsts(cosets: list[_Coset], one: int, two: int) -> IntArray:
    """The first row of each orbit."""
    rows = np.arange(one * two)
    is_first = np.ones(len(rows), dtype=bool)
    for coset in cosets:
        is_first &= _images(coset, rows, one, two) >= rows
    return np.flatnonzero(is_first)


def _pieces(sign: int, shift: int, length: int) -> list[tuple[slice, slice]]:
    """Slices of k and of ``sign k + shift`` modulo the length, which do not wrap around."""
    if sign > 0:
        return [
            (slice(0, length - shift), slice(shift, length)),
            (slice(length - shift, length), slice(0, shift)),
        ]
    return [
        (slice(0, shift + 1), slice(shift, None, -1)),
        (slice(shift + 1, length), slice(length, shift, -1)),
    ]
