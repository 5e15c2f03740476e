"""All plane waves of a list at once: e_k = E_a(h) E_b(k) E_c(l), products of few exponentials per axis."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from runtime.encoding.phase import split_coordinates


class Exponentials(nn.Module):
    """exp(2 pi i k.x) of a list of waves.

    A sine and a cosine are taken per axis and index, of angles reduced exactly (:mod:`runtime.encoding.phase`); a
    recurrence exp(i (h + 1) a) = exp(i h a) exp(i a) would save few of them and lose a digit.

    Args:
        waves: (K, 3) integers.

    Attributes:
        waves: the same, int64.
    """

    waves: Tensor
    hk_of_wave: Tensor
    hk: Tensor
    l_of_wave: Tensor

    def __init__(self, waves: NDArray[np.integer]) -> None:
        super().__init__()
        self.max_index = int(np.abs(waves).max(initial=0))
        hk, hk_of_wave = np.unique(waves[:, :2].astype(np.int64), axis=0, return_inverse=True)
        tables = {
            "waves": waves.astype(np.int64),
            "hk": hk.T + self.max_index,
            "hk_of_wave": hk_of_wave,
            "l_of_wave": waves[:, 2].astype(np.int64) + self.max_index,
        }
        for name, table in tables.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(table)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3) fractional coordinates -> (2 K, n) real: all cos 2 pi k.x, then all sin; differentiable."""
        high, low = (part.T[:, None] for part in split_coordinates(x))
        index = torch.arange(-self.max_index, self.max_index + 1, dtype=x.dtype, device=x.device)[:, None]
        coarse = index * high
        angles = math.tau * (coarse - torch.round(coarse) + index * low)
        a, b, c = torch.complex(torch.cos(angles), torch.sin(angles))
        first, second = self.hk
        products = a.index_select(0, first) * b.index_select(0, second)
        waves = products.index_select(0, self.hk_of_wave) * c.index_select(0, self.l_of_wave)
        return torch.cat([waves.real, waves.imag])
