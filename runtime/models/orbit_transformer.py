"""The default model: a Transformer whose tokens are the site orbits of a crystal.

A token stands for one orbit of atoms, that is, for one site of the asymmetric unit. Tokens interact through
invariant kernels between orbits, so that predictions do not depend on origin, cell or frame. The model of
arXiv 2512.13989, which encodes positions with waves instead, is
:class:`runtime.models.crystal_fourier_transformer.model.CrystalFourierTransformer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalArrays
from basis_store.array_types import FloatArray, IntArray
from basis_store.tensors.cartesian_frame import cartesian_frames
from runtime.arrays import constant
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals, Embedding
from runtime.models.batch import Batch, per
from runtime.models.elements import N_ELEMENTS, element_features
from runtime.models.kernel_attention import KernelAttention, KernelMoments
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.models.tensor_head import TensorHead, module_name
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.images.site_mean import SiteMean
from runtime.site_kernels.neighbours import site_neighbours
from runtime.site_kernels.site_pairs import SitePairs, site_pairs
from runtime.targets.target import Target
from runtime.targets.tensor_target import tensor_targets
from runtime.tensors.tensor_space import allowed_in_frames

_TYPICAL_LOG_VOLUME = 2.9
"""Natural logarithm of 18 cubic Angstrom: a usual volume per atom."""

_IMAGES = 64
"""Usual number of images within the cutoff of a site."""


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
class SitesBatch(Batch):
    """p crystals with S sites, and P pairs of them that are neighbours with E periodic images.

    Attributes:
        numbers: (S,) atomic numbers.
        crystals: (S,) number of the crystal.
        weights: (S,) multiplicities divided by their sum over the crystal.
        log_volumes: (p, 1) natural logarithm of the volume per atom in cubic Angstrom.
        allowed: (p, D, D) float64, see :func:`runtime.allowed_tensors`; of all tensor targets together, D columns.
        receivers: (P,) site, ascending.
        senders: (P,) site of the same crystal, ascending for each receiver.
        image_counts: (P,) images of the sender near the receiver.
        vectors: (E, 3) from the receiver to each image, pair by pair, in Angstrom; in the reference frame of the
            setting, so that the network's inputs do not depend on the orientation of the crystal.
    """

    numbers: Tensor = per("sites")
    crystals: Tensor = per("sites", numbers_of="crystals")
    weights: Tensor = per("sites")
    log_volumes: Tensor = per("crystals")
    allowed: Tensor = per("crystals")
    receivers: Tensor = per("pairs", numbers_of="sites")
    senders: Tensor = per("pairs", numbers_of="sites")
    image_counts: Tensor = per("pairs", counts_of="images")
    vectors: Tensor = per("images")

    @property
    def costs(self) -> IntArray:
        """(p,) images, and a site as much as its usual number of them."""
        return self.counts["images"] + _IMAGES * self.counts["sites"]


class _Block(nn.Module):
    def __init__(self, config: OrbitTransformerConfig) -> None:
        super().__init__()
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

    def forward(self, tokens: Tensor, kernels: Tensor, pairs: SitePairs) -> Tensor:
        tokens = tokens + self.dropout(self.attention(tokens, kernels, pairs))
        result: Tensor = tokens + self.dropout(self.feed_forward(tokens))
        return result


class OrbitTransformer(CrystalModel):
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
    kinds = ("scalar", "tensor")
    static_shapes = True
    head_names = ("head", "element_energy", "tensor_heads")
    store: Store
    element_features: Tensor

    def __init__(
        self, config: OrbitTransformerConfig, targets: Sequence[Target], store: Store | None = None
    ) -> None:
        super().__init__(config, targets, store)
        # 1. Tokens from element, element features and volume per atom.
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
        sizes = config.width, config.heads, config.head_width, config.radial
        self.tensor_heads = nn.ModuleDict()
        for target in tensors:
            head = TensorHead(
                target.space, config.width, config.tensor_channels, lambda degree: KernelMoments(*sizes, degree)
            )
            self.tensor_heads[module_name(target.name)] = head
        # 4. Kernels of the highest degree that a block or a head needs.
        degrees = [head.degree for head in self._tensor_heads()]
        self.kernel = DirectKernel(config.cutoff, config.radial, max(config.degree, *degrees, 0))

    def _tensor_heads(self) -> list[TensorHead]:
        return [head for head in self.tensor_heads.values() if isinstance(head, TensorHead)]

    def _head_row(self, index: int) -> int:
        # Scalars share their layers, a row each; tensors have heads by name.
        return sum(module_name(target.name) not in self.tensor_heads for target in self.targets[:index])

    def prepare(self, crystals: Crystals) -> SitesBatch:
        """Find the neighbours of every site (direct sums over the store's operations)."""
        arrays = CrystalArrays.of(crystals)
        return self.prepare_at(arrays, torch.from_numpy(arrays.coordinates), torch.from_numpy(arrays.lattices))

    def prepare_at(self, crystals: CrystalArrays, coordinates: Tensor, lattices: Tensor) -> SitesBatch:
        """:meth:`prepare` with tensors to differentiate by."""
        dtype, arrays = self.precision, crystals
        settings, places = arrays.settings()
        frames = cartesian_frames(settings, places, arrays.lattices)
        # 1. Pairs of sites and their images. Lattices are turned to the reference frame, and so are all vectors.
        device = self.target_mean.device
        if device.type == "mps":  # distances need double precision
            device = torch.device("cpu")
        lattices = (lattices @ torch.from_numpy(frames).mT).to(device)
        coordinates = coordinates.to(device)
        found = site_neighbours(arrays, self.store.compiled, self.config.cutoff, coordinates, lattices)
        n = len(coordinates)
        pairs, image_counts = torch.unique_consecutive(found.receivers * n + found.senders, return_counts=True)
        receivers, senders = pairs // n, pairs % n
        # 2. How many of each a crystal has.
        of_sites = torch.from_numpy(np.repeat(np.arange(len(arrays)), arrays.site_counts)).to(device)
        per_crystal = [
            torch.bincount(of_sites[sites], minlength=len(arrays)) for sites in (receivers, found.receivers)
        ]
        pair_counts, vector_counts = torch.stack(per_crystal).cpu().numpy()

        def converted(values: FloatArray) -> Tensor:
            return torch.from_numpy(values).to(device, dtype)

        atoms = arrays.atom_counts
        volumes = torch.linalg.det(lattices).abs() / torch.from_numpy(atoms).to(device)
        spaces = [target.space for target in tensor_targets(self.targets)]
        return SitesBatch(
            counts={"sites": arrays.site_counts, "pairs": pair_counts, "images": vector_counts},
            numbers=torch.from_numpy(arrays.numbers.astype(np.int64)).to(device),
            crystals=of_sites,
            weights=converted(arrays.multiplicities / np.repeat(atoms, arrays.site_counts)),
            log_volumes=volumes.log()[:, None].to(dtype),
            allowed=torch.from_numpy(allowed_in_frames(spaces, settings, places, frames, self.store)).to(device),
            receivers=receivers,
            senders=senders,
            image_counts=image_counts,
            vectors=found.vectors.to(dtype).contiguous(),  # rows, which are gathered
        ).to(self.target_mean.device)

    def network(self, batch: SitesBatch) -> Tensor:
        """(crystals, columns) of order one."""
        return self.network_and_embedding(batch)[0]

    def network_and_embedding(self, batch: SitesBatch) -> tuple[Tensor, Embedding]:
        """(crystals, columns) of order one, and the embedding that it is made of."""
        tokens, kernels, pairs, mean = self._tokens(batch)
        sites = self.per_site(tokens)
        pooled = mean(sites)
        scalars: Iterator[Tensor] = iter(())
        if self.n_scalars:
            energies = mean(self.element_energy(batch.numbers))
            scalars = iter((self.head(pooled) + energies).split(1, dim=1))
        tensors = self._tensors(tokens, pooled, kernels, pairs, mean, batch.allowed)
        values = [
            next(tensors if module_name(target.name) in self.tensor_heads else scalars) for target in self.targets
        ]
        return torch.cat(values, dim=1), Embedding(pooled, sites)

    def embed(self, batch: SitesBatch) -> Embedding:
        """Sites, and their means over atoms, as the heads for scalars see them; (p, width) and (S, width)."""
        tokens, _, _, mean = self._tokens(batch)
        sites = self.per_site(tokens)
        return Embedding(mean(sites), sites)

    def _tokens(self, batch: SitesBatch) -> tuple[Tensor, Tensor, SitePairs, SiteMean]:
        """(S, width) after the blocks, the direct kernels of all degrees, their pairs, and means over atoms."""
        pairs = site_pairs(batch.receivers, batch.senders, len(batch.numbers))
        vectors = self._strained(batch) if self.training and self.config.strain else batch.vectors
        kernels = self.kernel.sums(vectors, pairs.counts(batch.image_counts))
        volume = self.from_volume(batch.log_volumes - _TYPICAL_LOG_VOLUME)
        tokens = self.element(batch.numbers) + self.from_features(self.element_features[batch.numbers])
        mean = SiteMean(batch.weights, batch.crystals, len(batch))
        tokens = tokens + mean.spread(volume)
        for block in self.blocks:
            tokens = block(tokens, kernels[: (self.config.degree + 1) ** 2], pairs)
        return tokens, kernels, pairs, mean

    def _strained(self, batch: SitesBatch) -> Tensor:
        """(E, 3) vectors to images after a random strain of each crystal, which may break its symmetry."""
        like = {"dtype": batch.vectors.dtype, "device": batch.device}
        random = torch.randn(len(batch), 3, 3, **like)  # type: ignore[call-overload]
        strains = self.config.strain / 2 * (random + random.mT)
        pairs = torch.arange(len(batch.receivers), device=batch.device)
        of_images = pairs.repeat_interleave(batch.image_counts, output_size=len(batch.vectors))
        crystals = batch.crystals.index_select(0, batch.receivers.index_select(0, of_images))
        changes: Tensor = strains.index_select(0, crystals) @ batch.vectors[:, :, None]
        return batch.vectors + changes.squeeze(2)

    def _tensors(
        self, tokens: Tensor, pooled: Tensor, kernels: Tensor, pairs: SitePairs, mean: SiteMean, allowed: Tensor
    ) -> Iterator[Tensor]:
        """(p, columns) of each tensor target in turn."""
        start = 0
        for head in self._tensor_heads():
            own = slice(start, start + head.dimension)
            yield head(tokens, pooled, (kernels, pairs), mean, allowed[:, own, own])
            start = own.stop
