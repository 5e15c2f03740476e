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

from basis_store import CrystalRecord
from basis_store.tensors.cartesian_frame import cartesian_frame
from runtime.arrays import constant
from runtime.models.base import Batch, CrystalModel, PreparedCrystal
from runtime.models.elements import N_ELEMENTS, element_features
from runtime.models.kernel_attention import KernelAttention
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.models.tensor_head import TensorHead
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.neighbours import neighbours
from runtime.store import Store
from runtime.targets.target import Target
from runtime.targets.tensor_target import tensor_targets
from runtime.tensors.tensor_space import allowed_tensors, block_diagonal

_TYPICAL_LOG_VOLUME = 2.9
"""Natural logarithm of 18 cubic Angstrom: a usual volume per atom."""


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
    tensor_channels: int = size(16)

    def __post_init__(self) -> None:
        check_sizes(self)


@dataclass(frozen=True)
class PreparedSites(PreparedCrystal):
    """One crystal: its sites and their neighbours.

    Attributes:
        numbers: (n,) atomic numbers.
        weights: (n,) multiplicities divided by their sum.
        log_volume: natural logarithm of the volume per atom in cubic Angstrom.
        pairs: (E,) receiver * n + sender.
        vectors: (E, 3) from the receiver to an image of the sender, Angstrom, in the reference frame of the
            setting, so that the network's inputs do not depend on the orientation of the crystal.
        allowed: (D, D) float64, see :func:`allowed_tensors`; of all tensor targets together, D columns.
    """

    numbers: np.ndarray
    weights: np.ndarray
    log_volume: float
    pairs: np.ndarray
    vectors: np.ndarray
    allowed: np.ndarray

    @property
    def n_tokens(self) -> int:
        """Sites of the asymmetric unit."""
        return len(self.numbers)


@dataclass(frozen=True)
class SitesBatch(Batch):
    """Padded crystals: ``n`` is the largest number of sites, padding has number 0 and weight 0.

    Attributes:
        numbers: (p, n).
        weights: (p, n).
        log_volumes: (p, 1).
        pairs: (E,) (crystal * n + receiver) * n + sender.
        vectors: (E, 3).
        allowed: (p, D, D).
    """

    numbers: Tensor
    weights: Tensor
    log_volumes: Tensor
    pairs: Tensor
    vectors: Tensor
    allowed: Tensor


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

    def forward(self, tokens: Tensor, kernels: Tensor) -> Tensor:
        tokens = tokens + self.dropout(self.attention(tokens, kernels))
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
        sizes = (config.width, config.heads, config.head_width, config.radial, config.tensor_channels)
        self.tensor_heads = nn.ModuleDict(
            {_module_name(target.name): TensorHead(target.space, *sizes) for target in tensors}
        )
        # 4. Kernels of the highest degree that a block or a head needs.
        degrees = [head.degree for head in self._tensor_heads()]
        self.kernel = DirectKernel(config.cutoff, config.radial, max(config.degree, *degrees, 0))

    def _tensor_heads(self) -> list[TensorHead]:
        return [head for head in self.tensor_heads.values() if isinstance(head, TensorHead)]

    def _head_row(self, index: int) -> int:
        # Scalars share their layers, a row each; tensors have heads by name.
        return sum(_module_name(target.name) not in self.tensor_heads for target in self.targets[:index])

    def prepare(self, record: CrystalRecord) -> PreparedSites:
        """Find the neighbours of every site (direct sums over the store's operations)."""
        found = neighbours(record, self.store.compiled(record.setting), self.config.cutoff)
        dtype = np.float64 if self.precision == torch.float64 else np.float32
        allowed = [allowed_tensors(target.space, record, self.store) for target in tensor_targets(self.targets)]
        return PreparedSites(
            numbers=record.numbers.astype(np.int64),
            weights=(record.multiplicities / record.multiplicities.sum()).astype(dtype),
            log_volume=float(np.log(record.volume / record.multiplicities.sum())),
            pairs=found.receivers * len(record) + found.senders,
            vectors=(found.vectors @ cartesian_frame(record.setting, record.lattice).T).astype(dtype),
            allowed=block_diagonal(allowed),
        )

    def collate(self, crystals: Sequence[PreparedSites]) -> SitesBatch:  # type: ignore[override]
        """Pad to the largest number of sites; neighbours stay ragged."""
        n = max(crystal.n_tokens for crystal in crystals)
        numbers = np.zeros((len(crystals), n), np.int64)
        weights = np.zeros((len(crystals), n), crystals[0].weights.dtype)
        pairs = []
        for row, crystal in enumerate(crystals):
            own = crystal.n_tokens
            numbers[row, :own], weights[row, :own] = crystal.numbers, crystal.weights
            receivers, senders = np.divmod(crystal.pairs, own)
            pairs.append((row * n + receivers) * n + senders)
        log_volumes = np.array([[crystal.log_volume] for crystal in crystals], weights.dtype)
        return SitesBatch(
            numbers=torch.from_numpy(numbers),
            weights=torch.from_numpy(weights),
            log_volumes=torch.from_numpy(log_volumes),
            pairs=torch.from_numpy(np.concatenate(pairs)),
            vectors=torch.from_numpy(np.concatenate([crystal.vectors for crystal in crystals])),
            allowed=torch.from_numpy(np.stack([crystal.allowed for crystal in crystals])),
        )

    def network(self, batch: SitesBatch) -> Tensor:
        """(crystals, columns) of order one."""
        p, n = batch.numbers.shape
        kernels = self.kernel(batch.vectors, batch.pairs, p * n * n).transpose(0, 1)
        volume = self.from_volume(batch.log_volumes - _TYPICAL_LOG_VOLUME)
        tokens = self.element(batch.numbers) + self.from_features(self.element_features[batch.numbers])
        tokens = tokens + volume[:, None]
        for block in self.blocks:
            tokens = block(tokens, kernels[: (self.config.degree + 1) ** 2])
        weights = batch.weights[..., None]
        pooled = (self.per_site(tokens) * weights).sum(1)
        scalars: Iterator[Tensor] = iter(())
        if self.n_scalars:
            energies = (self.element_energy(batch.numbers) * weights).sum(1)
            scalars = iter((self.head(pooled) + energies).split(1, dim=1))
        tensors = self._tensors(tokens, pooled, kernels, weights, batch.allowed)
        return torch.cat(
            [
                next(tensors if _module_name(target.name) in self.tensor_heads else scalars)
                for target in self.targets
            ],
            dim=1,
        )

    def _tensors(
        self, tokens: Tensor, pooled: Tensor, kernels: Tensor, weights: Tensor, allowed: Tensor
    ) -> Iterator[Tensor]:
        """(p, columns) of each tensor target in turn."""
        start = 0
        for head in self._tensor_heads():
            own = slice(start, start + head.dimension)
            yield head(tokens, pooled, kernels, weights, allowed[:, own, own])
            start = own.stop


def _module_name(target: str) -> str:
    """The name of a target as that of a module: without dots, and no attribute that such modules have."""
    name = target.replace("%", "%25").replace(".", "%2E")
    return f"%{name}" if hasattr(nn.ModuleDict(), name) else name
