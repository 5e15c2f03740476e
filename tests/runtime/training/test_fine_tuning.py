"""Fine-tuning: before the first step a run is the initial model, for every architecture and kind of target."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from basis_store import ModelError, TrainingError, open_crystals
from runtime.evaluation.reference_values import reference_values
from runtime.models.composition import CompositionModel
from runtime.models.ensemble import Ensemble
from runtime.prediction import predict
from runtime.pretrained.domain import Domain
from runtime.pretrained.pretrained import from_pretrained, open_pretrained, save_pretrained
from runtime.targets.target import columns
from runtime.training.config import TrainingConfig
from runtime.training.runs.training_run import run_training
from runtime.training.trainer import EpochReport, Trainer
from tests.runtime.training.test_tensor_training import ELASTIC, MODEL, PIEZOELECTRIC, Silent
from tests.runtime.training.test_training_runs import TINY, configuration, trainer, weights
from tests.support.command_line import error_line, in_new_process
from tests.support.crystals.made_datasets import made_dataset, made_tensor_dataset

STIFFNESS = {"name": "stiffness", "unit": "GPa", "log10": True}
SMALL_PAPER = {
    "width": 16, "blocks": 1, "heads": 2, "feed_forward": 16, "encoder_hidden": 16, "encoder_blocks": 1,
    "head_hidden": 16,
}  # fmt: skip
SIZES = {
    "OrbitTransformer": TINY,
    "CompositionModel": {"width": 8, "hidden": 16, "dropout": 0.5},
    "CrystalFourierTransformer": SMALL_PAPER,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Path:
    made_dataset(folder / "made.h5")
    return folder / "made.h5"


@pytest.fixture(scope="module")
def other(folder: Path) -> Path:
    """Other crystals with other values, so that their statistics differ."""
    records = [
        dataclasses.replace(record, identifier=f"other-{i}", targets={"energy": record.targets["energy"] * 3 + 40})
        for i, record in enumerate(made_dataset(folder / "scratch.h5", 30, seed=5))
    ]
    from basis_store.datasets.writer import write_crystals

    write_crystals(folder / "other.h5", records, units={"energy": "eV/atom"})
    return folder / "other.h5"


@pytest.fixture(scope="module")
def tensors(folder: Path) -> Path:
    made_tensor_dataset(folder / "tensors.h5")
    return folder / "tensors.h5"


def trained(dataset: Path, output: Path, **changes: Any) -> Path:
    """A model after two epochs, unless it is there."""
    if not (output / "model").exists():
        run(configuration(dataset, output, **{"epochs": 2, **changes}))
    return output / "model"


@pytest.fixture(scope="module")
def energy(dataset: Path, folder: Path) -> Path:
    return trained(dataset, folder / "energy", epochs=3)


def run(config: TrainingConfig) -> list[EpochReport]:
    reports: list[EpochReport] = []
    run_training(config, device="cpu", display=Silent(), on_epoch=reports.append)
    return reports


def fine_tuning(dataset: Path, output: Path, initial: Path | str, **changes: Any) -> TrainingConfig:
    values = {
        "data": [str(dataset)], "output": str(output), "targets": ["energy"], "initial": str(initial), "epochs": 2,
        "batch_size": 8, **changes,
    }  # fmt: skip
    return TrainingConfig.from_mapping(values)


def start(config: TrainingConfig) -> tuple[Trainer, EpochReport]:
    made = trainer(config)
    return made, next(iter(made.epochs()))


@pytest.mark.parametrize("architecture", list(SIZES))
def test_the_error_of_epoch_minus_one_is_that_of_the_initial_model(
    dataset: Path, other: Path, folder: Path, tmp_path: Path, architecture: str
) -> None:
    initial = trained(
        dataset, folder / architecture, architecture=architecture, model=SIZES[architecture], epochs=3
    )
    reports = run(fine_tuning(other, tmp_path / "run", initial, epochs=1))
    assert [report.epoch for report in reports] == [-1, 0]
    model, table = from_pretrained(initial), open_crystals(other)
    reference = reference_values(table, model.targets[0], "val")
    predicted = predict(model, [table[int(row)] for row in reference.rows])
    expected = np.abs(predicted - reference.values).mean()
    assert reports[0].val_loss[0] == pytest.approx(expected, rel=1e-6)
    assert expected > 5  # the other crystals have other values: their statistics are not those of the model
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["start"]["val_loss"]["energy"] == pytest.approx(expected, rel=1e-6)
    assert report["loss"] == {"energy": "mean absolute error"}


def test_it_equals_what_the_command_evaluate_prints(energy: Path, other: Path, tmp_path: Path) -> None:
    done = in_new_process(
        "train", "--data", other, "--target", "energy", "--initial", energy, "--epochs", 1, "--batch-size", 8,
        "--output", tmp_path / "run", "--device", "cpu",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    evaluated = json.loads(
        in_new_process("evaluate", "--model", energy, "--data", other, "--split", "val", "--json").stdout
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("epoch  -1")]
    assert f"energy {evaluated['mae']:.4f}" in line
    assert "energy goes on where it is" in done.stdout


def test_several_targets_are_matched_one_by_one(tensors: Path, folder: Path, tmp_path: Path) -> None:
    initial = trained(
        tensors, folder / "several", targets=["energy", PIEZOELECTRIC, ELASTIC], model=MODEL, epochs=2
    )
    same = {**ELASTIC, "symmetry": "ijkl=jikl=klij"}  # another name of the same index symmetry
    axial = {**PIEZOELECTRIC, "axial": True}  # another quantity
    made, report = start(
        fine_tuning(tensors, tmp_path / "run", initial, targets=[same, axial, "trusted", "energy"])
    )
    source, table = from_pretrained(initial), open_crystals(tensors)
    rows = np.flatnonzero(np.array(table.splits) == "val")
    records = [table[int(row)] for row in rows]
    before, after = predict(source, records), predict(made.averaged_model, records)
    theirs, ours = columns(source.targets), columns(made.model.targets)
    np.testing.assert_allclose(after[:, ours[0]], before[:, theirs[2]], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after[:, ours[3]], before[:, theirs[0]], rtol=1e-5, atol=1e-6)
    # New targets have the statistics of their own values.
    assert made.model.target_mean[ours[2]].item() == pytest.approx(np.nanmean(made.train_data.values[:, ours[2]]))
    fresh = trainer(fine_tuning(tensors, tmp_path / "again", initial, targets=["trusted"], seed=1))
    assert not torch.equal(fresh.model.head[0].weight, source.head[0].weight)  # type: ignore[index,union-attr]
    assert len(report.val_loss) == 4


@pytest.mark.parametrize("target", ["stiffness", {"name": "energy", "unit": "eV/atom", "log10": False}, STIFFNESS])
def test_a_head_of_another_target_is_not_taken(dataset: Path, folder: Path, tmp_path: Path, target: Any) -> None:
    initial = trained(dataset, folder / "stiff", targets=[STIFFNESS])
    source = from_pretrained(initial)
    made = trainer(fine_tuning(dataset, tmp_path / "run", initial, targets=[target]))
    same = target == STIFFNESS
    for name, tensor in made.model.state_dict().items():
        if name.startswith("head") or name.startswith("target"):
            assert torch.equal(tensor, source.state_dict()[name]) == same, name
        elif not name.startswith("element_energy"):  # zero before the first step
            assert torch.equal(tensor, source.state_dict()[name]), name


def test_sizes_are_those_of_the_initial_model(energy: Path, dataset: Path, tmp_path: Path) -> None:
    made = trainer(fine_tuning(dataset, tmp_path / "run", energy, model={"dropout": 0.25, "width": 16}))
    assert made.model.config.width == TINY["width"] and made.model.config.cutoff == TINY["cutoff"]
    assert made.model.config.dropout == 0.25

    def message(**changes: Any) -> str:
        with pytest.raises((TrainingError, ModelError)) as caught:
            fine_tuning(dataset, tmp_path, **{"initial": energy, **changes})
        return str(caught.value)

    assert "width = 32 contradicts the initial model" in message(model={"width": 32})
    assert "cutoff = 5.0 contradicts" in message(model={"cutoff": 5.0})
    assert "unknown key 'depth'" in message(model={"depth": 1})
    assert "of the architecture OrbitTransformer, not CompositionModel" in message(architecture="CompositionModel")
    assert "remove pretraining_steps" in message(pretraining_steps=10)
    assert "was trained on group 2, which is to be held out" in message(hold_out_groups=[2])
    assert "there is no model 'bandgap'" in message(initial="bandgap")
    assert "give initial as well" in message(initial="", freeze=True)


def test_the_initial_model_is_named_like_every_model(dataset: Path, tmp_path: Path) -> None:
    made = trainer(fine_tuning(dataset, tmp_path / "run", "band_gap", targets=["stiffness"]))
    source = from_pretrained("band_gap")
    assert isinstance(made.model, Ensemble) and isinstance(source, Ensemble)
    for member, own in zip(made.model.members, source.members, strict=True):
        assert torch.equal(member.element.weight, own.element.weight)  # type: ignore[arg-type,union-attr]
    assert made.config.learning_rate == 3e-4


@pytest.mark.parametrize("architecture", list(SIZES))
def test_frozen_bodies_keep_their_weights(dataset: Path, folder: Path, tmp_path: Path, architecture: str) -> None:
    initial = trained(
        dataset, folder / architecture, architecture=architecture, model=SIZES[architecture], epochs=3
    )
    config = fine_tuning(
        dataset, tmp_path / "run", initial, targets=["energy", "stiffness"], freeze=True, model={"dropout": 0.5}
    )
    made = trainer(config)
    trainable = {name for name, parameter in made.model.named_parameters() if parameter.requires_grad}
    in_optimizer = {id(p) for group in made.optimizer.param_groups for p in group["params"]}
    assert in_optimizer == {id(p) for name, p in made.model.named_parameters() if name in trainable}
    before = {name: tensor.clone() for name, tensor in made.model.state_dict().items()}
    modes = []
    made.model.head.register_forward_hook(lambda *_: modes.append(made.model.head.training))  # type: ignore[union-attr,operator]
    for name, module in made.model.named_modules():
        if isinstance(module, torch.nn.Dropout) and not name.startswith("head"):
            module.register_forward_hook(lambda one, *_: modes.append(not one.training))
    list(made.epochs())
    assert True in modes
    moved = set()
    for model in (made.model, made.averaged_model, made.best_model):
        for name, tensor in model.state_dict().items():
            if not torch.equal(tensor, before[name]):
                moved.add(name)
    assert {name.split(".")[0] for name in moved} == {name.split(".")[0] for name in trainable}
    assert {name.split(".")[0] for name in trainable} <= {"head", "element_energy"}


def test_a_frozen_body_has_no_dropout(energy: Path, dataset: Path, tmp_path: Path) -> None:
    """With a frozen body and no dropout in the head, the training losses do not depend on the rate of dropout."""
    losses = []
    for dropout in (0.0, 0.9):
        config = fine_tuning(dataset, tmp_path / str(dropout), energy, freeze=True, model={"dropout": dropout})
        losses.append([report.train_loss for report in run(config)][1:])
    assert losses[0] == losses[1]


def test_the_average_starts_from_the_initial_weights(energy: Path, dataset: Path, tmp_path: Path) -> None:
    """After one step it lies between the initial weights and those of the step."""
    made = trainer(fine_tuning(dataset, tmp_path / "run", energy, batch_size=10**6, epochs=1, learning_rate=0.1))
    before = weights(made).clone()
    list(made.epochs())
    averaged = torch.cat([p.detach().reshape(-1) for p in made.averaged_model.parameters()])
    moved = weights(made) - before
    share = ((averaged - before) / moved)[moved.abs() > 1e-3]
    assert ((share > 0.5) & (share < 0.99)).all()


def test_no_epoch_better_than_the_initial_model(energy: Path, dataset: Path, tmp_path: Path) -> None:
    """Then the initial model is what is saved, and log and card say so."""
    config = fine_tuning(dataset, tmp_path / "run", energy, learning_rate=3.0, epochs=2)
    lines: list[str] = []

    class Heard(Silent):
        def say(self, text: str) -> None:
            lines.append(text)

    model = run_training(config, device="cpu", display=Heard(), on_epoch=lambda _: None)
    for name, tensor in from_pretrained(model).state_dict().items():
        torch.testing.assert_close(tensor, from_pretrained(energy).state_dict()[name], rtol=0, atol=0)
    assert any("none is better on the validation split than the initial model" in line for line in lines[-3:])
    card = (model / "README.md").read_text()
    assert "no epoch was better" in card


def test_the_card_names_the_initial_model(energy: Path, dataset: Path, tmp_path: Path) -> None:
    config = fine_tuning(dataset, tmp_path / "run", energy, targets=["energy", "stiffness"], freeze=True)
    run(config)
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    described = open_pretrained(energy).description
    assert f"`{energy}` (SHA-256 {described.weights_sha256[:12]})" in card
    assert "whose energy it goes on with" in card and "Only the heads were trained." in card
    assert "errors on it are too good" in card
    training = open_pretrained(tmp_path / "run" / "model").description.training
    assert training["initial"]["weights_sha256"] == described.weights_sha256


def test_a_model_in_double_precision_can_be_fine_tuned(dataset: Path, tmp_path: Path) -> None:
    config = configuration(dataset, tmp_path, architecture="CompositionModel", model=SIZES["CompositionModel"])
    model = CompositionModel(config.model_config(), config.targets).double()
    domain = Domain((8,), (225,), 1, (1.0, 2.0))
    save_pretrained(model, tmp_path / "double", card="#", domain=domain, training={})
    assert np.isfinite(
        [report.val_loss for report in run(fine_tuning(dataset, tmp_path / "run", tmp_path / "double"))]
    ).all()


def test_freeze_without_an_initial_model_is_one_line(dataset: Path, tmp_path: Path) -> None:
    done = in_new_process(
        "train", "--data", dataset, "--target", "energy", "--output", tmp_path / "run", "--freeze"
    )
    assert "give initial as well" in error_line(done)
