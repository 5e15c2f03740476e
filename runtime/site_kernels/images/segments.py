"""Sums of consecutive rows, and the opposite: each is the derivative of the other.

Sums are in a fixed order also on a GPU, where those of PyTorch's ``index_add``, the derivative of a lookup, are
not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def sum_rows(values: Tensor, owners: Tensor, counts: Tensor) -> Tensor:
    """Sums over the rows of each owner; differentiable to any order.

    Args:
        values: (n, width).
        owners: (n,) whose each row is, ascending.
        counts: (m,) rows of each owner.

    Returns:
        (m, width).
    """
    sums: Tensor = _Sums.apply(values, owners, counts)  # type: ignore[no-untyped-call]
    return sums


def spread_rows(values: Tensor, owners: Tensor, counts: Tensor) -> Tensor:
    """The row of its owner for each; differentiable to any order.

    Args:
        values: (m, width).
        owners: (n,) ascending.
        counts: (m,) how many each has.

    Returns:
        (n, width).
    """
    spread: Tensor = _Spread.apply(values, owners, counts)  # type: ignore[no-untyped-call]
    return spread


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, owners: Tensor, counts: Tensor) -> Tensor:
        ctx.owners, ctx.counts = owners, counts
        if values.is_cuda:
            return torch.segment_reduce(values.contiguous(), "sum", lengths=counts, unsafe=True, initial=0)
        return values.new_zeros(len(counts), values.shape[1]).index_add_(0, owners, values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return _Spread.apply(gradients[0], ctx.owners, ctx.counts), None, None  # type: ignore[no-untyped-call]


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, owners: Tensor, counts: Tensor) -> Tensor:
        ctx.owners, ctx.counts = owners, counts
        return values.index_select(0, owners)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return _Sums.apply(gradients[0], ctx.owners, ctx.counts), None, None  # type: ignore[no-untyped-call]
