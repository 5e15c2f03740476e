"""From plane waves to the symmetrised ones of a setting, by two sparse matrices and one number per orbit (T4)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from basis_store import TURN
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.wave_shells import is_leading
from runtime.encoding.half_orbits import HalfOrbits

_QUARTER, _HALF = 6, 12
"""Of a turn, in 24ths: cos(a - quarter) = sin a, cos(a + quarter) = -sin a, cos(a + half) = -cos a."""


class OrbitSums:
    """Projects waves on the invariants of a setting: first on the numbers u of its Friedel pairs, then on all P_k.

    Args:
        orbits: of the setting.
        waves: (K, 3) the list of waves.
    """

    def __init__(self, orbits: HalfOrbits, waves: NDArray[np.integer]) -> None:
        n_sums, n_waves = 2 * len(orbits.sizes), len(waves)
        self._to_sums = SparseMatrix(_to_sums(orbits, waves), (n_sums, n_waves))
        self._to_waves = SparseMatrix(_to_waves(orbits), (2 * n_waves, n_sums))

    def __call__(self, exponentials: Tensor) -> Tensor:
        """Symmetrise.

        Args:
            exponentials: (K, n) cos 2 pi k.x of one of each k, -k, in the order of the list, then their sines.

        Returns:
            (2 K, n) Re P_k and Im P_k of each wave in turn; 0 for systematic absences.
        """
        return self._to_waves(self._to_sums(exponentials))

    def adjoint(self, gradients: Tensor) -> Tensor:
        """(2 K, n) gradients by the result -> (K, n) gradients by the exponentials; without a graph.

        Rows beyond those of this setting's waves are left out.
        """
        return self._to_sums.adjoint(self._to_waves.adjoint(gradients))


class Entries(NamedTuple):
    """Entries cos(2 pi p / 24) / d of a sparse matrix, in any order.

    Attributes:
        rows: (e,).
        columns: (e,).
        phases24: (e,) p.
        divisors: (e,) d.
    """

    rows: IntArray
    columns: IntArray
    phases24: IntArray
    divisors: IntArray


class SparseMatrix:
    """A sparse matrix that multiplies columns of values; differentiable to any order.

    Args:
        entries: of the matrix.
        shape: its rows and columns.
    """

    def __init__(self, entries: Entries, shape: tuple[int, int]) -> None:
        kept = np.flatnonzero(entries.phases24 % 12 != 6)  # the others are exactly 0
        rows, columns, phases24, divisors = (part[kept] for part in entries)
        weights = np.cos(phases24 % TURN * (math.tau / TURN)) / divisors
        self._rows_and_columns = (
            _CompressedRows(rows, columns, weights, shape[0]),
            _CompressedRows(columns, rows, weights, shape[1]),
        )

    def __call__(self, values: Tensor) -> Tensor:
        """(columns, n) -> (rows, n)."""
        if not torch.is_grad_enabled():
            return self._rows_and_columns[0].multiply(values)
        product: Tensor = _Product.apply(values, self._rows_and_columns)  # type: ignore[no-untyped-call]
        return product

    def adjoint(self, values: Tensor) -> Tensor:
        """(rows, n) -> (columns, n): the transposed matrix, without a graph."""
        return self._rows_and_columns[1].multiply(values.contiguous())


class _CompressedRows:
    """A sparse matrix in CSR form, multiplied as an ``embedding_bag``: weighted sums of rows of values."""

    def __init__(self, rows: IntArray, columns: IntArray, weights: FloatArray, n_rows: int) -> None:
        order = np.argsort(rows, kind="stable")
        self._indices = torch.from_numpy(columns[order])
        self._offsets = torch.from_numpy(np.searchsorted(rows[order], np.arange(n_rows)))
        self._weights = torch.from_numpy(weights[order])
        self._tables: dict[tuple[torch.dtype, torch.device], tuple[Tensor, Tensor, Tensor]] = {}

    def multiply(self, values: Tensor) -> Tensor:
        key = values.dtype, values.device
        if key not in self._tables:
            weights = self._weights.to(values)
            self._tables[key] = self._indices.to(values.device), self._offsets.to(values.device), weights
        indices, offsets, weights = self._tables[key]
        product: Tensor = torch.nn.functional.embedding_bag(
            indices, values, offsets, mode="sum", per_sample_weights=weights
        )
        return product


class _Product(torch.autograd.Function):
    """A linear map whose derivative is the transposed map; the backward of ``embedding_bag`` has no derivative."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, matrices: tuple[_CompressedRows, _CompressedRows]) -> Tensor:
        ctx.matrices = matrices
        return matrices[0].multiply(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        transposed: Tensor = _Product.apply(gradients[0].contiguous(), ctx.matrices[::-1])  # type: ignore[no-untyped-call]
        return transposed, None


def _to_sums(orbits: HalfOrbits, waves: NDArray[np.integer]) -> Entries:
    """Sums of exp(i a) e = cos a C - sin a S + i (sin a C + cos a S); S of -k is minus that of k."""
    leading = is_leading(waves)
    n_halves, place = int(leading.sum()), np.cumsum(leading) - 1
    mirrored = ~is_leading(orbits.waves)
    cosines = place[np.where(mirrored, orbits.columns[:, 1], orbits.columns[:, 0])]
    sines, sign = cosines + n_halves, np.where(mirrored, _HALF, 0)
    real, imaginary, alpha = orbits.pairs, orbits.pairs + len(orbits.sizes), orbits.phases24
    terms = [
        (real, cosines, alpha),
        (real, sines, alpha + _QUARTER + sign),
        (imaginary, cosines, alpha - _QUARTER),
        (imaginary, sines, alpha + sign),
    ]
    rows, columns, phases24 = (np.concatenate(part) for part in zip(*terms, strict=True))
    return _without_zeros(Entries(rows, columns, phases24, np.ones_like(rows)), rows, orbits)


def _to_waves(orbits: HalfOrbits) -> Entries:
    """P_k = exp(-i a) u / |O|, and P_{-k} its conjugate; a real u is twice the sum over its half orbit."""
    real, imaginary, alpha = orbits.pairs, orbits.pairs + len(orbits.sizes), orbits.phases24
    terms: list[tuple[IntArray, IntArray, IntArray]] = []
    for column, conjugate in orbits.written:
        sign = _HALF if conjugate else 0
        terms += [
            (2 * column, real, alpha),
            (2 * column, imaginary, alpha - _QUARTER),
            (2 * column + 1, real, alpha + _QUARTER + sign),
            (2 * column + 1, imaginary, alpha + sign),
        ]
    rows, columns, phases24 = (np.concatenate(part) for part in zip(*terms, strict=True))
    sizes = np.where(orbits.real, orbits.sizes // 2, orbits.sizes)
    entries = Entries(rows, columns, phases24, sizes[columns % len(sizes)])
    return _without_zeros(entries, columns, orbits)


def _without_zeros(entries: Entries, sums: IntArray, orbits: HalfOrbits) -> Entries:
    """Leave out entries of imaginary parts of real u, which are 0; in ``sums`` they come after all real parts."""
    kept = (sums < len(orbits.sizes)) | ~orbits.real[sums % len(orbits.sizes)]
    return Entries(*(part[kept] for part in entries))
