"""Where the waves of a setting are in the half spectrum of a real grid, and the phases that they get there.

``rfftn`` keeps of each wave k and -k, modulo the grid, the one whose third index is at most N3/2; the other is its
complex conjugate. Where that index is 0 or N3/2 it keeps both. Images kR are looked up by a table for each index.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN
from basis_store.array_types import FloatArray, IntArray
from basis_store.fields.field_coefficients import exact_turns
from runtime.fields.grid_lattice import GridLattice
from runtime.fields.wave_runs import WaveRuns

_SAME_24TH = 1e-9
"""24ths: what basis_compiler.crystals.standardization takes for exact as well."""

_Vector = tuple[int, ...]
Vectors = tuple[_Vector, _Vector, _Vector]
"""See :meth:`HalfSpectrum.vectors`."""


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
        # An image of a wave of the grid is one as well, so its indices are bounded.
        self.offsets = [int(lattice.extent * np.abs(column).sum()) for column in self._numerators.T]
        # Per axis: places of each index and of its negative.
        self.tables: list[tuple[IntArray, IntArray]] = []
        for n, stride, offset in zip(
            lattice.shape, (two * self.shape[2], self.shape[2], 1), self.offsets, strict=True
        ):
            index = np.arange(-offset, offset + 1) // lattice.cell.denominator
            self.tables.append((index % n * stride, -index % n * stride))
        # Of the third index: -1 if only the wave itself is in the array, 1 if only its negative is, 0 if both are.
        residues = index % three
        self.sides = np.where(residues == 0, 0, np.sign(2 * residues - three)).astype(np.int8)

    def vectors(self, rotation: IntArray) -> Vectors:
        """Integer vectors v1, v2, v3 such that k R has the indices k.v1, k.v2, k.v3 times the denominator."""
        one, two, three = (tuple(vector) for vector in (rotation @ self._numerators).T.tolist())
        return one, two, three

    def complete(self, spectrum: NDArray[np.complex128]) -> None:
        """Where both waves of a pair are in the array, write the one that is still 0; in place."""
        for plane in {0, self._points // 2} if self._points % 2 == 0 else {0}:
            part = spectrum[:, :, plane]
            opposite = np.conj(np.roll(part[::-1, ::-1], (1, 1), axis=(0, 1)))
            part[...] = np.where(part == 0, opposite, part)


class ImagePlaces:
    """Places of the images of some waves under many rotations; what rotations have in common is computed once.

    Args:
        half: the array.
        waves: n waves.

    Attributes:
        waves: as given.
    """

    def __init__(self, half: HalfSpectrum, waves: WaveRuns) -> None:
        self._half, self.waves = half, waves
        self._indices: dict[tuple[int, _Vector], IntArray] = {}
        self._parts: dict[tuple[int, _Vector, bool], IntArray] = {}
        self._signs: dict[_Vector, FloatArray | float] = {}

    def __call__(self, vectors: Vectors) -> tuple[IntArray, FloatArray | float]:
        """Where images are.

        Args:
            vectors: of the rotation, by :meth:`HalfSpectrum.vectors`.

        Returns:
            (n,) flat indices in the array, and 1 where it has the image itself, -1 where its negative: (n,), or a
            number if it is the same for all waves.
        """
        signs = self._signs_of(vectors[2])
        if isinstance(signs, float):
            return self._places(vectors, signs < 0), signs
        return np.where(signs < 0, self._places(vectors, True), self._places(vectors, False)), signs

    def _signs_of(self, vector: _Vector) -> FloatArray | float:
        if vector not in self._signs:
            sides = self._half.sides.take(self._index(2, vector))
            if sides.max() <= 0:
                self._signs[vector] = 1.0
            elif sides.min() >= 0:
                self._signs[vector] = -1.0
            else:
                signs = np.where(sides > 0, -1.0, 1.0)
                self._signs[vector] = signs if vector[2] else self.waves.repeated(signs)
        return self._signs[vector]

    def _places(self, vectors: Vectors, negative: bool) -> IntArray:
        parts = [self._part(axis, vector, negative) for axis, vector in enumerate(vectors)]
        of_waves = [part for part, vector in zip(parts, vectors, strict=True) if vector[2]]
        of_runs = [part for part, vector in zip(parts, vectors, strict=True) if not vector[2]]
        if of_runs:
            of_waves.append(self.waves.repeated(_sum(of_runs)))
        return _sum(of_waves)

    def _part(self, axis: int, vector: _Vector, negative: bool) -> IntArray:
        """For the waves, or where it is the same along a run, for runs."""
        key = axis, vector, negative
        if key not in self._parts:
            self._parts[key] = self._half.tables[axis][negative].take(self._index(axis, vector))
        return self._parts[key]

    def _index(self, axis: int, vector: _Vector) -> IntArray:
        if (axis, vector) not in self._indices:
            a, b, c = vector
            index = self.waves.h * a + self.waves.k * b + self._half.offsets[axis]
            self._indices[axis, vector] = self.waves.repeated(index) + self.waves.l * c if c else index
        return self._indices[axis, vector]


class Gain(NamedTuple):
    """What the phases of an operation and of an origin are: k.turns24 - character24 in 24ths, k.rest in turns."""

    turns24: tuple[int, ...]
    character24: int
    rest: tuple[float, ...]


class WavePhases:
    """exp(2 pi i (k.t - c + k R.p)) of operations (R, t) and the origin p of a cell, for many waves k.

    Args:
        lattice: of the grid.
    """

    def __init__(self, lattice: GridLattice) -> None:
        origin24 = np.asarray(lattice.cell.origin) * TURN
        rounded = np.rint(origin24).astype(np.int64)
        exact = bool(np.abs(origin24 - rounded).max() < _SAME_24TH)
        self._origin24 = rounded if exact else np.zeros(3, np.int64)
        self._rest = np.zeros(3) if exact else np.asarray(lattice.cell.origin)
        self._extent = lattice.extent
        self._turns = np.tile(exact_turns(), 2)

    def gain(self, rotation: IntArray, translation24: IntArray, character24: int) -> Gain:
        """What the phases of an operation with a character depend on."""
        turns24 = tuple(((translation24 + rotation @ self._origin24) % TURN).tolist())
        return Gain(turns24, int(character24), tuple((rotation @ self._rest).tolist()))

    def __call__(self, waves: WaveRuns, gain: Gain) -> NDArray[np.complex128] | None:
        """(n,) for n waves; None where all are 1."""
        turned = self._turned(waves, gain) if any(gain.turns24) or gain.character24 else None
        if not any(gain.rest):
            return turned
        one, two, three = gain.rest
        angles = waves.repeated(waves.h * one + waves.k * two) + waves.l * three
        rest = np.exp(2j * np.pi * (angles - np.rint(angles)))
        return np.asarray(rest if turned is None else rest * turned)

    def _turned(self, waves: WaveRuns, gain: Gain) -> NDArray[np.complex128]:
        one, two, three = gain.turns24
        of_runs = (waves.h * one + waves.k * two - gain.character24) % TURN
        if not three:
            return waves.repeated(self._turns.take(of_runs))
        of_l = np.arange(-self._extent, self._extent + 1) * three % TURN
        return self._turns.take(waves.repeated(of_runs) + of_l.take(waves.l + self._extent))


def _sum(parts: list[IntArray]) -> IntArray:
    first, *rest = parts
    for part in rest:
        first = first + part
    return first
