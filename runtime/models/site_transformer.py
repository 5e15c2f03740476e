"""A Transformer whose tokens are the sites of the asymmetric unit, and whose attention is to all periodic images.

A site stands for an orbit of atoms. Tokens change by messages from the images around their site, which depend on
both tokens and the distance, so that predictions do not depend on origin, cell or frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalArrays
from runtime.bases.store import Store
from runtime.models.batch import per
from runtime.models.image_attention import ImageAttention, ImageFunctions, ImageMoments
from runtime.models.site_tokens import SiteTokenModel
from runtime.models.sites_batch import SitesBatch
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.site_kernels.fourier_filters import FourierFilters
from runtime.site_kernels.fourier_messages import FourierMessages, WaveTable
from runtime.site_kernels.images.empty_layers import filled_volumes
from runtime.site_kernels.images.image_moments import SiteImages, site_images
from runtime.site_kernels.neighbours import Neighbours
from runtime.site_kernels.site_pairs import dense_pairs
from runtime.site_kernels.site_waves import SiteWaves, site_waves
from runtime.targets.target import Target


@dataclass(frozen=True)
class SiteTransformerConfig:
    """Sizes of a :class:`SiteTransformer`.

    Attributes:
        width: of tokens.
        layers: blocks of attention and feed-forward.
        channels: of messages; 0 for Fourier messages only, except in the heads of tensors.
        feed_forward: width of the hidden layer between blocks.
        cutoff: Angstrom; images further away interact through other sites only.
        radial: radial functions of the messages.
        degree: highest angular degree of the moments, 0 to 3.
        wave_channels: of Fourier messages, which have no cutoff in space; 0 for none.
        wave_filters: functions of |G| of which filters of Fourier messages are learned combinations.
        g_cutoff: 1/Angstrom, without 2 pi; the largest |G| of Fourier messages.
        dropout: on the update of each block.
        strain: standard deviation of the random strains of crystals in training, each in every step another one.
            Predictions become smooth functions of distances, and errors smaller.
        tensor_channels: moments of each degree from which tensors are made.

    Raises:
        ModelError: a size that makes no sense.
    """

    width: int = size(128)
    layers: int = size(3, most=MAX_LAYERS)
    channels: int = size(64, least=0)
    feed_forward: int = size(256)
    cutoff: float = quantity(5.0, 1.0, 30.0)
    radial: int = size(16, least=2)
    degree: int = size(2, least=0, most=3)
    wave_channels: int = size(0, least=0)
    wave_filters: int = size(12)
    g_cutoff: float = quantity(0.5, 0.05, 3.0)
    dropout: float = dropout()
    strain: float = quantity(0.03, 0.0, 0.3)
    tensor_channels: int = size(16)

    def __post_init__(self) -> None:
        check_sizes(self)


@dataclass(frozen=True, eq=False, repr=False)
class ImagesBatch(SitesBatch):
    """The inputs of a :class:`SiteTransformer`; R rows of waves have F values at the sites.

    Attributes:
        receivers: (E,) site, ascending.
        senders: (E,) site of the same crystal that each is an image of, ascending for each receiver.
        multiplicities: (S,) atoms of each site in the conventional cell.
        lengths_of_waves: (R,) and those below: see :class:`runtime.site_kernels.site_waves.SiteWaves`; empty
            without Fourier messages.
    """

    receivers: Tensor = per("images", numbers_of="sites")
    senders: Tensor = per("images", numbers_of="sites")
    multiplicities: Tensor = per("sites")
    lengths_of_waves: Tensor = per("rows")
    scales: Tensor = per("rows")
    first_rows: Tensor = per("sites", numbers_of="rows")
    row_counts: Tensor = per("sites", counts_of="values")
    values: Tensor = per("values")


class _Surroundings(NamedTuple):
    functions: ImageFunctions
    images: SiteImages
    waves: WaveTable | None


class _Block(nn.Module):
    def __init__(self, config: SiteTransformerConfig) -> None:
        super().__init__()
        self.channels = config.channels
        if config.channels:
            self.attention = ImageAttention(config.width, config.channels, config.radial, config.degree)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(config.width),
            nn.Linear(config.width, config.feed_forward),
            nn.SiLU(),
            nn.Linear(config.feed_forward, config.width),
        )
        self.dropout = nn.Dropout(config.dropout)
        if config.wave_channels:
            self.to_waves = nn.Sequential(
                nn.LayerNorm(config.width), nn.Linear(config.width, config.wave_channels)
            )
            self.messages = FourierMessages(config.wave_filters, config.wave_channels)
            last = nn.Linear(config.wave_channels, config.width)
            # At first without effect: otherwise what random messages add slows the training of the others.
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
            self.from_waves = nn.Sequential(nn.LayerNorm(config.wave_channels), last)

    def forward(self, tokens: Tensor, surroundings: _Surroundings) -> Tensor:
        functions, images, waves = surroundings
        update = torch.zeros_like(tokens)
        if self.channels:
            update = self.attention(tokens, functions, images)
        if waves is not None:
            update = update + self.from_waves(self.messages(self.to_waves(tokens), waves))
        tokens = tokens + self.dropout(update)
        result: Tensor = tokens + self.dropout(self.feed_forward(tokens))
        return result


class SiteTransformer(SiteTokenModel):
    """Predicts properties of crystals from their asymmetric units; one network for all 230 groups.

    Tokens are sites. They change only by messages from the periodic images around them (:class:`ImageAttention`),
    which see distances and angles. Predictions therefore do not depend on origin, cell, orientation, handedness or
    order of atoms, or on empty space beyond the cutoff. They are means over atoms: multiplicities weigh sites.
    Tensors (:class:`TensorHead`) rotate with the crystal and obey its point group.

    Args:
        config: sizes.
        targets: what to predict.
        store: where the operations come from; default: the store that ships with the package.
    """

    config_class = SiteTransformerConfig
    config: SiteTransformerConfig

    def __init__(
        self, config: SiteTransformerConfig, targets: Sequence[Target], store: Store | None = None
    ) -> None:
        super().__init__(config, targets, store)
        self.wave_filters = FourierFilters(config.g_cutoff, config.wave_filters)

    def _block(self) -> _Block:
        return _Block(self.config)

    def _moments(self, degree: int) -> ImageMoments:
        config = self.config
        return ImageMoments(config.width, config.channels or config.tensor_channels, config.radial, degree)

    def _batch(
        self,
        arrays: CrystalArrays,
        coordinates: Tensor,
        lattices: Tensor,
        found: Neighbours,
        inputs: Mapping[str, Tensor],
    ) -> ImagesBatch:
        image_counts = torch.bincount(inputs["crystals"][found.receivers], minlength=len(arrays)).cpu().numpy()
        waves = self._waves(arrays, coordinates, lattices)
        dtype, device = self.precision, lattices.device
        return ImagesBatch(
            counts={
                "sites": arrays.site_counts,
                "images": image_counts,
                "rows": waves.counts,
                "values": waves.counts * arrays.site_counts,
            },
            receivers=found.receivers,
            senders=found.senders,
            multiplicities=torch.from_numpy(arrays.multiplicities.astype(np.int64)).to(device, dtype),
            lengths_of_waves=waves.lengths.to(dtype),
            scales=waves.scales.to(dtype),
            first_rows=waves.first_rows,
            row_counts=waves.row_counts,
            values=waves.values.to(dtype),
            **inputs,
        )

    def _waves(self, arrays: CrystalArrays, coordinates: Tensor, lattices: Tensor) -> SiteWaves:
        if self.config.wave_channels:
            return site_waves(arrays, self.store.compiled, self.config.g_cutoff, coordinates, lattices)
        none = lattices.new_zeros(0)
        no_rows = torch.zeros(len(coordinates), dtype=torch.int64, device=lattices.device)
        return SiteWaves(np.zeros(len(arrays), np.int64), none, none, no_rows, no_rows, none)

    def _volumes(self, arrays: CrystalArrays, lattices: Tensor) -> Tensor:
        # Empty layers count only in part: predictions do not depend on empty space beyond the cutoff.
        return filled_volumes(arrays, self.store.compiled, lattices)

    def _receivers(self, batch: ImagesBatch) -> Tensor:
        return batch.receivers

    def _surroundings(self, batch: ImagesBatch, vectors: Tensor) -> _Surroundings:
        images = site_images(batch.receivers, batch.senders, len(batch.numbers))
        functions = ImageFunctions(*self.kernel.functions(vectors))
        return _Surroundings(functions, images, self._wave_table(batch))

    def _wave_table(self, batch: ImagesBatch) -> WaveTable | None:
        if not self.config.wave_channels:
            return None
        rows, values = batch.counts["rows"], batch.counts["values"]
        pairs = dense_pairs(values, batch.counts["sites"], rows, batch.first_rows, batch.row_counts)
        basis = self.wave_filters(batch.lengths_of_waves)
        return WaveTable(batch.values, basis, batch.scales, batch.multiplicities, pairs)
