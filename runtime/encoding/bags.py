"""Weighted sums of few rows with exact weights: sums over orbits, and their expansion to waves."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from basis_store.array_types import IntArray


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


class Bags:
    """A sparse matrix that multiplies columns of values; differentiable to any order.

    Args:
        entries: of the matrix.
        shape: its rows and columns.
    """

    def __init__(self, entries: Entries, shape: tuple[int, int]) -> None:
        kept = np.flatnonzero(entries.phases24 % 12 != 6)  # the others are exactly 0
        rows, columns, phases24, divisors = (part[kept] for part in entries)
        weights = np.cos(phases24 % 24 * (math.tau / 24)) / divisors
        self._sides = (
            _Side(rows, columns, weights, shape[0]),
            _Side(columns, rows, weights, shape[1]),
        )

    def __call__(self, values: Tensor) -> Tensor:
        """(columns, n) -> (rows, n)."""
        if not torch.is_grad_enabled():
            return self._sides[0].multiply(values)
        product: Tensor = _Product.apply(values, self._sides)  # type: ignore[no-untyped-call]
        return product

    def adjoint(self, values: Tensor) -> Tensor:
        """(rows, n) -> (columns, n): the transposed matrix, without a graph."""
        return self._sides[1].multiply(values.contiguous())


class _Side:
    """A matrix, row by row: bags of weighted input rows."""

    def __init__(self, rows: IntArray, columns: IntArray, weights: NDArray[np.float64], n_rows: int) -> None:
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
    """A linear map and, as its derivative, the transposed one; torch's own derivative of bags has none itself."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, sides: tuple[_Side, _Side]) -> Tensor:
        ctx.sides = sides
        return sides[0].multiply(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        transposed: Tensor = _Product.apply(gradients[0].contiguous(), ctx.sides[::-1])  # type: ignore[no-untyped-call]
        return transposed, None
