"""Training code of one's own: splits as datasets of PyTorch, and the example that uses them."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, Subset

import sgbasis
from basis_store import CrystalRecord, CrystalTable, SgbasisError, TargetError, TrainingError, open_crystals
from basis_store.datasets.writer import write_crystals
from runtime import (
    ARCHITECTURES,
    CrystalModel,
    ScalarTarget,
    SplitData,
    Trainer,
    TrainingConfig,
    TrainingData,
    load_store,
    predict,
    set_scale,
    target_losses,
)
from tests.support.crystals.made_datasets import made_dataset
from tests.support.source_tree import ROOT
from tests.support.tiny_models import CONFIG, tiny_model

ENERGY = ScalarTarget("energy", "eV/atom")
STIFFNESS = ScalarTarget("stiffness", "GPa", log10=True)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> CrystalTable:
    """60 crystals; every fifth has no stiffness, every tenth no energy either."""
    path = tmp_path_factory.mktemp("own") / "set.h5"

    def values(i: int, record: CrystalRecord) -> dict[str, np.ndarray]:
        missing = ["stiffness"] * (i % 5 == 0) + ["energy"] * (i % 10 == 0)
        return {k: np.array(np.nan) if k in missing else v for k, v in record.targets.items()}

    records = [
        dataclasses.replace(record, targets=values(i, record)) for i, record in enumerate(made_dataset(path))
    ]
    write_crystals(path, records, units={"energy": "eV/atom", "stiffness": "GPa"})
    return open_crystals(path)


@pytest.fixture(scope="module")
def model() -> CrystalModel:
    return tiny_model(ENERGY, STIFFNESS)


@pytest.mark.parametrize("workers", [0, 2])
def test_every_crystal_once_per_epoch_with_its_labels(
    workers: int, table: CrystalTable, model: CrystalModel
) -> None:
    data = SplitData.of(table, model, split="train")
    records = [r for r in table if r.split == "train" and not all(np.isnan(v) for v in r.targets.values())]
    assert len(data) == len(records) < sum(split == "train" for split in table.splits)
    expected = {float(r.targets["energy"]): (predict(model, [r])[0], r.targets["stiffness"]) for r in records}
    loader = DataLoader(
        data, batch_size=8, shuffle=True, num_workers=workers, collate_fn=data.collate, pin_memory=False,
        generator=torch.Generator().manual_seed(0), persistent_workers=workers > 0,
    )  # fmt: skip
    orders = []
    for _ in range(2):
        seen = []
        for batch, labels in loader:
            assert labels.shape == (len(batch), 1, 2) and labels.dtype == torch.float32
            with torch.no_grad():
                predicted = model(batch).numpy()
            for row, (energy, stiffness) in zip(predicted, labels[:, 0].tolist(), strict=True):
                key = min(expected, key=lambda value: abs(value - energy))
                assert key == pytest.approx(energy, rel=1e-6)
                found, value = expected[key]
                np.testing.assert_allclose([row[0], 10 ** row[1]], found, rtol=1e-4)
                np.testing.assert_allclose(10**stiffness, value, rtol=1e-5)  # or both are NaN
                seen.append(key)
        assert sorted(seen) == sorted(expected)
        orders.append(seen)
    assert orders[0] != orders[1]


def test_missing_values_add_nothing_to_the_gradients(table: CrystalTable, model: CrystalModel) -> None:
    data = SplitData.of(table, model)
    ((batch, labels),) = DataLoader(data, batch_size=len(data), collate_fn=data.collate)
    losses = target_losses(model.targets, model(batch), labels)
    assert losses.shape == (54, 2)
    assert torch.isnan(losses).sum(0).tolist() == [0, 6]
    model.zero_grad()
    losses.nanmean(dim=0).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_parts_and_sums_of_datasets(table: CrystalTable, model: CrystalModel) -> None:
    train, val = (SplitData.of(str(table.path), model, split=split) for split in ("train", "val"))
    both = ConcatDataset([train, val])
    for some in (Subset(train, [3, 5, 8, 13]), both):
        for batch, labels in DataLoader(some, batch_size=3, collate_fn=train.collate):
            assert len(batch) == len(labels)
    one, labels = train[4]
    assert (len(one), labels.tolist()) == (1, train.label_tensor(np.array([4])).tolist())
    for row in (-1, len(train)):
        with pytest.raises(IndexError, match=rf"^there are {len(train)} crystals, numbered from 0$"):
            train[row]


def test_what_a_dataset_does_not_have(table: CrystalTable) -> None:
    with pytest.raises(TargetError, match="has no target 'gap'; it has energy, stiffness"):
        SplitData.of(table, tiny_model(ScalarTarget("gap")))
    with pytest.raises(TrainingError, match=r"^no crystal of .*set\.h5 is in the split 'test'$"):
        SplitData.of(table, tiny_model(ENERGY), split="test")


def test_scales_are_those_of_the_training_values(table: CrystalTable, model: CrystalModel) -> None:
    data, fresh = SplitData.of(table, model), tiny_model(ENERGY, STIFFNESS, seed=3)
    set_scale(fresh, data)
    np.testing.assert_allclose(fresh.target_mean, np.nanmean(data.values, axis=0), rtol=1e-6)


def test_reprs_are_short(table: CrystalTable) -> None:
    """A split that fills the screen cannot be printed, nor seen in a traceback or a debugger."""
    wanted = {kind.__name__: kind for kind in ARCHITECTURES.values()}
    for name in ("OrbitTransformer", "SiteTransformer", "CrystalFourierTransformer", "CompositionModel"):
        model = wanted[name](wanted[name].config_class(), [ENERGY], load_store())
        data = SplitData.of(table, model)
        assert len(repr(data)) < 3000 and len(repr(data.crystals)) < 2000, name
        assert repr(data).startswith("SplitData(crystals=")


def test_the_trainer_makes_its_folder(table: CrystalTable, tmp_path: Path) -> None:
    config = TrainingConfig(
        (str(table.path),), (ENERGY,), str(tmp_path / "a" / "run"), model=dataclasses.asdict(CONFIG), epochs=1
    )
    model = config.new_model()
    train, val = (SplitData.of(table, model, split=split) for split in ("train", "val"))
    assert len(list(Trainer(config, model, train, val).epochs())) == 1
    assert (tmp_path / "a" / "run" / "checkpoint.pt").is_file()


@pytest.mark.parametrize(("name", "what"), [("", "is a folder; "), ("x.cif", "is not an sgbasis crystal dataset")])
def test_what_is_no_dataset_is_said_with_the_command(name: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "x.cif").write_text("data_x")
    path = tmp_path / name
    with pytest.raises(SgbasisError, match=f"{what}.*'sgbasis crystals {path} --output data.h5"):
        TrainingData(TrainingConfig((str(path),), (ENERGY,), str(tmp_path / "run")))


def test_the_example_learns(tmp_path: Path) -> None:
    path = tmp_path / "set.h5"
    records = made_dataset(path, 40)
    command = [sys.executable, str(ROOT / "examples" / "training_loop.py"), str(path), "--target", "energy"]
    command += ["--epochs", "6", "--batch-size", "8", "--workers", "1", "--output", str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    losses = [[float(number) for number in re.findall(r"\d+\.\d+", line)] for line in done.stdout.splitlines()]
    assert len(losses) == 6
    assert losses[-1][0] < 0.7 * losses[0][0]
    (prediction, *_) = sgbasis.predict(records[:1], tmp_path / "model")
    assert prediction.unit == "eV/atom"
