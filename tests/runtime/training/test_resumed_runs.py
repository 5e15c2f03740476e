"""A run resumes if what decides its weights is the same, wherever files lie; else one line says what differs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from basis_store import TrainingError
from runtime.pretrained.pretrained import open_pretrained
from runtime.training.config import TrainingConfig
from runtime.training.runs.training_run import run_training
from tests.runtime.training.test_tensor_training import Silent
from tests.runtime.training.test_training_runs import configuration, trainer
from tests.support.command_line import error_line, in_new_process
from tests.support.crystals.made_datasets import made_dataset


class Heard(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def run(config: TrainingConfig) -> str:
    """What a run says."""
    display = Heard()
    run_training(
        config, device="cpu", display=display, on_epoch=lambda report: display.say(f"epoch {report.epoch}")
    )
    return "\n".join(display.lines)


@pytest.fixture
def output(dataset: Path, tmp_path: Path) -> Path:
    """A run that was killed after the first of three epochs."""
    made = trainer(configuration(dataset, tmp_path / "run", epochs=3))
    next(iter(made.epochs()))
    return tmp_path / "run"


def test_what_decides_the_weights_may_not_change(dataset: Path, output: Path, tmp_path: Path) -> None:
    def message(**changes: Any) -> str:
        with pytest.raises(TrainingError) as caught:
            run(configuration(dataset, output, **changes))
        text = str(caught.value)
        assert str(output) in text and "resume it" in text and "another output folder" in text
        assert "\n" not in text and len(text) < 800
        return text

    before = (output / "checkpoint.pt").read_bytes()
    assert "seed was 0 and is now 1." in message(seed=1)
    assert "learning_rate was 0.003 and is now 0.001." in message(learning_rate=1e-3)
    assert "batch_size was 8 and is now 16; seed was 0 and is now 2." in message(batch_size=16, seed=2)
    assert "model.radial was 6 and is now 5." in message(
        model={**configuration(dataset, output).model, "radial": 5}
    )
    assert "epochs was 3 and is now 2." in message(epochs=2)
    assert "hold_out_groups was [] and is now [225]." in message(hold_out_groups=[225])
    assert 'architecture was "OrbitTransformer" and is now "CompositionModel"' in message(
        architecture="CompositionModel", model={}
    )
    assert "initial was none and is now content" in message(initial="band_gap", model={})
    assert "weight_decay was 0.01 and is now 0.1" in message(weight_decay=0.1)
    assert "stiffness" in message(targets=["stiffness"])
    other = tmp_path / "made.h5"
    made_dataset(other, seed=1)
    assert "data was content" in message(data=[str(other)])
    made_dataset(other, split="train")
    records = made_dataset(other)
    from basis_store import write_crystals

    write_crystals(other, [records[1], records[0], *records[2:]], units={"energy": "eV/atom", "stiffness": "GPa"})
    assert "data was content" in message(data=[str(other)])
    assert (output / "checkpoint.pt").read_bytes() == before


def test_paths_and_patience_may_change(dataset: Path, output: Path, tmp_path: Path) -> None:
    shutil.copy(dataset, tmp_path / "copy.h5")
    moved = shutil.move(output, tmp_path / "moved")
    said = run(configuration(tmp_path / "copy.h5", Path(moved), epochs=3, patience=7))
    assert "Resuming: 1 of 3 epochs are done." in said and "epoch 1" in said and "epoch 0" not in said.splitlines()


def test_a_moved_initial_model_is_known_by_its_weights(dataset: Path, tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("first", "second"))
    run(configuration(dataset, first, epochs=1))
    run(configuration(dataset, second, epochs=1, seed=1))
    options: dict[str, Any] = {"epochs": 2, "model": {}}
    made = trainer(configuration(dataset, tmp_path / "run", initial=str(first / "model"), **options))
    reports = iter(made.epochs())
    assert [next(reports).epoch, next(reports).epoch] == [-1, 0]
    shutil.copytree(first / "model", tmp_path / "copy")
    with pytest.raises(TrainingError, match=r"initial was content .* and is now content"):
        run(configuration(dataset, tmp_path / "run", initial=str(second / "model"), **options))
    with pytest.raises(TrainingError, match="freeze was false and is now true"):
        run(configuration(dataset, tmp_path / "run", initial=str(first / "model"), freeze=True, **options))
    said = run(configuration(dataset, tmp_path / "run", initial=str(tmp_path / "copy"), **options))
    assert "epoch -1" not in said and "epoch 1" in said
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["start"]["epoch"] == -1 and [entry["epoch"] for entry in report["history"]] == [0, 1]


def test_a_finished_run_says_so(dataset: Path, tmp_path: Path) -> None:
    config = configuration(dataset, tmp_path / "run", epochs=2)
    first = run(config)
    assert "energy: mean absolute error, 9 validation crystals: " in first
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()}
    again = run(config)
    assert again.endswith("This run is finished. " + first[first.index("Trained for") :])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()} == files
    # Killed before its report, or its model lost: what is missing is written, and nothing is trained.
    for lost in ("report.json", "model/model.safetensors"):
        (tmp_path / "run" / lost).unlink()
        said = run(config)
        assert (tmp_path / "run" / lost).exists() and "\nepoch" not in said


def test_a_finished_run_can_be_extended(dataset: Path, tmp_path: Path) -> None:
    """It goes on with the learning rate of the longer run."""
    run(configuration(dataset, tmp_path / "run", epochs=2))
    config = configuration(dataset, tmp_path / "run", epochs=4)
    made = trainer(config)
    rate = made.optimizer.param_groups[0]["lr"]
    whole = trainer(configuration(dataset, tmp_path / "whole", epochs=4))
    assert rate == pytest.approx(3e-3 * whole.schedule.lr_lambdas[0](2 * whole.steps_per_epoch))
    said = run(config)
    assert "The run had 2 epochs: from here on, the learning rate is that of a run of 4" in said
    assert "epoch 2" in said and "epoch 3" in said and "epoch 1" not in said.splitlines()
    training = open_pretrained(tmp_path / "run" / "model").description.training
    assert training["epochs"] == 4
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(report["history"]) == 4
    assert "This run is finished" in run(config)
    with pytest.raises(TrainingError, match="epochs was 4 and is now 2"):
        run(configuration(dataset, tmp_path / "run", epochs=2))


def test_a_run_that_lost_patience_goes_on_with_more(dataset: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"epochs": 6, "learning_rate": 1e-12, "averaging": 0.0}
    run(configuration(dataset, tmp_path / "run", patience=1, **options))
    done = len(json.loads((tmp_path / "run" / "report.json").read_text())["history"])
    assert done < 6
    assert "This run is finished" in run(configuration(dataset, tmp_path / "run", patience=1, **options))
    run(configuration(dataset, tmp_path / "run", **options))
    assert len(json.loads((tmp_path / "run" / "report.json").read_text())["history"]) == 6


def test_the_card_names_the_data_that_were_trained_on(dataset: Path, tmp_path: Path) -> None:
    """Two datasets with the same file name are both in it."""
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / dataset.name
    from basis_store import open_crystals, write_crystals

    records = made_dataset(other, 20, seed=3)
    for i, record in enumerate(records):
        object.__setattr__(record, "identifier", f"other-{i}")
    write_crystals(other, records, units={"energy": "eV/atom", "stiffness": "GPa"})
    run(configuration(dataset, tmp_path / "run", epochs=1, data=[str(dataset), str(other)]))
    training = open_pretrained(tmp_path / "run" / "model").description.training
    assert list(training["data"].values()) == [open_crystals(path).content_hash for path in (dataset, other)]


def test_the_command_says_what_differs_in_one_line(dataset: Path, output: Path) -> None:
    done = in_new_process("train", "--data", dataset, "--target", "energy", "--output", output)
    assert "belongs to another run: batch_size was 8 and is now 64; epochs was 3 and" not in error_line(done)
    assert "belongs to another run: batch_size was 8 and is now 64; learning_rate was" in error_line(done)


def test_results_are_said_line_by_line(dataset: Path, tmp_path: Path) -> None:
    """The command escapes line breaks in what it prints."""
    display = Heard()
    for _ in range(2):
        run_training(
            configuration(dataset, tmp_path / "lines", epochs=1),
            device="cpu",
            display=display,
            on_epoch=lambda _: None,
        )
    assert not any("\n" in line for line in display.lines)
    finished, energy, model = display.lines[-3:]
    assert finished.startswith("This run is finished. Trained for ")
    assert energy.startswith("energy: ")
    assert model == f"The model: {tmp_path / 'lines' / 'model'}"
