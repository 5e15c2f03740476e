"""How far predictions are from what is known: mean errors with bootstrap intervals, overall and by symmetry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import ModelError, Setting

Rows = NDArray[np.intp]

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


ScoreT = TypeVar("ScoreT")


@dataclass(frozen=True)
class Evaluation(Generic[ScoreT]):
    """Scores of one target, a number or a tensor.

    Attributes:
        overall: all crystals.
        by_system: by crystal system, from triclinic to cubic, where there are crystals.
        by_group: by space-group number, ascending, where there are crystals.
    """

    overall: ScoreT
    by_system: dict[str, ScoreT]
    by_group: dict[int, ScoreT]


def evaluate(predicted: ArrayLike, known: ArrayLike, settings: Sequence[Setting]) -> Evaluation[Score]:
    """Score predictions of one target.

    Args:
        predicted: (n,) values.
        known: (n,) values in the same unit, finite, n > 0.
        settings: (n,) of the crystals.

    Raises:
        ModelError: a prediction is not finite.
    """
    errors = finite(predicted) - np.asarray(known)
    return by_symmetry(lambda rows: score(errors[rows]), settings)


def by_symmetry(score_of: Callable[[Rows], ScoreT], settings: Sequence[Setting]) -> Evaluation[ScoreT]:
    """Scores of all crystals, of those of each crystal system, and of those of each space group.

    Args:
        score_of: the score of some of the crystals, by ascending index.
        settings: (n,) of the crystals.
    """
    groups = np.array([setting.number for setting in settings])
    by_group = {int(group): np.flatnonzero(groups == group) for group in np.unique(groups)}
    by_system: dict[str, Rows] = {}
    for group, rows in by_group.items():
        system = Setting.standard(group).crystal_system
        by_system[system] = np.sort(np.concatenate([by_system.get(system, rows[:0]), rows]))
    return Evaluation(
        overall=score_of(np.arange(len(groups))),
        by_system={system: score_of(rows) for system, rows in by_system.items()},
        by_group={group: score_of(rows) for group, rows in by_group.items()},
    )


def finite(predicted: ArrayLike) -> NDArray[np.float64]:
    """Predictions (n, ...) as an array.

    Raises:
        ModelError: one is not finite.
    """
    values = np.asarray(predicted, np.float64)
    if broken := int((~np.isfinite(values.reshape(len(values), -1)).all(axis=1)).sum()):
        raise ModelError(f"the model has no finite prediction for {broken} of {len(values)} crystals")
    return values


def score(errors: NDArray[np.float64]) -> Score:
    """Mean errors with bootstrap intervals.

    Args:
        errors: (n,) finite, n > 0.
    """
    return Score(
        n=len(errors),
        mae=float(np.abs(errors).mean()),
        mae_interval=bootstrap_interval(np.abs(errors)),
        rmse=float(np.sqrt((errors**2).mean())),
        rmse_interval=_roots(bootstrap_interval(errors**2)),
    )


def bootstrap_interval(
    values: NDArray[np.float64], *, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of a mean (Efron, Ann. Stat. 7, 1, 1979).

    Args:
        values: (n,) n > 0.
        resamples: how often n values are drawn with replacement.
        seed: of the draws; equal values have equal intervals.
    """
    rng, n = np.random.default_rng(seed), len(values)
    rows = max(1, _BLOCK // n)
    draws = (rng.integers(n, size=(min(rows, resamples - done), n)) for done in range(0, resamples, rows))
    low, high = np.percentile(np.concatenate([values[drawn].mean(axis=1) for drawn in draws]), [2.5, 97.5])
    return float(low), float(high)


def _roots(ends: tuple[float, float]) -> tuple[float, float]:
    return float(np.sqrt(ends[0])), float(np.sqrt(ends[1]))
