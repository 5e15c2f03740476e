"""Invariant kernels between the sites of crystals (T6), summed over one wave of each orbit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from runtime.kernels.pair_sums import pair_sums
from runtime.kernels.structure_factors import CrystalOrbits, orbit_lengths


class OrbitKernel(nn.Module):
    """T6 between all sites of each crystal of a batch, for several functions w of |G| at once.

        K_IJ = m_J / V sum_O w(|G_O|) Re[psi_O(x_I) conj psi_O(x_J)]
             = sum over all images of J of kappa(x_I - image),         w the Fourier transform of kappa,

    over every wave of the real lattice, k = 0 included. Differentiable by coordinates and lattice.

    With n sites, K waves and h rotations in the point group there are A <= n h atoms in the primitive cell and
    about K / h orbits: A K / h <= n K phases and n^2 K / h products, and nothing that grows with the square of the
    number of atoms. Memory is bounded, see :data:`runtime.kernels.chunks.CHUNK_BYTES`.

    Args:
        weights: lengths |G| (m,) in 1/Angstrom, without 2 pi, to w (columns, m) in cubic Angstrom; such as
            :class:`runtime.kernels.GaussianShells`.
    """

    def __init__(self, weights: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, crystals: Sequence[CrystalOrbits]) -> list[Tensor]:
        """Kernels of crystals of any size and group; (n, n, columns) for each. K_IJ / m_J is symmetric.

        The sums end where the orbits of a crystal do (``reach`` of :func:`runtime.kernels.crystal_orbits`).
        """
        return [self._kernel(orbits) for orbits in crystals]

    def _kernel(self, orbits: CrystalOrbits) -> Tensor:
        many = orbits.multiplicities
        constant = self.weights(many.new_zeros(1))
        sums = pair_sums(orbits, lambda vectors: self.weights(orbit_lengths(vectors)), len(constant))
        return (sums / many[:, None, None] + many[:, None] * constant[:, 0]) / orbits.volume


def gaussian_transforms(lengths: Tensor, widths: Sequence[float]) -> Tensor:
    """The Fourier transforms of exp(-r^2 / 2 width^2) at |G| (m,): (widths, m) in cubic Angstrom.

    A kernel of them that ends at ``reach`` leaves out something of order exp(-2 (pi width reach)^2).

    Args:
        lengths: |G| in 1/Angstrom, without 2 pi.
        widths: in Angstrom.
    """
    width = torch.tensor(widths, dtype=torch.float64).to(lengths)[:, None]
    return (math.tau * width**2) ** 1.5 * torch.exp(-2 * (math.pi * width * lengths) ** 2)
