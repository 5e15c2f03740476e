"""Pairs of receivers and senders of a batch, in the order in which their contributions are summed.

They are sites that see each other, or the rows of waves of a crystal and its sites.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store.array_types import BoolArray, IntArray
from runtime.encoding.recomputed import uses_triton

_ADDED_PAIRS = 128
"""Per site, to fill up matrices: rows with fewer pairs cost as much as this many more."""

_BLOCK_PAIRS = 4096
"""Pairs that are multiplied at once without Triton, so that intermediate values stay in a processor's caches."""


class PairBlock(NamedTuple):
    """Consecutive pairs that form full matrices, each of all its receivers and all its senders.

    Attributes:
        first_pair: in the batch; they go by matrix, receiver and sender.
        first_receiver: in the batch; they go by matrix.
        first_sender: the same.
        n_matrices: how many.
        n_receivers: of each matrix.
        n_senders: of each matrix.
        senders: numbers of the senders of a single matrix; None where they follow each other.
    """

    first_pair: int
    first_receiver: int
    first_sender: int
    n_matrices: int
    n_receivers: int
    n_senders: int
    senders: Tensor | None


@dataclass(frozen=True)
class SitePairs:
    """Pairs of one of R receivers and one of S senders; made by :func:`site_pairs` or :func:`dense_pairs`.

    Attributes:
        receivers: (P,) ascending; of dense pairs there are none without Triton, since blocks are enough.
        senders: (P,), the same.
        starts: (R + 1,) where the pairs of each receiver begin.
        n_pairs: P.
        n_senders: S.
        places: numbers of the pairs that were given, without padding; None if they are as they were given.
        blocks: all pairs as matrices; None where Triton's kernels need none.
        covered: whether the blocks hold every receiver, and every sender as one of its own block.
    """

    receivers: Tensor
    senders: Tensor
    starts: Tensor
    n_pairs: int
    n_senders: int
    places: Tensor | None
    blocks: tuple[PairBlock, ...] | None
    covered: bool

    @property
    def n_receivers(self) -> int:
        """R."""
        return len(self.starts) - 1

    @functools.cached_property
    def shapes(self) -> list[tuple[int, int, int]] | None:
        """(matrices, receivers, senders) of blocks that hold all pairs; None where they do not."""
        blocks = self.blocks if self.covered else None
        if blocks is None or any(block.senders is not None for block in blocks):
            return None
        return [(block.n_matrices, block.n_receivers, block.n_senders) for block in blocks]

    @functools.cached_property
    def by_sender(self) -> tuple[Tensor, Tensor]:
        """(P,) numbers of the pairs by sender, and (S + 1,) where those of each sender begin."""
        order = torch.argsort(self.senders, stable=True)
        senders = torch.arange(self.n_senders + 1, device=order.device)
        return order, torch.searchsorted(self.senders[order], senders)

    def counts(self, counts: Tensor) -> Tensor:
        """(given pairs,) numbers of images -> (P,) those of all pairs."""
        if self.places is None:
            return counts
        return counts.new_zeros(self.n_pairs).index_copy_(0, self.places, counts[: len(self.places)])


def site_pairs(receivers: Tensor, senders: Tensor, n_sites: int) -> SitePairs:
    """Prepare pairs for :func:`sums_over_senders` and :func:`pair_products`.

    With Triton, nothing waits for the GPU, and shapes depend on P and S alone, so that this can be captured in a
    CUDA graph. Without it, sums are products of matrices: all pairs of a crystal form one, which is filled up with
    pairs of no images unless too many are missing. :meth:`SitePairs.counts` says where the given pairs are.

    Args:
        receivers: ascending. Padding at the end has receiver and sender ``n_sites``: it costs nothing, is in no
            sum, and its products are 0.
        senders: of the same pairs, which differ.
        n_sites: S.
    """
    sites = torch.arange(n_sites + 1, device=receivers.device)
    starts = torch.searchsorted(receivers, sites)
    if uses_triton(receivers):
        return SitePairs(receivers, senders, starts, len(receivers), n_sites, None, None, covered=False)
    given = int(starts[-1])
    filled = _filled_up(receivers[:given].cpu().numpy(), senders[:given].cpu().numpy(), starts.cpu().numpy())
    receivers, senders, starts, places = (torch.from_numpy(part).to(receivers.device) for part in filled[:4])
    blocks = tuple(_blocks(filled, senders))
    return SitePairs(
        receivers, senders, starts, len(receivers), n_sites, places, blocks, covered=bool(filled.full.all())
    )


def dense_pairs(
    counts: IntArray, receiver_counts: IntArray, sender_counts: IntArray, firsts: Tensor, each: Tensor
) -> SitePairs:
    """All pairs of the receivers of each crystal and its senders, receiver by receiver.

    With Triton, shapes depend on sums of the counts alone, so that this can be captured in a CUDA graph.

    Args:
        counts: (p,) pairs of each crystal, in the memory of the host. Where they are not all pairs, it is padding:
            it is in no sum, or in those of padding only.
        receiver_counts: (p,) receivers of each crystal.
        sender_counts: (p,) senders of each crystal.
        firsts: (R,) first sender of each receiver, on the device.
        each: (R,) number of senders of each receiver.
    """
    n_pairs, n_senders = int(counts.sum()), int(sender_counts.sum())
    starts = torch.nn.functional.pad(each.cumsum(0), (1, 0))
    if uses_triton(each):
        numbers = torch.arange(len(each), device=each.device)
        receivers = torch.repeat_interleave(numbers, each, output_size=n_pairs)
        ranks = torch.arange(n_pairs, device=each.device) - starts[:-1].index_select(0, receivers)
        # Padding may have more pairs than there are senders behind its first.
        senders = (firsts.index_select(0, receivers) + ranks).clamp_(max=max(0, n_senders - 1))
        return SitePairs(receivers, senders, starts, n_pairs, n_senders, None, None, covered=False)
    blocks, covered = [], True
    places = [np.cumsum(some) - some for some in (counts, receiver_counts, sender_counts)]
    shapes = np.stack([*places, counts, receiver_counts, sender_counts], axis=1).tolist()
    crystal = 0
    while crystal < len(shapes):
        first_pair, first_receiver, first_sender, own, n, m = shapes[crystal]
        last = crystal + 1
        if own == n * m > 0:
            most = crystal + max(1, _BLOCK_PAIRS // own)
            while last < min(most, len(shapes)) and shapes[last][3:] == [own, n, m]:
                last += 1
            blocks.append(PairBlock(first_pair, first_receiver, first_sender, last - crystal, n, m, None))
        else:
            covered = False
        crystal = last
    return SitePairs(firsts[:0], firsts[:0], starts, n_pairs, n_senders, None, tuple(blocks), covered)


class _FilledUp(NamedTuple):
    """Pairs with those of no images; ``full`` are the runs of sites, ending at ``ends``, that have all pairs."""

    receivers: IntArray
    senders: IntArray
    starts: IntArray
    places: IntArray
    ends: IntArray
    full: BoolArray


def _filled_up(receivers: IntArray, senders: IntArray, starts: IntArray) -> _FilledUp:
    n_sites = len(starts) - 1
    # 1. Runs of sites that no pair leaves: a crystal, or a part of it.
    lower, upper = np.minimum(receivers, senders), np.maximum(receivers, senders)
    crossing = np.cumsum(np.bincount(lower, minlength=n_sites) - np.bincount(upper, minlength=n_sites))
    ends = np.flatnonzero(crossing == 0) + 1
    firsts = np.append(0, ends)[:-1]
    sizes = ends - firsts
    full = sizes**2 <= starts[ends] - starts[firsts] + _ADDED_PAIRS * sizes
    # 2. Receivers of a full run have all its sites as senders.
    run = np.repeat(np.arange(len(ends)), sizes)
    new_starts = np.append(0, np.cumsum(np.where(full[run], sizes[run], np.diff(starts))))
    new_receivers = np.repeat(np.arange(n_sites), np.diff(new_starts))
    new_senders = firsts[run[new_receivers]] + np.arange(new_starts[-1]) - new_starts[new_receivers]
    of_pair = run[receivers]
    in_row = np.where(full[of_pair], senders - firsts[of_pair], np.arange(len(receivers)) - starts[receivers])
    places = new_starts[receivers] + in_row
    new_senders[places] = senders
    return _FilledUp(new_receivers, new_senders, new_starts, places, ends, full)


def _blocks(pairs: _FilledUp, senders: Tensor) -> Iterator[PairBlock]:
    """Full runs of one size that follow each other are a block, other receivers a block each."""
    starts, ends, full = pairs.starts.tolist(), pairs.ends.tolist(), pairs.full.tolist()
    run, first = 0, 0
    while run < len(ends):
        size, last = ends[run] - first, run + 1
        if full[run]:
            most = run + max(1, _BLOCK_PAIRS // size**2)
            while last < min(most, len(ends)) and full[last] and ends[last] - ends[last - 1] == size:
                last += 1
            yield PairBlock(starts[first], first, first, last - run, size, size, None)
        else:
            for site in range(first, ends[run]):
                own = senders[starts[site] : starts[site + 1]]
                if len(own):
                    yield PairBlock(starts[site], site, 0, 1, 1, len(own), own)
        run, first = last, ends[last - 1]
