"""Errors of predicted tensors: of the whole tensor, and of the moduli of elastic ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from basis_store import IndexSymmetry, Setting
from basis_store.array_types import FloatArray
from basis_store.datasets.units import with_unit
from runtime.evaluation.scores import (
    Evaluation,
    Interval,
    Rows,
    Score,
    bootstrap_interval,
    by_symmetry,
    finite,
    interval_text,
)
from runtime.tensors.elasticity import elastic_moduli
from runtime.tensors.tensor_space import TensorSpace

SHARES = (25, 10, 5)
"""Percentages: EwT25 is the share of crystals whose relative error is at most 25 %."""


@dataclass(frozen=True)
class TensorScore(Score):
    """Errors of a tensor. Norms are Frobenius norms of the full tensors, sums over all indices.

    Attributes:
        n: number of crystals.
        frobenius: mean norm of the error, in the physical unit.
        frobenius_interval: its 95 % interval.
        relative: median over crystals of the norm of the error divided by that of the known tensor; infinite
            where most known tensors are 0 and the predicted ones are not.
        ewt25: fraction of crystals with a relative error of at most 25 %.
        ewt25_interval: its 95 % interval.
        ewt10: the same for 10 %.
        ewt5: the same for 5 %.
        mae_K: of Hill's bulk modulus of an elastic tensor, over the crystals that are stable by both tensors;
            None where there are none, and for other tensors.
        mae_G: of the shear modulus.
        mae_E: of Young's modulus.
    """

    n: int
    frobenius: float
    frobenius_interval: Interval
    relative: float
    ewt25: float
    ewt25_interval: Interval
    ewt10: float
    ewt5: float
    mae_K: float | None = None  # noqa: N815 - the field's symbol
    mae_G: float | None = None  # noqa: N815
    mae_E: float | None = None  # noqa: N815

    def summary(self, unit: str) -> list[str]:
        """The error, the shares, and the moduli of elastic tensors."""
        lines = [
            f"Frobenius norm of the error  {with_unit(f'{self.frobenius:.4f}', unit)}  "
            f"(95 %: {interval_text(self.frobenius_interval)}), median {self.relative:.1%} of the tensor",
            f"within 25 %: {self.ewt25:.3f} of the crystals (95 %: {interval_text(self.ewt25_interval)}), "
            f"within 10 %: {self.ewt10:.3f}, within 5 %: {self.ewt5:.3f}",
        ]
        if self.mae_K is not None:
            moduli = with_unit(f"K {self.mae_K:.2f}, G {self.mae_G:.2f}, E {self.mae_E:.2f}", unit)
            lines.append(f"MAE of {moduli} (Hill)")
        return lines

    def cells(self) -> dict[str, str]:
        """The error and the shares."""
        return {
            "n": f"{self.n:,}", "Frobenius": f"{self.frobenius:.4f}", "EwT25": f"{self.ewt25:.3f}",
            "EwT10": f"{self.ewt10:.3f}", "EwT5": f"{self.ewt5:.3f}",
        }  # fmt: skip

    def to_mapping(self) -> dict[str, Any]:
        """As of every score; None for an infinite relative error, since JSON has no infinity."""
        figures = super().to_mapping()
        return figures | {"relative": None} if math.isinf(self.relative) else figures


def evaluate_tensors(
    predicted: ArrayLike, labels: ArrayLike, space: TensorSpace, settings: Sequence[Setting]
) -> Evaluation[TensorScore]:
    """Score predictions of a tensor.

    Args:
        predicted: (n, dimension) components in ``space``, n > 0.
        labels: (n, a, dimension) symmetry-equivalent labels, the value itself first; the smallest error counts.
        space: of the tensors.
        settings: (n,) of the crystals.

    Raises:
        ModelError: a prediction is not finite.
    """
    # 1. Errors of the whole tensor.
    values, expected = finite(predicted), np.asarray(labels, np.float64)
    errors = np.linalg.norm(values[:, None] - expected, axis=2).min(axis=1)
    sizes = np.linalg.norm(expected[:, 0], axis=1)
    # A tensor that the symmetry forbids is 0 on both sides: no error.
    relative = np.divide(errors, sizes, out=np.where(errors > 0, np.inf, 0.0), where=sizes > 0)
    # 2. Errors of the moduli.
    moduli = None
    if space.symmetry == IndexSymmetry.parse("elastic"):
        moduli = np.abs(_moduli(space.tensors(values)) - _moduli(space.tensors(expected[:, 0])))

    # 3. Means over crystals; moduli only of those that are stable by both tensors.
    def score(rows: Rows) -> TensorScore:
        within = {share: relative[rows] <= share / 100 for share in SHARES}
        stable = rows if moduli is None else rows[np.isfinite(moduli[rows]).all(axis=1)]
        mean_moduli = (None,) * 3 if moduli is None or not len(stable) else moduli[stable].mean(axis=0).tolist()
        return TensorScore(
            n=len(rows),
            frobenius=float(errors[rows].mean()),
            frobenius_interval=bootstrap_interval(errors[rows]),
            relative=float(np.median(relative[rows])),
            ewt25=float(within[25].mean()),
            ewt25_interval=bootstrap_interval(within[25].astype(np.float64)),
            ewt10=float(within[10].mean()),
            ewt5=float(within[5].mean()),
            mae_K=mean_moduli[0],
            mae_G=mean_moduli[1],
            mae_E=mean_moduli[2],
        )

    return by_symmetry(score, settings)


def _moduli(tensors: FloatArray) -> FloatArray:
    """(n, 3) Hill's K, G and E; NaN for unstable crystals."""
    return np.array([elastic_moduli(tensor).hill[:3] for tensor in tensors]).reshape(-1, 3)
