"""A target: one property of a dataset that a model predicts.

All that depends on the kind of a target is a method of its class, so that training, prediction and evaluation
treat scalars and tensors alike. A new kind is a subclass of :class:`Target` and a line in
:mod:`runtime.targets.parse`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from basis_store import CrystalRecord, IndexSymmetry, Setting, TargetError
from basis_store.array_types import FloatArray
from basis_store.datasets.units import UNKNOWN_UNIT
from runtime.evaluation.scores import Evaluation, Score

_LOG10 = "log10 "


@dataclass(frozen=True)
class Target(ABC):
    """One property that a model predicts.

    Attributes:
        name: as in the dataset, such as ``"bulk_modulus_vrh"``.
        unit: of the values in the dataset, and of predictions: such as ``"GPa"``, or ``"1"`` for a pure number.
            Training fills in that which the dataset states, if there is none here.
        log10: whether the model learns the decimal logarithm of the value. Predictions are values all the same.
        mask_column: column of the dataset that is 1 where the value is valid; ``""``: all values are.
    """

    name: str
    unit: str = ""
    _: KW_ONLY
    log10: bool = False
    mask_column: str = ""

    def __post_init__(self) -> None:
        if self.log10 and self.unit.startswith(_LOG10):
            own = self.unit.removeprefix(_LOG10)
            raise TargetError(
                f"the unit of {self.name!r} is that of its values, {own!r}, not of their logarithm, {self.unit!r}"
            )

    kind: ClassVar[str]
    """``"scalar"`` or ``"tensor"``: for messages, and for what an architecture can predict."""

    has_interval: ClassVar[bool] = False
    """Whether it is a number, whose predictions can have intervals."""

    metrics: ClassVar[tuple[str, ...]]
    """Names of the main figures of its scores, for the Hugging Face Hub."""

    @property
    @abstractmethod
    def n_columns(self) -> int:
        """Numbers that a model predicts for it."""

    @property
    def index_symmetry(self) -> IndexSymmetry | None:
        """Index symmetry of its values; None for a scalar."""
        return None

    @property
    def physical_unit(self) -> str:
        """``unit``, or ``"unknown unit"`` where it is not given."""
        return self.unit or UNKNOWN_UNIT

    @property
    def error_unit(self) -> str:
        """Unit of the errors that :meth:`evaluate` reports."""
        return self.physical_unit

    @property
    @abstractmethod
    def description(self) -> str:
        """Name, kind and unit in Markdown, for model cards."""

    @property
    def notes(self) -> Sequence[str]:
        """Properties of predictions of this kind for model cards, a sentence each."""
        return ()

    @property
    def limits(self) -> Sequence[str]:
        """Limits of predictions of this kind for model cards, a sentence each."""
        return ()

    @abstractmethod
    def components(self, column: FloatArray) -> FloatArray:
        """(N, columns) values of a column of a dataset, before logarithms; NaN where it has none.

        Args:
            column: (N, ...) in any layout that datasets have.

        Raises:
            TargetError: the column has another shape; the message lacks the names of column and dataset.
        """

    @abstractmethod
    def logarithm(self, components: FloatArray) -> FloatArray:
        """The decimal logarithm of values; NaN or infinite where there is none.

        Args:
            components: (N, columns) as :meth:`components` returns them.

        Returns:
            (N, columns).

        Raises:
            TensorError: there is never one.
        """

    @abstractmethod
    def physical(self, values: FloatArray) -> FloatArray:
        """The inverse of :meth:`logarithm` with ``log10``, else ``values``: components in ``physical_unit``.

        Args:
            values: (..., columns) as a model learns them.

        Returns:
            (..., columns); infinite where a logarithm is too large.
        """

    @abstractmethod
    def differentiable(self, values: Tensor) -> Tensor:
        """:meth:`physical` in PyTorch, to differentiate by.

        Args:
            values: (..., columns) as a model learns them.

        Returns:
            (..., columns).
        """

    def physical_labels(self, labels: FloatArray) -> FloatArray:
        """What :meth:`physical` is for predictions, for labels.

        Args:
            labels: (..., columns) as a model learns them.
        """
        return self.physical(labels)

    @abstractmethod
    def physical_value(self, components: FloatArray, record: CrystalRecord) -> float | FloatArray:
        """A prediction as a number or a tensor, in ``physical_unit``.

        Args:
            components: (columns,) from :meth:`physical`.
            record: the crystal.
        """

    def class_of(self, components: FloatArray) -> str:
        """The predicted class; ``""`` if the target is no class.

        Args:
            components: (columns,) from :meth:`physical`.
        """
        return ""

    @abstractmethod
    def mean_and_scale(self, values: FloatArray) -> tuple[FloatArray, float]:
        """Mean (columns,) and mean deviation of training values (n, columns), NaN where missing."""

    def isotropic(self) -> FloatArray:
        """(columns, columns) float64: the projection on values that all rotations and reflections keep."""
        return np.eye(self.n_columns)

    @property
    def has_equivalent_labels(self) -> bool:
        """Whether a value is known only up to symmetry."""
        return False

    def equivalent_labels(self, values: FloatArray, operations: FloatArray) -> FloatArray:
        """(g, columns) labels that are symmetry-equivalent to one crystal's values (columns,).

        Args:
            values: of one crystal.
            operations: (g, 3, 3) orthogonal matrices that map its point group onto itself, the identity first.
        """
        return np.repeat(values[None], len(operations), axis=0)

    def loss(self, predicted: Tensor, labels: Tensor) -> Tensor:
        """(crystals,) distance of predictions from the nearest label; NaN where there is none.

        Args:
            predicted: (crystals, columns).
            labels: (crystals, a, columns) symmetry-equivalent labels; NaN where missing.
        """
        known = torch.isfinite(labels)
        labels = torch.where(known, labels, 0.0)  # a NaN here would spoil the gradients
        distances = self._distances(predicted[:, None], labels)
        return torch.where(known[:, 0].all(dim=1), distances.amin(dim=1), torch.nan)

    def _distances(self, predicted: Tensor, labels: Tensor) -> Tensor:
        """(crystals, a) of (crystals, 1, columns) and (crystals, a, columns): in the target's unit."""
        distances: Tensor = torch.linalg.vector_norm(predicted - labels, dim=-1)
        return distances

    @property
    def has_static_loss(self) -> bool:
        """Whether :meth:`loss` never waits for the device, so that CUDA graphs can repeat it."""
        return True

    @property
    def has_mean(self) -> bool:
        """Whether the mean of right predictions is right."""
        return True

    @property
    @abstractmethod
    def loss_name(self) -> str:
        """What :meth:`loss` is, such as ``"mean absolute error"``: of its mean over crystals."""

    def loss_scale(self, target_scale: Tensor) -> Tensor:
        """The usual size of :meth:`loss`: a number, as a tensor of shape ().

        Args:
            target_scale: () the scale of :meth:`mean_and_scale`.
        """
        return target_scale

    @abstractmethod
    def evaluate(
        self, predicted: FloatArray, labels: FloatArray, settings: Sequence[Setting]
    ) -> Evaluation[Score]:
        """Score predictions, in ``error_unit``.

        Args:
            predicted: (n, columns) from :meth:`physical`, n > 0.
            labels: (n, a, columns) symmetry-equivalent labels from :meth:`physical_labels`, the value itself
                first; finite.
            settings: (n,) of the crystals.

        Raises:
            ModelError: a prediction is not finite.
        """

    @abstractmethod
    def loss_figure(self, loss: float) -> tuple[str, str]:
        """A row of a model card from a mean :meth:`loss` over the validation split: what it is, and its value."""

    @abstractmethod
    def score_figures(self, score: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Rows of a model card from a score on validation crystals, given as plain values."""


def columns(targets: Sequence[Target]) -> list[slice]:
    """The columns of each of ``targets`` in the predictions of a model, in their order."""
    ends = np.cumsum([target.n_columns for target in targets]).tolist()
    return [slice(end - target.n_columns, end) for end, target in zip(ends, targets, strict=True)]


def physical(values: FloatArray, targets: Sequence[Target]) -> FloatArray:
    """Values of all targets in their physical units: see :meth:`Target.physical`.

    Args:
        values: (n, columns) as models learn them.
        targets: what the columns are.
    """
    own = columns(targets)
    parts = [target.physical(values[:, part]) for target, part in zip(targets, own, strict=True)]
    return np.concatenate(parts, axis=1)
