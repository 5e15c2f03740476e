"""Functions of |G| that filters of Fourier messages are learned combinations of."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from runtime.arrays import real_tensor

_POINTS = 2048
"""Of the numerical integrals; their error is far below that of float32."""


class FourierFilters(nn.Module):
    """Functions w_s of |G| up to a cutoff, where all fall to zero with a continuous slope.

    There are Gaussians about c_s and about -c_s, so that they are smooth at 0, times a cosine that ends at the
    cutoff; and perhaps the transform of the Coulomb potential of a Gaussian charge, which is not 0 at large
    distances:

        w_s(G) ~ [exp(-(G - c_s)^2 / 2 width^2) + exp(-(G + c_s)^2 / 2 width^2)] (1 + cos(pi G / cutoff)) / 2
        w(G) ~ exp(-2 (pi sigma G)^2) / G^2 (1 + cos(pi G / cutoff)) / 2,      w(0) = 0

    Each is divided by its integral over all G, so that its transform, a function of the distance in space, is 1 at
    r = 0. The missing term at G = 0 is a uniform background that makes the crystal neutral.

    Args:
        g_cutoff: 1/Angstrom, without 2 pi.
        gaussians: their number; c_s are evenly spaced from 0, and the width is the spacing.
        coulomb: sigma in Angstrom; None for no such function.

    Attributes:
        n_columns: number of functions.

    Raises:
        ValueError: there is no Gaussian, or a length is not positive.
    """

    def __init__(self, g_cutoff: float, gaussians: int, coulomb: float | None = None) -> None:
        super().__init__()
        if not 0 < g_cutoff < math.inf or gaussians < 1 or not (coulomb is None or 0 < coulomb < math.inf):
            raise ValueError(
                "filters have a positive cutoff, 1 Gaussian or more and a positive width of charges, not "
                f"{g_cutoff}, {gaussians} and {coulomb}"
            )
        self.g_cutoff, self.gaussians, self.coulomb = g_cutoff, gaussians, coulomb
        self.n_columns = gaussians + (coulomb is not None)
        # The midpoint rule on (0, cutoff), which leaves out G = 0.
        lengths = (torch.arange(_POINTS, dtype=torch.float64, device="cpu") + 0.5) * (g_cutoff / _POINTS)
        integrals = (self._functions(lengths) * (4 * math.pi * lengths**2)).sum(1) * (g_cutoff / _POINTS)
        self._scales = (1 / integrals).tolist()

    def forward(self, lengths: Tensor) -> Tensor:
        """(m,) |G| to (n_columns, m), in cubic Angstrom and in the type of ``lengths``."""
        lengths = real_tensor(lengths, "lengths")
        return self._functions(lengths) * lengths.new_tensor(self._scales)[:, None]

    def _functions(self, lengths: Tensor) -> Tensor:
        width = self.g_cutoff / self.gaussians
        centres = torch.arange(self.gaussians, dtype=lengths.dtype, device=lengths.device)[:, None]
        # exp2, because PyTorch's exp is slow where Gaussians are almost 0.
        scale = math.sqrt(0.5 * math.log2(math.e))
        x = lengths / width
        columns = torch.exp2(-(scale * (x - centres)).square()) + torch.exp2(-(scale * (x + centres)).square())
        if self.coulomb is not None:
            zero = lengths == 0
            squares = lengths.square().masked_fill(zero, 1.0)
            potential = (torch.exp(-2 * (math.pi * self.coulomb) ** 2 * squares) / squares).masked_fill(zero, 0.0)
            columns = torch.cat([columns, potential[None]])
        ends = 0.5 * (torch.cos(math.pi / self.g_cutoff * lengths) + 1) * (lengths < self.g_cutoff)
        return columns * ends
