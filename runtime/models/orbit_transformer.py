"""The default model: a Transformer whose tokens are the site orbits of a crystal.

A token stands for one orbit of atoms, that is, for one site of the asymmetric unit. Tokens interact through
invariant kernels between orbits, so that predictions do not depend on origin, cell or frame. The model of
arXiv 2512.13989, which encodes positions with waves instead, is
:class:`runtime.models.crystal_fourier_transformer.model.CrystalFourierTransformer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from basis_store import CrystalArrays
from runtime.models.batch import per
from runtime.models.kernel_attention import KernelAttention, KernelMoments
from runtime.models.site_tokens import SiteTokenModel
from runtime.models.sites_batch import SitesBatch
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.site_kernels.neighbours import Neighbours
from runtime.site_kernels.site_pairs import SitePairs, site_pairs


@dataclass(frozen=True)
class OrbitTransformerConfig:
    """Sizes of a :class:`OrbitTransformer`.

    Attributes:
        width: of tokens.
        layers: blocks of kernel attention and feed-forward.
        heads: learned kernels per layer.
        head_width: of a head's values.
        feed_forward: width of the hidden layer between blocks.
        cutoff: Angstrom; images further away interact through other sites only.
        radial: radial functions of the kernels.
        degree: highest angular degree of the kernels, 0 to 3.
        dropout: on the update of each block.
        strain: standard deviation of the random strains of crystals in training, each in every step another one.
            Predictions become smooth functions of distances, and errors smaller.
        tensor_channels: moments of each degree from which tensors are made.

    Raises:
        ModelError: a size that makes no sense.
    """

    width: int = size(128)
    layers: int = size(3, most=MAX_LAYERS)
    heads: int = size(8)
    head_width: int = size(16)
    feed_forward: int = size(256)
    cutoff: float = quantity(6.0, 1.0, 30.0)
    radial: int = size(16, least=2)
    degree: int = size(2, least=0, most=3)
    dropout: float = dropout()
    strain: float = quantity(0.0, 0.0, 0.3)
    tensor_channels: int = size(16)

    def __post_init__(self) -> None:
        check_sizes(self)


@dataclass(frozen=True, eq=False, repr=False)
class PairsBatch(SitesBatch):
    """The inputs of an :class:`OrbitTransformer`: P pairs of sites, the images of each pair one after the other.

    Attributes:
        receivers: (P,) site, ascending.
        senders: (P,) site of the same crystal, ascending for each receiver.
        image_counts: (P,) images of the sender near the receiver.
    """

    receivers: Tensor = per("pairs", numbers_of="sites")
    senders: Tensor = per("pairs", numbers_of="sites")
    image_counts: Tensor = per("pairs", counts_of="images")


class _Surroundings(NamedTuple):
    kernels: Tensor
    pairs: SitePairs


class _Block(nn.Module):
    def __init__(self, config: OrbitTransformerConfig) -> None:
        super().__init__()
        self.degree = config.degree
        self.attention = KernelAttention(
            config.width, config.heads, config.head_width, config.radial, config.degree
        )
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(config.width),
            nn.Linear(config.width, config.feed_forward),
            nn.SiLU(),
            nn.Linear(config.feed_forward, config.width),
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor, surroundings: _Surroundings) -> Tensor:
        kernels, pairs = surroundings
        kernels = kernels[: (self.degree + 1) ** 2]  # heads may need higher degrees
        tokens = tokens + self.dropout(self.attention(tokens, kernels, pairs))
        result: Tensor = tokens + self.dropout(self.feed_forward(tokens))
        return result


class OrbitTransformer(SiteTokenModel):
    """Predicts properties of crystals from their asymmetric units; one network for all 230 groups.

    Tokens are site orbits. They interact only through invariant kernels (:class:`KernelAttention`), and the
    lattice enters only through distances and the volume per atom. Predictions therefore do not depend on origin,
    cell, orientation, handedness or order of atoms. They are means over atoms: multiplicities weigh sites. Tensors
    (:class:`TensorHead`) rotate with the crystal and obey its point group.

    Args:
        config: sizes.
        targets: what to predict.
        store: where the operations come from; default: the store that ships with the package.
    """

    config_class = OrbitTransformerConfig
    config: OrbitTransformerConfig

    def _block(self) -> _Block:
        return _Block(self.config)

    def _moments(self, degree: int) -> KernelMoments:
        config = self.config
        return KernelMoments(config.width, config.heads, config.head_width, config.radial, degree)

    def _batch(
        self,
        arrays: CrystalArrays,
        coordinates: Tensor,
        lattices: Tensor,
        found: Neighbours,
        inputs: Mapping[str, Tensor],
    ) -> PairsBatch:
        n, of_sites = len(coordinates), inputs["crystals"]
        pairs, image_counts = torch.unique_consecutive(found.receivers * n + found.senders, return_counts=True)
        receivers, senders = pairs // n, pairs % n
        per_crystal = [
            torch.bincount(of_sites[sites], minlength=len(arrays)) for sites in (receivers, found.receivers)
        ]
        pair_counts, vector_counts = torch.stack(per_crystal).cpu().numpy()
        return PairsBatch(
            counts={"sites": arrays.site_counts, "pairs": pair_counts, "images": vector_counts},
            receivers=receivers,
            senders=senders,
            image_counts=image_counts,
            **inputs,
        )

    def _volumes(self, arrays: CrystalArrays, lattices: Tensor) -> Tensor:
        volumes: Tensor = torch.linalg.det(lattices).abs()
        return volumes

    def _receivers(self, batch: PairsBatch) -> Tensor:
        pairs = torch.arange(len(batch.receivers), device=batch.device)
        of_images = pairs.repeat_interleave(batch.image_counts, output_size=len(batch.vectors))
        return batch.receivers.index_select(0, of_images)

    def _surroundings(self, batch: PairsBatch, vectors: Tensor) -> _Surroundings:
        pairs = site_pairs(batch.receivers, batch.senders, len(batch.numbers))
        return _Surroundings(self.kernel.sums(vectors, pairs.counts(batch.image_counts)), pairs)
