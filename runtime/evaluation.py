"""How far predictions are from what is known: mean errors with bootstrap intervals, overall and by symmetry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import ModelError, Setting

_BLOCK = 1 << 22
"""Drawn numbers that are held at once."""


@dataclass(frozen=True)
class Score:
    """Errors over n crystals.

    Attributes:
        n: number of crystals.
        mae: mean absolute error.
        mae_interval: its 95 % interval.
        rmse: root of the mean squared error.
        rmse_interval: its 95 % interval.
    """

    n: int
    mae: float
    mae_interval: tuple[float, float]
    rmse: float
    rmse_interval: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """Scores of one target.

    Attributes:
        overall: all crystals.
        by_system: by crystal system, from triclinic to cubic, where there are crystals.
        by_group: by space-group number, ascending, where there are crystals.
    """

    overall: Score
    by_system: dict[str, Score]
    by_group: dict[int, Score]


def evaluate(predicted: ArrayLike, known: ArrayLike, settings: Sequence[Setting]) -> Evaluation:
    """Score predictions of one target.

    Args:
        predicted: (n,) values.
        known: (n,) values in the same unit, finite, n > 0.
        settings: (n,) of the crystals.

    Raises:
        ModelError: a prediction is not finite.
    """
    values, groups = np.asarray(predicted), np.array([setting.number for setting in settings])
    if broken := int((~np.isfinite(values)).sum()):
        raise ModelError(f"the model has no finite prediction for {broken} of {len(values)} crystals")
    errors = values - np.asarray(known)
    present: list[int] = np.unique(groups).tolist()
    systems: dict[str, list[int]] = {}
    for group in present:
        systems.setdefault(Setting.standard(group).crystal_system, []).append(group)
    return Evaluation(
        overall=score(errors),
        by_system={system: score(errors[np.isin(groups, some)]) for system, some in systems.items()},
        by_group={group: score(errors[groups == group]) for group in present},
    )


def score(errors: NDArray[np.float64], *, resamples: int = 1000, seed: int = 0) -> Score:
    """Mean errors with percentile bootstrap intervals (Efron, Ann. Stat. 7, 1, 1979).

    Args:
        errors: (n,) finite, n > 0.
        resamples: how often n crystals are drawn with replacement.
        seed: of the draws; equal errors have equal intervals.
    """
    rng, n = np.random.default_rng(seed), len(errors)
    sizes = np.stack([np.abs(errors), errors**2])
    rows = max(1, _BLOCK // n)
    draws = (rng.integers(n, size=(min(rows, resamples - done), n)) for done in range(0, resamples, rows))
    means = np.concatenate([sizes[:, drawn].mean(axis=2) for drawn in draws], axis=1)
    means[1] = np.sqrt(means[1])
    (mae_low, mae_high), (rmse_low, rmse_high) = np.percentile(means, [2.5, 97.5], axis=1).T.tolist()
    return Score(
        n=n,
        mae=float(sizes[0].mean()),
        mae_interval=(mae_low, mae_high),
        rmse=float(np.sqrt(sizes[1].mean())),
        rmse_interval=(rmse_low, rmse_high),
    )
