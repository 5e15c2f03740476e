"""Attention over all periodic images of all atoms: the layer of Crystalformer, see ``crystalformer.py``."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from runtime.models.batch import Padding

_SLOPE, _LEAST = 0.1, 0.5
"""Of rho(x) = (1 - b) ELU(a x / (1 - b)) + 1."""


class Geometry(NamedTuple):
    """What all blocks share.

    Attributes:
        receivers: (C,) sites.
        squares: (C, 16, 1) of distances, over 2 r_0^2.
        radial: (C, 16, K) Gaussians of distances.
        pairs: (16 C,) numbers of the entries of tables (p, n, n) of pairs of sites.
        padding: makes tables (p, n, ...) of rows of sites.
        present: (p, n) whether a place of these holds a site.
    """

    receivers: Tensor
    squares: Tensor
    radial: Tensor
    pairs: Tensor
    padding: Padding
    present: Tensor


class ImageAttention(nn.Module):
    """Attention over all images; see the head of this file.

    Args:
        width: of atoms.
        heads: of attention.
        radial: Gaussians of psi, and
        scale_of: how many there would be without the cutoff, by which initial weights are scaled.

    Attributes:
        calibrating: in a pass in which mean and deviation of q . w are found.
    """

    decay_mean: Tensor
    decay_scale: Tensor

    def __init__(self, width: int, heads: int, radial: int, scale_of: int) -> None:
        super().__init__()
        self.heads, self.calibrating = heads, False
        d = width // heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        for matrix in (*self.query_key_value.weight.chunk(3), self.output.weight):
            nn.init.xavier_uniform_(matrix)
        for bias in (self.query_key_value.bias, self.output.bias):
            nn.init.zeros_(bias)
        self.decay = nn.Parameter(torch.randn(heads, d) * d**-0.5)
        bound = math.sqrt(6 / (scale_of + d))
        self.radial = nn.Parameter(torch.empty(heads, radial, d).uniform_(-bound, bound))
        self.register_buffer("decay_mean", torch.zeros(()))
        self.register_buffer("decay_scale", torch.ones(()))

    def forward(self, tokens: Tensor, geometry: Geometry) -> Tensor:
        """The update of the tokens.

        Args:
            tokens: (S, width).
            geometry: of their images.

        Returns:
            (S, width).
        """
        n_sites, width = tokens.shape
        split = self.query_key_value(tokens).view(n_sites, 3, self.heads, -1)
        queries, keys, values = split.unbind(1)
        d = width // self.heads
        # 1. Weights of images by distance, (C, 16, heads).
        decay = (queries * self.decay).sum(-1)
        if self.calibrating:
            self.decay_mean.copy_(decay.mean())
            self.decay_scale.copy_(decay.std().reciprocal())
        decay = (decay - self.decay_mean) * self.decay_scale
        rho = (1 - _LEAST) * functional.elu(decay * (_SLOPE / (1 - _LEAST))) + 1
        weights = torch.exp(geometry.squares * -rho.index_select(0, geometry.receivers)[:, None])
        # 2. Weights by query and key, tables (p, n, n, heads). The largest of a row becomes 1.
        padded_q, padded_k, padded_v = (
            geometry.padding(rows).transpose(1, 2) for rows in (queries / math.sqrt(d), keys, values)
        )
        logits = padded_q @ padded_k.mT
        logits = logits.masked_fill(~geometry.present[:, None, None], -torch.inf)
        logits = logits - logits.detach().amax(dim=-1, keepdim=True)
        table = torch.exp(logits).permute(0, 2, 3, 1)
        entries = table.reshape(-1, self.heads)
        weights = weights * entries.index_select(0, geometry.pairs).view_as(weights)
        # 3. Sums over images: of weights for each pair, and of weights times Gaussians for each site.
        summed = torch.zeros_like(entries).index_add(0, geometry.pairs, weights.flatten(0, 1)).view_as(table)
        sums = summed.permute(0, 3, 1, 2) @ padded_v
        total = summed.sum(dim=2)
        places = geometry.padding.places
        sums = sums.transpose(1, 2).flatten(0, 1).index_select(0, places)
        moments = (weights.mT @ geometry.radial).flatten(1)
        moments = moments.new_zeros(n_sites, moments.shape[1]).index_add(0, geometry.receivers, moments)
        moments = moments.view(n_sites, self.heads, -1).transpose(0, 1)
        sums = sums + (moments @ self.radial).transpose(0, 1)
        result = sums / total.flatten(0, 1).index_select(0, places)[:, :, None]
        update: Tensor = self.output(result.flatten(1))
        return update
