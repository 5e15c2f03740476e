"""Where the waves of a setting are in the half spectrum of a real grid, and the phases that they get there.

``rfftn`` keeps of each wave k and -k, modulo the grid, the one whose third index is at most N3/2; the other is its
complex conjugate. Images kR of many waves are looked up by tables of each index, without a division.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN
from basis_store.array_types import BoolArray, IntArray
from basis_store.fields.field_coefficients import exact_turns
from basis_store.groups.wave_index import dot_columns
from runtime.fields.grid_lattice import GridLattice

_SAME_24TH = 1e-9
"""24ths: what basis_compiler.crystals.standardization takes for exact as well."""


class HalfSpectrum:
    """The array of ``rfftn`` of a grid, addressed by waves of the setting.

    Args:
        lattice: of the grid.

    Attributes:
        shape: of the array, (N1, N2, N3 // 2 + 1).
    """

    def __init__(self, lattice: GridLattice) -> None:
        one, two, three = lattice.shape
        self._points = three
        self.shape = one, two, three // 2 + 1
        self._numerators = lattice.cell.numerators
        self._denominator = lattice.cell.denominator
        # An image of a wave of the grid is one as well, so its indices are bounded.
        self._offsets = [int(lattice.extent * np.abs(column).sum()) for column in self._numerators.T]
        strides = (two * self.shape[2], self.shape[2], 1)
        self._places = []
        self._mirrored: BoolArray = np.zeros(0, bool)
        for n, stride, offset in zip(lattice.shape, strides, self._offsets, strict=True):
            index = np.arange(-offset, offset + 1) // self._denominator
            if stride == 1:
                self._mirrored = index % n > n // 2
            self._places.append(np.stack([index % n, -index % n]) * stride)

    def places(self, columns: IntArray, rotation: IntArray) -> tuple[IntArray, BoolArray]:
        """Flat indices of the waves k R, and whether -k R is there instead.

        Args:
            columns: (3, n) k.
            rotation: (3, 3) R.

        Returns:
            (n,) and (n,).
        """
        vectors = (rotation @ self._numerators).T
        one, two, three = (
            dot_columns(columns, vector) + offset for vector, offset in zip(vectors, self._offsets, strict=True)
        )
        mirrored = self._mirrored.take(three)
        flat = self._table(0, one, mirrored)
        flat += self._table(1, two, mirrored)
        flat += self._table(2, three, mirrored)
        return flat, mirrored

    def _table(self, axis: int, index: IntArray, mirrored: BoolArray) -> IntArray:
        index += mirrored * self._places[axis].shape[1]
        return np.asarray(self._places[axis].reshape(-1).take(index))

    def complete(self, spectrum: NDArray[np.complex128]) -> None:
        """Where both waves of a pair are in the array, write the one that is still 0; in place."""
        for plane in {0, self._points // 2} if self._points % 2 == 0 else {0}:
            part = spectrum[:, :, plane]
            opposite = np.conj(np.roll(part[::-1, ::-1], (1, 1), axis=(0, 1)))
            part[...] = np.where(part == 0, opposite, part)


class WavePhases:
    """exp(2 pi i (k.t + k R.p)) of operations (R, t) and the origin p of a cell, for many waves k.

    Args:
        lattice: of the grid.
    """

    def __init__(self, lattice: GridLattice) -> None:
        origin24 = np.asarray(lattice.cell.origin) * TURN
        rounded = np.rint(origin24).astype(np.int64)
        exact = bool(np.abs(origin24 - rounded).max() < _SAME_24TH)
        self._origin24 = rounded if exact else np.zeros(3, np.int64)
        self._rest = None if exact else np.asarray(lattice.cell.origin)
        self._turns = exact_turns()

    def __call__(
        self, columns: IntArray, rotation: IntArray, translation24: IntArray
    ) -> NDArray[np.complex128] | None:
        """(n,) for waves ``columns`` (3, n); None where all are 1."""
        gain = (translation24 + rotation @ self._origin24) % TURN
        turned = self._turns.take(dot_columns(columns, gain) % TURN) if gain.any() else None
        if self._rest is None:
            return turned
        one, two, three = rotation @ self._rest
        angles = columns[0] * one + columns[1] * two + columns[2] * three
        rest = np.exp(2j * np.pi * (angles - np.rint(angles)))
        return np.asarray(rest if turned is None else rest * turned)
