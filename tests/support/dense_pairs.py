"""Made pairs of sites, and sums over them from dense arrays as an independent reference."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from runtime.site_kernels.site_pairs import SitePairs, dense_pairs


class MadePairs(NamedTuple):
    """(P,) receivers and senders of ``n_sites`` sites, by receiver; the last ``padding`` of them are padding."""

    receivers: Tensor
    senders: Tensor
    n_sites: int
    padding: int


def made_pairs(sizes: list[tuple[int, float]], *, padding: int = 0, seed: int = 0) -> MadePairs:
    """Crystals of a number of sites, of which each sees a share of the others."""
    generator = torch.Generator().manual_seed(seed)
    n_sites = sum(size for size, _ in sizes)
    seen, first = torch.zeros(n_sites, n_sites, dtype=torch.bool), 0
    for size, share in sizes:
        own = torch.rand(size, size, generator=generator) < share
        seen[first : first + size, first : first + size] = own
        first += size
    receivers, senders = seen.nonzero().T
    extra = torch.full((padding,), n_sites)
    return MadePairs(torch.cat([receivers, extra]), torch.cat([senders, extra]), n_sites, padding)


class MadeBlocks(NamedTuple):
    """Crystals with numbers of receivers and of senders, all of which are pairs."""

    receivers: list[int]
    senders: list[int]

    def pairs(self, device: torch.device | str = "cpu") -> SitePairs:
        rows, columns = np.array(self.receivers), np.array(self.senders)
        firsts, each = (np.repeat(some, rows) for some in (np.cumsum(columns) - columns, columns))
        tensors = (torch.from_numpy(some).to(device) for some in (firsts, each))
        return dense_pairs(rows * columns, rows, columns, *tensors)

    def dense(self, of_pairs: Tensor) -> Tensor:
        """(.., P) -> (.., R, S), 0 where there is no pair."""
        whole = of_pairs.new_zeros(*of_pairs.shape[:-1], sum(self.receivers), sum(self.senders))
        pair = row = column = 0
        for n, m in zip(self.receivers, self.senders, strict=True):
            block = of_pairs[..., pair : pair + n * m].reshape(*of_pairs.shape[:-1], n, m)
            whole[..., row : row + n, column : column + m] = block
            pair, row, column = pair + n * m, row + n, column + m
        return whole


def dense(of_pairs: Tensor, pairs: MadePairs) -> Tensor:
    """(.., P) -> (.., S, S), 0 where there is no pair."""
    n, end = pairs.n_sites, len(pairs.receivers) - pairs.padding
    places = (pairs.receivers * n + pairs.senders)[:end]
    zeros = of_pairs.new_zeros(*of_pairs.shape[:-1], n * n)
    return zeros.index_copy(-1, places, of_pairs[..., :end]).unflatten(-1, (n, n))


def dense_sums(weights: Tensor, gates: Tensor | None, values: Tensor, pairs: MadePairs) -> Tensor:
    """(A, H, S, D) as :func:`sums_over_senders` has it."""
    gated = weights if gates is None else weights * gates
    return dense(gated, pairs) @ values


def dense_products(queries: Tensor, keys: Tensor, pairs: MadePairs) -> Tensor:
    """(H, P) as :func:`pair_products` has it."""
    end = len(pairs.receivers) - pairs.padding
    products = (queries @ keys.mT)[:, pairs.receivers[:end], pairs.senders[:end]]
    return torch.nn.functional.pad(products, (0, pairs.padding))
