"""Real functions of one setting, and their first derivatives, by the GPU kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.autograd import forward_ad

from runtime.encoding.recomputed import Route, recomputed, uses_triton

if TYPE_CHECKING:
    from runtime.encoding.packed_tables import PackedTables


class FusedFunctions:
    """Evaluates where Triton does, without intermediate values in memory.

    Their tables stay on each device where they were used.
    """

    def __init__(self) -> None:
        self._tables: dict[tuple[torch.device, int], PackedTables] = {}

    @staticmethod
    def apply_to(x: Tensor) -> bool:
        """Whether they are used for these coordinates; not under transformations that need plain operations."""
        return not torch.compiler.is_compiling() and uses_triton(x) and not _is_transformed(x)

    def __call__(
        self, x: Tensor, terms: Mapping[str, Tensor], order: int, plain: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Derivatives of an order; differentiable to any order.

        Args:
            x: (..., 3) coordinates.
            terms: of :func:`runtime.encoding.cosine_terms.cosine_terms`, the same at every call.
            order: 0 for the functions themselves.
            plain: the same in PyTorch operations, for flattened points; differentiated where kernels do not.

        Returns:
            (..., functions, 3, ...) with as many dimensions of 3 as the order.
        """
        # Triton is installed on GPUs only, and importing a basis stays fast.
        from runtime.encoding import triton_path  # noqa: PLC0415
        from runtime.encoding.packed_tables import PackedTables, packed  # noqa: PLC0415
        from runtime.encoding.wave_sums import real_functions  # noqa: PLC0415

        key = x.device, order
        if key not in self._tables:
            arrays = {name: some.cpu().numpy() for name, some in terms.items()}
            self._tables[key] = PackedTables([packed(real_functions(arrays, order))], x.device)
        tables = self._tables[key]
        work = triton_path.Work(tables)
        route = Route(
            tables.sources.shape[1],
            False,
            partial(triton_path.write, work=work),
            partial(triton_path.slopes, work=work),
            partial(_differentiable_slopes, function=plain),
        )
        values = recomputed(x.reshape(-1, 3), route)
        return values.reshape(*x.shape[:-1], values.shape[1] // 3**order, *[3] * order)


def _differentiable_slopes(x: Tensor, gradient: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    (slopes,) = torch.autograd.grad(function(x).flatten(1), x, gradient, create_graph=True)
    return slopes


def _is_transformed(x: Tensor) -> bool:
    """Whether :mod:`torch.func` or forward-mode differentiation is at work, which refuse custom functions."""
    if torch._C._are_functorch_transforms_active():
        return True
    tangent: Tensor | None = forward_ad.unpack_dual(x).tangent  # type: ignore[no-untyped-call]
    return tangent is not None
