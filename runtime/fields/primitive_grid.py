"""The points of a grid modulo all periods of the functions: the grid of a primitive cell.

Periods are the lattice translations of the setting, but with a character only those where it is 1 (T9).

A field in a conventional or larger cell is averaged over the translations that its cell has more than a primitive
one; what is left has fewer points, and fewer waves. In steps of the grid, translations are a lattice with a basis

    v1 = (d1, a, b)     v2 = (0, d2, c)     v3 = (0, 0, d3)

so that the box of d1 x d2 x d3 points has each point once. To have an FFT of its own, it is sheared to the cell
with the vectors d1 (1, s, s'), d2 (0, 1, s''), d3 (0, 0, 1), where these are lattice translations as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from basis_store import TURN
from basis_store.array_types import FloatArray, IntArray
from basis_store.fields.cell_change import CellChange
from basis_store.groups.generated_group import generated_lattice
from runtime.fields.grid_lattice import GridLattice

_SIXTHS = 6
"""Components of lattice translations are multiples of 1/2 or 1/3."""


class PrimitiveGrid:
    """The grid of a primitive cell that has the points of a larger one; made by :func:`primitive_grid`.

    Attributes:
        lattice: of the smaller grid.
    """

    def __init__(self, given: GridLattice, lattice: GridLattice, box: IntArray, shear: IntArray) -> None:
        self.lattice = lattice
        self._shape, self._box = given.shape, box
        d1, d2, d3 = lattice.shape
        counts = [n // d for n, d in zip(given.shape, lattice.shape, strict=True)]
        shifts = [
            np.array(numbers) @ box % np.array(given.shape) for numbers in itertools.product(*map(range, counts))
        ]
        self._copies = [(int(shift[0]), list(self._pieces(shift))) for shift in shifts]
        # Row j of slab i of the sheared grid is a row of slab i of the box, rolled.
        i, j = np.arange(d1)[:, None], np.arange(d2)
        lifted = j + shear[0, 1] * i
        rows = lifted % d2
        rolls = (shear[0, 2] * i + shear[1, 2] * j - lifted // d2 * box[1, 2]) % d3
        back = np.argsort(rows, axis=1)
        self._to_sheared = rows, rolls
        self._to_box = back, np.take_along_axis(-rolls % d3, back, axis=1)

    def fold(self, values: FloatArray) -> FloatArray:
        """(d1, d2, d3) averages of ``values`` (N1, N2, N3) over the translations."""
        d1, d2, d3 = self.lattice.shape
        folded = np.empty((d1, d2, d3))
        rolled = _RolledRows(d2, d3)
        for i in range(d1):
            slab = values[i, :d2, :d3].copy()  # the first translation is 0
            for start, pieces in self._copies[1:]:
                for inside, outside in pieces:
                    slab[inside] += values[i + start][outside]
            folded[i] = rolled(slab, *(one[i] for one in self._to_sheared))
        folded /= len(self._copies)
        return folded

    def unfold(self, folded: FloatArray) -> FloatArray:
        """(N1, N2, N3) values of a field with all translations, from those of :meth:`fold`."""
        values = np.empty(self._shape)
        rolled = _RolledRows(*folded.shape[1:])
        for i in range(len(folded)):
            slab = rolled(folded[i], *(one[i] for one in self._to_box))
            for start, pieces in self._copies:
                for inside, outside in pieces:
                    values[i + start][outside] = slab[inside]
        return values

    def _pieces(self, shift: IntArray) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
        """Parts of a slab of the box, and where they are in the grid."""
        axes = [_wrapped(int(shift[axis]), self.lattice.shape[axis], self._shape[axis]) for axis in (1, 2)]
        for (inside, outside), (within, without) in itertools.product(*axes):
            yield (inside, within), (outside, without)


def primitive_grid(lattice: GridLattice) -> PrimitiveGrid | None:
    """The grid of a primitive cell with the points of a grid.

    None if the cell of the grid is primitive, if not all lattice translations are steps of the grid, or if no axes
    for an FFT are found.
    """
    # 1. The periods in steps of the grid, as rows.
    shape = np.array(lattice.shape)
    periods24 = np.concatenate([TURN * np.eye(3, dtype=np.int64), lattice.group.periods24])
    steps = np.linalg.solve(lattice.cell.matrix, periods24.T / TURN).T * shape
    rows = np.rint(steps).astype(np.int64)
    if np.abs(steps - rows).max() > 1e-9:
        return None
    box = generated_lattice(rows)
    shear = None if np.diag(box).prod() == shape.prod() else _shear(box)
    if shear is None:
        return None
    # 2. The cell of the sheared vectors.
    sizes = np.diag(box)
    sixths = lattice.cell.matrix @ (sizes[:, None] * shear / shape).T * _SIXTHS
    numerators = np.rint(sixths).astype(np.int64)
    if np.abs(sixths - numerators).max() > 1e-9:
        return None
    cell = CellChange(numerators, _SIXTHS, lattice.cell.origin)
    one, two, three = sizes.tolist()
    return PrimitiveGrid(lattice, GridLattice((one, two, three), cell, lattice.group), box, shear)


def _shear(box: IntArray) -> IntArray | None:
    """Rows (1, s, s'), (0, 1, s''), (0, 0, 1) whose multiples by the diagonal are in the lattice, if there are."""
    (d1, a, b), (_, d2, c), (_, _, d3) = box.tolist()
    last = np.flatnonzero((d2 * np.arange(d3) - c) % d3 == 0)
    for one in np.flatnonzero((d1 * np.arange(d2) - a) % d2 == 0).tolist():
        lifted = b + (d1 * one - a) // d2 * c
        other = np.flatnonzero((d1 * np.arange(d3) - lifted) % d3 == 0)
        if last.size and other.size:
            return np.array([[1, one, other[0]], [0, 1, last[0]], [0, 0, 1]])
    return None


class _RolledRows:
    """Rows of slabs (d2, d3), each from any of its entries on, and around: read from doubled rows."""

    def __init__(self, d2: int, d3: int) -> None:
        self._doubled = np.empty((d2, 2, d3))
        self._windows = np.lib.stride_tricks.sliding_window_view(self._doubled.reshape(d2, 2 * d3), d3, axis=1)

    def __call__(self, slab: FloatArray, rows: IntArray, rolls: IntArray) -> FloatArray:
        """(d2, d3) some ``rows`` (d2,) of a slab (d2, d3), each from its entry ``rolls`` (d2,) on."""
        self._doubled[:] = slab[:, None]
        return np.asarray(self._windows[rows, rolls])


def _wrapped(start: int, length: int, period: int) -> list[tuple[slice, slice]]:
    """A range from ``start`` modulo ``period``: pairs of where it is in the range, and where modulo the period."""
    first = min(length, period - start)
    pieces = [(slice(0, first), slice(start, start + first))]
    return pieces if first == length else [*pieces, (slice(first, length), slice(0, length - first))]
