"""Classes as targets: what data and configurations may say, the loss, what predictions mean."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch

from basis_store import Setting, TargetError
from basis_store.datasets.units import TRUE_FALSE
from runtime.targets.class_target import ClassTarget
from runtime.targets.parse import parse_target
from tests.support.crystals.made_records import made_record

METAL = ClassTarget("is_metal", classes=("insulator", "metal"))


def test_from_configurations_and_back() -> None:
    values = {"name": "is_metal", "classes": ["insulator", "metal"]}
    assert parse_target(values) == METAL
    assert parse_target(dataclasses.asdict(METAL)) == METAL
    assert parse_target({"name": "x", "classes": ["false", "true"]}) == ClassTarget("x")
    assert METAL.unit == TRUE_FALSE and METAL.physical_unit == "probability of metal"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["a", "b", "c"]}, "has two classes with different names"),
        ({"classes": ["a"]}, "learn one of more classes as true or false for each of them"),
        ({"classes": ["a", "a"]}, "two classes with different names"),
        ({"classes": ["", "a"]}, "two classes with different names"),
        ({"classes": []}, "two classes with different names"),
        ({"classes": "ab"}, "classes in the target is a list, not 'ab'"),
        ({"classes": [0, 1]}, "classes in the target is text, not 0"),
        ({"log10": True}, "'x' is a class: it has no logarithm"),
        ({"unit": "eV"}, "'x' is a class: its unit is 'true/false', not 'eV'"),
    ],
)
def test_what_makes_no_sense(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TargetError, match=message) as caught:
        parse_target({"name": "x", "classes": ["no", "yes"], **changes})
    assert "\n" not in str(caught.value)


def test_values() -> None:
    column = np.array([0.0, 1.0, np.nan])
    np.testing.assert_array_equal(METAL.components(column), column[:, None])
    with pytest.raises(
        TargetError, match="has 2 values that are neither 0 nor 1, such as 2: the target is true or"
    ):
        METAL.components(np.array([0.0, 2.0, 1.0, 0.5, np.nan]))
    with pytest.raises(TargetError, match=r"is a tensor of shape \(3, 3\): the target is true or false"):
        METAL.components(np.zeros((4, 3, 3)))


def test_the_loss_is_that_of_torch() -> None:
    logits = torch.linspace(-80, 80, 9, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 1, 0, 1, 0, 1, 0, 1, math.nan], dtype=torch.float64)
    loss = METAL.loss(logits[:, None], labels[:, None, None])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits[:8], labels[:8], reduction="none")
    torch.testing.assert_close(loss[:8], expected)
    assert torch.isnan(loss[8])
    loss[:8].sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert METAL.loss_scale(torch.tensor(7.0)) == 1


def test_training_starts_from_the_shares() -> None:
    """The first prediction is the share of the second class, also where it is all or nothing."""
    for positive in (0, 1, 30, 99, 100):
        values = np.array([1.0] * positive + [0.0] * (100 - positive) + [np.nan])[:, None]
        mean, scale = METAL.mean_and_scale(values)
        assert METAL.physical(mean)[0] == pytest.approx((positive + 0.5) / 101) and scale == 1.0


def test_predictions() -> None:
    record = made_record(Setting.standard(225), np.random.default_rng(0), n_sites=1)
    logits = np.array([-1000.0, -2.0, 0.0, 3.0, 1000.0])
    probabilities = METAL.physical(logits[:, None])[:, 0]
    np.testing.assert_allclose(probabilities[1:4], 1 / (1 + np.exp(-logits[1:4])))
    assert probabilities[[0, 4]].tolist() == [0.0, 1.0]
    found = [(METAL.physical_value(p[None], record), METAL.class_of(p[None])) for p in probabilities]
    assert [name for _, name in found] == ["insulator", "insulator", "metal", "metal", "metal"]
    labels = np.array([[0.0], [1.0]])
    np.testing.assert_array_equal(METAL.physical_labels(labels), labels)


def test_figures_for_cards() -> None:
    predicted = np.array([[0.9], [0.2], [0.7], [0.1]])
    labels = np.array([1.0, 0, 0, 0])[:, None, None]
    score = METAL.evaluate(predicted, labels, [Setting.standard(1)] * 4).overall
    rows = METAL.score_figures(dataclasses.asdict(score))
    assert rows[0][0] == "ROC AUC, 4 validation crystals, 1 of them metal" and rows[0][1].startswith(
        "1.0000 (95 %"
    )
    assert rows[-1] == ("accuracy of always the more frequent class", "0.7500")
    only = METAL.evaluate(predicted, labels * 0, [Setting.standard(1)] * 4).overall
    (what, value), *_ = METAL.score_figures(dataclasses.asdict(only))
    assert (what, value[:6]) == ("accuracy, 4 validation crystals, 0 of them metal", "0.5000")
