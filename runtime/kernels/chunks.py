"""Sums over orbits of waves in chunks: the memory they take does not grow with the crystal."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

CHUNK_BYTES = 1 << 22
"""What the intermediate values of a chunk may take: they stay in the caches of a processor."""


def sum_of_chunks(part: Callable[[slice], Tensor], count: int, floats_each: int, *inputs: Tensor) -> Tensor:
    """The sum of ``part(rows)`` over chunks of ``range(count)``, which are of one row at least.

    Args:
        part: its values of some rows, or of none, summed over them.
        count: number of rows.
        floats_each: how many intermediate values a row has.
        inputs: what there may be gradients of. If so, chunks are computed anew on the way back, and the graph
            holds none of their intermediate values.
    """
    size = max(1, CHUNK_BYTES // (8 * floats_each))
    differentiable = torch.is_grad_enabled() and any(each.requires_grad for each in inputs)
    total: Tensor | None = None
    for start in range(0, max(count, 1), size):
        rows = slice(start, start + size)
        value: Tensor = (
            checkpoint(part, rows, use_reentrant=False, preserve_rng_state=False) if differentiable else part(rows)
        )
        total = value if total is None else total + value
    assert total is not None
    return total
