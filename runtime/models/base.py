"""What every model of this package is: records in, physical values out.

    samples = [model.prepare(record) for record in records]     once per crystal: no gradients, no parameters
    values = model(model.collate(samples))                      (crystals, targets), in the targets' units

The trainer, prediction and evaluation know nothing more of a model than this.
"""

from __future__ import annotations

import dataclasses
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import Tensor, nn

from basis_store import CrystalRecord, ModelError

if TYPE_CHECKING:
    from runtime.domain import Domain
    from runtime.store import Store


@dataclass(frozen=True)
class Target:
    """One property that a model predicts.

    Attributes:
        name: as in the dataset, such as ``"bulk_modulus_vrh"``.
        unit: of the prediction, such as ``"eV/atom"`` or ``"log10 GPa"``.
        log10: whether the model predicts the decimal logarithm of what the dataset holds.
    """

    name: str
    unit: str = ""
    log10: bool = False


@dataclass(frozen=True)
class Sample(ABC):
    """One crystal as a model wants it, before batching."""

    @property
    @abstractmethod
    def n_tokens(self) -> int:
        """What batches are bucketed by: the length of this crystal's sequence."""


@dataclass(frozen=True)
class Batch:
    """Crystals side by side. Subclasses are dataclasses of tensors and plain values."""

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Self:
        """A copy on ``device``, its floating-point tensors in ``dtype``."""
        moved = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                value = value.to(device, dtype if value.is_floating_point() else None, non_blocking=True)
            moved[field.name] = value
        return dataclasses.replace(self, **moved)


class CrystalModel(nn.Module, ABC):
    """A network that predicts scalar properties of crystals.

    Attributes:
        targets: what the columns of the output are.
        target_mean: (targets,) buffer, and
        target_scale: (targets,) buffer: outputs are ``mean + scale * network``; the trainer sets them from the
            training split.
    """

    config_class: ClassVar[type[Any]]
    """A frozen dataclass of plain values; ``Model(config, targets)`` makes a model."""

    target_mean: Tensor
    target_scale: Tensor

    def __init__(self, config: Any, targets: Sequence[Target]) -> None:
        super().__init__()
        if not targets:
            raise ValueError("a model needs at least one target")
        self.config = config
        self.targets = tuple(targets)
        self.register_buffer("target_mean", torch.zeros(len(targets)))
        self.register_buffer("target_scale", torch.ones(len(targets)))

    @abstractmethod
    def prepare(self, record: CrystalRecord) -> Sample:
        """All that does not depend on parameters, once per crystal."""

    @abstractmethod
    def collate(self, samples: Sequence[Sample]) -> Batch:
        """A batch of prepared crystals, in their order."""

    @abstractmethod
    def network(self, batch: Any) -> Tensor:
        """(crystals, targets) of order one."""

    def forward(self, batch: Batch) -> Tensor:
        """(crystals, targets) in the targets' units."""
        values: Tensor = self.target_mean + self.target_scale * self.network(batch)
        return values

    @classmethod
    def from_pretrained(cls, name_or_path: str | os.PathLike[str], *, store: Store | None = None) -> Self:
        """Load a trained model of this class; see :func:`runtime.pretrained.from_pretrained`.

        Raises:
            ModelError: also when it is of another class.
        """
        from runtime.pretrained import from_pretrained  # noqa: PLC0415 - it knows all architectures

        model = from_pretrained(name_or_path, store=store)
        if not isinstance(model, cls):
            raise ModelError(f"{name_or_path} is a {type(model).__name__}, not a {cls.__name__}")
        return model

    def save_pretrained(
        self, folder: str | os.PathLike[str], *, card: str, domain: Domain, training: Mapping[str, Any]
    ) -> None:
        """Write the model to a folder; see :func:`runtime.pretrained.save_pretrained`."""
        from runtime.pretrained import save_pretrained  # noqa: PLC0415 - it knows all architectures

        save_pretrained(self, folder, card=card, domain=domain, training=training)
