"""Targets that are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from basis_store import CrystalRecord, Setting, TargetError
from basis_store.array_types import FloatArray
from runtime.evaluation.scores import Evaluation, ScalarScore, evaluate_scalars
from runtime.targets.target import Target


@dataclass(frozen=True)
class ScalarTarget(Target):
    """A number, such as a formation energy: one column.

    A predicted logarithm is reported as it is, in ``"log10 GPa"``. The loss is the absolute error.

    Attributes:
        name: as in the dataset, such as ``"bulk_modulus_vrh"``.
        unit: of the prediction, such as ``"log10 GPa"``.
        log10: whether the model predicts the decimal logarithm of the value in the dataset.
        mask_column: column of the dataset that is 1 where the value is valid; ``""``: all values are.
    """

    kind: ClassVar[str] = "scalar"
    metrics: ClassVar[tuple[str, ...]] = ("mae",)

    @property
    def n_columns(self) -> int:
        """1."""
        return 1

    @property
    def description(self) -> str:
        """``name`` and unit."""
        return f"`{self.name}`{f' in {self.unit}' if self.unit else ''}"

    def components(self, column: FloatArray) -> FloatArray:
        """(N, 1) of a column (N,)."""
        if column.ndim != 1:
            raise TargetError(f"is a tensor of shape {column.shape[1:]}: the target is a number")
        return column[:, None]

    def logarithm(self, components: FloatArray) -> FloatArray:
        """(N, 1) of ``components`` (N, 1); NaN or infinite where not positive."""
        return np.asarray(np.log10(components))

    def physical_value(self, predicted: FloatArray, record: CrystalRecord) -> float:
        """The number itself."""
        return float(predicted[0])

    def mean_and_scale(self, values: FloatArray) -> tuple[FloatArray, float]:
        """Mean, and mean absolute deviation from the median."""
        deviation = np.nanmean(np.abs(values - np.nanmedian(values)))
        return np.nanmean(values, axis=0), float(deviation)

    def evaluate(
        self, predicted: FloatArray, labels: FloatArray, settings: Sequence[Setting]
    ) -> Evaluation[ScalarScore]:
        """Absolute and squared errors, in the target's unit."""
        return evaluate_scalars(predicted[:, 0], labels[:, 0, 0], settings)

    def loss_figure(self, loss: float) -> tuple[str, str]:
        """The mean absolute error."""
        what = f"mean absolute error of {self.name} on the validation split"
        return what, f"{loss:.4f} {self.unit}".strip()

    def score_figures(self, score: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Of the fields of :class:`ScalarScore`."""
        low, high = score["mae_interval"]
        return [
            (f"mean absolute error, {score['n']:,} validation crystals", f"{score['mae']:.4f} {self.unit}"),
            ("95 % interval (bootstrap)", f"{low:.4f} to {high:.4f}"),
            ("root of the mean squared error", f"{score['rmse']:.4f} {self.unit}"),
        ]
