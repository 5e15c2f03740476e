"""A field on a grid as the Fourier series through its values, and the values of the series elsewhere (T12).

    f(x) = Re sum_k c_k exp(2 pi i k.x)      x: fractional coordinates of the cell, k: integers

Of k and -k one is listed, with twice its coefficient. The grid does not tell +N/2 from -N/2: such waves are
shared evenly between both. At the points of a net, x = corner + u first + v second, sums are those of
:mod:`net_sums`; at points anywhere the sum over k3 comes first, for all (k1, k2) at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_store import FieldError, GridField
from basis_store.array_types import FloatArray, IntArray
from sgbasis.fields.net_sums import NetSum

_BLOCK = 1 << 21
"""Partial sums at a time, at points anywhere."""
_TOGETHER = 1 << 19
"""Waves that are added to a net at a time, at least."""
_MAX_NET = 1 << 22
"""Pairs of integers of waves in a net."""

_ROUNDING = 1e-13
"""Of the largest coefficient: the root mean square of what is left out."""

MAX_POINTS = 1 << 27
"""Of a grid whose series is computed."""


@dataclass(frozen=True, eq=False)
class FourierSeries:
    """See the head of this module.

    Attributes:
        coefficients: (n1, n2, n3) c of the waves ``(first[i], second[j], third[k])``.
        first: (n1,) integers.
        second: (n2,) integers.
        third: (n3,) integers, none below 0.
    """

    coefficients: NDArray[np.complex128]
    first: IntArray
    second: IntArray
    third: IntArray

    @classmethod
    def of(cls, field: GridField) -> FourierSeries:
        """The series through the values of a field.

        Raises:
            FieldError: the grid is too large.
        """
        if field.values.size > MAX_POINTS:
            raise FieldError(f"a grid of {field.values.size:,} points is too large ({MAX_POINTS:,})")
        c = np.fft.rfftn(field.values, norm="forward")
        third = np.arange(c.shape[2])
        # Half a spectrum: all but the waves of k3 = 0 and of N3/2, which stands for both ends, count twice.
        c[:, :, (third > 0) & (2 * third < field.shape[2])] *= 2
        waves = []
        for axis in (0, 1):
            n = field.shape[axis]
            k = np.rint(np.fft.fftfreq(n) * n).astype(np.int64)
            if n % 2 == 0:
                edge = [slice(None)] * 3
                edge[axis] = slice(n // 2, n // 2 + 1)
                c[tuple(edge)] /= 2
                c = np.concatenate([c, c[tuple(edge)]], axis=axis)
                k = np.append(k, n // 2)
            waves.append(k)
        return cls(c, waves[0], waves[1], third)

    def waves(self) -> Iterator[tuple[IntArray, NDArray[np.complex128]]]:
        """(m, 3) waves and (m,) c, in blocks; those that are rounding are left out."""
        # Together they have a mean square of less than 1e-26 of that of the largest wave (Parseval).
        sizes = np.abs(self.coefficients)
        negligible = _ROUNDING / math.sqrt(sizes.size) * float(sizes.max())
        rest = np.stack(np.meshgrid(self.second, self.third, indexing="ij"), axis=-1).reshape(-1, 2)
        for k, part in zip(self.first, self.coefficients, strict=True):
            c = part.reshape(-1)
            some = np.flatnonzero(np.abs(c) > negligible)
            yield np.column_stack([np.full(len(some), k), rest[some]]), c[some]

    def all_waves(self) -> tuple[IntArray, NDArray[np.complex128]]:
        """(n, 3) waves and (n,) c, all at once."""
        return _joined(list(self.waves()))

    def on_grid(self, shape: tuple[int, int, int]) -> FloatArray:
        """Values on any grid (N1, N2, N3) of the cell.

        Raises:
            FieldError: it is too large.
        """
        return values_on_grid(*self.all_waves(), shape)

    def net_values(
        self,
        corner: FloatArray,
        first: FloatArray,
        second: FloatArray,
        u: FloatArray,
        v: FloatArray,
        *,
        vectors: IntArray | None = None,
    ) -> FloatArray:
        """(U, V) values at ``corner + u first + v second``.

        Args:
            corner: (3,) fractional coordinates.
            first: (3,) a step of u in fractional coordinates.
            second: (3,) a step of v.
            u: (U,) numbers at equal steps.
            v: (V,) numbers at equal steps.
            vectors: (2, 3) lattice vectors that span the plane, if there are some: waves that agree in the plane
                are then added first, which is much faster.
        """
        total = NetSum(u, v)
        merged = None if vectors is None else self._in_plane(corner, vectors)
        if merged is not None and vectors is not None:
            pairs, sums = merged
            inverse = np.linalg.pinv(vectors.astype(np.float64))  # first and second in terms of the two vectors
            total.add(pairs @ (first @ inverse), pairs @ (second @ inverse), sums)
            return total.values()
        for waves, c in _together(self.waves()):
            turned = c * np.exp(2j * np.pi * _fraction(waves @ corner))
            total.add(waves @ first, waves @ second, turned)
        return total.values()

    def line_values(self, start: FloatArray, end: FloatArray, steps: int) -> FloatArray:
        """(steps,) values at equal steps from ``start`` (3,) to ``end`` (3,), the ends included."""
        # A line is a net whose rows follow each other.
        row = int(np.ceil(np.sqrt(steps)))
        step = (end - start) / (steps - 1)
        coarse, fine = np.arange(0, steps, row, dtype=np.float64), np.arange(row, dtype=np.float64)
        return self.net_values(start, step, step, coarse, fine).reshape(-1)[:steps]

    def values(self, points: FloatArray) -> FloatArray:
        """(n,) values at fractional coordinates ``points`` (n, 3), anywhere."""
        found = np.zeros(len(points))
        n1, n2, n3 = self.coefficients.shape
        flat = self.coefficients.reshape(n1 * n2, n3)
        for start in range(0, len(points), rows := max(1, _BLOCK // (n1 * n2))):
            some = points[start : start + rows]
            first, second, third = (
                np.exp(2j * np.pi * _fraction(np.outer(k, x)))
                for k, x in zip((self.first, self.second, self.third), some.T, strict=True)
            )
            sums = (flat @ third).reshape(n1, n2, -1)
            found[start : start + rows] = np.einsum("ip,jp,ijp->p", first, second, sums, optimize=True).real
        return found

    def largest(self, count: int) -> tuple[IntArray, NDArray[np.complex128]]:
        """(m, 3) waves and (m,) c of the ``count`` largest coefficients but the mean, for rough estimates."""
        sizes = np.abs(self.coefficients)
        sizes[self.first == 0, self.second == 0, 0] = 0
        flat = sizes.reshape(-1)
        kept = np.argpartition(-flat, min(count, flat.size) - 1)[:count]
        i, j, k = np.unravel_index(kept[flat[kept] > 0], sizes.shape)
        return np.column_stack([self.first[i], self.second[j], self.third[k]]), self.coefficients[i, j, k]

    def _in_plane(self, corner: FloatArray, vectors: IntArray) -> tuple[IntArray, NDArray[np.complex128]] | None:
        """(m, 2) k.A and k.B of the lattice vectors A, B, and (m,) sums of c exp(2 pi i k.corner)."""
        ends = np.array([np.abs(k).max() for k in (self.first, self.second, self.third)])
        reach = np.abs(vectors) @ ends
        width = 2 * reach[1] + 1
        if (2 * reach[0] + 1) * width > _MAX_NET:
            return None
        size = int((2 * reach[0] + 1) * width)
        real, imaginary = np.zeros(size), np.zeros(size)
        for waves, c in self.waves():
            turned = c * np.exp(2j * np.pi * _fraction(waves @ corner))
            codes = (waves @ vectors[0] + reach[0]) * width + waves @ vectors[1] + reach[1]
            real += np.bincount(codes, turned.real, size)
            imaginary += np.bincount(codes, turned.imag, size)
        some = np.flatnonzero((real != 0) | (imaginary != 0))
        pairs = np.column_stack([some // width - reach[0], some % width - reach[1]])
        return pairs, real[some] + 1j * imaginary[some]


def values_on_grid(waves: IntArray, c: NDArray[np.complex128], shape: tuple[int, int, int]) -> FloatArray:
    """(N1, N2, N3) values of Re sum c exp(2 pi i k.x) on a grid; waves (n, 3), c (n,).

    Raises:
        FieldError: the grid is too large.
    """
    if math.prod(shape) > MAX_POINTS:
        raise FieldError(f"a grid of {' x '.join(map(str, shape))} points is too large ({MAX_POINTS:,})")
    spectrum = np.zeros(math.prod(shape), dtype=np.complex128)
    residues = waves % shape
    np.add.at(spectrum, (residues[:, 0] * shape[1] + residues[:, 1]) * shape[2] + residues[:, 2], c)
    return np.ascontiguousarray(np.fft.ifftn(spectrum.reshape(shape), norm="forward").real)


def _fraction(turns: FloatArray) -> FloatArray:
    return turns - np.rint(turns)


def _together(
    blocks: Iterator[tuple[IntArray, NDArray[np.complex128]]],
) -> Iterator[tuple[IntArray, NDArray[np.complex128]]]:
    """The same waves in fewer blocks."""
    waiting: list[tuple[IntArray, NDArray[np.complex128]]] = []
    for block in blocks:
        waiting.append(block)
        if sum(len(c) for _, c in waiting) >= _TOGETHER:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(blocks: list[tuple[IntArray, NDArray[np.complex128]]]) -> tuple[IntArray, NDArray[np.complex128]]:
    return np.concatenate([waves for waves, _ in blocks]), np.concatenate([c for _, c in blocks])
