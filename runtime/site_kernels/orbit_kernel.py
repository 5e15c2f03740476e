"""Invariant kernels between the sites of crystals (T6), summed over one wave of each orbit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from runtime.arrays import real_tensor
from runtime.site_kernels.pair_sums import pair_sums
from runtime.site_kernels.structure_factors import StructureFactors, orbit_lengths


class OrbitKernel(nn.Module):
    """T6 between all sites of each crystal of a batch, for several functions w of |G| at once.

        K_IJ = m_J / V sum_O w(|G_O|) Re[psi_O(x_I) conj psi_O(x_J)]
             = sum over all images of J of kappa(x_I - image),         w the Fourier transform of kappa,

    over every wave of the real lattice, k = 0 included. Differentiable by coordinates and lattice.

    With n sites, K waves and h rotations in the point group there are A <= n h atoms in the primitive cell and
    about K / h orbits, so A K / h <= n K phases and n^2 K / h products: nothing grows with the square of the
    number of atoms. Memory is bounded by :data:`runtime.site_kernels.pair_sums.CHUNK_BYTES`.

    Args:
        weights: maps lengths |G| (m,) in 1/Angstrom, without 2 pi, to w (columns, m) in cubic Angstrom; such as
            :class:`runtime.GaussianShells`.
    """

    def __init__(self, weights: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, crystals: Sequence[StructureFactors]) -> list[Tensor]:
        """Kernels of crystals of any size and group; (n, n, columns) for each. K_IJ / m_J is symmetric.

        The sums end at the ``g_cutoff`` of :func:`runtime.structure_factors`.
        """
        return [self._kernel(factors) for factors in crystals]

    def _kernel(self, factors: StructureFactors) -> Tensor:
        many = factors.multiplicities
        constant = self.weights(many.new_zeros(1))
        sums = pair_sums(factors, lambda vectors: self.weights(orbit_lengths(vectors)), len(constant))
        return (sums / many[:, None, None] + many[:, None] * constant[:, 0]) / factors.volume


def gaussian_transforms(lengths: Tensor, widths: Sequence[float]) -> Tensor:
    """The Fourier transforms of exp(-r^2 / 2 width^2), (widths, m) in cubic Angstrom.

    The error of a kernel whose sum ends at ``g_cutoff`` is of order exp(-2 (pi width g_cutoff)^2).

    Args:
        lengths: (m,) |G| in 1/Angstrom, without 2 pi.
        widths: in Angstrom.
    """
    lengths = real_tensor(lengths, "lengths")
    width = lengths.new_tensor(widths)[:, None]
    return (math.tau * width**2) ** 1.5 * torch.exp(-2 * (math.pi * width * lengths) ** 2)
