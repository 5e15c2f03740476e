"""The direct side of the kernels (T6): sums over periodic images within a cutoff, by radius and by angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from runtime.arrays import constant, integers, points
from runtime.site_kernels.harmonics import HIGHEST_DEGREE, real_harmonics


class DirectKernel(nn.Module):
    """Neighbour-density moments of pairs: for sites I, J the sum over images of J of phi_b(r) Y_lm(r / |r|).

    With l = 0 these are the invariant kernels K_w(x_I, y_J) of T6 for kappa = phi_b; with l > 0 their angular
    parts about x_I, which rotate with the crystal. They are additive over the images of J: a kernel does not
    depend on the choice of cell.

    Args:
        cutoff: Angstrom; every phi_b falls to zero there with a continuous slope.
        radial: number of Gaussians phi_b, evenly spaced from 0.5 Angstrom to the cutoff.
        degree: highest l, 0 to 4.

    Raises:
        ValueError: other sizes.
    """

    centres: Tensor

    def __init__(self, cutoff: float, radial: int, degree: int) -> None:
        super().__init__()
        if not 0.5 < cutoff < math.inf or radial < 2 or not 0 <= degree <= HIGHEST_DEGREE:
            raise ValueError(
                "a direct kernel has a cutoff above 0.5 Angstrom, 2 radial functions or more and a degree of 0 to "
                f"{HIGHEST_DEGREE}, not {cutoff}, {radial} and {degree}"
            )
        self.cutoff, self.degree = cutoff, degree
        # Values of float32 in every type, so that a converted model remains the same function.
        centres = torch.linspace(0.5, cutoff, radial, dtype=torch.float32, device="cpu")
        self.register_buffer("centres", constant(centres, torch.get_default_dtype()), persistent=False)
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
            (n_pairs, (degree + 1)^2, radial); in memory, angular functions come before pairs.
        """
        vectors = points(vectors, "vectors")
        pairs = integers(pairs, "pairs", vectors.device)
        by_pair = vectors.index_select(0, torch.argsort(pairs))
        return self.sums(by_pair, torch.bincount(pairs, minlength=n_pairs)).transpose(0, 1)

    def sums(self, vectors: Tensor, counts: Tensor) -> Tensor:
        """Sums over images that come in the order of their pairs.

        Args:
            vectors: (E, 3) from a site to an image, Angstrom. Those beyond the cutoff add nothing: they may be
                padding, of any pair, and at the end of none.
            counts: (n_pairs,) number of images of each pair.

        Returns:
            ((degree + 1)^2, n_pairs, radial).
        """
        angular, radial = self.functions(vectors)
        return _sums_of_products(angular, radial, counts)

    def functions(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """What the sums are made of.

        Args:
            vectors: (E, 3) from a site to an image, Angstrom.

        Returns:
            ((degree + 1)^2, E) real spherical harmonics times the envelope, which is 0 beyond the cutoff, and
            (E, radial) Gaussians in the distance.
        """
        vectors = vectors.T.contiguous()
        lengths = vectors.square().sum(0).sqrt()
        envelope = 0.5 * (torch.cos(math.pi / self.cutoff * lengths) + 1) * (lengths < self.cutoff)
        angular = real_harmonics((vectors / lengths).T, self.degree).T * envelope
        # exp2, because PyTorch's exp is ten times as slow where Gaussians are almost 0.
        scale = math.sqrt(0.5 * math.log2(math.e)) / self.spacing
        centres = self.centres
        if centres.dtype.itemsize < 4:  # rounded, in a module of another type
            centres = torch.linspace(0.5, self.cutoff, len(centres), dtype=torch.float32, device=lengths.device)
        radial = torch.exp2(-(scale * (lengths[:, None] - centres.to(lengths))).square())
        return angular, radial


def _sums_of_products(angular: Tensor, radial: Tensor, counts: Tensor) -> Tensor:
    """For each pair the sum of ``angular[:, e, None] * radial[e]`` over its ``counts`` consecutive images e.

    The products, a hundred times as many numbers as there are images, are never in memory: for each angular
    function of each pair, ``embedding_bag`` sums radial functions with weights.

    Returns:
        (angular functions, pairs, radial functions).
    """
    n_angular, n_images = angular.shape
    images = torch.arange(n_images, device=counts.device)
    starts = counts.cumsum(0) - counts
    offsets = starts + n_images * torch.arange(n_angular, device=counts.device)[:, None]
    sums = embedding_bag(
        images.repeat(n_angular), radial, offsets.flatten(), mode="sum", per_sample_weights=angular.flatten()
    )
    return sums.view(n_angular, len(counts), radial.shape[1])
