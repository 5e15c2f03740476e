"""Functions of coordinates that keep no intermediate values: derivatives are recomputed from the coordinates."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad


class Route(NamedTuple):
    """One way to compute a function of coordinates and its derivatives.

    Attributes:
        values: (n, 3) coordinates -> (n, columns) values, without a graph.
        slopes: coordinates and (n, columns) gradients by the values -> (n, 3) gradients by the coordinates, without
            a graph.
        differentiable_slopes: the same, with a graph to differentiate it again by both.
    """

    values: Callable[[Tensor], Tensor]
    slopes: Callable[[Tensor, Tensor], Tensor]
    differentiable_slopes: Callable[[Tensor, Tensor], Tensor]


def recomputed(x: Tensor, route: Route) -> Tensor:
    """(n, 3) coordinates -> (n, columns) values of a route; differentiable to any order."""
    values: Tensor = _Recomputed.apply(x, route)  # type: ignore[no-untyped-call]
    return values


def uses_triton(x: Tensor) -> bool:
    """Whether functions of ``x`` are computed by the Triton kernels."""
    return x.is_cuda and _has_triton()


def is_transformed(x: Tensor) -> bool:
    """Whether ``x`` is inside of :mod:`torch.func` or forward-mode differentiation, which see no custom functions."""
    inside: bool = torch._C._are_functorch_transforms_active()  # type: ignore[attr-defined]
    return inside or forward_ad.unpack_dual(x).tangent is not None


@functools.cache
def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


class _Recomputed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, route: Route) -> Tensor:
        ctx.save_for_backward(x)
        ctx.route = route
        return route.values(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient will itself be differentiated
            return ctx.route.differentiable_slopes(x, gradients[0]), None
        return ctx.route.slopes(x, gradients[0]), None
