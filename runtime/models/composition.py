"""A baseline that uses the elements of a crystal and their proportions, and nothing else.

Deep Sets (Zaheer et al., NIPS 2017): a network encodes each element by itself; the fraction-weighted mean of the
encodings, that of their squares, and their maximum over the elements are the inputs of another network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from basis_store import CrystalRecord
from runtime.models.base import Batch, CrystalModel, PreparedCrystal
from runtime.models.elements import N_ELEMENTS
from runtime.models.sizes import check_sizes, dropout, size
from runtime.store import Store
from runtime.targets.target import Target


@dataclass(frozen=True)
class CompositionConfig:
    """Sizes of a :class:`CompositionModel`.

    Attributes:
        width: of an element's token.
        hidden: of the two networks.
        dropout: in the second network.

    Raises:
        ModelError: a size that makes no sense.
    """

    width: int = size(64)
    hidden: int = size(256)
    dropout: float = dropout()

    def __post_init__(self) -> None:
        check_sizes(self)


@dataclass(frozen=True)
class PreparedComposition(PreparedCrystal):
    """The elements of one crystal.

    Attributes:
        numbers: (e,) atomic numbers, ascending.
        fractions: (e,) their shares of all atoms.
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
        store: not used; compositions have no symmetry.
    """

    config_class = CompositionConfig
    config: CompositionConfig
    uses_store = False

    def __init__(self, config: CompositionConfig, targets: Sequence[Target], store: Store | None = None) -> None:
        super().__init__(config, targets, store)
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

    def prepare(self, record: CrystalRecord) -> PreparedComposition:
        """Count atoms by element."""
        atoms = np.bincount(record.numbers, weights=record.multiplicities)
        numbers = np.flatnonzero(atoms)
        # Quotients of integers, correctly rounded: a formula and its multiples have the same ones.
        fractions = atoms[numbers] / atoms.sum()
        dtype = np.float64 if self.precision == torch.float64 else np.float32
        return PreparedComposition(numbers=numbers.astype(np.uint8), fractions=fractions.astype(dtype))

    def collate(self, crystals: Sequence[PreparedComposition]) -> CompositionBatch:  # type: ignore[override]
        """Pad the elements."""
        longest = max(crystal.n_tokens for crystal in crystals)
        numbers = torch.zeros(len(crystals), longest, dtype=torch.long, device="cpu")
        fractions = torch.zeros(len(crystals), longest, dtype=self.precision, device="cpu")
        for row, crystal in enumerate(crystals):
            numbers[row, : crystal.n_tokens] = torch.from_numpy(crystal.numbers)
            fractions[row, : crystal.n_tokens] = torch.from_numpy(crystal.fractions)
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
