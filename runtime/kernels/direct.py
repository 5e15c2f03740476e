"""The direct side of the invariant kernels (T6): sums over images within a cutoff, by radius and by angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from runtime.kernels.harmonics import real_harmonics


class DirectKernel(nn.Module):
    """Site moments of pairs: for sites I, J the sum over images of J of phi_b(r) Y_lm(r / |r|).

    With l = 0 these are the invariant kernels K_w(x_I, y_J) of T6 for kappa = phi_b; with l > 0 their angular
    parts about x_I, which turn with the crystal. They are additive over the images of J: a kernel does not
    depend on how a crystal is cut into cells or orbits.

    Args:
        cutoff: Angstrom; every phi_b falls to zero there with a continuous slope.
        radial: number of Gaussians phi_b, evenly spaced from 0.5 Angstrom to the cutoff.
        degree: highest l, 0 to 4.
    """

    centres: Tensor

    def __init__(self, cutoff: float, radial: int, degree: int) -> None:
        super().__init__()
        self.cutoff, self.degree = cutoff, degree
        self.register_buffer("centres", torch.linspace(0.5, cutoff, radial), persistent=False)
        self.spacing = (cutoff - 0.5) / (radial - 1)

    @property
    def n_angular(self) -> int:
        """(degree + 1)^2."""
        return (self.degree + 1) ** 2

    def forward(self, vectors: Tensor, pairs: Tensor, n_pairs: int) -> Tensor:
        """Sums over images.

        Args:
            vectors: (E, 3) from a site to an image, Angstrom.
            pairs: (E,) which pair each belongs to.
            n_pairs: number of pairs.

        Returns:
            (n_pairs, (degree + 1)^2, radial).
        """
        lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
        envelope = 0.5 * (torch.cos(math.pi / self.cutoff * lengths) + 1) * (lengths < self.cutoff)
        radial = torch.exp(-0.5 * ((lengths - self.centres) / self.spacing) ** 2) * envelope
        angular = real_harmonics(vectors / lengths, self.degree)
        terms = (angular[:, :, None] * radial[:, None, :]).flatten(1)
        sums: Tensor = terms.new_zeros(n_pairs, terms.shape[1]).index_add_(0, pairs, terms)
        return sums.view(n_pairs, self.n_angular, len(self.centres))
