"""Sums over pairs of sites in Triton: a program for each receiver, or each sender, and each head.

Programs read the pairs of their site one after the other, PAIRS at a time, and write each number once: there are
no atomic additions, and equal calls give equal bits. Without a GPU the kernels run in Triton's interpreter
(TRITON_INTERPRET=1). Letters as in :mod:`runtime.site_kernels.pair_contractions`.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import torch
import triton
import triton.language as tl
from torch import Tensor

from runtime.site_kernels.site_pairs import SitePairs

_PAIRS = 16


def add_pairs(arguments, found: dict[int, Tensor], pairs: SitePairs) -> None:
    """Put all pairs into derivatives of F.

    Args:
        arguments: (A, H, P) weights, (H, P) gates, (A, H, R, D) moments, (H, S, D) values; None for gates of 1 and
            for those that are not needed.
        found: zeros, by the number of the argument.
        pairs: P pairs of R receivers and S senders.
    """
    weights, gates, moments, values = (None if x is None else x.contiguous() for x in arguments)
    n_angular, n_heads = next(x.shape[:2] for x in (weights, moments) if x is not None)
    width = next(x.shape[-1] for x in (values, moments) if x is not None)
    dtype = next(iter(found.values())).dtype
    sizes = {
        "n_angular": n_angular, "n_pairs": pairs.n_pairs, "width": width,
        "n_receivers": pairs.n_receivers, "n_senders": pairs.n_senders,
        "PAIRS": _PAIRS, "ANGULAR": _power_of_two(n_angular), "WIDTH": _power_of_two(width),
        "GATED": gates is not None, "DOUBLE": dtype == torch.float64,
        "num_warps": 4 if dtype == torch.float64 else 1,
    }  # fmt: skip
    if not pairs.n_pairs:
        return
    receivers, senders = (pairs.n_receivers, n_heads), (pairs.n_senders, n_heads)
    # Pointers that a kernel does not use are those of any tensor.
    unused = pairs.starts
    gates = unused if gates is None else gates
    if 2 in found:
        _sums_over_senders[receivers](weights, gates, values, found[2], pairs.senders, pairs.starts, **sizes)
    if 3 in found:
        order, starts = pairs.by_sender
        _sums_over_receivers[senders](weights, gates, moments, found[3], pairs.receivers, order, starts, **sizes)
    if 0 in found or 1 in found:
        _products[receivers](
            unused if weights is None else weights, gates, moments, values,
            found.get(0, unused), found.get(1, unused), pairs.senders, pairs.starts,
            BY_WEIGHTS=0 in found, BY_GATES=1 in found, **sizes,
        )  # fmt: skip


def _power_of_two(size: int) -> int:
    return max(16, 1 << (size - 1).bit_length())  # tl.dot takes 16 or more


@triton.jit
def _dot(a, b, DOUBLE: tl.constexpr):
    """(m, k) times (k, n); in the precision of its operands."""
    if DOUBLE:
        return tl.sum(a[:, :, None] * b[None, :, :], axis=1)
    else:
        return tl.dot(a, b, input_precision="ieee")


@triton.jit
def _read_weights(
    weights, gates, angular, head, pair, here, n_angular, n_pairs, DOUBLE: tl.constexpr, GATED: tl.constexpr
):
    """(ANGULAR, PAIRS) weights of pairs, times their gates."""
    dtype = tl.float64 if DOUBLE else tl.float32
    row = angular[:, None] * tl.num_programs(1) + head
    mask = (angular < n_angular)[:, None] & here[None, :]
    weight = tl.load(weights + row * n_pairs + pair[None, :], mask=mask, other=0.0).to(dtype)
    if GATED:
        weight *= tl.load(gates + head * n_pairs + pair, mask=here, other=0.0).to(dtype)[None, :]
    return weight


@triton.jit
def _sums_over_senders(
    weights, gates, values, sums, senders, starts, n_angular, n_pairs, n_receivers, n_senders, width,
    PAIRS: tl.constexpr, ANGULAR: tl.constexpr, WIDTH: tl.constexpr, GATED: tl.constexpr, DOUBLE: tl.constexpr,
):  # fmt: skip
    """``sums`` (A, H, R, D) of one receiver and one head."""
    dtype = tl.float64 if DOUBLE else tl.float32
    receiver, head = tl.program_id(0), tl.program_id(1).to(tl.int64)
    angular, column = tl.arange(0, ANGULAR), tl.arange(0, WIDTH)
    in_row = column[None, :] < width
    first, end = tl.load(starts + receiver), tl.load(starts + receiver + 1)
    total = tl.zeros([ANGULAR, WIDTH], dtype)
    for start in range(first, end, PAIRS):
        pair = start + tl.arange(0, PAIRS)
        here = pair < end
        weight = _read_weights(weights, gates, angular, head, pair, here, n_angular, n_pairs, DOUBLE, GATED)
        sender = tl.load(senders + pair, mask=here, other=0)
        value = values + (head * n_senders + sender)[:, None] * width + column[None, :]
        total += _dot(weight, tl.load(value, mask=here[:, None] & in_row, other=0.0).to(dtype), DOUBLE)
    row = (angular[:, None] * tl.num_programs(1) + head) * n_receivers + receiver
    tl.store(sums + row * width + column[None, :], total, mask=(angular < n_angular)[:, None] & in_row)


@triton.jit
def _sums_over_receivers(
    weights, gates, moments, sums, receivers, order, starts, n_angular, n_pairs, n_receivers, n_senders, width,
    PAIRS: tl.constexpr, ANGULAR: tl.constexpr, WIDTH: tl.constexpr, GATED: tl.constexpr, DOUBLE: tl.constexpr,
):  # fmt: skip
    """``sums`` (H, S, D) over angular functions too, of one sender and one head."""
    dtype = tl.float64 if DOUBLE else tl.float32
    sender, head = tl.program_id(0), tl.program_id(1).to(tl.int64)
    column = tl.arange(0, WIDTH)
    in_row = column[None, :] < width
    first, end = tl.load(starts + sender), tl.load(starts + sender + 1)
    total = tl.zeros([PAIRS, WIDTH], dtype)
    for start in range(first, end, PAIRS):
        place = start + tl.arange(0, PAIRS)
        here = place < end
        pair = tl.load(order + place, mask=here, other=0)
        receiver = tl.load(receivers + pair, mask=here, other=0)
        gate = tl.full([PAIRS], 1.0, dtype)
        if GATED:
            gate = tl.load(gates + head * n_pairs + pair, mask=here, other=0.0).to(dtype)
        for angular in range(n_angular):
            row = angular * tl.num_programs(1) + head
            weight = tl.load(weights + row * n_pairs + pair, mask=here, other=0.0).to(dtype) * gate
            moment = moments + (row * n_receivers + receiver)[:, None] * width + column[None, :]
            moment = tl.load(moment, mask=here[:, None] & in_row, other=0.0).to(dtype)
            total += weight[:, None] * moment
    tl.store(sums + (head * n_senders + sender) * width + column, tl.sum(total, 0), mask=column < width)


@triton.jit
def _products(
    weights, gates, moments, values, by_weights, by_gates, senders, starts,
    n_angular, n_pairs, n_receivers, n_senders, width,
    PAIRS: tl.constexpr, ANGULAR: tl.constexpr, WIDTH: tl.constexpr, GATED: tl.constexpr, DOUBLE: tl.constexpr,
    BY_WEIGHTS: tl.constexpr, BY_GATES: tl.constexpr,
):  # fmt: skip
    """``by_weights`` (A, H, P) and ``by_gates`` (H, P) of the pairs of one receiver, for one head."""
    dtype = tl.float64 if DOUBLE else tl.float32
    receiver, head = tl.program_id(0), tl.program_id(1).to(tl.int64)
    angular, column = tl.arange(0, ANGULAR), tl.arange(0, WIDTH)
    in_row, is_angular = column < width, angular < n_angular
    row = angular[:, None] * tl.num_programs(1) + head
    first, end = tl.load(starts + receiver), tl.load(starts + receiver + 1)
    moment = moments + (row * n_receivers + receiver) * width + column[None, :]
    moment = tl.load(moment, mask=is_angular[:, None] & in_row[None, :], other=0.0).to(dtype)
    for start in range(first, end, PAIRS):
        pair = start + tl.arange(0, PAIRS)
        here = pair < end
        sender = tl.load(senders + pair, mask=here, other=0)
        value = values + (head * n_senders + sender)[None, :] * width + column[:, None]
        value = tl.load(value, mask=in_row[:, None] & here[None, :], other=0.0).to(dtype)
        product = _dot(moment, value, DOUBLE)
        if BY_GATES:
            weight = _read_weights(weights, gates, angular, head, pair, here, n_angular, n_pairs, DOUBLE, False)
            tl.store(by_gates + head * n_pairs + pair, tl.sum(product * weight, 0), mask=here)
        if BY_WEIGHTS:
            if GATED:
                gate = tl.load(gates + head * n_pairs + pair, mask=here, other=0.0).to(dtype)
                product *= gate[None, :]
            mask = is_angular[:, None] & here[None, :]
            tl.store(by_weights + row * n_pairs + pair[None, :], product, mask=mask)
