"""Targets that are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from basis_store import CrystalRecord, Setting, TargetError
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.datasets.units import in_unit, log10_unit, with_unit
from basis_store.printable import markdown_code, markdown_text
from runtime.evaluation.scores import Evaluation, ScalarScore, evaluate_scalars
from runtime.targets.target import Target


@dataclass(frozen=True)
class ScalarTarget(Target):
    """A number, such as a formation energy: one column.

    The loss is the absolute error; with ``log10`` that of the logarithm, in training as in evaluation.

    Attributes:
        name: as in the dataset, such as ``"bulk_modulus_vrh"``.
        unit: of the values in the dataset, and of predictions: such as ``"GPa"``, or ``"1"`` for a pure number.
            Training fills in that which the dataset states, if there is none here.
        log10: whether the model learns the decimal logarithm of the value. Predictions are values all the same.
        mask_column: column of the dataset that is 1 where the value is valid; ``""``: all values are.
    """

    kind: ClassVar[str] = "scalar"
    has_interval: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ("mae",)

    @property
    def n_columns(self) -> int:
        """1."""
        return 1

    @property
    def description(self) -> str:
        """``name`` and unit."""
        return in_unit(markdown_code(self.name), markdown_text(self.physical_unit))

    @property
    def error_unit(self) -> str:
        """``"log10 GPa"`` with ``log10``: an error of 0.3 is a factor of 2."""
        return log10_unit(self.physical_unit) if self.log10 else self.physical_unit

    def components(self, column: FloatArray) -> FloatArray:
        """(N, 1) of a column (N,)."""
        if column.ndim != 1:
            raise TargetError(f"is a tensor of shape {column.shape[1:]}: the target is a number")
        return column[:, None]

    def logarithm(self, components: FloatArray) -> FloatArray:
        """(N, 1) of ``components`` (N, 1); NaN or infinite where not positive."""
        return np.asarray(np.log10(components))

    def physical(self, values: FloatArray) -> FloatArray:
        """Powers of ten of logarithms."""
        with np.errstate(over="ignore"):
            return np.asarray(10.0**values) if self.log10 else values

    def differentiable(self, values: Tensor) -> Tensor:
        """Powers of ten of logarithms."""
        return torch.pow(10.0, values) if self.log10 else values

    def physical_value(self, components: FloatArray, record: CrystalRecord) -> float:
        """The number itself."""
        return float(components[0])

    def mean_and_scale(self, values: FloatArray) -> tuple[FloatArray, float]:
        """Mean, and mean absolute deviation from the median."""
        deviation = np.nanmean(np.abs(values - np.nanmedian(values)))
        return np.nanmean(values, axis=0), float(deviation)

    def evaluate(
        self, predicted: FloatArray, labels: FloatArray, settings: Sequence[Setting]
    ) -> Evaluation[ScalarScore]:
        """Absolute and squared errors, of logarithms with ``log10``."""
        values, known = predicted, labels[:, 0]
        if self.log10:
            with np.errstate(divide="ignore", invalid="ignore"):
                values, known = self.logarithm(values), self.logarithm(known)
        return evaluate_scalars(values[:, 0], known[:, 0], settings)

    @property
    def loss_name(self) -> str:
        """Of absolute errors."""
        return "mean absolute error"

    def loss_figure(self, loss: float) -> tuple[str, str]:
        """The mean absolute error."""
        what = f"{self.loss_name} of {self.name} on the validation split"
        return what, with_unit(f"{loss:.4f}", self.error_unit)

    def score_figures(self, score: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Of the fields of :class:`ScalarScore`."""
        low, high = score["mae_interval"]
        return [
            (
                f"mean absolute error, {counted(score['n'], 'validation crystal')}",
                with_unit(f"{score['mae']:.4f}", self.error_unit),
            ),
            ("95 % interval (bootstrap)", f"{low:.4f} to {high:.4f}"),
            ("root of the mean squared error", with_unit(f"{score['rmse']:.4f}", self.error_unit)),
        ]
