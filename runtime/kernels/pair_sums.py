"""Sums over orbits of products of partial structure factors, for all pairs of sites: the core of T6 and T7."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from runtime.kernels.chunks import sum_of_chunks
from runtime.kernels.structure_factors import CrystalOrbits

_STEP = 8
"""Sites I taken at once, with all sites J from the first of them on: each pair once, and some twice."""


def pair_sums(
    orbits: CrystalOrbits, weights: Callable[[Tensor], Tensor], columns: int, *, imaginary: bool = False
) -> Tensor:
    """sum_O |O| w(O) Re[conj(F_I) F_J], or Im, over the orbits of a crystal.

    Args:
        orbits: the crystal.
        weights: all waves of m orbits, (h, m, 3) as in :meth:`CrystalOrbits.vectors`, to w, (columns, m).
        columns: how many functions w there are.
        imaginary: Im instead of Re.

    Returns:
        (n, n, columns), symmetric in I and J, or antisymmetric.
    """
    n = orbits.n_sites

    def part(rows: slice) -> Tensor:
        scaled = weights(orbits.vectors(rows)) * orbits.sizes[rows]
        factors = orbits.factors(orbits.phases(rows, sines=imaginary or not orbits.centrosymmetric))
        others = torch.stack([factors[1], -factors[0]]) if imaginary else factors
        found = []
        for start in range(0, n, _STEP):
            ours, theirs = factors[:, start : start + _STEP, None], others[:, None, start:]
            products = ours[0] * theirs[0]
            for one, other in zip(ours[1:], theirs[1:], strict=True):
                products = torch.addcmul(products, one, other)
            found.append(scaled @ products.flatten(0, 1).T)  # twice as fast as products @ scaled.T
        return torch.cat(found, dim=1)

    floats = 2 * _STEP * n + 6 * len(orbits.owners) + (8 + columns) * len(orbits.maps) + 4 * columns
    sums = sum_of_chunks(part, len(orbits.waves), floats, orbits.points, orbits.maps)
    table = sums.T[torch.from_numpy(_places(n)).to(sums.device)]
    if imaginary:
        sites = torch.arange(n, device=sums.device)
        table = table * (sites - sites[:, None]).sign()[..., None]
    return table


@functools.lru_cache(maxsize=128)
def _places(n: int) -> NDArray[np.int64]:
    """(n, n) which of the products that the steps make is that of I and J, or of J and I if J comes first."""
    sites = np.arange(n)
    first, second = np.minimum(sites[:, None], sites), np.maximum(sites[:, None], sites)
    steps = first // _STEP
    starts = _STEP * (steps * n - _STEP * steps * (steps - 1) // 2)  # steps of n, n - _STEP, .. columns
    return np.asarray(starts + (first - _STEP * steps) * (n - _STEP * steps) + second - _STEP * steps)
