"""Attention between the sites of a crystal through invariant kernels: the layer of `OrbitTransformer`."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from runtime.arrays import constant, random_weights
from runtime.site_kernels.pair_contractions import pair_products, sums_over_senders
from runtime.site_kernels.site_pairs import SitePairs


class KernelMoments(nn.Module):
    """Neighbour-density moments of each site: for each of several learned kernels, of its neighbours' values.

    For head h, sites I and J, and an angular function (l, m):

        A_I,lm = sum_J  gate(q_I . k_J)  [sum over images of J of  W_hl(r) Y_lm(r / |r|)]  v_J

    The bracket is a continuous filter on values: a learned combination of the direct kernels (T6) with weights of
    either sign; the gate, 2 sigmoid(q.k / sqrt(d)), is the attention. There is no softmax over sites, because it
    would remove the number of neighbours. All is additive over images, so that moments do not depend on the choice
    of cell and equal those of the full cell; they are equivariant under rotation.

    Args:
        width: of tokens.
        heads: number of learned kernels.
        head_width: of a head's values.
        radial: number of radial functions of the direct kernel.
        degree: highest l.
    """

    degrees: Tensor

    def __init__(self, width: int, heads: int, head_width: int, radial: int, degree: int) -> None:
        super().__init__()
        self.heads, self.head_width, self.degree = heads, head_width, degree
        self.norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * heads * head_width)
        self.filters = random_weights(degree + 1, radial, heads, std=radial**-0.5)
        degrees = np.repeat(np.arange(degree + 1), 2 * np.arange(degree + 1) + 1)
        self.register_buffer("degrees", constant(degrees), persistent=False)

    def moments(self, tokens: Tensor, kernels: Tensor, pairs: SitePairs) -> Tensor:
        """Sums over neighbours.

        Args:
            tokens: (S, width) of sites, normalised.
            kernels: ((degree + 1)^2, P, radial) of pairs of sites.
            pairs: which sites these are.

        Returns:
            ((degree + 1)^2, heads, S, head_width).
        """
        split = self.query_key_value(tokens).view(-1, 3, self.heads, self.head_width)
        queries, keys, values = split.permute(1, 2, 0, 3).contiguous().unbind(0)
        gates = torch.sigmoid(pair_products(queries, keys, pairs) / math.sqrt(self.head_width))
        # The gate's factor 2 goes to the filters, which are fewer. Pairs come last, where products are fast.
        filters = (2 * self.filters)[self.degrees].mT @ kernels.mT
        return sums_over_senders(filters, gates, values, pairs)

    @property
    def n_features(self) -> int:
        """Values of all heads."""
        return self.heads * self.head_width

    def features(self, tokens: Tensor, kernels: Tensor, pairs: SitePairs) -> Tensor:
        """The same for a :class:`TensorHead`: (S, (degree + 1)^2, features). Kernels may have higher degrees."""
        moments = self.moments(tokens, kernels[: (self.degree + 1) ** 2], pairs)
        return moments.permute(2, 0, 1, 3).flatten(2)


class KernelAttention(KernelMoments):
    """One layer: an update of the tokens from invariants of :class:`KernelMoments`.

    Products ``sum_m A_lm B_lm`` of moments are invariant under rotation and reflection and depend on angles
    (three-body terms); of degree 0, A itself is invariant.
    """

    def __init__(self, width: int, heads: int, head_width: int, radial: int, degree: int) -> None:
        super().__init__(width, heads, head_width, radial, degree)
        invariants = heads * head_width * (degree + 1)
        self.partners = random_weights(degree, heads, head_width, head_width, std=head_width**-0.5)
        self.invariant_norm = nn.LayerNorm(invariants)
        self.invariant_gate = nn.Linear(width, invariants)
        self.output = nn.Sequential(nn.Linear(invariants, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, tokens: Tensor, kernels: Tensor, pairs: SitePairs) -> Tensor:
        """The update, to be added to the tokens.

        Args:
            tokens: (S, width) of sites.
            kernels: ((degree + 1)^2, P, radial) of pairs of sites.
            pairs: which sites these are.

        Returns:
            (S, width).
        """
        tokens = self.norm(tokens)
        invariants = self._invariants(self.moments(tokens, kernels, pairs)).flatten(1)
        gate = 2 * torch.sigmoid(self.invariant_gate(tokens))
        result: Tensor = self.output(self.invariant_norm(invariants) * gate)
        return result

    def _invariants(self, moments: Tensor) -> Tensor:
        """((degree + 1)^2, h, S, d) -> (S, h, d, degree + 1)."""
        first, *others = moments.split_with_sizes([2 * degree + 1 for degree in range(self.degree + 1)])
        parts = [first[0].transpose(0, 1)]
        for degree, some in enumerate(others, start=1):
            partners = self.partners[degree - 1] / math.sqrt(2 * degree + 1)
            parts.append((some * (some @ partners)).sum(0).transpose(0, 1))
        return torch.stack(parts, dim=-1)
