"""Calibrations of models that exist: of a loop of one's own, and by the tool for developers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sgbasis
from basis_store import CrystalRecord, ModelError, open_crystals
from basis_store.datasets.writer import write_crystals
from runtime import (
    CompositionConfig,
    CompositionModel,
    Domain,
    OrbitTransformer,
    ScalarTarget,
    calibrate,
    open_pretrained,
    save_pretrained,
)
from runtime.training.calibrate import main
from tests.support.crystals.made_datasets import made_dataset
from tests.support.tiny_models import DOMAIN, tiny_model

TARGET = ScalarTarget("energy", "eV/atom")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CrystalRecord]]:
    """90 of these crystals are for validation: 45 in a half, which is enough."""
    path = tmp_path_factory.mktemp("runs") / "set.h5"
    records = [
        replace(record, split="val" if i % 2 else "train") for i, record in enumerate(made_dataset(path, 180))
    ]
    write_crystals(path, records, units={"energy": "eV/atom", "stiffness": "GPa"})
    return path, records


@pytest.fixture
def model() -> OrbitTransformer:
    return tiny_model(TARGET)


def recalibrate(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_a_model_of_your_own_has_intervals(
    data: tuple[Path, list[CrystalRecord]], model: OrbitTransformer, tmp_path: Path
) -> None:
    path, records = data
    found = calibrate(model, path)
    assert found.coverage["energy"]["crystals"] == 90
    table = open_crystals(path)
    training = {"data": {path.name: table.content_hash}, "configuration": {"fold": -1}}
    save_pretrained(
        model, tmp_path, card="# Own", domain=Domain.of(records), training=training,
        calibration=found.calibration, coverage=found.coverage,
    )  # fmt: skip
    val = [record for record in records if record.split == "val"]
    ends = [one.interval for one in sgbasis.predict(val, tmp_path)]
    held = [
        low <= float(record.targets["energy"]) <= high
        for record, (low, high) in zip(val, filter(None, ends), strict=True)
    ]
    assert sum(held) / len(held) >= 0.9
    # The tool for developers gives the same, and leaves a card that is not of a model that ships.
    again = recalibrate(path.parent, tmp_path)
    assert again.exit_code == 0, again.output
    opened = open_pretrained(tmp_path).calibration()
    assert opened is not None and opened.to_bytes() == found.calibration.to_bytes()
    assert (tmp_path / "README.md").read_text() == "# Own"


def test_a_model_without_embeddings(data: tuple[Path, list[CrystalRecord]]) -> None:
    with pytest.raises(ModelError, match=r"^a CompositionModel has no embeddings"):
        calibrate(CompositionModel(CompositionConfig(), [TARGET]), data[0])


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"epochs": 0}, "does not say which datasets the model was trained on"),
        ({"data": {"gone.h5": "0" * 64}, "configuration": {}}, "has no gone.h5, which the model was trained on"),
    ],
)
def test_what_cannot_be_calibrated_is_said_in_a_line(
    training: dict[str, object], message: str, model: OrbitTransformer, tmp_path: Path
) -> None:
    save_pretrained(model, tmp_path / "m", card="# Own", domain=DOMAIN, training=training)
    done = recalibrate(tmp_path, tmp_path / "m")
    assert done.exit_code == 1 and message in done.stderr
    assert done.stderr.startswith(f"Error: {tmp_path / 'm'}: ") and done.stderr.count("\n") == 1


def test_models_are_named() -> None:
    """Without any, the tool does not touch those that ship."""
    done = recalibrate(".")
    assert done.exit_code == 2 and "MODELS" in done.stderr
