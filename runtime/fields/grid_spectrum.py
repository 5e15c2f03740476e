"""Plane waves on the grid of any cell of a crystal, by FFT, in PyTorch: values from coefficients, and back."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from basis_store import FieldError
from basis_store.fields.cell_change import CellChange

_MAX_POINTS = 1 << 28


class GridSpectrum:
    """Waves of a setting in the half spectrum of a real grid.

    Args:
        waves: (n, 3) int64, one of each k, -k, without 0.
        shape: (N1, N2, N3) of the grid.
        cell: of the grid.

    Raises:
        FieldError: the field does not repeat with the cell, or the shape is none of a grid.
    """

    def __init__(self, waves: Tensor, shape: Sequence[int], cell: CellChange | None) -> None:
        one, two, three = self.shape = tuple(map(operator.index, shape))
        if min(self.shape) < 1 or math.prod(self.shape) > _MAX_POINTS:
            raise FieldError(f"a grid has 1 to {_MAX_POINTS:,} points, not {one} x {two} x {three}")
        cell = cell or CellChange.conventional()
        products = (waves[:, :, None] * torch.as_tensor(cell.numerators.copy(), device=waves.device)).sum(1)
        if (products % cell.denominator).any():
            raise FieldError("a vector of the cell is no lattice translation: the field does not repeat with it")
        self._count = len(waves)
        self._half = one, two, three // 2 + 1
        self._places: list[tuple[Tensor, Tensor]] = []
        for k in (products // cell.denominator, -(products // cell.denominator)):
            residues = [k[:, axis] % n for axis, n in enumerate(self.shape)]
            rows = torch.nonzero(residues[2] <= three // 2).reshape(-1)
            flat = (residues[0] * two + residues[1]) * self._half[2] + residues[2]
            self._places.append((rows, flat[rows]))
        self._phases = _origin_phases(waves, np.asarray(cell.origin))

    def synthesis(self, c: Tensor) -> Tensor:
        """(N1, N2, N3) values of 2 Re sum c_k e_k, from (n,) coefficients; exact at every point of the grid."""
        if self._phases is not None:
            c = c * self._phases.to(c.dtype)
        spectrum = c.new_zeros(math.prod(self._half))
        for (rows, flat), one in zip(self._places, (c, c.conj()), strict=True):
            spectrum = spectrum.index_add(0, flat, one[rows])
        values: Tensor = torch.fft.irfftn(spectrum.reshape(self._half), s=self.shape, norm="forward")
        return values

    def analysis(self, values: Tensor) -> Tensor:
        """(n,) coefficients of a field on the grid, at waves that the grid tells apart."""
        spectrum = torch.fft.rfftn(values, norm="forward").reshape(-1)
        # Of k and -k at least one is in the half spectrum; where both are, they are conjugates.
        (rows, flat), (others, opposite) = self._places
        c = spectrum.new_zeros(self._count).index_copy(0, others, spectrum[opposite].conj())
        c = c.index_copy(0, rows, spectrum[flat])
        turned: Tensor = c if self._phases is None else c * self._phases.conj().to(c.dtype)
        return turned


def fast_length(n: int) -> int:
    """The smallest product of 2, 3 and 5 that is not less than ``n``."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1


def _origin_phases(waves: Tensor, origin: np.ndarray) -> Tensor | None:
    """(n,) exp(2 pi i k.p), or None where all are 1."""
    if not origin.any():
        return None
    p = torch.as_tensor(origin - np.floor(origin), dtype=torch.float64, device=waves.device)
    angles = (waves.to(p.dtype) * p).sum(-1)
    angles = math.tau * (angles - angles.round())
    return torch.polar(torch.ones_like(angles), angles)
