"""Values that cannot be learnt or judged are one line before anything is computed; what is left out is said."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_store import CrystalRecord, SgbasisError, write_crystals
from basis_store.datasets.units import TRUE_FALSE
from runtime.targets.class_target import ClassTarget
from runtime.targets.scalar_target import ScalarTarget
from runtime.training.data import TrainingData
from tests.runtime.training.test_training_runs import configuration
from tests.support.crystals.made_datasets import made_dataset

NAN = np.nan
N = 30
SPLITS = ["val" if i % 3 == 2 else "train" for i in range(N)]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[CrystalRecord]:
    return made_dataset(tmp_path_factory.mktemp("made") / "x.h5", N)


def data(
    records: list[CrystalRecord],
    folder: Path,
    targets: list[Any],
    units: dict[str, str] | None = None,
    **columns: Any,
) -> TrainingData:
    """The training data of a dataset with these columns: one value for each record, or one after another."""
    changed = []
    for i, record in enumerate(records):
        values = {name: np.array(column[i % len(column)], float) for name, column in columns.items()}
        changed.append(dataclasses.replace(record, targets=values, split=SPLITS[i]))
    write_crystals(folder / "x.h5", changed, units={"x": "eV", **(units or {})})
    return TrainingData(configuration(folder / "x.h5", folder / "run", targets=targets))


def by_split(train: Any, val: Any) -> list[Any]:
    return [train if split == "train" else val for split in SPLITS]


RISING = [float(i) for i in range(N)]
TENSOR = {"name": "x", "symmetry": "ij=ji"}


@pytest.mark.parametrize(
    ("target", "column", "message"),
    [
        ("x", by_split(NAN, 1.0), "'x' has no value in the training split of .*x.h5 .0 for training and 10 for"),
        ("x", by_split(1.0, NAN), "'x' has no value in the validation split .* .20 for training and 0 for"),
        ("x", [NAN], "'x' has no value in the training split"),
        ("x", [1e300 if i == 3 else i for i in range(N)], "has 'x' with the value 1e.300 in made-3: is it a mark"),
        ("x", [-1e30 if i == 2 else i for i in range(N)], "has 'x' with the value -1e.30 in made-2: is it a mark"),
        ("x", [2.5], "all 20 values of 'x' are 2.5 in the training split of .*: there is nothing to learn"),
        ("x", [0.0], "all 20 values of 'x' are 0 in the training split"),
        ("x", [1e6, 1e6 + 1e-4], "are between 1000000 and 1000000, too close for single precision"),
        ("x", [7.0 if i == 0 else 1.0 if s == "val" else NAN for i, s in enumerate(SPLITS)], "all 1 values of"),
        ({"name": "x", "log10": True}, by_split(-1.0, 3.0), "no value in the training .*20 values .* not posi"),
        ({"name": "x", "log10": True}, [100.0], "all 20 values of 'x' are 100 in the training split"),
        (TENSOR, [np.zeros((3, 3))], "all 20 values of 'x' are the same tensor in the training split"),
        ({"name": "x", "classes": ["no", "yes"]}, by_split(1.0, 0.0), "all 20 values of 'x' are 'yes' in"),
        (
            {"name": "x", "classes": ["no", "yes"]},
            [i // 2 % 2 if s == "train" else 0 for i, s in enumerate(SPLITS)],
            "all 10 values of 'x' are 'no' in the validation split of .* nothing to choose the best epoch by",
        ),
        ({"name": "x", "classes": ["no", "yes"]}, [0, 1, 2], "has 10 values that are neither 0 nor 1, such as 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_learnt(
    records: list[CrystalRecord], tmp_path: Path, target: Any, column: list[Any], message: str
) -> None:
    unit = "" if isinstance(target, dict) and "classes" in target else "eV"
    with pytest.raises(SgbasisError, match=message) as caught:
        data(records, tmp_path, [target], {"x": unit}, x=column)
    assert "\n" not in str(caught.value)


def test_the_other_targets_do_not_hide_it(records: list[CrystalRecord], tmp_path: Path) -> None:
    """Crystals have other values, so that neither split is empty; the card would say that the error is 0."""
    with pytest.raises(SgbasisError, match="'x' has no value in the validation split"):
        data(records, tmp_path, ["y", "x"], x=by_split(1.0, NAN), y=RISING)


def test_what_is_left_out_is_counted(records: list[CrystalRecord], tmp_path: Path) -> None:
    column = [0.0 if i % 10 == 0 and i % 3 != 2 else -1.0 if i % 10 == 1 and i % 3 != 2 else i for i in range(N)]
    found = data(records, tmp_path, [{"name": "x", "log10": True}], x=column)
    assert found.notes == (
        f"4 values of 'x' in {tmp_path / 'x.h5'} are left out: they are not positive and have no logarithm",
    )
    target = {"name": "x", "mask_column": "good"}
    found = data(records, tmp_path, [target], x=RISING, good=[0, 1, 1, 1, 1, 1])
    assert found.notes == (f"5 values of 'x' in {tmp_path / 'x.h5'} are left out: 'good' is not 1 there",)


def test_a_handful_of_values(records: list[CrystalRecord], tmp_path: Path) -> None:
    column = [i if i < 12 else NAN for i in range(N)]
    assert data(records, tmp_path, ["x"], x=column).notes == (
        "only 8 crystals of the training split have a value of 'x'",
        "only 4 crystals of the validation split have a value of 'x'",
    )
    assert data(records, tmp_path, ["x"], x=RISING).notes == ()


def test_columns_of_truth_values_are_classes(records: list[CrystalRecord], tmp_path: Path) -> None:
    columns = {"x": RISING, "metal": [0, 1, 1, NAN, 0], "flag": [1, 0]}
    units = {"metal": TRUE_FALSE, "flag": "1"}
    found = data(records, tmp_path, ["x", "metal", "flag"], units, **columns)
    assert found.targets == (ScalarTarget("x", "eV"), ClassTarget("metal"), ScalarTarget("flag", "1"))
    named = {"name": "metal", "classes": ["insulator", "metal"]}
    found = data(records, tmp_path, [named], units, **columns)
    assert found.targets == (ClassTarget("metal", classes=("insulator", "metal")),)
    for target, message in (
        ({"name": "metal", "log10": True}, "'metal' is a class: it has no logarithm"),
        ({"name": "metal", "unit": "eV"}, "has 'metal' in 'true/false', not in 'eV'"),
        ({"name": "metal", "symmetry": "ij=ji"}, "'metal' is true or false, not a tensor"),
        ({"name": "x", "classes": ["a", "b"]}, "has 'x' in 'eV', not in 'true/false'"),
    ):
        with pytest.raises(SgbasisError, match=message):
            data(records, tmp_path, [target], units, **columns)
