"""Sums over orbits of products of partial structure factors, for all pairs of sites: the core of T6 and T7.

They are taken in chunks of orbits, so that memory does not grow with the crystal.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from basis_store.array_types import IntArray
from runtime.site_kernels.structure_factors import StructureFactors

CHUNK_BYTES = 1 << 22
"""Limit on the intermediate values of a chunk, so that they stay in the caches of a processor."""

_STEP = 8
"""Sites I per step, each with all sites J from the first of them on: each pair once, and some twice."""


def pair_sums(
    factors: StructureFactors, weights: Callable[[Tensor], Tensor], columns: int, *, imaginary: bool = False
) -> Tensor:
    """sum_O |O| w(O) Re[conj(F_I) F_J], or Im, over the orbits of a crystal.

    Args:
        factors: of the crystal.
        weights: maps all waves of m orbits, (h, m, 3) as in :meth:`StructureFactors.vectors`, to w (columns, m).
        columns: number of functions w.
        imaginary: Im instead of Re.

    Returns:
        (n, n, columns), symmetric in I and J, or antisymmetric.
    """
    n = factors.n_sites

    def part(rows: slice) -> Tensor:
        scaled = weights(factors.vectors(rows)) * factors.sizes[rows]
        partial = factors.partial(factors.phases(rows, sines=imaginary or not factors.centrosymmetric))
        others = torch.stack([partial[1], -partial[0]]) if imaginary else partial
        found = []
        for start in range(0, n, _STEP):
            ours, theirs = partial[:, start : start + _STEP, None], others[:, None, start:]
            products = ours[0] * theirs[0]
            for one, other in zip(ours[1:], theirs[1:], strict=True):
                products = torch.addcmul(products, one, other)
            found.append(scaled @ products.flatten(0, 1).T)  # twice as fast as products @ scaled.T
        return torch.cat(found, dim=1)

    floats = 2 * _STEP * n + 6 * len(factors.owners) + (8 + columns) * len(factors.maps) + 4 * columns
    sums = sum_of_chunks(part, len(factors.waves), floats, factors.points, factors.maps)
    table = sums.T[torch.from_numpy(_places(n)).to(sums.device)]
    if imaginary:
        sites = torch.arange(n, device=sums.device)
        table = table * (sites - sites[:, None]).sign()[..., None]
    return table


def sum_of_chunks(part: Callable[[slice], Tensor], count: int, floats_each: int, *inputs: Tensor) -> Tensor:
    """The sum of ``part(rows)`` over chunks of ``range(count)``, which are of one row at least.

    Args:
        part: maps some rows, or none, to the sum of their values.
        count: number of rows.
        floats_each: number of intermediate values per row.
        inputs: tensors that ``part`` reads. If one requires gradients, chunks are checkpointed: the graph holds
            none of their intermediate values, and backward recomputes them.
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


@functools.lru_cache(maxsize=128)
def _places(n: int) -> IntArray:
    """(n, n): which product, in the order of the steps, is that of I and J, or of J and I if J comes first."""
    sites = np.arange(n)
    first, second = np.minimum(sites[:, None], sites), np.maximum(sites[:, None], sites)
    steps = first // _STEP
    starts = _STEP * (steps * n - _STEP * steps * (steps - 1) // 2)  # steps of n, n - _STEP, .. columns
    return np.asarray(starts + (first - _STEP * steps) * (n - _STEP * steps) + second - _STEP * steps)
