"""How far predicted tensors are from known ones: errors of the whole tensor, and of the moduli it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import IndexSymmetry, Setting
from runtime.evaluation.scores import Evaluation, bootstrap_interval, by_symmetry, finite
from runtime.models.base import Target
from runtime.tensors.elasticity import elastic_moduli

Interval = tuple[float, float]

SHARES = (25, 10, 5)
"""Percentages: EwT25 is the share of crystals whose relative error is at most 25 %."""


@dataclass(frozen=True)
class TensorScore:
    """Errors over n crystals. Norms are Frobenius norms of the full tensors, sums over all indices.

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


def evaluate_tensors(
    predicted: ArrayLike, known: ArrayLike, target: Target, settings: Sequence[Setting]
) -> Evaluation[TensorScore]:
    """Score predictions of a tensor.

    Args:
        predicted: (n, columns) as a model gives them: logarithms, where the target says so.
        known: (n, a, columns) alternatives that are as good, the first being the value itself: the smallest error
            counts. Logarithms likewise; n > 0.
        target: what the columns are.
        settings: (n,) of the crystals.

    Raises:
        ModelError: a prediction is not finite.
    """
    assert target.space is not None
    values, expected = finite(predicted), np.asarray(known, np.float64)
    if target.log10:
        values, expected = target.space.exp10(values), target.space.exp10(expected)
    errors = np.linalg.norm(values[:, None] - expected, axis=2).min(axis=1)
    sizes = np.linalg.norm(expected[:, 0], axis=1)
    # A tensor that the symmetry forbids is 0 on both sides: no error.
    relative = np.divide(errors, sizes, out=np.where(errors > 0, np.inf, 0.0), where=sizes > 0)
    moduli = None
    if target.space.symmetry == IndexSymmetry.parse("elastic"):
        moduli = np.abs(_moduli(target.space.tensors(values)) - _moduli(target.space.tensors(expected[:, 0])))

    def score(rows: NDArray[np.intp]) -> TensorScore:
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


def _moduli(tensors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) Hill's K, G and E; NaN for unstable crystals."""
    return np.array([elastic_moduli(tensor).hill[:3] for tensor in tensors]).reshape(-1, 3)
