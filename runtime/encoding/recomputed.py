"""Functions of coordinates that keep no intermediate values: derivatives are recomputed from the coordinates."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Route(NamedTuple):
    """One way to compute a function of coordinates and its derivatives.

    Attributes:
        n_columns: of its values.
        is_complex: whether they are complex; the functions below take each as its real and its imaginary part.
        write: from (n, 3) coordinates to (n, parts) values, in memory that it is given; without a graph.
        slopes: coordinates and (n, parts) gradients by the values -> (n, 3) gradients by the coordinates, without
            a graph.
        differentiable_slopes: the same, with a graph to differentiate it again by both.
    """

    n_columns: int
    is_complex: bool
    write: Callable[[Tensor, Tensor], None]
    slopes: Callable[[Tensor, Tensor], Tensor]
    differentiable_slopes: Callable[[Tensor, Tensor], Tensor]

    def parts(self, values: Tensor) -> Tensor:
        """(n, columns) values, or gradients by them, as (n, parts) real numbers."""
        return torch.view_as_real(values.resolve_conj()).flatten(1) if self.is_complex else values


def recomputed(x: Tensor, route: Route) -> Tensor:
    """(n, 3) coordinates -> (n, columns) values of a route; differentiable to any order."""
    values: Tensor = _Recomputed.apply(x, route)  # type: ignore[no-untyped-call]
    return values


def uses_triton(x: Tensor) -> bool:
    """Whether functions of ``x`` are computed by the Triton kernels."""
    return x.is_cuda and _has_triton()


@functools.cache
def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


class _Recomputed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, route: Route) -> Tensor:
        ctx.save_for_backward(x)
        ctx.route = route
        dtype = x.dtype.to_complex() if route.is_complex else x.dtype
        values = x.new_empty(len(x), route.n_columns, dtype=dtype)
        route.write(x, route.parts(values))
        return values

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,), route = ctx.saved_tensors, ctx.route
        # With gradients enabled, the gradient will itself be differentiated.
        slopes = route.differentiable_slopes if torch.is_grad_enabled() else route.slopes
        return slopes(x, route.parts(gradients[0])), None
