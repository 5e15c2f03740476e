"""Which crystals are trained and validated on: by splits and by folds; data that have none say so."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from basis_store import CrystalRecord, TrainingError, write_crystals
from runtime.pretrained.pretrained import from_pretrained, open_pretrained
from runtime.training.data import TrainingData
from runtime.training.runs.training_run import note_on_steps, run_training
from tests.runtime.training.test_resumed_runs import Heard
from tests.runtime.training.test_tensor_training import Silent
from tests.runtime.training.test_training_runs import configuration
from tests.support.crystals.made_datasets import made_dataset

HELP = "compile it with 'sgbasis crystals --split 0.8,0.1,0.1', or give each crystal a 'split' of train or val"


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[CrystalRecord]:
    return made_dataset(tmp_path_factory.mktemp("made") / "x.h5", 30)


def write(path: Path, records: list[CrystalRecord], **fields: list[Any]) -> Path:
    """The records with one value of a field after another, again and again."""
    changed = [
        dataclasses.replace(record, **{name: values[i % len(values)] for name, values in fields.items()})
        for i, record in enumerate(records)
    ]
    write_crystals(path, changed)
    return path


def parts(*files: Path, **options: Any) -> dict[str, set[int]]:
    """Numbers of the crystals of each part."""
    config = configuration(files[0], Path("run"), data=[str(file) for file in files], **options)
    data = TrainingData(config)
    model = config.new_model()
    for name in ("train", "val"):
        assert len(data.split(name, model)) == len(data._rows[name])
    return {name: {row for _, row in data._rows[name]} for name in ("train", "val")}


@pytest.mark.parametrize("n", [3, 5])
def test_every_fold_is_the_test_once_and_validates_once(
    records: list[CrystalRecord], tmp_path: Path, n: int
) -> None:
    file = write(tmp_path / "x.h5", records, fold=list(range(n)), split=["", "train", "val"])
    for fold in range(n):
        found = parts(file, fold=fold)
        assert {row % n for row in found["val"]} == {(fold + 1) % n}
        assert {row % n for row in found["train"]} == set(range(n)) - {fold, (fold + 1) % n}
        assert len(found["train"]) + len(found["val"]) == 30 * (n - 1) // n


def test_crystals_of_the_test_split_are_in_no_fold(records: list[CrystalRecord], tmp_path: Path) -> None:
    file = write(tmp_path / "x.h5", records, fold=[0, 1, 2, -1], split=["train", "train", "train", "test"])
    found = parts(file, fold=0)
    assert not {row % 4 for row in found["train"] | found["val"]} & {0, 3}


@pytest.mark.parametrize(
    ("fields", "options", "message"),
    [
        ({"split": [""]}, {}, f"x.h5 has no splits: {HELP}"),
        ({"split": [""], "fold": [0, 1, 2]}, {}, "x.h5 has no splits, but the folds 0 to 2: give --fold, or"),
        ({"split": ["train"]}, {}, f"x.h5 is in the split 'val': {HELP}"),
        ({"split": ["val", "test"]}, {}, f"x.h5 is in the split 'train': {HELP}"),
        ({"split": ["train"]}, {"fold": 0}, "no fold 0: .*x.h5 has no folds: sgbasis crystals --folds 5"),
        ({"fold": [0, 1, 2]}, {"fold": 3}, "there is no fold 3: .*x.h5 has the folds 0 to 2"),
        ({}, {"fold": -2}, "folds are numbered from 0: there is no fold -2"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_trained_on(
    records: list[CrystalRecord], tmp_path: Path, fields: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    file = write(tmp_path / "x.h5", records, **fields)
    with pytest.raises(TrainingError, match=message) as caught:
        parts(file, **options)
    assert "\n" not in str(caught.value)


def test_one_of_several_datasets_has_no_split(records: list[CrystalRecord], tmp_path: Path) -> None:
    """Its crystals would be left out in silence."""
    good = write(tmp_path / "good.h5", records[:15])
    with pytest.raises(TrainingError, match=r"none\.h5 has no splits"):
        parts(good, write(tmp_path / "none.h5", records[15:], split=[""]))


@pytest.mark.parametrize(
    ("crystals", "batch_size", "advised"),
    [
        (6, 64, 0),
        (38, 8, 0),
        (38, 64, 8),
        (200, 64, 16),
        (570, 64, 32),
        (600, 64, 0),
        (38, 16, 8),
        (30_000, 64, 0),
    ],
)
def test_few_steps_have_a_note(crystals: int, batch_size: int, advised: int) -> None:
    note = note_on_steps(crystals, batch_size)
    assert note.count("--batch-size") == bool(advised)
    if advised:
        assert f"--batch-size {advised} it has {-(-crystals // advised)}" in note


def test_the_note_on_steps_is_said_once(records: list[CrystalRecord], tmp_path: Path) -> None:
    config = configuration(write(tmp_path / "x.h5", records), tmp_path / "run", epochs=1, batch_size=64)
    for expected in (1, 0):  # a finished run does not repeat it
        display = Heard()
        run_training(config, device="cpu", display=display, on_epoch=lambda _: None)
        assert sum("--batch-size" in line for line in display.lines) == expected


def test_the_card_names_the_fold(records: list[CrystalRecord], tmp_path: Path) -> None:
    file = write(tmp_path / "x.h5", records, fold=[0, 1, 2])
    config = configuration(file, tmp_path / "run", fold=2, epochs=1)
    folder = run_training(config, device="cpu", display=Silent(), on_epoch=lambda _: None)
    assert "Fold 2 of the data was kept apart as the test" in (folder / "README.md").read_text()
    assert open_pretrained(folder).description.training["configuration"]["fold"] == 2
    assert from_pretrained(folder).targets[0].name == "energy"
