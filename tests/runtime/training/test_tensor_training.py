"""Training on tensors, end to end: logarithms, equivalent labels, invalid values, and resuming."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from basis_store import TargetError, write_crystals
from runtime.prediction import predict
from runtime.pretrained.pretrained import from_pretrained
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import columns
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.elasticity import stability
from runtime.tensors.projection import project_tensor
from runtime.training.config import TrainingConfig
from runtime.training.runs.training_run import run_training
from runtime.training.trainer import Trainer
from tests.runtime.training.test_training_runs import TINY, configuration, trainer, weights
from tests.support.crystals.made_datasets import made_dataset, made_tensor_dataset

ELASTIC = {"name": "C", "unit": "GPa", "log10": True, "symmetry": "elastic", "mask_column": "trusted"}
PIEZOELECTRIC = {"name": "e", "unit": "C/m^2", "symmetry": "ijk=ikj", "up_to_normalizer": True}
MODEL = {**TINY, "tensor_channels": 2}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "tensors.h5"
    made_tensor_dataset(path)
    return path


class Silent:
    def say(self, text: str) -> None:
        pass

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        return things


def config(dataset: Path, output: Path, *targets: object, **changes: Any) -> TrainingConfig:
    return configuration(dataset, output, targets=targets, model=MODEL, **{"epochs": 2, **changes})


def test_a_run_on_elastic_tensors(dataset: Path, tmp_path: Path) -> None:
    records = made_tensor_dataset(tmp_path / "same.h5")
    folder = run_training(
        config(dataset, tmp_path / "run", ELASTIC, "energy"),
        device="cpu",
        display=Silent(),
        on_epoch=lambda _: None,
    )
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    found = report["val"]["C"]["overall"]
    assert found["n"] == sum(record.split == "val" and record.targets["trusted"] == 1 for record in records)
    assert {"frobenius", "ewt25", "ewt10", "ewt5", "mae_K", "mae_G", "mae_E"} <= set(found)
    assert report["val"]["energy"]["overall"]["mae"] > 0
    model = from_pretrained(folder)
    (target, energy), (own, _) = model.targets, columns(model.targets)
    assert isinstance(target, TensorTarget) and isinstance(energy, ScalarTarget)
    assert target.log10 and target.mask_column == "trusted" and energy.index_symmetry is None
    some = records[:20]
    for record, values in zip(some, predict(model, some), strict=True):
        tensor = target.physical_value(values[own], record)
        assert stability(tensor).is_stable
        assert project_tensor(tensor, record).relative_distance < 1e-6
    card = (folder / "README.md").read_text()
    assert "mean relative error of C (Frobenius)" in card and "mean absolute error of energy" in card


def test_losses_decrease(dataset: Path, tmp_path: Path) -> None:
    run = trainer(config(dataset, tmp_path / "run", ELASTIC, epochs=15))
    errors = [report.train_loss[0] for report in run.epochs()]
    assert errors[-1] < 0.8 * errors[0]


def test_invalid_values_are_not_trained_on(dataset: Path, tmp_path: Path) -> None:
    runs = [
        trainer(config(dataset, tmp_path / str(i), {**ELASTIC, "mask_column": column}))
        for i, column in enumerate(("trusted", ""))
    ]
    assert len(runs[0].train_data) < len(runs[1].train_data)
    assert np.isfinite(runs[0].train_data.values).all()


def test_the_scale_is_one_number_and_the_mean_isotropic(dataset: Path, tmp_path: Path) -> None:
    run = trainer(config(dataset, tmp_path / "run", "energy", ELASTIC))
    target, own = run.model.targets[1], columns(run.model.targets)[1]
    assert isinstance(target, TensorTarget)
    assert len(run.model.target_scale[own].unique()) == 1
    mean = run.model.target_mean[own].double().numpy()
    rotation = target.space.rotation(np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0])
    np.testing.assert_allclose(rotation @ mean, mean, atol=1e-5)


def test_equivalent_labels_make_no_difference(dataset: Path, tmp_path: Path) -> None:
    """Labels transformed by a random operation of each normalizer: the same losses and weights; else not."""
    made_tensor_dataset(tmp_path / "rotated.h5", rotated=True)

    def run(data: Path, name: str, *, is_open: bool) -> Trainer:
        target = {**PIEZOELECTRIC, "up_to_normalizer": is_open}
        made = trainer(config(data, tmp_path / name, target))
        list(made.epochs())
        return made

    one, other = (run(data, data.stem, is_open=True) for data in (dataset, tmp_path / "rotated.h5"))
    assert one.train_data.labels.shape[1] == 8
    assert not np.allclose(one.train_data.values, other.train_data.values)
    for before, after in zip(one.history, other.history, strict=True):
        for part in ("train_loss", "val_loss"):
            assert after[part]["e"] == pytest.approx(before[part]["e"], rel=1e-4)
    torch.testing.assert_close(weights(other), weights(one), rtol=1e-3, atol=1e-4)
    fixed = [
        run(data, f"fixed-{data.stem}", is_open=False).history[-1]["train_loss"]["e"]
        for data in (dataset, tmp_path / "rotated.h5")
    ]
    assert abs(fixed[1] - fixed[0]) > 1e-3 * fixed[0]
    assert one.history[-1]["train_loss"]["e"] < fixed[0]


def test_a_resumed_run_ends_as_if_it_had_not_been_interrupted(dataset: Path, tmp_path: Path) -> None:
    targets = (ELASTIC, PIEZOELECTRIC, "energy")
    whole = trainer(config(dataset, tmp_path / "whole", *targets, epochs=3))
    list(whole.epochs())
    made = config(dataset, tmp_path / "cut", *targets, epochs=3)
    next(iter(trainer(made).epochs()))
    again = trainer(made)
    assert again.epoch == 1
    list(again.epochs())
    torch.testing.assert_close(weights(again), weights(whole), rtol=0, atol=0)
    assert again.history[-1]["val_loss"] == whole.history[-1]["val_loss"]


def test_datasets_of_different_targets_are_concatenated(dataset: Path, tmp_path: Path) -> None:
    """A target that a dataset lacks is not trained by its crystals."""
    records = [
        dataclasses.replace(record, identifier=f"other-{i}")
        for i, record in enumerate(made_dataset(tmp_path / "scalars.h5", 20, seed=1))
    ]
    write_crystals(tmp_path / "scalars.h5", records)
    files = [str(dataset), str(tmp_path / "scalars.h5")]
    run = trainer(config(dataset, tmp_path / "run", ELASTIC, "energy", data=files))
    alone = trainer(config(dataset, tmp_path / "alone", ELASTIC, "energy"))
    assert len(run.train_data) == len(alone.train_data) + sum(record.split == "train" for record in records)
    known = np.isfinite(run.train_data.values).sum(axis=0)
    assert known[-1] == len(run.train_data) and (known[:-1] < known[-1]).all()
    assert np.isfinite([report.val_loss for report in run.epochs()]).all()


def test_wrong_targets_are_named(dataset: Path, tmp_path: Path) -> None:
    def message(target: object) -> str:
        with pytest.raises(TargetError) as caught:
            trainer(config(dataset, tmp_path / "run", target))
        return str(caught.value)

    assert "no target 'D'" in message({**ELASTIC, "name": "D"})
    assert "is a tensor of shape (6, 6): the target is a tensor ijk=ikj" in message(
        {**ELASTIC, "symmetry": "ijk=ikj"}
    )
    assert "not in 'MPa'" in message({**ELASTIC, "unit": "MPa"})
    assert "the target is a number" in message("C")


def test_a_mask_column_that_no_dataset_has(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no dataset has 'trustd', the column that marks valid values of 'C'"):
        trainer(config(dataset, tmp_path / "run", {**ELASTIC, "mask_column": "trustd"}))
