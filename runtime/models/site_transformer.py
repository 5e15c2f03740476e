"""A Transformer whose tokens are the sites of the asymmetric unit, and whose attention is to all periodic images.

A site stands for an orbit of atoms. Tokens change by messages from the images around their site, which depend on
both tokens and the distance, so that predictions do not depend on origin, cell or frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalArrays
from basis_store.tensors.cartesian_frame import cartesian_frames
from runtime.arrays import constant
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals, Embedding
from runtime.models.elements import N_ELEMENTS, element_features
from runtime.models.image_attention import ImageAttention, ImageFunctions, ImageMoments
from runtime.models.sites_batch import SitesBatch
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.models.tensor_head import TensorHead, module_name
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.fourier_filters import FourierFilters
from runtime.site_kernels.fourier_messages import FourierMessages, WaveTable
from runtime.site_kernels.images.empty_layers import filled_volumes
from runtime.site_kernels.images.image_moments import SiteImages, site_images
from runtime.site_kernels.images.site_mean import SiteMean
from runtime.site_kernels.neighbours import site_neighbours
from runtime.site_kernels.site_pairs import dense_pairs
from runtime.site_kernels.site_waves import SiteWaves, site_waves
from runtime.targets.target import Target
from runtime.targets.tensor_target import tensor_targets
from runtime.tensors.tensor_space import allowed_in_frames

_TYPICAL_LOG_VOLUME = 2.9
"""Natural logarithm of 18 cubic Angstrom: a usual volume per atom."""


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


class SiteTransformer(CrystalModel):
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
    kinds = ("scalar", "tensor")
    static_shapes = True
    head_names = ("head", "element_energy", "tensor_heads")
    store: Store
    element_features: Tensor

    def __init__(
        self, config: SiteTransformerConfig, targets: Sequence[Target], store: Store | None = None
    ) -> None:
        super().__init__(config, targets, store)
        # 1. Tokens from elements and the volume per atom.
        self.element = nn.Embedding(N_ELEMENTS, config.width)
        nn.init.normal_(self.element.weight, std=0.3)
        features = constant(element_features(), torch.get_default_dtype())
        self.register_buffer("element_features", features, persistent=False)
        self.from_features = nn.Linear(self.element_features.shape[1], config.width)
        self.from_volume = nn.Linear(1, config.width)
        # 2. Blocks, and what is pooled over sites.
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.layers))
        self.per_site = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, config.width), nn.SiLU())
        # 3. One head for all scalars, one for each tensor.
        tensors = tensor_targets(targets)
        self.n_scalars = len(targets) - len(tensors)
        if self.n_scalars:
            self.head = nn.Sequential(
                nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, self.n_scalars)
            )
            self.element_energy = nn.Embedding(N_ELEMENTS, self.n_scalars)
            nn.init.zeros_(self.element_energy.weight)
        sizes = config.width, config.channels or config.tensor_channels, config.radial
        self.tensor_heads = nn.ModuleDict()
        for target in tensors:
            head = TensorHead(
                target.space, config.width, config.tensor_channels, lambda degree: ImageMoments(*sizes, degree)
            )
            self.tensor_heads[module_name(target.name)] = head
        # 4. Functions of images, of the highest degree that a block or a head needs.
        degrees = [head.degree for head in self._tensor_heads()]
        self.wave_filters = FourierFilters(config.g_cutoff, config.wave_filters)
        self.kernel = DirectKernel(config.cutoff, config.radial, max(config.degree, *degrees, 0))

    def _tensor_heads(self) -> list[TensorHead]:
        return [head for head in self.tensor_heads.values() if isinstance(head, TensorHead)]

    def _head_row(self, index: int) -> int:
        # Scalars share their layers, a row each; tensors have heads by name.
        return sum(module_name(target.name) not in self.tensor_heads for target in self.targets[:index])

    def prepare(self, crystals: Crystals) -> SitesBatch:
        """Find the images near every site (direct sums over the store's operations)."""
        arrays = CrystalArrays.of(crystals)
        return self.prepare_at(arrays, torch.from_numpy(arrays.coordinates), torch.from_numpy(arrays.lattices))

    def prepare_at(self, crystals: CrystalArrays, coordinates: Tensor, lattices: Tensor) -> SitesBatch:
        """:meth:`prepare` with tensors to differentiate by."""
        dtype, arrays = self.precision, crystals
        settings, places = arrays.settings()
        frames = cartesian_frames(settings, places, arrays.lattices)
        # 1. Images of sites. Lattices are turned to the reference frame, and so are all vectors.
        device = self.target_mean.device
        if device.type == "mps":  # distances need double precision
            device = torch.device("cpu")
        lattices = (lattices @ torch.from_numpy(frames).mT).to(device)
        coordinates = coordinates.to(device)
        found = site_neighbours(arrays, self.store.compiled, self.config.cutoff, coordinates, lattices)
        # 2. How many of them a crystal has.
        of_sites = torch.from_numpy(np.repeat(np.arange(len(arrays)), arrays.site_counts)).to(device)
        image_counts = torch.bincount(of_sites[found.receivers], minlength=len(arrays)).cpu().numpy()
        weights = arrays.multiplicities / np.repeat(arrays.atom_counts, arrays.site_counts)
        waves = self._waves(arrays, coordinates, lattices)
        volumes = filled_volumes(arrays, self.store.compiled, lattices)
        volumes = volumes / torch.from_numpy(arrays.atom_counts).to(device)
        spaces = [target.space for target in tensor_targets(self.targets)]
        return SitesBatch(
            counts={
                "sites": arrays.site_counts,
                "images": image_counts,
                "rows": waves.counts,
                "values": waves.counts * arrays.site_counts,
            },
            numbers=torch.from_numpy(arrays.numbers.astype(np.int64)).to(device),
            crystals=of_sites,
            weights=torch.from_numpy(weights).to(device, dtype),
            multiplicities=torch.from_numpy(arrays.multiplicities.astype(np.int64)).to(device, dtype),
            log_volumes=volumes.log()[:, None].to(dtype),
            allowed=torch.from_numpy(allowed_in_frames(spaces, settings, places, frames, self.store)).to(device),
            receivers=found.receivers,
            senders=found.senders,
            vectors=found.vectors.to(dtype).contiguous(),  # rows, which are gathered
            lengths_of_waves=waves.lengths.to(dtype),
            scales=waves.scales.to(dtype),
            first_rows=waves.first_rows,
            row_counts=waves.row_counts,
            values=waves.values.to(dtype),
        ).to(self.target_mean.device)

    def _waves(self, arrays: CrystalArrays, coordinates: Tensor, lattices: Tensor) -> SiteWaves:
        if self.config.wave_channels:
            return site_waves(arrays, self.store.compiled, self.config.g_cutoff, coordinates, lattices)
        none = lattices.new_zeros(0)
        no_rows = torch.zeros(len(coordinates), dtype=torch.int64, device=lattices.device)
        return SiteWaves(np.zeros(len(arrays), np.int64), none, none, no_rows, no_rows, none)

    def network(self, batch: SitesBatch) -> Tensor:
        """(crystals, columns) of order one."""
        return self.network_and_embedding(batch)[0]

    def network_and_embedding(self, batch: SitesBatch) -> tuple[Tensor, Embedding]:
        """(crystals, columns) of order one, and the embedding that it is made of."""
        tokens, surroundings, mean = self._tokens(batch)
        sites = self.per_site(tokens)
        pooled = mean(sites)
        scalars: Iterator[Tensor] = iter(())
        if self.n_scalars:
            energies = mean(self.element_energy(batch.numbers))
            scalars = iter((self.head(pooled) + energies).split(1, dim=1))
        tensors = self._tensors(tokens, pooled, surroundings, mean, batch.allowed)
        values = [
            next(tensors if module_name(target.name) in self.tensor_heads else scalars) for target in self.targets
        ]
        return torch.cat(values, dim=1), Embedding(pooled, sites)

    def embed(self, batch: SitesBatch) -> Embedding:
        """Sites, and their means over atoms, as the heads for scalars see them; (p, width) and (S, width)."""
        tokens, _, mean = self._tokens(batch)
        sites = self.per_site(tokens)
        return Embedding(mean(sites), sites)

    def _tokens(self, batch: SitesBatch) -> tuple[Tensor, _Surroundings, SiteMean]:
        """(S, width) after the blocks, the surroundings of sites, and means over atoms."""
        # 1. Vectors. The volume stays exact also where they are strained: moduli depend on it steeply.
        vectors = self._strained(batch) if self.training and self.config.strain else batch.vectors
        # 2. What surrounds the sites.
        images = site_images(batch.receivers, batch.senders, len(batch.numbers))
        functions = ImageFunctions(*self.kernel.functions(vectors))
        surroundings = _Surroundings(functions, images, self._wave_table(batch))
        # 3. Tokens, and the blocks that change them.
        tokens = self.element(batch.numbers) + self.from_features(self.element_features[batch.numbers])
        mean = SiteMean(batch.weights, batch.crystals, len(batch))
        tokens = tokens + mean.spread(self.from_volume(batch.log_volumes - _TYPICAL_LOG_VOLUME))
        for block in self.blocks:
            tokens = block(tokens, surroundings)
        return tokens, surroundings, mean

    def _wave_table(self, batch: SitesBatch) -> WaveTable | None:
        if not self.config.wave_channels:
            return None
        rows, values = batch.counts["rows"], batch.counts["values"]
        pairs = dense_pairs(values, batch.counts["sites"], rows, batch.first_rows, batch.row_counts)
        basis = self.wave_filters(batch.lengths_of_waves)
        return WaveTable(batch.values, basis, batch.scales, batch.multiplicities, pairs)

    def _strained(self, batch: SitesBatch) -> Tensor:
        """(E, 3) vectors to images after a random strain of each crystal, which may break its symmetry."""
        like = {"dtype": batch.vectors.dtype, "device": batch.device}
        random = torch.randn(len(batch), 3, 3, **like)  # type: ignore[call-overload]
        strains = self.config.strain / 2 * (random + random.mT)
        crystals = batch.crystals.index_select(0, batch.receivers)
        changes: Tensor = strains.index_select(0, crystals) @ batch.vectors[:, :, None]
        return batch.vectors + changes.squeeze(2)

    def _tensors(
        self, tokens: Tensor, pooled: Tensor, surroundings: _Surroundings, mean: SiteMean, allowed: Tensor
    ) -> Iterator[Tensor]:
        """(p, columns) of each tensor target in turn."""
        start = 0
        for head in self._tensor_heads():
            own = slice(start, start + head.dimension)
            yield head(tokens, pooled, surroundings[:2], mean, allowed[:, own, own])
            start = own.stop
