"""Attention of sites to the periodic images around them: the layer of `SiteTransformer`."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from runtime.arrays import random_weights
from runtime.site_kernels.images.image_moments import SiteImages, image_moments


class ImageFunctions(NamedTuple):
    """Functions of the vectors to E images, of :meth:`runtime.DirectKernel.functions`.

    Attributes:
        angular: (A, E) real spherical harmonics times an envelope.
        radial: (E, radial functions).
    """

    angular: Tensor
    radial: Tensor


class ImageMoments(nn.Module):
    """Neighbour-density moments of each site: sums of learned messages from the periodic images around it.

    A message depends on the tokens of both sites and on their distance, each channel by a gate and a value
    (:mod:`runtime.site_kernels.images.image_moments`). The gates are an additive attention, without a softmax,
    which would remove the number of neighbours. All is additive over images, so that moments do not depend on the
    choice of cell and equal those of the full cell; they are equivariant under rotation.

    Args:
        width: of tokens.
        channels: of messages.
        radial: number of radial functions.
        degree: highest l.
    """

    def __init__(self, width: int, channels: int, radial: int, degree: int) -> None:
        super().__init__()
        self.channels, self.degree = channels, degree
        self.norm = nn.LayerNorm(width)
        self.of_receivers = nn.Linear(width, 2 * channels)
        self.of_senders = nn.Linear(width, 2 * channels, bias=False)
        self.filters = random_weights(radial, 2 * channels, std=0.5)

    def moments(self, tokens: Tensor, functions: ImageFunctions, images: SiteImages) -> Tensor:
        """Sums over images.

        Args:
            tokens: (S, width) of sites, normalised.
            functions: of the images, of this degree or a higher one.
            images: E images of S sites.

        Returns:
            ((degree + 1)^2, S, channels).
        """
        angular = functions.angular[: (self.degree + 1) ** 2]
        receivers, senders = self.of_receivers(tokens), self.of_senders(tokens)
        return image_moments(receivers, senders, self.filters, functions.radial, angular, images)

    @property
    def n_features(self) -> int:
        """Number of channels."""
        return self.channels

    def features(self, tokens: Tensor, functions: ImageFunctions, images: SiteImages) -> Tensor:
        """The same for a :class:`runtime.models.tensor_head.TensorHead`: (S, (degree + 1)^2, channels)."""
        return self.moments(tokens, functions, images).transpose(0, 1)


class ImageAttention(ImageMoments):
    """One layer: an update of the tokens from invariants of :class:`ImageMoments`.

    Products ``sum_m A_lm B_lm`` of moments are invariant under rotation and reflection and depend on angles
    (three-body terms); of degree 0, A itself is invariant.
    """

    def __init__(self, width: int, channels: int, radial: int, degree: int) -> None:
        super().__init__(width, channels, radial, degree)
        invariants = channels * (degree + 1)
        self.partners = random_weights(degree, channels, channels, std=channels**-0.5)
        self.invariant_norm = nn.LayerNorm(invariants)
        self.invariant_gate = nn.Linear(width, invariants)
        self.output = nn.Sequential(nn.Linear(invariants, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, tokens: Tensor, functions: ImageFunctions, images: SiteImages) -> Tensor:
        """The update, to be added to the tokens.

        Args:
            tokens: (S, width) of sites.
            functions: of the images.
            images: E images of S sites.

        Returns:
            (S, width).
        """
        tokens = self.norm(tokens)
        invariants = self._invariants(self.moments(tokens, functions, images))
        gate = 2 * torch.sigmoid(self.invariant_gate(tokens))
        result: Tensor = self.output(self.invariant_norm(invariants) * gate)
        return result

    def _invariants(self, moments: Tensor) -> Tensor:
        """((degree + 1)^2, S, channels) -> (S, (degree + 1) channels)."""
        first, *others = moments.split_with_sizes([2 * degree + 1 for degree in range(self.degree + 1)])
        parts = [first[0]]
        for degree, some in enumerate(others, start=1):
            partners = self.partners[degree - 1] / math.sqrt(2 * degree + 1)
            parts.append((some * (some @ partners)).sum(0))
        return torch.cat(parts, dim=1)
