"""Functions of many points, some points at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# Elements evaluated at a time: a core's cache on CPU, a small part of the memory elsewhere.
_CPU_BLOCK, _DEVICE_BLOCK = 1 << 16, 1 << 26


def in_blocks(points: Tensor, function: Callable[[Tensor], Tensor], elements: int) -> Tensor:
    """Apply ``function`` to blocks of points, so that intermediate values stay in the cache.

    Args:
        points: (n, 3).
        function: of some of them, to as many rows.
        elements: intermediate values at each point.
    """
    block = _CPU_BLOCK if points.device.type == "cpu" else _DEVICE_BLOCK
    size = max(1, block // elements)
    if torch.compiler.is_compiling() or len(points) <= size:
        return function(points)
    if torch.is_grad_enabled() and points.requires_grad:
        return torch.cat([function(some) for some in torch.split(points, size)])
    # In place: concatenating thousands of small blocks would fragment the heap.
    first = function(points[:size])
    values = first.new_empty(len(points), *first.shape[1:])
    values[:size] = first
    for start in range(size, len(points), size):
        values[start : start + size] = function(points[start : start + size])
    return values
