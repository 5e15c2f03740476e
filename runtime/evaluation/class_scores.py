"""Scores of predicted probabilities of one of two classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from basis_store import Setting
from basis_store.array_types import FloatArray
from runtime.evaluation.scores import (
    Evaluation,
    Interval,
    Score,
    bootstrap_draws,
    bootstrap_interval,
    by_symmetry,
    finite,
    interval_text,
)

_LEAST = 1e-15
"""Probabilities are kept this far from 0 and 1 in the cross-entropy, so that it is finite."""


@dataclass(frozen=True)
class ClassScore(Score):
    """Scores of the probability of the second of two classes, called positive.

    Attributes:
        n: number of crystals.
        positive: how many of them are positive.
        roc_auc: area under the ROC curve: how often a positive crystal has a higher probability than a negative
            one, ties counting one half; None where there is only one class.
        roc_auc_interval: its 95 % interval.
        average_precision: mean precision over the positive crystals in the order of their probability; None where
            there is only one class.
        average_precision_interval: its 95 % interval.
        accuracy: share of the crystals whose more probable class is right.
        accuracy_interval: its 95 % interval.
        balanced_accuracy: mean of the shares of either class that are right; None where there is only one class.
        majority: share of the more frequent class: the accuracy of a model that knows nothing else.
        cross_entropy: mean, in nats.
        cross_entropy_interval: its 95 % interval.
    """

    n: int
    positive: int
    roc_auc: float | None
    roc_auc_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None
    accuracy: float
    accuracy_interval: Interval
    balanced_accuracy: float | None
    majority: float
    cross_entropy: float
    cross_entropy_interval: Interval

    @classmethod
    def of(cls, predicted: FloatArray, known: FloatArray) -> ClassScore:
        """All scores.

        Args:
            predicted: (n,) probabilities of the positive class, n > 0.
            known: (n,) 1 where positive, else 0.
        """
        right = ((predicted >= 0.5) == (known == 1)).astype(np.float64)
        kept = np.clip(predicted, _LEAST, 1 - _LEAST)
        entropy = -np.where(known == 1, np.log(kept), np.log1p(-kept))
        positive = int(known.sum())
        both = 0 < positive < len(known)
        area, area_ends, precision, precision_ends = _ranked(predicted, known) if both else (None,) * 4
        return cls(
            n=len(known),
            positive=positive,
            roc_auc=area,
            roc_auc_interval=area_ends,
            average_precision=precision,
            average_precision_interval=precision_ends,
            accuracy=float(right.mean()),
            accuracy_interval=bootstrap_interval(right),
            balanced_accuracy=float((right[known == 1].mean() + right[known == 0].mean()) / 2) if both else None,
            majority=max(positive, len(known) - positive) / len(known),
            cross_entropy=float(entropy.mean()),
            cross_entropy_interval=bootstrap_interval(entropy),
        )

    def summary(self, unit: str) -> list[str]:
        """Each score with its interval, and what it is for a model that knows nothing."""
        lines = [f"positive: {self.positive:,} of {self.n:,}"]
        if self.roc_auc is None:
            lines.append("ROC AUC and average precision need both classes: there is only one")
        for name, value, ends, guess in (
            ("ROC AUC", self.roc_auc, self.roc_auc_interval, 0.5),
            ("average precision", self.average_precision, self.average_precision_interval, self.positive / self.n),
            ("accuracy", self.accuracy, self.accuracy_interval, self.majority),
            ("cross-entropy", self.cross_entropy, self.cross_entropy_interval, _entropy(self.positive / self.n)),
        ):
            if value is not None and ends is not None:
                lines.append(f"{name:<18}{value:.5f}  (95 %: {interval_text(ends)}; without a model: {guess:.5f})")
        if self.balanced_accuracy is not None:
            lines.append(f"{'balanced accuracy':<18}{self.balanced_accuracy:.5f}  (without a model: 0.50000)")
        return lines

    def cells(self) -> dict[str, str]:
        """The main scores."""
        ends = self.roc_auc_interval
        return {
            "n": f"{self.n:,}", "positive": f"{self.positive:,}",
            "ROC AUC": "-" if self.roc_auc is None else f"{self.roc_auc:.5f}",
            "95 %": "-" if ends is None else interval_text(ends),
            "accuracy": f"{self.accuracy:.5f}",
        }  # fmt: skip


def evaluate_classes(
    predicted: ArrayLike, known: ArrayLike, settings: Sequence[Setting]
) -> Evaluation[ClassScore]:
    """Score predicted probabilities.

    Args:
        predicted: (n,) of the positive class.
        known: (n,) 1 where positive, else 0; n > 0.
        settings: (n,) of the crystals.

    Raises:
        ModelError: a prediction is not finite.
    """
    values, labels = finite(predicted), np.asarray(known, np.float64)
    return by_symmetry(lambda rows: ClassScore.of(values[rows], labels[rows]), settings)


def _ranked(predicted: FloatArray, known: FloatArray) -> tuple[float, Interval, float, Interval]:
    """Area under the ROC curve and average precision of both classes, with their bootstrap intervals."""
    order = np.argsort(-predicted, kind="stable")
    starts = np.flatnonzero(np.diff(predicted[order], prepend=np.inf))  # of equal probabilities
    labels = known[order]

    def scores(weights: FloatArray) -> FloatArray:
        """(r, 2) for weights (r, n) of the crystals, highest probability first."""
        true = np.add.reduceat(weights * labels, starts, axis=1)
        false = np.add.reduceat(weights * (1 - labels), starts, axis=1)
        above = true.cumsum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):  # resamples with one class only
            area = ((above - true / 2) * false).sum(axis=1) / (true.sum(axis=1) * false.sum(axis=1))
            precision = above / (above + false.cumsum(axis=1))
            average = np.nansum(true * precision, axis=1) / true.sum(axis=1)
        return np.stack([area, average], axis=1)

    resampled = []
    for drawn in bootstrap_draws(len(known)):
        counts = np.zeros(drawn.shape)
        np.add.at(counts, (np.arange(len(drawn))[:, None], drawn), 1)
        resampled.append(scores(counts[:, order]))
    ends = np.nanpercentile(np.concatenate(resampled), [2.5, 97.5], axis=0)
    area, average = scores(np.ones((1, len(known))))[0].tolist()
    return area, (float(ends[0, 0]), float(ends[1, 0])), average, (float(ends[0, 1]), float(ends[1, 1]))


def _entropy(share: float) -> float:
    """Cross-entropy of a model that knows the shares of the classes only."""
    return float(-sum(p * np.log(p) for p in (share, 1 - share) if p > 0))
