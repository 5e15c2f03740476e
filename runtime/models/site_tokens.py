"""What networks have in common whose tokens are the sites of the asymmetric unit, one for each orbit of atoms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalArrays
from basis_store.tensors.cartesian_frame import cartesian_frames
from runtime.arrays import constant
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals, Embedding
from runtime.models.elements import N_ELEMENTS, element_features
from runtime.models.sites_batch import SitesBatch
from runtime.models.tensor_head import TensorHead, module_name
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.images.site_mean import SiteMean
from runtime.site_kernels.neighbours import Neighbours, site_neighbours
from runtime.targets.target import Target
from runtime.targets.tensor_target import tensor_targets
from runtime.tensors.tensor_space import allowed_in_frames

_TYPICAL_LOG_VOLUME = 2.9
"""Natural logarithm of 18 cubic Angstrom: a usual volume per atom."""


class SiteTokenModel(CrystalModel):
    """Tokens of sites, blocks that change them, and heads for scalars and tensors.

    An architecture says how tokens interact: it makes the inputs from neighbours, the blocks, and what blocks and
    heads see around the sites. Predictions are means over atoms: multiplicities weigh sites. Tensors
    (:class:`TensorHead`) rotate with the crystal and obey its point group.

    Args:
        config: sizes; ``width``, ``layers``, ``cutoff``, ``radial``, ``degree``, ``strain``,
            ``tensor_channels`` and what the architecture has besides.
        targets: what to predict.
        store: where the operations come from; default: the store that ships with the package.
    """

    kinds = ("scalar", "tensor")
    static_shapes = True
    head_names = ("head", "element_energy", "tensor_heads")
    store: Store
    element_features: Tensor

    def __init__(self, config: Any, targets: Sequence[Target], store: Store | None = None) -> None:
        super().__init__(config, targets, store)
        # 1. Tokens from element, element features and volume per atom.
        self.element = nn.Embedding(N_ELEMENTS, config.width)
        nn.init.normal_(self.element.weight, std=0.3)
        features = constant(element_features(), torch.get_default_dtype())
        self.register_buffer("element_features", features, persistent=False)
        self.from_features = nn.Linear(self.element_features.shape[1], config.width)
        self.from_volume = nn.Linear(1, config.width)
        # 2. Blocks, and what is pooled over sites.
        self.blocks = nn.ModuleList(self._block() for _ in range(config.layers))
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
        self.tensor_heads = nn.ModuleDict()
        for target in tensors:
            head = TensorHead(target.space, config.width, config.tensor_channels, self._moments)
            self.tensor_heads[module_name(target.name)] = head
        # 4. Functions of vectors to neighbours, of the highest degree that a block or a head needs.
        degrees = [head.degree for head in self._tensor_heads()]
        self.kernel = DirectKernel(config.cutoff, config.radial, max(config.degree, *degrees, 0))

    @abstractmethod
    def _block(self) -> nn.Module:
        """A block: tokens (S, width) and :meth:`_surroundings` to tokens."""

    @abstractmethod
    def _moments(self, degree: int) -> nn.Module:
        """What a head makes tensors from: see :class:`TensorHead`."""

    @abstractmethod
    def _batch(
        self,
        arrays: CrystalArrays,
        coordinates: Tensor,
        lattices: Tensor,
        found: Neighbours,
        inputs: Mapping[str, Any],
    ) -> SitesBatch:
        """The inputs from neighbours, with those that all architectures have."""

    @abstractmethod
    def _volumes(self, arrays: CrystalArrays, lattices: Tensor) -> Tensor:
        """(p,) volume of each conventional cell in cubic Angstrom, as tokens see it."""

    @abstractmethod
    def _receivers(self, batch: Any) -> Tensor:
        """(E,) the site from which each vector goes."""

    @abstractmethod
    def _surroundings(self, batch: Any, vectors: Tensor) -> tuple[Any, ...]:
        """What blocks see around the sites; its first two members are what the moments of heads see."""

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
        # 1. Lattices are turned to the reference frame, and so are all vectors.
        device = self.target_mean.device
        if device.type == "mps":  # distances need double precision
            device = torch.device("cpu")
        lattices = (lattices @ torch.from_numpy(frames).mT).to(device)
        coordinates = coordinates.to(device)
        # 2. Neighbours, and what does not depend on them.
        found = site_neighbours(arrays, self.store.compiled, self.config.cutoff, coordinates, lattices)
        crystals_of_sites = np.repeat(np.arange(len(arrays)), arrays.site_counts)
        weights = arrays.multiplicities / np.repeat(arrays.atom_counts, arrays.site_counts)
        volumes = self._volumes(arrays, lattices) / torch.from_numpy(arrays.atom_counts).to(device)
        spaces = [target.space for target in tensor_targets(self.targets)]
        allowed = allowed_in_frames(spaces, settings, places, frames, self.store)
        inputs = {
            "numbers": torch.from_numpy(arrays.numbers.astype(np.int64)).to(device),
            "crystals": torch.from_numpy(crystals_of_sites).to(device),
            "weights": torch.from_numpy(weights).to(device, dtype),
            "log_volumes": volumes.log()[:, None].to(dtype),
            "allowed": torch.from_numpy(allowed).to(device),
            "vectors": found.vectors.to(dtype).contiguous(),  # rows, which are gathered
        }
        return self._batch(arrays, coordinates, lattices, found, inputs).to(self.target_mean.device)

    def network(self, batch: Any) -> Tensor:
        """(crystals, columns) of order one."""
        return self.network_and_embedding(batch)[0]

    def network_and_embedding(self, batch: Any) -> tuple[Tensor, Embedding]:
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

    def embed(self, batch: Any) -> Embedding:
        """Sites, and their means over atoms, as the heads for scalars see them; (p, width) and (S, width)."""
        tokens, _, mean = self._tokens(batch)
        sites = self.per_site(tokens)
        return Embedding(mean(sites), sites)

    def _tokens(self, batch: SitesBatch) -> tuple[Tensor, tuple[Any, ...], SiteMean]:
        """(S, width) after the blocks, what surrounds the sites, and means over atoms."""
        # 1. What surrounds the sites. The volume stays exact also where vectors are strained: moduli depend on it
        #    steeply.
        vectors = self._strained(batch) if self.training and self.config.strain else batch.vectors
        surroundings = self._surroundings(batch, vectors)
        # 2. Tokens, and the blocks that change them.
        tokens = self.element(batch.numbers) + self.from_features(self.element_features[batch.numbers])
        mean = SiteMean(batch.weights, batch.crystals, len(batch))
        tokens = tokens + mean.spread(self.from_volume(batch.log_volumes - _TYPICAL_LOG_VOLUME))
        for block in self.blocks:
            tokens = block(tokens, surroundings)
        return tokens, surroundings, mean

    def _strained(self, batch: SitesBatch) -> Tensor:
        """(E, 3) vectors to images after a random strain of each crystal, which may break its symmetry."""
        like = {"dtype": batch.vectors.dtype, "device": batch.device}
        random = torch.randn(len(batch), 3, 3, **like)  # type: ignore[call-overload]
        strains = self.config.strain / 2 * (random + random.mT)
        crystals = batch.crystals.index_select(0, self._receivers(batch))
        changes: Tensor = strains.index_select(0, crystals) @ batch.vectors[:, :, None]
        return batch.vectors + changes.squeeze(2)

    def _tensors(
        self, tokens: Tensor, pooled: Tensor, surroundings: tuple[Any, ...], mean: SiteMean, allowed: Tensor
    ) -> Iterator[Tensor]:
        """(p, columns) of each tensor target in turn."""
        start = 0
        for head in self._tensor_heads():
            own = slice(start, start + head.dimension)
            yield head(tokens, pooled, surroundings[:2], mean, allowed[:, own, own])
            start = own.stop
