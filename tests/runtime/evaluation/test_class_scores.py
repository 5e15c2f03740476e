"""Scores of probabilities agree with scikit-learn and values by hand; what one class cannot give is missing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from basis_store import ModelError, Setting
from runtime.evaluation.class_scores import ClassScore, evaluate_classes

CUBIC, TRICLINIC = Setting.standard(225), Setting.standard(1)


def drawn(n: int, seed: int, *, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    known = (rng.random(n) < 0.3).astype(float)
    predicted = np.clip(0.3 + 0.3 * known + 0.25 * rng.normal(size=n), 0, 1)
    return (np.round(predicted, 1) if ties else predicted), known


def test_by_hand() -> None:
    score = ClassScore.of(np.array([0.9, 0.8, 0.4, 0.3]), np.array([1.0, 0.0, 1.0, 0.0]))
    assert (score.n, score.positive, score.roc_auc, score.accuracy) == (4, 2, 0.75, 0.5)
    assert score.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert score.cross_entropy == pytest.approx(-np.log([0.9, 0.2, 0.4, 0.7]).mean())
    assert (score.balanced_accuracy, score.majority) == (0.5, 0.5)
    perfect = ClassScore.of(np.array([1.0, 0.0]), np.array([1.0, 0.0]))
    assert (perfect.roc_auc, perfect.accuracy, perfect.average_precision) == (1.0, 1.0, 1.0)
    same = ClassScore.of(np.full(4, 0.5), np.array([1.0, 0, 0, 0]))
    assert (same.roc_auc, same.average_precision) == (0.5, 0.25)
    wrong = ClassScore.of(np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    assert wrong.roc_auc == 0.0 and math.isfinite(wrong.cross_entropy)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [10, 57, 400])
def test_scikit_learn_agrees(n: int, ties: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    predicted, known = drawn(n, n, ties=ties)
    score = ClassScore.of(predicted, known)
    assert score.roc_auc == pytest.approx(metrics.roc_auc_score(known, predicted))
    assert score.average_precision == pytest.approx(metrics.average_precision_score(known, predicted))
    classes = predicted >= 0.5
    assert score.accuracy == pytest.approx(metrics.accuracy_score(known, classes))
    assert score.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(known, classes))
    kept = np.clip(predicted, 1e-15, 1 - 1e-15)
    assert score.cross_entropy == pytest.approx(metrics.log_loss(known, kept))


@pytest.mark.parametrize("field", ["roc_auc", "average_precision"])
def test_intervals_are_those_of_resampled_scores(field: str) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    of = {"roc_auc": metrics.roc_auc_score, "average_precision": metrics.average_precision_score}[field]
    predicted, known = drawn(60, 3)
    rng = np.random.default_rng(0)
    rows = rng.integers(60, size=(1000, 60))
    expected = np.percentile([of(known[drawn], predicted[drawn]) for drawn in rows], [2.5, 97.5])
    np.testing.assert_allclose(getattr(ClassScore.of(predicted, known), f"{field}_interval"), expected, rtol=1e-9)


def test_one_class() -> None:
    """No area and no precision, nor a number that stands for them."""
    for known in (np.ones(3), np.zeros(3)):
        score = ClassScore.of(np.array([0.9, 0.8, 0.4]), known)
        assert score.roc_auc is score.average_precision is score.balanced_accuracy is None
        assert score.roc_auc_interval is None and score.majority == 1
        assert "roc_auc" not in score.to_mapping()
        assert "ROC AUC and average precision need both classes: there is only one" in score.summary("1")
        assert score.cells()["ROC AUC"] == "-"


def test_by_crystal_system() -> None:
    predicted, known = drawn(30, 1)
    settings = [CUBIC] * 20 + [TRICLINIC] * 10
    found = evaluate_classes(predicted, known, settings)
    assert found.by_group[225] == ClassScore.of(predicted[:20], known[:20]) == found.by_system["cubic"]
    assert list(found.by_group) == [1, 225] and found.overall.n == 30
    with pytest.raises(ModelError, match="no finite prediction for 1 of 30"):
        evaluate_classes(np.where(np.arange(30) == 4, np.nan, predicted), known, settings)
