"""Angles of plane waves, in turns, to the full precision of the coordinates' dtype.

The naive ``2 pi k.x`` loses digits as |x| and |k| grow: in float32, 100 cells from the origin, functions are no
longer invariant. Here every reduction modulo 1 is of numbers that floating point represents exactly:

    x = n + high + low        n integer; high a multiple of 2^-12 in [0, 1]; |low| <= 2^-13
    k.x mod 1 = (k.high mod 1) + k.low

``k.high`` is a multiple of 2^-12 below 2^11 for |k| < 700, hence exact in float32. Derivatives flow through
``low`` alone, whose slope in x is 1, so first and second derivatives are those of k.x.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from basis_store import TURN

if TYPE_CHECKING or "jaxtyping" in sys.modules:  # shapes are for readers and tests; importing stays fast
    from jaxtyping import Float, Int

_GRID = 4096.0


def turns(
    x: Float[Tensor, "points 3"], waves: Int[Tensor, "*terms 3"], phases24: Int[Tensor, "*terms"]
) -> Float[Tensor, "points *terms"]:
    """``k.x + phase/24`` modulo 1, in [-1/2, 1/2] up to rounding; differentiable in ``x``."""
    high, low = split_coordinates(x)
    k = waves.to(x.dtype)
    coarse = _dot(high, k)
    fine = _dot(low, k) + phases24.to(x.dtype) / TURN
    total = (coarse - torch.round(coarse)) + fine
    return total - torch.round(total).detach()


def split_coordinates(x: Float[Tensor, "points 3"]) -> tuple[Float[Tensor, "points 3"], Float[Tensor, "points 3"]]:
    """The parts ``high`` and ``low`` of ``x`` modulo 1; see the head of this file."""
    cell = x - torch.floor(x).detach()
    high = (torch.round(cell * _GRID) / _GRID).detach()
    return high, cell - high


def _dot(x: Float[Tensor, "points 3"], k: Float[Tensor, "*terms 3"]) -> Float[Tensor, "points *terms"]:
    # Sums of products, not a matrix product: reduced-precision matmul modes (TF32) would not be exact.
    x = x.reshape(-1, *([1] * (k.ndim - 1)), 3)
    return x[..., 0] * k[..., 0] + x[..., 1] * k[..., 1] + x[..., 2] * k[..., 2]
