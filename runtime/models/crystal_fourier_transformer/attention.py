"""Attention over the sites of an asymmetric unit, equal to attention over all atoms of the cell.

Atoms of one site have equal tokens. So in a softmax over the atoms a site of multiplicity m appears as m equal
terms, that is, once with log m added to its logit; and a mean over the atoms is a mean over sites with weights m:

    sum over atoms b of softmax_b(q.k_b) v_b  =  sum over sites J of softmax_J(q.k_J + log m_J) v_J

Equal tokens stay equal through every layer, so the identity holds for a whole stack, its gradients included.
Padding is a site of multiplicity 0: its logit is -infinity and its weight 0, so that no separate mask is needed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class AsymmetricUnitAttention(nn.Module):
    """Multi-head self-attention of sites that stand for ``multiplicity`` equal atoms each.

    Args:
        width: of the tokens; a multiple of ``heads``.
        heads: number of heads.
        bias: whether the four linear maps have biases.
    """

    def __init__(self, width: int, heads: int, *, bias: bool = True) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"a width of {width} cannot be divided among {heads} heads")
        self.heads = heads
        self.inputs = nn.Linear(width, 3 * width, bias=bias)
        self.output = nn.Linear(width, width, bias=bias)

    def forward(self, tokens: Tensor, multiplicities: Tensor, pair_bias: Tensor | None = None) -> Tensor:
        """Attend from each site to all of its crystal.

        Args:
            tokens: (p, n, width), p crystals padded to n sites.
            multiplicities: (p, n) of any type, 0 for padding; every crystal has a site.
            pair_bias: (p, h, n, n), added to the logits of each head: entry [.., I, J] when site I attends to an
                atom of site J. Where it differs among the atoms of J, give the log of its mean exponential.

        Returns:
            (p, n, width). Rows of padding are finite, without meaning.
        """
        p, n, width = tokens.shape
        query, key, value = self.inputs(tokens).view(p, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # The type of the query, not of the tokens: they differ under autocast.
        bias = torch.log(multiplicities.to(torch.float32 if query.dtype.itemsize < 4 else query.dtype))
        bias = bias[:, None, None, :].to(query.dtype)
        if pair_bias is not None:
            bias = bias + pair_bias.to(query.dtype)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=bias)
        attended: Tensor = self.output(mixed.transpose(1, 2).reshape(p, n, width))
        return attended


def weighted_mean(tokens: Tensor, multiplicities: Tensor) -> Tensor:
    """Mean over the atoms of each crystal: (p, n, width) tokens of sites, (p, n) multiplicities -> (p, width).

    Padding has multiplicity 0; its tokens must be finite.
    """
    weights = multiplicities.to(tokens.dtype)
    weights = weights / weights.sum(dim=1, keepdim=True)
    return torch.einsum("pn,pnw->pw", weights, tokens)
