"""Learning curves: nested subsets, runs that resume exactly, and rows of what was reached."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from basis_store import TrainingError, open_crystals
from experiments import learning_curves
from experiments.learning_curve_picture import draw
from experiments.peers.peer_training import PeerTraining
from experiments.peers.recipes import PEERS, Recipe
from experiments.result_rows import add_row, curves, read_rows
from experiments.training_subsets import write_subset
from runtime.targets.scalar_target import ScalarTarget
from runtime.training.config import TrainingConfig
from runtime.training.data import TrainingData
from tests.support.crystals.made_datasets import made_dataset
from tests.support.source_tree import ROOT

TARGET = ScalarTarget("energy")
CONFIG = """
target_weights = [2.0, 1.0]
[[targets]]
name = "energy"
[[targets]]
name = "stiffness"
log10 = true
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "made.h5"
    made_dataset(path, 40)
    return path


def training(name: str, data: Path, folder: Path, recipe: Recipe, **options: object) -> PeerTraining:
    kind, _ = PEERS[name]
    torch.manual_seed(0)
    loaded = TrainingData(TrainingConfig(data=(str(data),), targets=(TARGET,), output=str(folder)))
    model = kind(kind.config_class(), loaded.targets)
    train, val = (loaded.split(split, model) for split in ("train", "val"))
    folder.mkdir(parents=True, exist_ok=True)
    return PeerTraining(
        model, recipe, train, val, folder=folder, seed=0, device=torch.device("cpu"), identity={}, **options
    )  # type: ignore[arg-type]


def recipe_of(name: str, **changes: object) -> Recipe:
    return dataclasses.replace(PEERS[name][1](TARGET), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PEERS)
def test_sixteen_crystals_are_learnt(name: str, data: Path, tmp_path: Path) -> None:
    some, n = write_subset(data, 16, tmp_path)
    assert n == 16
    recipe = recipe_of(name, batch_size=16, epochs=160, averaged=0.0)
    run = training(name, some, tmp_path / "run", recipe, say=lambda text: None)
    run.run()
    first, last = run.history[0]["train"], run.history[-1]["train"]
    assert last < 0.1 * first, (first, last)


@pytest.mark.parametrize("name", PEERS)
def test_a_run_that_was_ended_resumes_exactly(name: str, data: Path, tmp_path: Path) -> None:
    recipe = recipe_of(name, batch_size=9, epochs=4, averaged=0.5)
    whole = training(name, data, tmp_path / "whole", recipe)
    whole.run()

    def end(text: str) -> None:
        if text.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training(name, data, tmp_path / "ended", recipe, say=end).run()
    resumed = training(name, data, tmp_path / "ended", recipe)
    assert resumed.epoch == 3 and resumed.seconds > 0
    resumed.run()
    assert [h["val"] for h in resumed.history] == [h["val"] for h in whole.history]
    for key, value in whole.average.state_dict().items():
        assert torch.equal(value, resumed.average.state_dict()[key]), key
    for key, value in whole.best_weights.items():
        assert torch.equal(value, resumed.best_weights[key]), key
    assert int(whole.average.n_averaged) == 2 * whole.steps_per_epoch
    with pytest.raises(TrainingError, match="another run"):
        training(name, data, tmp_path / "ended", dataclasses.replace(recipe, learning_rate=0.5))


def test_rates() -> None:
    sgd, adam = recipe_of("CGCNN"), recipe_of("Crystalformer")
    assert [sgd.rate(0, share) for share in (0.0, 0.79, 0.8)] == pytest.approx([0.02, 0.02, 0.002])
    assert [adam.rate(step, 0.0) for step in (0, 4000, 12000)] == pytest.approx([5e-4, 5e-4 / 2**0.5, 2.5e-4])
    assert PEERS["CGCNN"][1](ScalarTarget("bulk_modulus_vrh", log10=True)).batch_size == 64


def test_subsets_are_nested_and_validation_crystals_are_all_there(data: Path, tmp_path: Path) -> None:
    whole = open_crystals(data)
    splits = dict(zip(whole.identifiers, whole.splits, strict=True))
    before: set[str] = set()
    for size in (5, 12, 30):
        path, n = write_subset(data, size, tmp_path)
        table = open_crystals(path)
        train, val = ({i for i, s in zip(table.identifiers, table.splits, strict=True) if s == split}
                      for split in ("train", "val"))  # fmt: skip
        assert n == len(train) == size and before < train
        assert val == {name for name, split in splits.items() if split == "val"}
        assert all(splits[name] == "train" for name in train)
        assert all(np.array_equal(table[row].coordinates, whole[whole.identifiers.index(name)].coordinates)
                   for row, name in enumerate(table.identifiers))  # fmt: skip
        assert table.units == whole.units
        before = train
    assert write_subset(data, None, tmp_path) == (data, sum(s == "train" for s in splits.values()))
    other = open_crystals(write_subset(data, 5, tmp_path, seed=1)[0])
    assert set(other.identifiers) != set(open_crystals(write_subset(data, 5, tmp_path)[0]).identifiers)
    with pytest.raises(TrainingError, match="cannot have 1,000"):
        write_subset(data, 1000, tmp_path)


def test_the_command(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.toml").write_text(f'data = ["{data}"]\noutput = "x"{CONFIG}')
    common = ["learning_curves", "--config", str(tmp_path / "run.toml"), "--data", str(data), "--epochs", "1",
              "--runs", str(tmp_path / "runs"), "--output", str(tmp_path / "rows.json")]  # fmt: skip
    threads = torch.get_num_threads()

    def command(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", [*common, *words])
        learning_curves.main()
        torch.set_num_threads(threads)

    command("--model", "CGCNN", "--size", "10", "all", "--target", "energy")
    command("--model", "CompositionModel", "--size", "10")
    rows = read_rows(tmp_path / "rows.json")
    found = {(row["model"], row["property"], row["size"]) for row in rows}
    assert found == {
        ("CGCNN", "energy", 10), ("CGCNN", "energy", 34),
        ("CompositionModel", "energy", 10), ("CompositionModel", "stiffness", 10),
    }  # fmt: skip
    assert {row["unit"] for row in rows} == {"eV/atom", "log10 GPa"}
    assert all(row["epochs"] == 1 and row["seconds"] > 0 and row["parameters"] > 0 for row in rows)
    assert all(row["mae_interval"][0] <= row["mae"] <= row["mae_interval"][1] for row in rows)
    assert all(str(tmp_path) not in json.dumps(row) for row in rows)
    assert rows[0]["command"].startswith("python -m experiments.learning_curves --model CGCNN --config run.toml")
    # A finished run is not repeated: its row is the same.
    command("--model", "CGCNN", "--size", "10", "--target", "energy")
    assert read_rows(tmp_path / "rows.json") == rows


def row(**changes: object) -> dict[str, object]:
    made = {"model": "CGCNN", "property": "band_gap", "dataset": "d", "size": 2000, "subset_seed": 0, "seed": 0}
    return {**made, "epochs": 10, "mae": 0.5, **changes}


def test_rows_are_replaced_and_seeds_averaged(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    assert read_rows(path) == []
    for one in (row(), row(mae=0.4), row(seed=1, mae=0.6), row(epochs=5, mae=0.1), row(size=4000, mae=0.3)):
        add_row(path, one)
    assert len(read_rows(path)) == 4
    assert curves(read_rows(path)) == {("band_gap", "CGCNN"): {2000: pytest.approx(0.5), 4000: 0.3}}


def test_the_picture(tmp_path: Path) -> None:
    draw([row(), row(size=4000, mae=0.3)], tmp_path / "a.png", ROOT / "docs/figures/published_peers.json")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
