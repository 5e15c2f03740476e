"""Errors, their intervals, and the reference values that predictions are compared with."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from basis_store import CrystalTable, EvaluationError, ModelError, Setting, open_crystals, write_crystals
from runtime.evaluation.reference_values import reference_values
from runtime.evaluation.scores import ScalarScore, evaluate_scalars
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import Target
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import BULK


def test_figures_are_their_definitions() -> None:
    errors = np.array([1.0, -2.0, 3.0, 0.0])
    found = ScalarScore.of(errors)
    assert (found.n, found.mae) == (4, 1.5)
    assert found.rmse == pytest.approx(math.sqrt(3.5))
    assert found.mae_interval[0] < found.mae < found.mae_interval[1]
    assert found.rmse_interval[0] < found.rmse < found.rmse_interval[1]
    assert ScalarScore.of(errors) == found


def test_the_interval_is_that_of_the_normal_distribution_for_many_crystals() -> None:
    errors = np.random.default_rng(0).normal(size=4000)
    half = 1.96 * np.abs(errors).std() / math.sqrt(4000)
    found = ScalarScore.of(errors)
    assert np.subtract(found.mae_interval, found.mae) == pytest.approx([-half, half], rel=0.15)


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = np.random.default_rng(0).normal(size=50)
    whole = ScalarScore.of(errors)
    monkeypatch.setattr("runtime.evaluation.scores._BLOCK", 777)
    assert ScalarScore.of(errors) == whole


def test_the_interval_holds_the_truth_19_times_out_of_20() -> None:
    rng = np.random.default_rng(0)
    truth = math.sqrt(2 / math.pi)
    held = [
        low <= truth <= high
        for low, high in (ScalarScore.of(rng.normal(size=100)).mae_interval for _ in range(300))
    ]
    assert 0.91 <= np.mean(held) <= 0.98


def test_one_crystal() -> None:
    assert ScalarScore.of(np.array([-0.5])).mae_interval == (0.5, 0.5)


def test_groups_and_systems_are_scored_separately() -> None:
    groups = [225, 227, 225, 62, 1]
    found = evaluate_scalars(
        np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.zeros(5), [Setting.standard(number) for number in groups]
    )
    assert {number: (one.n, one.mae) for number, one in found.by_group.items()} == {
        1: (1, 5.0), 62: (1, 4.0), 225: (2, 2.0), 227: (1, 2.0),
    }  # fmt: skip
    assert {system: (one.n, one.mae) for system, one in found.by_system.items()} == {
        "triclinic": (1, 5.0), "orthorhombic": (1, 4.0), "cubic": (3, 2.0),
    }  # fmt: skip
    assert list(found.by_system) == ["triclinic", "orthorhombic", "cubic"]
    assert found.overall.mae == 3.0


def test_a_model_that_predicts_nothing() -> None:
    with pytest.raises(ModelError, match="no finite prediction for 1 of 2 crystals"):
        evaluate_scalars(np.array([1.0, np.nan]), np.zeros(2), [Setting.standard(1)] * 2)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> CrystalTable:
    record = made_record(Setting.standard(225), np.random.default_rng(0))
    moduli = [100.0, 10.0, 0.0, -3.0, np.nan, 1000.0]
    splits = ["train", "val", "val", "val", "val", "val"]
    records = [
        dataclasses.replace(
            record,
            identifier=f"crystal-{i}",
            targets={
                "bulk_modulus_vrh": np.array(modulus),
                "formation_energy_per_atom": np.array(np.nan),
                "trusted": np.array(0.0),
            },
            split=split,
        )
        for i, (modulus, split) in enumerate(zip(moduli, splits, strict=True))
    ]
    path = Path(tmp_path_factory.mktemp("data")) / "data.h5"
    units = {"bulk_modulus_vrh": "GPa", "formation_energy_per_atom": "meV/atom"}
    write_crystals(path, records, units=units)
    return open_crystals(path)


def test_logarithms_of_positive_values(table: CrystalTable) -> None:
    known = reference_values(table, BULK, "val")
    np.testing.assert_allclose(known.values, [[10.0], [1000.0]])
    assert (known.rows.tolist(), known.missing, known.not_positive) == ([1, 5], 1, 2)
    assert reference_values(table, BULK).rows.tolist() == [0, 1, 5]


def test_plain_values_may_be_negative(table: CrystalTable) -> None:
    known = reference_values(table, ScalarTarget("bulk_modulus_vrh", "GPa"), "val")
    assert (known.values[:, 0].tolist(), known.missing, known.not_positive) == ([10.0, 0.0, -3.0, 1000.0], 1, 0)


@pytest.mark.parametrize(
    ("target", "split", "message"),
    [
        (
            ScalarTarget("formation_energy_per_atom"),
            None,
            "no crystal to compare with: 6 without 'formation_energy_per_atom'$",
        ),
        (
            dataclasses.replace(BULK, mask_column="trusted"),
            None,
            "compare with: 1 without 'bulk_modulus_vrh', 5 where 'trusted' is not 1$",
        ),
        (BULK, "test", "in the split 'test'; there are train, val"),
    ],
)
def test_data_without_reference_values(
    table: CrystalTable, target: Target, split: str | None, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        reference_values(table, target, split)
