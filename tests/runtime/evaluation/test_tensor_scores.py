"""Errors of tensors, by their definitions and by hand."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from basis_store import ModelError, Setting
from runtime.evaluation.reference_values import ReferenceValues
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.voigt import stiffness_tensor
from sgbasis.reports.evaluation import EvaluationReport

SYMMETRIC = TensorTarget("epsilon", symmetry="ij=ji")
ELASTIC = TensorTarget("elastic_tensor", "GPa", symmetry="elastic")
TRICLINIC, CUBIC = Setting.standard(1), Setting.standard(225)


def components(target: TensorTarget, tensors: object) -> np.ndarray:
    return target.space.components(tensors)


def isotropic(bulk: float, shear: float) -> np.ndarray:
    lame = bulk - 2 * shear / 3
    matrix = np.diag([2.0 * shear] * 3 + [1.0 * shear] * 3)
    matrix[:3, :3] += lame
    return stiffness_tensor(matrix)


def young(bulk: float, shear: float) -> float:
    return 9 * bulk * shear / (3 * bulk + shear)


def test_figures_are_their_definitions() -> None:
    """Known diag(3, 4, 0), of norm 5; errors on one shear component, which counts twice in a norm."""
    known = np.array([np.diag([3.0, 4.0, 0.0])] * 5)
    shares = np.array([0.0, 0.05, 0.10, 0.25, 0.30]) * (1 - 1e-12)  # the limits belong to what is within
    predicted = known.copy()
    predicted[:, 0, 1] = predicted[:, 1, 0] = 5 * shares / math.sqrt(2)
    found = SYMMETRIC.evaluate(
        components(SYMMETRIC, predicted), components(SYMMETRIC, known)[:, None], [TRICLINIC] * 5
    ).overall
    assert found.n == 5
    assert found.frobenius == pytest.approx(5 * shares.mean())
    assert found.relative == pytest.approx(0.10)
    assert (found.ewt25, found.ewt10, found.ewt5) == (0.8, 0.6, 0.4)
    assert found.frobenius_interval[0] < found.frobenius < found.frobenius_interval[1]
    assert found.ewt25_interval[0] < 0.8 <= found.ewt25_interval[1]
    assert (found.mae_K, found.mae_G, found.mae_E) == (None, None, None)


def test_the_nearest_label_counts_and_the_first_gives_the_size() -> None:
    known = components(SYMMETRIC, [[np.diag([4.0, 0, 0]), np.diag([0, 4.0, 0]), np.diag([0, 0, 8.0])]])
    predicted = components(SYMMETRIC, [np.diag([0, 3.0, 0])])
    found = SYMMETRIC.evaluate(predicted, known, [TRICLINIC]).overall
    assert found.frobenius == pytest.approx(1.0)
    assert found.relative == pytest.approx(0.25)


def test_a_forbidden_tensor_is_no_error_and_an_invented_one_is() -> None:
    zero = np.zeros((2, 6))
    found = SYMMETRIC.evaluate(zero, zero[:, None], [CUBIC] * 2).overall
    assert (found.frobenius, found.relative, found.ewt5) == (0.0, 0.0, 1.0)
    invented = SYMMETRIC.evaluate(zero + 1e-3, zero[:, None], [CUBIC] * 2)
    assert (invented.overall.relative, invented.overall.ewt25) == (math.inf, 0.0)
    reference = ReferenceValues(np.arange(2), zero, 0, 0, 0)
    report = EvaluationReport(
        model="m",
        data="d",
        split=None,
        target=SYMMETRIC,
        reference=reference,
        stated_unit="",
        unreadable=0,
        evaluation=invented,
    )
    assert json.loads(report.to_json())["relative"] is None
    assert "median inf% of the tensor" in report.to_text()


@pytest.mark.parametrize("log10", [False, True])
def test_errors_of_moduli_are_those_of_values(log10: bool) -> None:
    """Isotropic tensors, of which Voigt's, Reuss's and Hill's moduli are one."""
    target = TensorTarget("elastic_tensor", "GPa", log10=log10, symmetry="elastic")
    pairs = [((100.0, 40.0), (110.0, 35.0)), ((60.0, 30.0), (57.0, 30.0))]
    known = components(target, [isotropic(*one) for one, _ in pairs])
    predicted = components(target, [isotropic(*other) for _, other in pairs])
    norms = np.linalg.norm(predicted - known, axis=1)
    if log10:
        known, predicted = (target.physical(target.space.log10(one)) for one in (known, predicted))
    found = target.evaluate(predicted, known[:, None], [CUBIC, TRICLINIC])
    assert found.overall.frobenius == pytest.approx(norms.mean()), "in GPa, whatever is predicted"
    assert found.overall.mae_K == pytest.approx((10 + 3) / 2)
    assert found.overall.mae_G == pytest.approx(5 / 2)
    errors = [abs(young(*one) - young(*other)) for one, other in pairs]
    assert found.overall.mae_E == pytest.approx(sum(errors) / 2)
    assert found.by_group[225].mae_K == pytest.approx(10)
    assert found.by_system["triclinic"].mae_E == pytest.approx(errors[1])
    assert list(found.by_system) == ["triclinic", "cubic"]


def test_moduli_of_unstable_crystals_are_left_out() -> None:
    tensors = components(ELASTIC, [isotropic(100, 40), isotropic(100, -40)])
    found = ELASTIC.evaluate(tensors, tensors[:, None], [CUBIC, TRICLINIC])
    assert found.overall.mae_K == 0
    assert found.by_group[1].mae_K is None and found.by_group[1].frobenius == 0
    assert asdict(found.overall)["n"] == 2


def test_a_model_that_predicts_nothing() -> None:
    with pytest.raises(ModelError, match="no finite prediction for 1 of 2 crystals"):
        SYMMETRIC.evaluate(np.array([[np.nan] * 6, [0.0] * 6]), np.zeros((2, 1, 6)), [CUBIC] * 2)
