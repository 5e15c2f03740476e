"""All plane waves of a list at once: e_k = E_a(h) E_b(k) E_c(l), products of few exponentials per axis."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from runtime.encoding.phase import split_coordinates


class _Tables(NamedTuple):
    """Integers on one device: (K, 3) waves, (2, P) pairs of indices, and for each wave its pair and last index."""

    waves: Tensor
    hk: Tensor
    hk_of_wave: Tensor
    l_of_wave: Tensor


class Exponentials:
    """exp(2 pi i k.x) of a list of waves.

    A sine and a cosine are taken per axis and index, of angles reduced exactly (:mod:`runtime.encoding.phase`); a
    recurrence exp(i (h + 1) a) = exp(i h a) exp(i a) would save few of them and lose a digit.

    Args:
        waves: (K, 3) integers.
    """

    def __init__(self, waves: NDArray[np.integer]) -> None:
        self.max_index = int(np.abs(waves).max(initial=0))
        hk, hk_of_wave = np.unique(waves[:, :2].astype(np.int64), axis=0, return_inverse=True)
        indices = waves[:, 2].astype(np.int64) + self.max_index
        arrays = (waves.astype(np.int64), hk.T + self.max_index, hk_of_wave, indices)
        self._arrays = [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
        self._tables: dict[torch.device, _Tables] = {}

    def tables(self, device: torch.device) -> _Tables:
        """The tables on a device, where they stay: points are encoded where they are."""
        if device not in self._tables:
            self._tables[device] = _Tables(*(array.to(device) for array in self._arrays))
        return self._tables[device]

    def __call__(self, x: Tensor) -> Tensor:
        """(n, 3) fractional coordinates -> (2 K, n) real: all cos 2 pi k.x, then all sin; differentiable."""
        high, low = (part.T[:, None] for part in split_coordinates(x))
        index = torch.arange(-self.max_index, self.max_index + 1, dtype=x.dtype, device=x.device)[:, None]
        coarse = index * high
        angles = math.tau * (coarse - torch.round(coarse) + index * low)
        a, b, c = torch.complex(torch.cos(angles), torch.sin(angles))
        tables = self.tables(x.device)
        first, second = tables.hk
        products = a.index_select(0, first) * b.index_select(0, second)
        waves = products.index_select(0, tables.hk_of_wave) * c.index_select(0, tables.l_of_wave)
        return torch.cat([waves.real, waves.imag])
