"""A baseline that knows which elements a crystal has, in which proportions, and nothing else.

Deep Sets (Zaheer et al., NIPS 2017): a network sees each element by itself; the fraction-weighted mean of what it
says, that of the squares, and the maximum over the elements go to another network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from basis_store import CrystalRecord
from runtime.models.base import Batch, CrystalModel, Sample, Target
from runtime.models.elements import N_ELEMENTS


@dataclass(frozen=True)
class CompositionConfig:
    """Sizes of a :class:`CompositionModel`.

    Attributes:
        width: of an element's token.
        hidden: of the two networks.
        dropout: in the second network.
    """

    width: int = 64
    hidden: int = 256
    dropout: float = 0.0


@dataclass(frozen=True)
class CompositionSample(Sample):
    """The elements of one crystal.

    Attributes:
        numbers: (e,) atomic numbers, ascending.
        fractions: (e,) their parts of all atoms.
    """

    numbers: NDArray[np.uint8]
    fractions: NDArray[np.floating]

    @property
    def n_tokens(self) -> int:
        """Elements."""
        return len(self.numbers)


@dataclass(frozen=True)
class CompositionBatch(Batch):
    """p crystals padded to e elements.

    Attributes:
        numbers: (p, e), 0 for padding.
        fractions: (p, e), 0 for padding.
    """

    numbers: Tensor
    fractions: Tensor


class CompositionModel(CrystalModel):
    """Predicts from the composition alone; see the head of this file.

    Args:
        config: sizes.
        targets: what to predict.
    """

    config_class = CompositionConfig
    config: CompositionConfig

    def __init__(self, config: CompositionConfig, targets: Sequence[Target]) -> None:
        super().__init__(config, targets)
        self.element = nn.Embedding(N_ELEMENTS, config.width)
        self.per_element = nn.Sequential(
            nn.Linear(config.width, config.hidden), nn.SiLU(), nn.Linear(config.hidden, config.width)
        )
        self.head = nn.Sequential(
            nn.LayerNorm(3 * config.width),
            nn.Linear(3 * config.width, config.hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.hidden),
            nn.SiLU(),
            nn.Linear(config.hidden, len(targets)),
        )

    def prepare(self, record: CrystalRecord) -> CompositionSample:
        """Count atoms by element."""
        atoms = np.bincount(record.numbers, weights=record.multiplicities)
        numbers = np.flatnonzero(atoms)
        # Quotients of integers, correctly rounded: a formula and its multiples have the same ones.
        fractions = atoms[numbers] / atoms.sum()
        dtype = np.float64 if self.target_mean.dtype == torch.float64 else np.float32
        return CompositionSample(numbers=numbers.astype(np.uint8), fractions=fractions.astype(dtype))

    def collate(self, samples: Sequence[CompositionSample]) -> CompositionBatch:  # type: ignore[override]
        """Pad the elements."""
        most = max(sample.n_tokens for sample in samples)
        numbers = torch.zeros(len(samples), most, dtype=torch.long)
        fractions = torch.zeros(len(samples), most, dtype=self.target_mean.dtype)
        for row, sample in enumerate(samples):
            numbers[row, : sample.n_tokens] = torch.from_numpy(sample.numbers)
            fractions[row, : sample.n_tokens] = torch.from_numpy(sample.fractions)
        return CompositionBatch(numbers=numbers, fractions=fractions)

    def network(self, batch: CompositionBatch) -> Tensor:
        """(crystals, targets) of order one."""
        tokens = self.per_element(self.element(batch.numbers))
        weights = batch.fractions[..., None]
        absent = batch.fractions[..., None] == 0
        pooled = [
            (weights * tokens).sum(dim=1),
            (weights * tokens.square()).sum(dim=1),
            tokens.masked_fill(absent, -torch.inf).amax(dim=1),
        ]
        values: Tensor = self.head(torch.cat(pooled, dim=-1))
        return values
