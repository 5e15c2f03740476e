"""Means over the atoms of crystals, from their sites, and the opposite: what each crystal gives its sites.

Each is the transpose of the other, and so is its derivative. Sums are in a fixed order also on a GPU, where those
of PyTorch's ``index_add``, the derivative of a lookup, are not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class SiteMean:
    """Sums over the sites of each crystal, weighted by their shares of its atoms; differentiable to any order.

    Args:
        weights: (S,) share of each site in the atoms of its crystal.
        crystals: (S,) number of the crystal, ascending.
        n_crystals: p.
    """

    def __init__(self, weights: Tensor, crystals: Tensor, n_crystals: int) -> None:
        self._weights, self._crystals = weights, crystals
        starts = torch.arange(n_crystals + 1, device=crystals.device)
        self._counts = torch.searchsorted(crystals, starts).diff()

    def __call__(self, values: Tensor) -> Tensor:
        """(S, ...) of sites -> (p, ...) of crystals."""
        weighted = values.flatten(1) * self._weights[:, None]
        sums: Tensor = _Sums.apply(weighted, self._crystals, self._counts)  # type: ignore[no-untyped-call]
        return sums.view(len(self._counts), *values.shape[1:])

    def spread(self, values: Tensor) -> Tensor:
        """(p, width) of crystals -> (S, width): the value of its crystal for each site."""
        spread: Tensor = _Spread.apply(values, self._crystals, self._counts)  # type: ignore[no-untyped-call]
        return spread


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, crystals: Tensor, counts: Tensor) -> Tensor:
        ctx.crystals, ctx.counts = crystals, counts
        if values.is_cuda:
            return torch.segment_reduce(values.contiguous(), "sum", lengths=counts, unsafe=True, initial=0)
        return values.new_zeros(len(counts), values.shape[1]).index_add_(0, crystals, values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return _Spread.apply(gradients[0], ctx.crystals, ctx.counts), None, None  # type: ignore[no-untyped-call]


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, crystals: Tensor, counts: Tensor) -> Tensor:
        ctx.crystals, ctx.counts = crystals, counts
        return values.index_select(0, crystals)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return _Sums.apply(gradients[0], ctx.crystals, ctx.counts), None, None  # type: ignore[no-untyped-call]
