"""What every model of this package is: records in, physical values out.

    samples = [model.prepare(record) for record in records]     once per crystal: no gradients, no parameters
    values = model(model.collate(samples))                      (crystals, columns), in the targets' units

A scalar target has one column, a tensor target one for each component that its index symmetry leaves free.
The trainer, prediction and evaluation know nothing more of a model than this.
"""

from __future__ import annotations

import dataclasses
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalRecord, IndexSymmetry, ModelError
from runtime.tensors.tensor_space import TensorSpace

if TYPE_CHECKING:
    from runtime.pretrained.domain import Domain
    from runtime.store import Store


@dataclass(frozen=True)
class Target:
    """One property that a model predicts.

    Attributes:
        name: as in the dataset, such as ``"bulk_modulus_vrh"``.
        unit: of the prediction, such as ``"eV/atom"`` or ``"log10 GPa"``.
        log10: whether the model predicts the decimal logarithm of what the dataset holds; of a tensor the
            logarithm as a symmetric matrix, which turns as the tensor does, so that predictions are positive
            definite.
        symmetry: index symmetry of a tensor, such as ``"ijkl=jikl=klij"``; ``""`` for a scalar.
        axial: whether the tensor is axial.
        where: column of the dataset that is 1 where the value is to be trusted; ``""``: all are.
        up_to_normalizer: whether values are known only up to the operations that carry the point group into
            itself: the sign of a piezoelectric tensor, the names of axes.
    """

    name: str
    unit: str = ""
    log10: bool = False
    symmetry: str = ""
    axial: bool = False
    where: str = ""
    up_to_normalizer: bool = False

    @cached_property
    def space(self) -> TensorSpace | None:
        """The space of a tensor; None for a scalar.

        Raises:
            basis_store.FormulaError: ``symmetry`` is not an index symmetry.
        """
        return TensorSpace(IndexSymmetry.parse(self.symmetry, axial=self.axial)) if self.symmetry else None

    @property
    def physical_unit(self) -> str:
        """Of the value itself, whether or not its logarithm is predicted."""
        return self.unit.removeprefix("log10 ") if self.log10 else self.unit

    @property
    def n_columns(self) -> int:
        """Numbers that a model predicts for it: orthonormal components of a tensor, 1 for a scalar."""
        return 1 if self.space is None else len(self.space)


def columns(targets: Sequence[Target]) -> list[slice]:
    """The columns of each target in what a model predicts."""
    ends = np.cumsum([target.n_columns for target in targets]).tolist()
    return [slice(end - target.n_columns, end) for end, target in zip(ends, targets, strict=True)]


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
    """A network that predicts properties of crystals.

    Attributes:
        targets: what the columns of the output are, see :func:`columns`.
        target_mean: (columns,) buffer, and
        target_scale: (columns,) buffer: outputs are ``mean + scale * network``; the trainer sets them from the
            training split. The mean of a tensor is isotropic and its scale the same for all its columns.

    Raises:
        ModelError: a target is a tensor and the architecture predicts scalars only.
    """

    config_class: ClassVar[type[Any]]
    """A frozen dataclass of plain values; ``Model(config, targets)`` makes a model."""

    predicts_tensors: ClassVar[bool] = False

    target_mean: Tensor
    target_scale: Tensor

    def __init__(self, config: Any, targets: Sequence[Target]) -> None:
        super().__init__()
        if not targets:
            raise ValueError("a model needs at least one target")
        self.config = config
        self.targets = tuple(targets)
        tensors = [target.name for target in targets if target.space is not None]
        if tensors and not self.predicts_tensors:
            raise ModelError(f"{type(self).__name__} predicts scalars only: {tensors[0]!r} is a tensor")
        n_columns = sum(target.n_columns for target in targets)
        self.register_buffer("target_mean", torch.zeros(n_columns))
        self.register_buffer("target_scale", torch.ones(n_columns))

    @abstractmethod
    def prepare(self, record: CrystalRecord) -> Sample:
        """All that does not depend on parameters, once per crystal."""

    @abstractmethod
    def collate(self, samples: Sequence[Sample]) -> Batch:
        """A batch of prepared crystals, in their order."""

    @abstractmethod
    def network(self, batch: Any) -> Tensor:
        """(crystals, columns) of order one."""

    def forward(self, batch: Batch) -> Tensor:
        """(crystals, columns) in the targets' units."""
        values: Tensor = self.target_mean + self.target_scale * self.network(batch)
        return values

    @classmethod
    def from_pretrained(cls, name_or_path: str | os.PathLike[str], *, store: Store | None = None) -> Self:
        """Load a trained model of this class; see :func:`runtime.pretrained.pretrained.from_pretrained`.

        Raises:
            ModelError: also when it is of another class.
        """
        from runtime.pretrained.pretrained import from_pretrained  # noqa: PLC0415 - it knows all architectures

        model = from_pretrained(name_or_path, store=store)
        if not isinstance(model, cls):
            raise ModelError(f"{name_or_path} is a {type(model).__name__}, not a {cls.__name__}")
        return model

    def save_pretrained(
        self, folder: str | os.PathLike[str], *, card: str, domain: Domain, training: Mapping[str, Any]
    ) -> None:
        """Write the model to a folder; see :func:`runtime.pretrained.pretrained.save_pretrained`."""
        from runtime.pretrained.pretrained import save_pretrained  # noqa: PLC0415 - it knows all architectures

        save_pretrained(self, folder, card=card, domain=domain, training=training)
