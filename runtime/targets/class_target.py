"""Targets that are one of two classes, such as whether a crystal is a metal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from basis_store import CrystalRecord, Setting, TargetError
from basis_store.array_types import FloatArray
from basis_store.datasets.units import TRUE_FALSE
from basis_store.printable import markdown_code, markdown_text
from runtime.evaluation.class_scores import ClassScore, evaluate_classes
from runtime.evaluation.scores import Evaluation
from runtime.targets.target import Target

_EXAMPLE = 'classes = ["insulator", "metal"]'


@dataclass(frozen=True)
class ClassTarget(Target):
    """One of two classes: one column, the logit of the probability of the second.

    The loss is the cross-entropy in nats; log 2 = 0.693 is that of a coin. Values in datasets are 0 for the first
    class and 1 for the second, predictions the probability of the second.

    Attributes:
        name: as in the dataset, such as ``"is_metal"``.
        unit: ``"true/false"``.
        log10: no.
        mask_column: column of the dataset that is 1 where the value is valid; ``""``: all values are.
        classes: what false and true mean, such as ``("insulator", "metal")``.
    """

    unit: str = TRUE_FALSE
    _: KW_ONLY
    classes: tuple[str, ...] = ("false", "true")

    kind: ClassVar[str] = "scalar"
    metrics: ClassVar[tuple[str, ...]] = ("roc_auc", "accuracy")

    def __post_init__(self) -> None:
        if self.log10:
            raise TargetError(f"{self.name!r} is a class: it has no logarithm")
        if self.unit not in ("", TRUE_FALSE):
            raise TargetError(f"{self.name!r} is a class: its unit is {TRUE_FALSE!r}, not {self.unit!r}")
        object.__setattr__(self, "unit", TRUE_FALSE)
        if len(set(self.classes)) != 2 or len(self.classes) != 2 or not all(self.classes):
            raise TargetError(
                f"{self.name!r} has two classes with different names, first that of false, as in {_EXAMPLE}; "
                "learn one of more classes as true or false for each of them"
            )

    @property
    def n_columns(self) -> int:
        """1."""
        return 1

    @property
    def physical_unit(self) -> str:
        """What predictions are: ``"probability of true"``."""
        return f"probability of {self.classes[1]}"

    @property
    def error_unit(self) -> str:
        """Scores are pure numbers."""
        return "1"

    @property
    def description(self) -> str:
        """``name`` and the classes."""
        return f"{markdown_code(self.name)} ({' or '.join(map(markdown_text, self.classes))})"

    @property
    def notes(self) -> Sequence[str]:
        """What the number is."""
        return (f"The number is the probability of {self.classes[1]}; the class is the more probable one.",)

    @property
    def limits(self) -> Sequence[str]:
        """What the probability refers to."""
        return (
            "Probabilities are those of a crystal drawn from the training split: where classes are more or less "
            "frequent, they are too.",
        )

    def components(self, column: FloatArray) -> FloatArray:
        """(N, 1) of a column (N,) of 0, 1 and NaN."""
        if column.ndim != 1:
            raise TargetError(f"is a tensor of shape {column.shape[1:]}: the target is true or false")
        others = column[np.isfinite(column) & (column != 0) & (column != 1)]
        if len(others):
            raise TargetError(
                f"has {len(others)} values that are neither 0 nor 1, such as {others[0]:g}: the target is true or "
                "false; learn one of more classes as true or false for each of them"
            )
        return column[:, None]

    def logarithm(self, components: FloatArray) -> FloatArray:
        """There is none."""
        raise TargetError(f"{self.name!r} is a class: it has no logarithm")

    def physical(self, values: FloatArray) -> FloatArray:
        """Probabilities of logits."""
        return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))

    def differentiable(self, values: Tensor) -> Tensor:
        """Probabilities of logits."""
        return torch.sigmoid(values)

    def physical_labels(self, labels: FloatArray) -> FloatArray:
        """The labels: 0 and 1 are probabilities."""
        return labels

    def physical_value(self, components: FloatArray, record: CrystalRecord) -> float:
        """The probability of the second class."""
        return float(components[0])

    def class_of(self, components: FloatArray) -> str:
        """The more probable class."""
        return self.classes[int(components[0] >= 0.5)]

    def mean_and_scale(self, values: FloatArray) -> tuple[FloatArray, float]:
        """The logit of the share of the second class, so that training starts from there; 1."""
        known = values[np.isfinite(values)]
        share = (known.sum() + 0.5) / (len(known) + 1)
        return np.array([math.log(share / (1 - share))]), 1.0

    def _distances(self, predicted: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of logits."""
        return (softplus(predicted) - labels * predicted)[..., 0]

    def loss_scale(self, target_scale: Tensor) -> Tensor:
        """1: cross-entropies are of order one."""
        return torch.ones_like(target_scale)

    def evaluate(
        self, predicted: FloatArray, labels: FloatArray, settings: Sequence[Setting]
    ) -> Evaluation[ClassScore]:
        """ROC AUC, average precision, accuracy and cross-entropy."""
        return evaluate_classes(predicted[:, 0], labels[:, 0, 0], settings)

    @property
    def loss_name(self) -> str:
        """Of the probabilities."""
        return "cross-entropy"

    def loss_figure(self, loss: float) -> tuple[str, str]:
        """The mean cross-entropy."""
        return f"{self.loss_name} of {self.name} on the validation split (a coin: 0.6931)", f"{loss:.4f}"

    def score_figures(self, score: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Of the fields of :class:`ClassScore`."""
        rows = [
            (name, score[field], score[f"{field}_interval"])
            for name, field in (
                ("ROC AUC", "roc_auc"), ("accuracy", "accuracy"), ("average precision", "average_precision"),
            )
            if score[field] is not None
        ]  # fmt: skip
        count = f"{score['n']:,} validation crystals, {score['positive']:,} of them {self.classes[1]}"
        return [
            *(
                (f"{name}, {count}" if row == 0 else name, f"{value:.4f} (95 %: {low:.4f} to {high:.4f})")
                for row, (name, value, (low, high)) in enumerate(rows)
            ),
            ("accuracy of always the more frequent class", f"{score['majority']:.4f}"),
        ]
