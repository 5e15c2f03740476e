"""Sums over pairs of receivers and senders, for each head; differentiable to any order.

With weights w, gates s, moments m and values v, all functions here are derivatives of one number,

    F = sum over a, h and pairs IJ of  w[a, h, IJ] s[h, IJ] m[a, h, I, :] . v[h, J, :],

which is linear in each of them: sums over senders are its derivative by m, sums over receivers that by v, products
of pairs that by w. A derivative of such a derivative is again one of F, with other arguments. Work and memory grow
with the number of pairs, and nothing has the size pairs x A x H x D. All is summed in a fixed order: equal calls
give equal bits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from runtime.site_kernels.site_pairs import PairBlock, SitePairs

WEIGHTS, GATES, MOMENTS, VALUES = range(4)
"""Arguments of F: (A, H, P), (H, P), (A, H, R, D) and (H, S, D)."""

Arguments = Sequence[Tensor | None]
"""All of them, in order; None for gates of 1, and for the one that a derivative is by."""

_FEW = 12
"""Senders; products with fewer of them are faster by way of the transposed matrix."""


def sums_over_senders(weights: Tensor, gates: Tensor | None, values: Tensor, pairs: SitePairs) -> Tensor:
    """For each receiver I the sum over its senders J of ``weights[a, h, IJ] * gates[h, IJ] * values[h, J]``.

    Args:
        weights: (A, H, P) of H heads, such as an angular function for each of A.
        gates: (H, P); None for 1.
        values: (H, S, D).
        pairs: P pairs of R receivers and S senders.

    Returns:
        (A, H, R, D); 0 for receivers without senders.
    """
    return _derivative(pairs, MOMENTS, (weights, gates, None, values))


def sums_over_receivers(weights: Tensor, gates: Tensor | None, moments: Tensor, pairs: SitePairs) -> Tensor:
    """The transpose of :func:`sums_over_senders`.

    For each sender J the sum over its receivers I, and over a, of
    ``weights[a, h, IJ] * gates[h, IJ] * moments[a, h, I]``.

    Args:
        weights: (A, H, P).
        gates: (H, P); None for 1.
        moments: (A, H, R, D).
        pairs: P pairs of R receivers and S senders.

    Returns:
        (H, S, D); 0 for senders without receivers.
    """
    return _derivative(pairs, VALUES, (weights, gates, moments, None))


def pair_products(queries: Tensor, keys: Tensor, pairs: SitePairs) -> Tensor:
    """For each pair of a receiver I and a sender J the scalar product of ``queries[h, I]`` and ``keys[h, J]``.

    Args:
        queries: (H, R, D).
        keys: (H, S, D).
        pairs: P pairs of R receivers and S senders.

    Returns:
        (H, P); 0 for padding.
    """
    return _derivative(pairs, WEIGHTS, (None, None, queries[None], keys)).squeeze(0)


def _derivative(pairs: SitePairs, by: int, arguments: Arguments) -> Tensor:
    others = [None if number == by else x for number, x in enumerate(arguments)]
    result: Tensor = _Derivative.apply(pairs, by, *others)  # type: ignore[no-untyped-call]
    return result


class _Derivative(torch.autograd.Function):
    """The derivative of F by one of its arguments."""

    @staticmethod
    def forward(ctx: Any, pairs: SitePairs, by: int, *arguments: Tensor | None) -> Tensor:
        ctx.pairs, ctx.by = pairs, by
        ctx.save_for_backward(*arguments)
        return _derivatives(arguments, [by], pairs)[0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        arguments = list(ctx.saved_tensors)
        arguments[ctx.by] = gradients[0]
        needed = [by for by in range(4) if ctx.needs_input_grad[2 + by]]
        if torch.is_grad_enabled():  # derivatives of these are wanted
            found = [_derivative(ctx.pairs, by, arguments) for by in needed]
        else:
            found = _derivatives(arguments, needed, ctx.pairs)
        by_argument = dict(zip(needed, found, strict=True))
        return None, None, *(by_argument.get(by) for by in range(4))


def _derivatives(arguments: Arguments, needed: Sequence[int], pairs: SitePairs) -> list[Tensor]:
    """Several derivatives of F at once, without a graph."""
    given = [x for x in arguments if x is not None]
    dtype = functools.reduce(torch.promote_types, (x.dtype for x in given))
    make = torch.empty if pairs.covered else torch.zeros
    shapes = _shapes(arguments, pairs)
    found = {by: make(shapes[by], dtype=dtype, device=given[0].device) for by in needed}
    if pairs.blocks is None:
        from runtime.site_kernels.contraction_kernels import add_pairs  # noqa: PLC0415 - Triton is for GPUs only

        add_pairs(arguments, found, pairs)
    else:
        arguments = [None if x is None else x.to(dtype) for x in arguments]
        if arguments[GATES] is None and GATES not in found and pairs.shapes and shapes[WEIGHTS][:2] == (1, 1):
            for by, result in found.items():
                _put_products(arguments, by, result, pairs.shapes)
        else:
            for block in pairs.blocks:
                _add_block(arguments, found, block)
    return [found[by] for by in needed]


def _shapes(arguments: Arguments, pairs: SitePairs) -> dict[int, tuple[int, ...]]:
    weights, _, moments, values = arguments
    n_angular, n_heads = next(x.shape[:2] for x in (weights, moments) if x is not None)
    width = next(x.shape[-1] for x in (values, moments) if x is not None)
    return {
        WEIGHTS: (n_angular, n_heads, pairs.n_pairs),
        GATES: (n_heads, pairs.n_pairs),
        MOMENTS: (n_angular, n_heads, pairs.n_receivers, width),
        VALUES: (n_heads, pairs.n_senders, width),
    }


def _put_products(arguments: Arguments, by: int, result: Tensor, blocks: Sequence[tuple[int, int, int]]) -> None:
    """A derivative of F with one weight and no gate for each pair: one product for each block, without copies."""
    width = next(x.shape[-1] for x in (arguments[MOMENTS], arguments[VALUES]) if x is not None)

    def parts(x: Tensor | None, rows: int | None) -> Sequence[Any]:
        """Of weights, or of rows of receivers (1) or senders (2): (matrices, .., ..) of each block."""
        if x is None:
            return [None] * len(blocks)
        sizes = [block if rows is None else (block[0], block[rows], width) for block in blocks]
        flat = torch.split(x.reshape(-1), [math.prod(size) for size in sizes])
        return [part.view(size) for part, size in zip(flat, sizes, strict=True)]

    matrices = {WEIGHTS: None, MOMENTS: 1, VALUES: 2}
    given = (parts(arguments[number], rows) for number, rows in matrices.items())
    for weights, moments, values, out in zip(*given, parts(result, matrices[by]), strict=True):
        if by == MOMENTS:
            torch.bmm(weights, values, out=out)
        elif by == VALUES:
            torch.bmm(weights.mT, moments, out=out)
        else:
            torch.bmm(moments, values.mT, out=out)


def _add_block(arguments: Arguments, found: dict[int, Tensor], block: PairBlock) -> None:
    """Put the pairs of one block into derivatives of F, by n products of matrices for each head."""
    weights, gates, moments, values = arguments
    n, n_receivers, n_senders = block.n_matrices, block.n_receivers, block.n_senders
    pairs = block.first_pair, n_receivers * n_senders, n
    receivers, senders = (block.first_receiver, n_receivers, n), (block.first_sender, n_senders, n)
    # 1. What is given, matrix by matrix: (n, H, A, receivers * senders), also gates; (n H, rows, D).
    weight = None if weights is None else _by_matrix(weights, *pairs)
    gate = None if gates is None else _by_matrix(gates[None], *pairs)
    left = right = None
    if moments is not None:
        left = _by_matrix(moments, *receivers).reshape(-1, len(moments) * n_receivers, moments.shape[3])
    if values is not None and block.senders is not None:
        right = values.index_select(1, block.senders)
    elif values is not None:
        right = _by_matrix(values[None], *senders).reshape(-1, n_senders, values.shape[2])
    # 2. Sums over senders or over receivers.
    if weight is not None and (MOMENTS in found or VALUES in found):
        matrices = _gated(weight, gate).view(-1, weight.shape[2] * n_receivers, n_senders)
        if MOMENTS in found and right is not None:
            target = _by_matrix(found[MOMENTS], *receivers)
            target.copy_(torch.bmm(matrices, right).view(target.shape))
        if VALUES in found and left is not None:
            sums = torch.bmm(matrices.mT, left)
            if block.senders is None:
                target = _by_matrix(found[VALUES][None], *senders)
                target.copy_(sums.view(target.shape))
            else:
                found[VALUES].index_add_(1, block.senders, sums)
    # 3. Products of pairs.
    if left is not None and right is not None and (WEIGHTS in found or GATES in found):
        products = _products(left, right).view(n, -1, left.shape[1] // n_receivers, n_receivers * n_senders)
        if WEIGHTS in found:
            target = _by_matrix(found[WEIGHTS], *pairs)
            target.copy_(products) if gate is None else torch.mul(products, gate, out=target)
        if GATES in found and weight is not None:
            _by_matrix(found[GATES][None], *pairs).copy_(products.mul_(weight).sum(2, keepdim=True))


def _gated(weight: Tensor, gate: Tensor | None) -> Tensor:
    """Weights times gates (n, H, A, pairs), contiguous."""
    if gate is None:
        return weight.contiguous()
    gated = torch.empty(weight.shape, dtype=weight.dtype, device=weight.device)
    return torch.mul(weight, gate, out=gated)


def _products(left: Tensor, right: Tensor) -> Tensor:
    """(n, rows, D) and (n, senders, D) -> (n, rows, senders)."""
    if right.shape[1] < _FEW:
        return torch.bmm(right, left.mT).mT.contiguous()
    return torch.bmm(left, right.mT)


def _by_matrix(x: Tensor, first: int, each: int, n: int) -> Tensor:
    """(A, H, rows, ..) -> (n, H, A, each, ..): a view of n times ``each`` rows from ``first`` on.

    One operation: in small batches, their number is what takes the time.
    """
    a, h, row, *others = x.stride()
    shape = n, x.shape[1], x.shape[0], each, *x.shape[3:]
    return x.as_strided(shape, (each * row, h, a, row, *others), x.storage_offset() + first * row)
