"""A baseline that uses the elements of a crystal and their proportions, and nothing else.

Deep Sets (Zaheer et al., NIPS 2017): a network encodes each element by itself; the fraction-weighted mean of the
encodings, that of their squares, and their maximum over the elements are the inputs of another network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalArrays
from basis_store.array_types import IntArray
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals
from runtime.models.batch import Batch, per
from runtime.models.elements import N_ELEMENTS
from runtime.models.sizes import check_sizes, dropout, size
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


@dataclass(frozen=True, eq=False, repr=False)
class CompositionBatch(Batch):
    """The elements of p crystals, e in all.

    Attributes:
        numbers: (e,) atomic numbers, ascending for each crystal.
        fractions: (e,) their shares of all atoms.
    """

    numbers: Tensor = per("elements")
    fractions: Tensor = per("elements")

    @property
    def costs(self) -> IntArray:
        """(p,) elements."""
        return self.counts["elements"]


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

    def prepare(self, crystals: Crystals) -> CompositionBatch:
        """Count atoms by element."""
        arrays = CrystalArrays.of(crystals)
        n = len(arrays)
        cells = np.repeat(np.arange(n) * N_ELEMENTS, arrays.site_counts) + arrays.numbers
        atoms = np.bincount(cells, weights=arrays.multiplicities, minlength=n * N_ELEMENTS).reshape(n, N_ELEMENTS)
        rows, numbers = np.nonzero(atoms)
        # Quotients of integers, correctly rounded: a formula and its multiples have the same ones.
        fractions = atoms[rows, numbers] / arrays.atom_counts[rows]
        return CompositionBatch(
            counts={"elements": np.bincount(rows, minlength=n)},
            numbers=torch.from_numpy(numbers),
            fractions=torch.from_numpy(fractions),
        ).to(self.target_mean.device, self.precision)

    def network(self, batch: CompositionBatch) -> Tensor:
        """(crystals, targets) of order one."""
        padded = batch.padding("elements")
        tokens = padded(self.per_element(self.element(batch.numbers)))
        weights = padded(batch.fractions[:, None])
        pooled = [
            (weights * tokens).sum(dim=1),
            (weights * tokens.square()).sum(dim=1),
            tokens.masked_fill(weights == 0, -torch.inf).amax(dim=1),
        ]
        values: Tensor = self.head(torch.cat(pooled, dim=-1))
        return values
