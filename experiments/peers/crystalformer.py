"""Crystalformer: T. Taniai et al., ICLR 2024 (arXiv 2403.11686), on asymmetric units.

Every atom attends to all atoms of the infinite crystal. For a head, an atom I and images n of atoms J,

    y_I = (1 / Z_I) sum over J, n of  exp(q_I . k_J / sqrt(d) - r^2 / 2 s_I^2)  (v_J + psi(r)),

where r = |x_J + n - x_I|, Z_I is the sum of the exponentials, psi a learned combination of Gaussians of r, and the
width s_I of the distance decay depends on the query: s_I^-2 = rho(q_I . w) / r_0^2. Then a feed-forward network.
There is no layer normalisation: initial weights are scaled as in T-Fixup (Huang et al., ICML 2020). Four blocks of
width 128 with eight heads have 0.85 million parameters.

Differences from the paper:

- Atoms that symmetry makes equal have equal features, so that queries of the asymmetric unit suffice; this changes
  no number.
- Images beyond 7 Angstrom are left out, where weights are at most 0.002 times that of the atom itself (the paper:
  3.5 times the largest width, 6.9 Angstrom, but at least two cells). So are Gaussians that are 0 up to there.
- Mean and deviation that normalise q . w are those of the sites of the first step, not of its atoms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from basis_store import CrystalArrays, ModelError
from basis_store.array_types import IntArray
from experiments.peers.image_attention import Geometry, ImageAttention
from experiments.peers.images import images_of_sites, ranks_in_groups, site_fields
from runtime.arrays import constant
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals
from runtime.models.batch import Batch, per
from runtime.models.elements import N_ELEMENTS
from runtime.models.sizes import MAX_LAYERS, check_sizes, quantity, size
from runtime.site_kernels.images.site_mean import SiteMean
from runtime.targets.target import Target

_CHUNK = 16
"""Images of a site that are multiplied at once."""

_NOWHERE = 1e3
"""Angstrom: the distance of images that fill up a chunk; their weights are 0, and so are the derivatives."""

_SITE = 64
"""What a site costs, in images."""

_FIXUP_FIRST, _FIXUP = 9.0, 0.67
"""Of T-Fixup: the embeddings' scale is (9 layers)^(-1/4), that of matrices 0.67 layers^(-1/4)."""


@dataclass(frozen=True)
class CrystalformerConfig:
    """Sizes of a :class:`Crystalformer`; the defaults are the paper's.

    Attributes:
        width: of atoms.
        layers: blocks.
        heads: of attention; a divisor of the width.
        feed_forward: hidden width of the blocks.
        decay: r_0, the usual width of the distance decay, in Angstrom.
        radial: Gaussians K of psi, of which those within the cutoff count.
        radial_end: where the last of them is, in Angstrom.
        cutoff: Angstrom.

    Raises:
        ModelError: a size that makes no sense.
    """

    width: int = size(128)
    layers: int = size(4, most=MAX_LAYERS)
    heads: int = size(8)
    feed_forward: int = size(512)
    decay: float = quantity(1.4, 0.1, 10.0)
    radial: int = size(64)
    radial_end: float = quantity(14.0, 1.0, 100.0)
    cutoff: float = quantity(7.0, 1.0, 30.0)

    def __post_init__(self) -> None:
        check_sizes(self)
        if self.width % self.heads:
            raise ModelError(f"width of a Crystalformer is a multiple of heads, not {self.width} for {self.heads}")


@dataclass(frozen=True, eq=False)
class ImagesBatch(Batch):
    """p crystals with S sites; the images around each site, itself included, in C chunks of 16.

    Attributes:
        numbers: (S,) atomic numbers.
        crystals: (S,) number of the crystal.
        ranks: (S,) of the site in its crystal.
        weights: (S,) share of each site in the atoms of its crystal.
        receivers: (C,) site.
        senders: (16 C,) site whose image it is.
        distances: (16 C,) Angstrom.
    """

    numbers: Tensor = per("sites")
    crystals: Tensor = per("sites", numbers_of="crystals")
    ranks: Tensor = per("sites")
    weights: Tensor = per("sites")
    receivers: Tensor = per("chunks", numbers_of="sites")
    senders: Tensor = per("images", numbers_of="sites")
    distances: Tensor = per("images")

    @property
    def costs(self) -> IntArray:
        """(p,) images, a site as much as several, and pairs of sites."""
        sites = self.counts["sites"]
        return self.counts["images"] + sites * (sites + _SITE)


class Block(nn.Module):
    """Attention and feed-forward, each added to what it is given, without normalisation.

    Args:
        config: sizes.
        radial: Gaussians within the cutoff.
    """

    def __init__(self, config: CrystalformerConfig, radial: int) -> None:
        super().__init__()
        self.attention = ImageAttention(config.width, config.heads, radial, config.radial)
        self.rise, self.fall = (
            nn.Linear(*sizes)
            for sizes in ((config.width, config.feed_forward), (config.feed_forward, config.width))
        )
        with torch.no_grad():
            values = self.attention.query_key_value.weight[2 * config.width :]
            for matrix in (values, self.attention.output.weight, self.rise.weight, self.fall.weight):
                if matrix is self.rise.weight or matrix is self.fall.weight:
                    nn.init.xavier_uniform_(matrix)
                matrix.mul_(_FIXUP * config.layers**-0.25)

    def forward(self, tokens: Tensor, geometry: Geometry) -> Tensor:
        """The tokens after this block, (S, width)."""
        tokens = tokens + self.attention(tokens, geometry)
        result: Tensor = tokens + self.fall(functional.relu(self.rise(tokens)))
        return result


class Crystalformer(CrystalModel):
    """Attention over all periodic images; see the head of this file.

    Args:
        config: sizes.
        targets: what to predict.
        store: where the operations come from.
    """

    config_class = CrystalformerConfig
    config: CrystalformerConfig
    store: Store
    centres: Tensor

    def __init__(self, config: CrystalformerConfig, targets: Sequence[Target], store: Store | None = None) -> None:
        super().__init__(config, targets, store)
        self.spacing = config.radial_end / config.radial
        centres = self.spacing * np.arange(1, config.radial + 1)
        centres = centres[centres < config.cutoff + 4 * self.spacing]
        self.register_buffer("centres", constant(centres, torch.get_default_dtype()), persistent=False)
        self.element = nn.Embedding(N_ELEMENTS, config.width)
        nn.init.normal_(self.element.weight, std=config.width**-0.5 * (_FIXUP_FIRST * config.layers) ** -0.25)
        self.blocks = nn.ModuleList(Block(config, len(centres)) for _ in range(config.layers))
        self.head = nn.Sequential(
            nn.Linear(config.width, config.width), nn.ReLU(), nn.Linear(config.width, len(targets))
        )

    def prepare(self, crystals: Crystals) -> ImagesBatch:
        """Find all images within the cutoff."""
        arrays, device = CrystalArrays.of(crystals), self.target_mean.device
        fields = site_fields(arrays, device, self.precision)
        n_sites, owners = len(fields["numbers"]), fields["crystals"]
        found = images_of_sites(arrays, self.store, self.config.cutoff, device)
        # 1. The site itself comes first; then chunks, of which only the last of a site is not full.
        sites = torch.arange(n_sites, device=device)
        ranks = ranks_in_groups(found.receivers, n_sites) + 1
        counts = torch.bincount(found.receivers, minlength=n_sites) + 1
        chunks = (counts + _CHUNK - 1) // _CHUNK
        firsts = (chunks.cumsum(0) - chunks) * _CHUNK
        receivers = torch.repeat_interleave(sites, chunks)
        # 2. What fills a chunk up is the site itself, far away.
        senders = receivers.repeat_interleave(_CHUNK)
        distances = torch.full((len(senders),), _NOWHERE, dtype=torch.float64, device=device)
        places = firsts[found.receivers] + ranks
        senders = senders.index_copy(0, places, found.senders)
        distances = distances.index_copy(0, places, found.distances).index_fill(0, firsts, 0.0)
        per_crystal = torch.bincount(owners[receivers], minlength=len(arrays)).cpu().numpy()
        return ImagesBatch(
            counts={"sites": arrays.site_counts, "chunks": per_crystal, "images": _CHUNK * per_crystal},
            **fields,
            ranks=ranks_in_groups(owners, len(arrays)),
            receivers=receivers,
            senders=senders,
            distances=distances.to(self.precision),
        )

    def network(self, batch: ImagesBatch) -> Tensor:
        """(crystals, targets) of order one."""
        geometry = self._geometry(batch)
        tokens = self.element(batch.numbers)
        for block in self.blocks:
            tokens = block(tokens, geometry)
        values: Tensor = self.head(SiteMean(batch.weights, batch.crystals, len(batch))(tokens))
        return values

    @torch.no_grad()
    def calibrate(self, batch: ImagesBatch) -> None:
        """Set the means and deviations that normalise q . w to those of a batch, block by block.

        Args:
            batch: the crystals of the first step.
        """
        attentions = [block.attention for block in self.blocks if isinstance(block, Block)]
        for attention in attentions:
            attention.calibrating = True
        self.network(batch)
        for attention in attentions:
            attention.calibrating = False

    def _geometry(self, batch: ImagesBatch) -> Geometry:
        padding = batch.padding("sites")
        n = padding.length
        receivers = batch.receivers.repeat_interleave(_CHUNK)
        rows = (batch.crystals * n + batch.ranks).index_select(0, receivers)
        distances = batch.distances[:, None]
        radial = torch.exp((distances - self.centres).square() * (-0.5 / self.spacing**2))
        return Geometry(
            receivers=batch.receivers,
            squares=(distances.square() * (0.5 / self.config.decay**2)).view(-1, _CHUNK, 1),
            radial=radial.view(-1, _CHUNK, len(self.centres)),
            pairs=rows * n + batch.ranks.index_select(0, batch.senders),
            padding=padding,
            present=padding(torch.ones_like(batch.weights)) > 0,
        )
