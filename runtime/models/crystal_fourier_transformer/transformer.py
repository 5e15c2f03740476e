"""Pre-LayerNorm Transformer blocks over the sites of an asymmetric unit.

Source: arXiv 2512.13989 and the authors' release; log-multiplicities make it their full-cell encoder exactly.
"""

from __future__ import annotations

from torch import Tensor, nn

from runtime.models.crystal_fourier_transformer.attention import AsymmetricUnitAttention

EPSILON = 1e-6  # of every LayerNorm in the authors' release


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)).

    Args:
        width: of the tokens.
        heads: attention heads.
        feed_forward: hidden width of the two-layer network.
        dropout: rate on what each half adds.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, eps=EPSILON)
        self.attention = AsymmetricUnitAttention(width, heads, bias=False)
        self.feed_forward_norm = nn.LayerNorm(width, eps=EPSILON)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, feed_forward), nn.SiLU(), nn.Dropout(dropout), nn.Linear(feed_forward, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, multiplicities: Tensor) -> Tensor:
        """(p, n, width) tokens of sites and (p, n) multiplicities (0: padding) -> (p, n, width)."""
        attended = self.attention(self.attention_norm(tokens), multiplicities)
        tokens = tokens + self.dropout(attended)
        changed: Tensor = tokens + self.dropout(self.feed_forward(self.feed_forward_norm(tokens)))
        return changed
