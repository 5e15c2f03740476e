"""Training of several networks with one command: what each reaches alone, and their mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from basis_store import TrainingError
from runtime import Ensemble, from_pretrained
from runtime.prediction import predict_prepared
from runtime.training.config import TrainingConfig
from runtime.training.data import TrainingData
from runtime.training.publish_models import publish
from runtime.training.runs.ensemble_run import run_ensemble
from runtime.training.runs.run_report import read_report
from runtime.training.runs.training_run import run_training
from tests.runtime.training.test_resumed_runs import Heard
from tests.support.command_line import in_new_process

TINY = {"heads": 2, "head_width": 4, "width": 16, "layers": 1, "feed_forward": 16, "radial": 6, "cutoff": 4.0}


def configuration(dataset: Path, output: Path, **changes: Any) -> TrainingConfig:
    values = {
        "data": [str(dataset)], "output": str(output), "targets": ["energy"], "model": TINY,
        "epochs": 2, "batch_size": 8, "learning_rate": 3e-3, "members": 2, "seed": 5, **changes,
    }  # fmt: skip
    return TrainingConfig.from_mapping(values)


@pytest.fixture(scope="module")
def finished(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingConfig, Heard]:
    config, display = configuration(dataset, tmp_path_factory.mktemp("run") / "ensemble"), Heard()
    run_ensemble(config, device="cpu", display=display, on_epoch=lambda report: None)
    return config, display


def test_members_are_runs_of_their_own(
    finished: tuple[TrainingConfig, Heard], dataset: Path, tmp_path: Path
) -> None:
    config, display = finished
    alone = configuration(dataset, tmp_path / "alone", members=1, seed=6)
    run_training(alone, device="cpu", display=Heard(), on_epoch=lambda report: None)
    expected = (tmp_path / "alone" / "model" / "model.safetensors").read_bytes()
    assert (Path(config.output) / "member_1" / "model" / "model.safetensors").read_bytes() == expected
    assert [line for line in display.lines if line.startswith("Member")] == ["Member 1 of 2:", "Member 2 of 2:"]


def test_the_model_is_their_mean_and_its_figures_are_its_own(finished: tuple[TrainingConfig, Heard]) -> None:
    config, display = finished
    output = Path(config.output)
    model = from_pretrained(output / "model")
    assert isinstance(model, Ensemble)
    data = TrainingData(config)
    val = data.split("val", model)
    parts = [from_pretrained(output / f"member_{number}" / "model") for number in range(2)]
    mean = np.mean([predict_prepared(part, val.crystals) for part in parts], axis=0)
    np.testing.assert_allclose(predict_prepared(model, val.crystals), mean, rtol=1e-5, atol=1e-6)
    error = float(np.abs(mean[:, 0] - val.values[:, 0]).mean())
    report = read_report(output)
    assert report["val"]["energy"]["overall"]["mae"] == pytest.approx(error, rel=1e-5)
    assert report["validation_loss"]["energy"] == pytest.approx(error, rel=1e-5)
    losses = [read_report(output / f"member_{number}")["history"][1]["val_loss"]["energy"] for number in range(2)]
    assert report["history"][1]["val_loss"]["energy"] == pytest.approx(np.mean(losses))
    assert display.lines[-3] == "The mean of 2 networks:" and display.lines[-1] == f"The model: {output / 'model'}"
    card = (output / "model" / "README.md").read_text()
    assert "2 networks with as many seeds" in card and "Ensemble with " in card


def test_a_finished_ensemble_is_left_alone(finished: tuple[TrainingConfig, Heard]) -> None:
    config, _ = finished
    before = {path: path.stat().st_mtime_ns for path in Path(config.output).rglob("*") if path.is_file()}
    display = Heard()
    run_ensemble(config, device="cpu", display=display, on_epoch=lambda report: None)
    assert {path: path.stat().st_mtime_ns for path in Path(config.output).rglob("*") if path.is_file()} == before
    assert sum("This run is finished" in line for line in display.lines) == 2


def test_it_ships_as_others_do(finished: tuple[TrainingConfig, Heard], tmp_path: Path) -> None:
    config, _ = finished
    publish(Path(config.output), "energy", tmp_path / "energy")
    with torch.no_grad():
        made, model = (from_pretrained(folder) for folder in (tmp_path / "energy", Path(config.output) / "model"))
        batch = TrainingData(config).split("val", model).crystals
        torch.testing.assert_close(made(batch), model(batch))
    assert json.loads((tmp_path / "energy" / "config.json").read_text())["training"]["best_epoch"] is not None


def test_it_can_be_fine_tuned(finished: tuple[TrainingConfig, Heard], dataset: Path, tmp_path: Path) -> None:
    """All its members go on, from where they are."""
    config, _ = finished
    initial = str(Path(config.output) / "model")
    tuned = TrainingConfig.from_mapping(
        {
            "data": [str(dataset)],
            "output": str(tmp_path / "tuned"),
            "targets": ["energy"],
            "initial": initial,
            "epochs": 1,
        }
    )
    run_training(tuned, device="cpu", display=Heard(), on_epoch=lambda report: None)
    start = read_report(tmp_path / "tuned")["start"]["val_loss"]["energy"]
    assert start == pytest.approx(read_report(Path(config.output))["validation_loss"]["energy"], rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"members": 0}, "members are 1 to 16 networks, not 0"),
        ({"members": 17}, "members are 1 to 16 networks, not 17"),
        ({"architecture": "CompositionModel", "model": {}}, "remove members, architecture or initial"),
        (
            {"targets": [{"name": "piezo", "symmetry": "ijk=ikj", "up_to_normalizer": True}]},
            "piezo is known up to the normalizer only: .* remove members",
        ),
    ],
)
def test_what_has_no_members(dataset: Path, tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        configuration(dataset, tmp_path, **changes)


def test_the_command_takes_members(dataset: Path, tmp_path: Path) -> None:
    sizes = tmp_path / "run.toml"
    model = "\n".join(f"{name} = {value}" for name, value in TINY.items())
    head = f'data = "{dataset}"\noutput = "{tmp_path / "run"}"\ntargets = [{{name = "energy"}}]\nepochs = 1\n'
    sizes.write_text(f"{head}[model]\n{model}\n")
    done = in_new_process("train", sizes, "--members", "2", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert from_pretrained(tmp_path / "run" / "model").config.members == 2
