"""The Crystal Fourier Transformer: the default model, free of origin, cell and frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalRecord
from runtime.kernels import DirectKernel, neighbours
from runtime.models.base import Batch, CrystalModel, Sample, Target
from runtime.models.elements import N_ELEMENTS, element_features
from runtime.models.kernel_attention import KernelAttention
from runtime.store import Store, load_store

_TYPICAL_LOG_VOLUME = 2.9
"""Natural logarithm of 18 cubic Angstrom: a usual volume per atom."""


@dataclass(frozen=True)
class CrystalFourierTransformerConfig:
    """Sizes of a :class:`CrystalFourierTransformer`.

    Attributes:
        width: of tokens.
        layers: blocks of kernel attention and feed-forward.
        heads: learned kernels per layer.
        head_width: of a head's values.
        feed_forward: width of the hidden layer between blocks.
        cutoff: Angstrom; images further away are seen through other sites only.
        radial: radial functions of the kernels.
        degree: highest angular degree of the kernels, 0 to 3.
        dropout: on what each block adds.
    """

    width: int = 128
    layers: int = 3
    heads: int = 8
    head_width: int = 16
    feed_forward: int = 256
    cutoff: float = 6.0
    radial: int = 16
    degree: int = 2
    dropout: float = 0.0


@dataclass(frozen=True)
class SitesSample(Sample):
    """One crystal: its sites and their neighbours.

    Attributes:
        numbers: (n,) atomic numbers.
        weights: (n,) multiplicities divided by their sum.
        log_volume: natural logarithm of the volume per atom in cubic Angstrom.
        pairs: (E,) receiver * n + sender.
        vectors: (E, 3) from the receiver to an image of the sender, Angstrom.
    """

    numbers: np.ndarray
    weights: np.ndarray
    log_volume: float
    pairs: np.ndarray
    vectors: np.ndarray

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
    """

    numbers: Tensor
    weights: Tensor
    log_volumes: Tensor
    pairs: Tensor
    vectors: Tensor


class _Block(nn.Module):
    def __init__(self, config: CrystalFourierTransformerConfig) -> None:
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


class CrystalFourierTransformer(CrystalModel):
    """Predicts properties of crystals from their asymmetric units; one network for all 230 groups.

    Tokens are sites. They see each other only through invariant kernels (:class:`KernelAttention`), and the
    lattice only through distances and the volume per atom. Predictions therefore do not depend on origin, cell,
    orientation, handedness or order of atoms. They are means over atoms: multiplicities weigh sites.

    Args:
        config: sizes.
        targets: what to predict.
        store: where the operations come from; default: the store that ships with the package.
    """

    config_class = CrystalFourierTransformerConfig
    config: CrystalFourierTransformerConfig

    def __init__(
        self,
        config: CrystalFourierTransformerConfig,
        targets: Sequence[Target],
        store: Store | None = None,
    ) -> None:
        super().__init__(config, targets)
        self.store = load_store() if store is None else store
        self.element = nn.Embedding(N_ELEMENTS, config.width)
        nn.init.normal_(self.element.weight, std=0.3)
        self.register_buffer("element_features", element_features(), persistent=False)
        self.from_features = nn.Linear(self.element_features.shape[1], config.width)
        self.from_volume = nn.Linear(1, config.width)
        self.kernel = DirectKernel(config.cutoff, config.radial, config.degree)
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.layers))
        self.per_site = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, config.width), nn.SiLU())
        self.head = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, len(targets))
        )
        self.element_energy = nn.Embedding(N_ELEMENTS, len(targets))
        nn.init.zeros_(self.element_energy.weight)

    element_features: Tensor

    def prepare(self, record: CrystalRecord) -> SitesSample:
        """Find the neighbours of every site (direct sums over the store's operations)."""
        found = neighbours(record, self.store.compiled(record.setting), self.config.cutoff)
        dtype = np.float64 if self.target_mean.dtype == torch.float64 else np.float32
        return SitesSample(
            numbers=record.numbers.astype(np.int64),
            weights=(record.multiplicities / record.multiplicities.sum()).astype(dtype),
            log_volume=float(np.log(record.volume / record.multiplicities.sum())),
            pairs=found.receivers * len(record) + found.senders,
            vectors=found.vectors.astype(dtype),
        )

    def collate(self, samples: Sequence[SitesSample]) -> SitesBatch:  # type: ignore[override]
        """Pad to the largest number of sites; neighbours stay ragged."""
        n = max(sample.n_tokens for sample in samples)
        numbers = np.zeros((len(samples), n), np.int64)
        weights = np.zeros((len(samples), n), samples[0].weights.dtype)
        pairs = []
        for row, sample in enumerate(samples):
            own = sample.n_tokens
            numbers[row, :own], weights[row, :own] = sample.numbers, sample.weights
            receivers, senders = np.divmod(sample.pairs, own)
            pairs.append((row * n + receivers) * n + senders)
        log_volumes = np.array([[sample.log_volume] for sample in samples], weights.dtype)
        return SitesBatch(
            numbers=torch.from_numpy(numbers),
            weights=torch.from_numpy(weights),
            log_volumes=torch.from_numpy(log_volumes),
            pairs=torch.from_numpy(np.concatenate(pairs)),
            vectors=torch.from_numpy(np.concatenate([sample.vectors for sample in samples])),
        )

    def network(self, batch: SitesBatch) -> Tensor:
        """(crystals, targets) of order one."""
        p, n = batch.numbers.shape
        kernels = self.kernel(batch.vectors, batch.pairs, p * n * n)
        kernels = kernels.view(p, n, n, *kernels.shape[1:])
        volume = self.from_volume(batch.log_volumes - _TYPICAL_LOG_VOLUME)
        tokens = self.element(batch.numbers) + self.from_features(self.element_features[batch.numbers])
        tokens = tokens + volume[:, None]
        for block in self.blocks:
            tokens = block(tokens, kernels)
        weights = batch.weights[..., None]
        pooled = (self.per_site(tokens) * weights).sum(1)
        values: Tensor = self.head(pooled) + (self.element_energy(batch.numbers) * weights).sum(1)
        return values
