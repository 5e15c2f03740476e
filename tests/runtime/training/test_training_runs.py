"""Training: the same result with one process or two, interrupted or not; clear errors when it cannot start."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from basis_store import TargetError, TrainingError
from runtime.models import batch_sizes
from runtime.training.checkpoints import load_checkpoint
from runtime.training.config import CENTROSYMMETRIC, TrainingConfig, parse_groups
from runtime.training.data import TrainingData
from runtime.training.trainer import CHECKPOINT, Trainer
from tests.support.crystals.made_datasets import GROUPS, made_dataset

TINY = {"width": 16, "layers": 1, "heads": 2, "head_width": 4, "feed_forward": 16, "radial": 6, "cutoff": 4.0}


def configuration(dataset: Path, output: Path, **changes: Any) -> TrainingConfig:
    values = {
        "data": [str(dataset)], "output": str(output), "targets": ["energy"], "model": TINY,
        "epochs": 3, "batch_size": 8, "learning_rate": 3e-3, **changes,
    }  # fmt: skip
    return TrainingConfig.from_mapping(values)


def trainer(config: TrainingConfig) -> Trainer:
    Path(config.output).mkdir(exist_ok=True)
    data = TrainingData(config)
    config = dataclasses.replace(config, targets=data.targets)
    torch.manual_seed(config.seed)
    model = config.new_model()
    return Trainer(config, model, data.split("train", model), data.split("val", model))


def weights(run: Trainer) -> torch.Tensor:
    return torch.cat([p.detach().reshape(-1) for p in run.model.parameters()])


# Half of the generated energy depends on the volume, which the composition does not determine.
@pytest.mark.parametrize(("architecture", "left"), [("OrbitTransformer", 0.3), ("CompositionModel", 0.7)])
def test_training_learns(dataset: Path, tmp_path: Path, architecture: str, left: float) -> None:
    model = TINY if architecture == "OrbitTransformer" else {}
    run = trainer(configuration(dataset, tmp_path / "run", epochs=40, architecture=architecture, model=model))
    errors = [report.train_loss[0] for report in run.epochs()]
    spread = np.abs(run.train_data.values - np.median(run.train_data.values)).mean()
    assert errors[-1] < left * spread


def test_a_resumed_run_ends_as_if_it_had_not_been_interrupted(dataset: Path, tmp_path: Path) -> None:
    options = {"epochs": 4, "model": {**TINY, "dropout": 0.1}}
    whole = trainer(configuration(dataset, tmp_path / "whole", **options))
    list(whole.epochs())
    config = configuration(dataset, tmp_path / "cut", **options)
    cut = trainer(config)
    for report in cut.epochs():
        if report.epoch == 1:
            break
    again = trainer(config)
    assert again.epoch == 2
    list(again.epochs())
    torch.testing.assert_close(weights(again), weights(whole), rtol=0, atol=0)
    assert again.history[-1]["val_loss"] == whole.history[-1]["val_loss"]
    assert again.best_epoch == whole.best_epoch


def test_equal_seeds_give_equal_weights_and_others_do_not(dataset: Path, tmp_path: Path) -> None:
    runs = [trainer(configuration(dataset, tmp_path / str(i), seed=seed)) for i, seed in enumerate((1, 1, 2))]
    for run in runs:
        list(run.epochs())
    torch.testing.assert_close(weights(runs[0]), weights(runs[1]), rtol=0, atol=0)
    assert not torch.equal(weights(runs[0]), weights(runs[2]))


def test_gradients_do_not_depend_on_how_a_step_is_cut(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for cost in (1, 10**6):
        monkeypatch.setattr(batch_sizes, "_CPU_COST", cost)
        runs.append(trainer(configuration(dataset, tmp_path / str(cost), epochs=1)))
        list(runs[-1].epochs())
    torch.testing.assert_close(weights(runs[0]), weights(runs[1]), rtol=1e-4, atol=1e-5)


def test_two_processes_give_the_gradients_of_one(dataset: Path, tmp_path: Path) -> None:
    single = trainer(configuration(dataset, tmp_path / "single", epochs=2))
    list(single.epochs())
    config = {**json.loads(json.dumps(single.config.to_mapping())), "output": str(tmp_path / "double")}
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys, torch\n"
        "from pathlib import Path\n"
        "from runtime import Trainer, TrainingConfig, TrainingData\n"
        "from runtime.training import parallel\n"
        "from runtime import ARCHITECTURES\n"
        "torch.set_num_threads(1)\n"
        "config = TrainingConfig.from_mapping(json.loads(sys.argv[1]))\n"
        "Path(config.output).mkdir(exist_ok=True)\n"
        "parallel.start(torch.device('cpu'))\n"
        "data = TrainingData(config)\n"
        "torch.manual_seed(config.seed)\n"
        "model = config.new_model()\n"
        "run = Trainer(config, model, data.split('train', model), data.split('val', model))\n"
        "assert parallel.world_size() == 2\n"
        "list(run.epochs())\n"
        "parallel.stop()\n"
    )
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
        str(script), json.dumps(config),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    state = load_checkpoint(tmp_path / "double" / CHECKPOINT)
    double = torch.cat([state["model"][name].reshape(-1) for name, _ in single.model.named_parameters()])
    torch.testing.assert_close(double, weights(single), rtol=1e-4, atol=1e-5)


def test_held_out_groups_are_not_trained_on(dataset: Path, tmp_path: Path) -> None:
    config = configuration(dataset, tmp_path / "run", hold_out_groups=[2, 225])
    data = TrainingData(config)
    model = config.new_model()
    for name in ("train", "val"):
        assert not {2, 225} & set(data.split(name, model).groups.tolist())
    assert set(data.split("held_out", model).groups.tolist()) <= {2, 225}
    assert set(data.domain().groups) == set(GROUPS) - {2, 225}


def test_inversion_means_the_groups_that_have_it() -> None:
    from runtime import load_store

    store = load_store()
    for setting in store.settings:
        if setting.is_standard:
            has = bool((store.compiled(setting).rotations == -np.eye(3, dtype=int)).all((1, 2)).any())
            assert (setting.number in CENTROSYMMETRIC) == has
    assert len(parse_groups("inversion")) == 92
    assert parse_groups("227, 225") == (225, 227)


def test_a_missing_target_trains_the_others(tmp_path: Path) -> None:
    path = tmp_path / "made.h5"
    records = made_dataset(path)
    for record in records[::2]:
        record.targets["energy"] = np.array(np.nan)  # type: ignore[index]
    from basis_store.datasets.writer import write_crystals

    write_crystals(path, records)
    run = trainer(configuration(path, tmp_path / "run", targets=["energy", {"name": "stiffness", "log10": True}]))
    reports = list(run.epochs())
    assert np.isfinite(reports[-1].val_loss).all()
    assert len(run.train_data) == sum(record.split == "train" for record in records)


def test_bad_configurations_are_named(dataset: Path, tmp_path: Path) -> None:
    def message(**changes: Any) -> str:
        with pytest.raises((TrainingError, TargetError)) as caught:
            TrainingData(configuration(dataset, tmp_path, **changes))
        return str(caught.value)

    assert "no target 'gap'; it has energy, stiffness" in message(targets=["gap"])
    assert "'eV/atom'" in message(targets=[{"name": "energy", "unit": "kJ/mol"}])
    assert "'stiffness' in 'GPa', not in 'MPa'" in message(
        targets=[{"name": "stiffness", "unit": "MPa", "log10": True}]
    )
    assert "unknown key 'epoch'" in message(epoch=3)
    assert "epochs must be positive" in message(epochs=0)
    assert "learning_rate must be positive" in message(learning_rate=float("nan"))
    assert "unknown key 'depth' in the model configuration" in message(model={"depth": 3})
    assert "width in the model configuration" in message(model={"width": "wide"})
    assert "unknown architecture" in message(architecture="Transformer")
    assert "learning_rate in the training configuration is a number" in message(learning_rate="fast")
    assert "'231' is neither" in message(hold_out_groups=["231"])
    assert "'energy' has no value in the training split" in message(hold_out_groups=list(GROUPS))
    assert "2 target_weights for 1 targets" in message(target_weights=[1, 2])


def test_a_crystal_in_two_splits_is_an_error(dataset: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    made_dataset(other, split="val")
    config = dataclasses.replace(configuration(dataset, tmp_path), data=(str(dataset), str(other)))
    with pytest.raises(TrainingError, match="made-0 is in the split 'val'"):
        TrainingData(config)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "other run"])
def test_a_damaged_checkpoint_is_named_and_kept(dataset: Path, tmp_path: Path, damage: str) -> None:
    config = configuration(dataset, tmp_path / "run", epochs=1)
    list(trainer(config).epochs())
    path = tmp_path / "run" / CHECKPOINT
    content = path.read_bytes()
    if damage == "other run":
        config = dataclasses.replace(config, learning_rate=1e-4)
    else:
        path.write_bytes({"truncated": content[: len(content) // 2], "empty": b"", "text": b"hello"}[damage])
    before = path.read_bytes()
    with pytest.raises(TrainingError, match=str(path)):
        trainer(config)
    assert path.read_bytes() == before


def test_divergence_is_an_error(dataset: Path, tmp_path: Path) -> None:
    run = trainer(configuration(dataset, tmp_path / "run", epochs=30, learning_rate=1e30, gradient_norm=1e30))
    with pytest.raises(TrainingError, match="lower the learning rate"):
        list(run.epochs())


def test_the_command_survives_kill_9(dataset: Path, tmp_path: Path) -> None:
    """After a kill, the same command resumes and gives the model of an uninterrupted run."""
    options = [f"--data={dataset}", "--target=energy", "--epochs=6", "--batch-size=8", "--device=cpu"]
    command = [sys.executable, "-m", "sgbasis", "train", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    config = tmp_path / "tiny.toml"
    config.write_text("[model]\n" + "\n".join(f"{key} = {value}" for key, value in TINY.items()))
    command.append(str(config))
    process = subprocess.Popen(
        [*command, f"--output={tmp_path / 'cut'}"], env=environment, stdout=subprocess.DEVNULL
    )
    checkpoint = tmp_path / "cut" / CHECKPOINT
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = [
        subprocess.run(
            [*command, f"--output={tmp_path / name}"], env=environment, capture_output=True, text=True, check=False
        )
        for name in ("cut", "whole")
    ]
    assert [one.returncode for one in done] == [0, 0], done
    models = [(tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("cut", "whole")]
    assert models[0] == models[1]
    assert list((tmp_path / "whole" / "tensorboard").glob("events*"))
    report = json.loads((tmp_path / "whole" / "report.json").read_text())
    assert report["val"]["energy"]["overall"]["n"] == 9
