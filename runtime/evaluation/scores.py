"""Errors of predictions: means with bootstrap intervals, over all crystals and by symmetry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import ModelError, Setting
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.datasets.units import with_unit
from basis_store.tables.data_frame import data_frame

if TYPE_CHECKING:
    from pandas import DataFrame

Rows = NDArray[np.intp]
Interval = tuple[float, float]

_BLOCK = 1 << 22
"""Random numbers that are held at once."""


class Score(ABC):
    """Errors over the crystals of one target, with the words in which they are reported."""

    n: int

    @abstractmethod
    def summary(self, unit: str) -> list[str]:
        """Lines of text with all figures, errors in ``unit``."""

    @abstractmethod
    def cells(self) -> dict[str, str]:
        """A row of a table, by heading."""

    def to_mapping(self) -> dict[str, Any]:
        """All figures that it has, as JSON can hold them."""
        return {name: value for name, value in vars(self).items() if value is not None}


ScoreT_co = TypeVar("ScoreT_co", bound=Score, covariant=True)


@dataclass(frozen=True)
class ScalarScore(Score):
    """Errors of a number.

    Attributes:
        n: number of crystals.
        mae: mean absolute error.
        mae_interval: its 95 % interval.
        rmse: root of the mean squared error.
        rmse_interval: its 95 % interval.
    """

    n: int
    mae: float
    mae_interval: Interval
    rmse: float
    rmse_interval: Interval

    @classmethod
    def of(cls, errors: FloatArray) -> Self:
        """Mean errors with bootstrap intervals.

        Args:
            errors: (n,) finite, n > 0.
        """
        low, high = bootstrap_interval(errors**2)
        return cls(
            n=len(errors),
            mae=float(np.abs(errors).mean()),
            mae_interval=bootstrap_interval(np.abs(errors)),
            rmse=float(np.sqrt((errors**2).mean())),
            rmse_interval=(float(np.sqrt(low)), float(np.sqrt(high))),
        )

    def summary(self, unit: str) -> list[str]:
        """Both means with their intervals."""
        return [
            f"MAE   {with_unit(f'{self.mae:.5f}', unit)}  (95 %: {interval_text(self.mae_interval)})",
            f"RMSE  {with_unit(f'{self.rmse:.5f}', unit)}  (95 %: {interval_text(self.rmse_interval)})",
        ]

    def cells(self) -> dict[str, str]:
        """Both means, and the interval of the first."""
        return {
            "n": f"{self.n:,}", "MAE": f"{self.mae:.5f}", "95 %": interval_text(self.mae_interval),
            "RMSE": f"{self.rmse:.5f}",
        }  # fmt: skip


@dataclass(frozen=True)
class Evaluation(Generic[ScoreT_co]):
    """Scores of one target.

    Attributes:
        overall: all crystals.
        by_system: by crystal system, from triclinic to cubic, where there are crystals.
        by_group: by space-group number, ascending, where there are crystals.
    """

    overall: ScoreT_co
    by_system: Mapping[str, ScoreT_co]
    by_group: Mapping[int, ScoreT_co]

    def to_dataframe(self) -> DataFrame:
        """A table of pandas: a row for all crystals, for each crystal system and for each space group.

        The columns ``by`` (``"all"``, ``"crystal_system"``, ``"space_group"``) and ``of`` say which; the others
        are the attributes of the scores, with both ends of intervals: ``mae``, ``mae_low``, ``mae_high``.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        rows: list[tuple[str, str, Score]] = [("all", "", self.overall)]
        rows += (("crystal_system", system, score) for system, score in self.by_system.items())
        rows += (("space_group", str(group), score) for group, score in self.by_group.items())
        cells = [{"by": by, "of": of} | _flat(score.to_mapping()) for by, of, score in rows]
        names = dict.fromkeys(name for row in cells for name in row)
        return data_frame({name: [row.get(name) for row in cells] for name in names})


def _flat(figures: Mapping[str, Any]) -> dict[str, Any]:
    """With ``x_low`` and ``x_high`` in place of ``x_interval``."""
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        if name.endswith("_interval"):
            stem = name.removesuffix("interval")
            flat[f"{stem}low"], flat[f"{stem}high"] = value
        else:
            flat[name] = value
    return flat


def evaluate_scalars(
    predicted: ArrayLike, known: ArrayLike, settings: Sequence[Setting]
) -> Evaluation[ScalarScore]:
    """Score predictions of a number.

    Args:
        predicted: (n,) values.
        known: (n,) values in the same unit, finite, n > 0.
        settings: (n,) of the crystals.

    Raises:
        ModelError: a prediction is not finite.
    """
    errors = finite(predicted) - np.asarray(known)
    return by_symmetry(lambda rows: ScalarScore.of(errors[rows]), settings)


def by_symmetry(score_of: Callable[[Rows], ScoreT_co], settings: Sequence[Setting]) -> Evaluation[ScoreT_co]:
    """Scores of all crystals, of those of each crystal system, and of those of each space group.

    Args:
        score_of: gives the score of some of the crystals, given by their ascending indices.
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


def finite(predicted: ArrayLike) -> FloatArray:
    """Predictions (n, ...) as an array.

    Raises:
        ModelError: one is not finite.
    """
    values = np.asarray(predicted, np.float64)
    if broken := int((~np.isfinite(values.reshape(len(values), -1)).all(axis=1)).sum()):
        raise ModelError(f"the model has no finite prediction for {broken:,} of {counted(len(values), 'crystal')}")
    return values


def bootstrap_interval(values: FloatArray, *, resamples: int = 1000, seed: int = 0) -> Interval:
    """The 95 % percentile bootstrap interval of a mean (Efron, Ann. Stat. 7, 1, 1979).

    Args:
        values: (n,) n > 0.
        resamples: how often n values are drawn with replacement.
        seed: of the draws; equal values have equal intervals.
    """
    draws = bootstrap_draws(len(values), resamples=resamples, seed=seed)
    low, high = np.percentile(np.concatenate([values[drawn].mean(axis=1) for drawn in draws]), [2.5, 97.5])
    return float(low), float(high)


def bootstrap_draws(n: int, *, resamples: int = 1000, seed: int = 0) -> Iterator[Rows]:
    """Resamples of n values, each with replacement: (r, n) indices, in blocks of r resamples.

    Args:
        n: number of values.
        resamples: of all blocks together.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK // n)
    for done in range(0, resamples, rows):
        yield rng.integers(n, size=(min(rows, resamples - done), n))


def interval_text(ends: Interval) -> str:
    """As reports print it."""
    return f"{ends[0]:.5f} to {ends[1]:.5f}"
