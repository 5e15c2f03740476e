"""Means over the atoms of crystals, from their sites, and the opposite: what each crystal gives its sites.

Each is the transpose of the other, and so is its derivative.
"""

from __future__ import annotations

import torch
from torch import Tensor

from runtime.site_kernels.images.segments import spread_rows, sum_rows


class SiteMean:
    """Sums over the sites of each crystal, weighted by their shares of its atoms; differentiable to any order.

    Args:
        weights: (S,) share of each site in the atoms of its crystal.
        crystals: (S,) number of the crystal, ascending.
        n_crystals: p.
    """

    def __init__(self, weights: Tensor, crystals: Tensor, n_crystals: int) -> None:
        self._weights, self._crystals = weights, crystals
        starts = torch.arange(n_crystals + 1, device=crystals.device)
        self._counts = torch.searchsorted(crystals, starts).diff()

    def __call__(self, values: Tensor) -> Tensor:
        """(S, ...) of sites -> (p, ...) of crystals."""
        weighted = values.flatten(1) * self._weights[:, None]
        sums = sum_rows(weighted, self._crystals, self._counts)
        return sums.view(len(self._counts), *values.shape[1:])

    def spread(self, values: Tensor) -> Tensor:
        """(p, width) of crystals -> (S, width): the value of its crystal for each site."""
        return spread_rows(values, self._crystals, self._counts)
