"""``python -m experiments.learning_curves``: the validation error of a model trained on some of the crystals.

Ours and the baselines are trained as ``sgbasis train`` does, on all targets of the configuration together; peers
by the recipes of their authors, a target at a time. All see the same subsets of the training split, of which each
is a part of the next larger one, and the same validation crystals, which also choose the epoch. A run that was
ended resumes where it was, also in another session, if the folder of runs is kept. Each finished run is a row of
``docs/figures/learning_curves.json``; ``--picture`` draws the rows that there are.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from basis_store import open_crystals
from experiments.learning_curve_picture import draw
from experiments.peers.peer_training import PeerTraining
from experiments.peers.recipes import PEERS
from experiments.result_rows import add_row, read_rows
from experiments.training_subsets import write_subset
from experiments.unattended import Plain
from runtime.device import find_device
from runtime.evaluation.scores import ScalarScore
from runtime.models.architectures import ARCHITECTURES
from runtime.prediction import predict_prepared
from runtime.pretrained.pretrained import open_pretrained
from runtime.targets.target import Target
from runtime.training.config import TrainingConfig
from runtime.training.data import TrainingData
from runtime.training.runs.run_report import read_report
from runtime.training.runs.training_run import run_training

RESULTS = Path("docs/figures/learning_curves.json")
PICTURE = Path("docs/training_sizes.png")


def configuration(path: Path, model: str, **changes: Any) -> TrainingConfig:
    """The configuration of a run, from a file that may be that of another architecture.

    Args:
        path: TOML; what only its own architecture has, sizes and pretraining, is left out for another one.
        model: name of the architecture; that of a peer reads the targets only.
        changes: replace entries.
    """
    values = tomllib.loads(path.read_text()) | {"members": 1}  # one network each, as for peers
    own = TrainingConfig.from_mapping(values).architecture
    architecture = model if model in ARCHITECTURES else own
    if own != architecture:
        values.pop("model", None)
        values.pop("pretraining_steps", None)
    return TrainingConfig.from_mapping({**values, "architecture": architecture, **changes})


def train_ours(config: TrainingConfig, device: torch.device) -> Iterator[dict[str, Any]]:
    """Train a model of the package, and yield what it reached for each target.

    Args:
        config: the run.
        device: where to compute.
    """
    run_training(
        config,
        device=device,
        display=Plain(),
        on_epoch=lambda report: print(f"epoch {report.epoch}: validation {report.val_loss}", flush=True),
    )
    output = Path(config.output)
    report = read_report(output)
    parameters = open_pretrained(output / "model").description.training["parameters"]
    seconds = sum(entry["seconds"] for entry in report["history"])
    for target in config.targets:
        overall = report["val"][target.name]["overall"]
        yield {
            "property": target.name,
            "unit": target.error_unit,
            "validation": overall["n"],
            "mae": overall["mae"],
            "mae_interval": list(overall["mae_interval"]),
            "epochs": len(report["history"]),
            "best_epoch": report["best_epoch"],
            "parameters": parameters,
            "seconds": round(seconds, 3),
        }


def train_peer(
    name: str, target: Target, config: TrainingConfig, epochs: int | None, device: torch.device
) -> dict[str, Any]:
    """Train a peer on one target; what it reached.

    Args:
        name: of the peer.
        target: what to learn.
        config: has data, seed and folder.
        epochs: instead of those of its recipe.
        device: where to compute.
    """
    kind, recipe_of = PEERS[name]
    recipe = recipe_of(target)
    recipe = dataclasses.replace(recipe, epochs=epochs or recipe.epochs)
    folder = Path(config.output)
    folder.mkdir(parents=True, exist_ok=True)
    data = TrainingData(dataclasses.replace(config, targets=(target,), target_weights=()))
    torch.manual_seed(config.seed)
    model = kind(kind.config_class(), data.targets).to(device)
    splits = [data.split(split, model) for split in ("train", "val")]
    sizes = dataclasses.asdict(model.config)
    identity = {"model": name, "sizes": sizes, "data": data.content_hashes, "target": repr(data.targets[0])}
    training = PeerTraining(
        model, recipe, *splits, folder=folder, seed=config.seed, device=device, identity=identity
    )
    if training.epoch:
        print(f"{training.epoch} of {recipe.epochs} epochs are done", flush=True)
    training.run()
    predicted = predict_prepared(training.best_model(), training.val.crystals)
    score = ScalarScore.of(predicted[:, 0] - training.val.values[:, 0])
    return {
        "property": target.name,
        "unit": data.targets[0].error_unit,
        "validation": score.n,
        "mae": score.mae,
        "mae_interval": list(score.mae_interval),
        "epochs": recipe.epochs,
        "best_epoch": training.best_epoch,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": round(training.seconds, 3),
    }


def run(arguments: argparse.Namespace, size: int | None, device: torch.device) -> Iterator[dict[str, Any]]:
    """Train one model on one number of crystals; the rows of its targets.

    Args:
        arguments: of the command line.
        size: training crystals; None: all.
        device: where to compute.
    """
    name, seed, table = arguments.model, arguments.seed, open_crystals(arguments.data)
    data, n = write_subset(arguments.data, size, arguments.runs / "subsets", seed=arguments.subset_seed)
    output = f"{arguments.data.stem}_{name}_{n}_{arguments.subset_seed}_{seed}"
    common = {
        "model": name,
        "dataset": arguments.data.stem,
        "content": table.content_hash,
        "size": n,
        "subset_seed": arguments.subset_seed,
        "seed": seed,
        "device": _device_name(device, arguments.threads),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    }
    changes: dict[str, Any] = {"data": [str(data)], "seed": seed}
    if name in ARCHITECTURES:
        if arguments.epochs is not None:
            changes["epochs"] = arguments.epochs
            output += f"_{arguments.epochs}"
        config = configuration(arguments.config, name, output=str(arguments.runs / output), **changes)
        targets = tuple(dataclasses.replace(one, unit=one.unit or table.units[one.name]) for one in config.targets)
        for row in train_ours(dataclasses.replace(config, targets=targets), device):
            yield common | row
        return
    for target in configuration(arguments.config, name).targets:
        if arguments.target in (None, target.name):
            epochs = arguments.epochs or PEERS[name][1](target).epochs
            place = arguments.runs / f"{output}_{epochs}_{target.name}"
            config = configuration(arguments.config, name, output=str(place), **changes)
            yield common | train_peer(name, target, config, epochs, device)


def command(arguments: argparse.Namespace, row: Mapping[str, Any]) -> str:
    """What repeats a row alone, with the names of files, not where they are.

    Args:
        arguments: of the command line.
        row: what it made.
    """
    words = ["--model", row["model"], "--config", arguments.config.name, "--data", arguments.data.name]
    words += ["--size", str(row["size"]), "--epochs", str(row["epochs"])]
    if row["model"] in PEERS:
        words += ["--target", row["property"]]
    words += ["--seed", str(row["seed"]), "--subset-seed", str(row["subset_seed"]), "--device", arguments.device]
    return shlex.join(["python", "-m", "experiments.learning_curves", *words])


def _device_name(device: torch.device, threads: int) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {threads} thread{'s' * (threads > 1)}"


def main() -> None:
    """Train, and add the rows of what was trained."""
    parser = argparse.ArgumentParser(prog="python -m experiments.learning_curves", description=__doc__)
    parser.add_argument("--model", choices=[*ARCHITECTURES, *PEERS], help="what to train")
    parser.add_argument(
        "--config", type=Path, help="training configuration: targets, and the recipe of our models"
    )
    parser.add_argument("--data", type=Path, help="compiled dataset, instead of that of the configuration")
    parser.add_argument("--size", nargs="+", default=["all"], help="training crystals: numbers, or all")
    parser.add_argument("--target", help="one target of the configuration (peers); default: each in turn")
    parser.add_argument("--epochs", type=int, help="default: of configuration or recipe")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order")
    parser.add_argument("--subset-seed", type=int, default=0, help="of the choice of crystals")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=Path("runs/learning_curves"), help="checkpoints and subsets")
    parser.add_argument("--output", "-o", type=Path, default=RESULTS)
    parser.add_argument("--picture", action="store_true", help="draw the rows that there are, at the end")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.model is not None:
        if arguments.config is None or arguments.data is None:
            parser.error("--model needs --config and --data")
        device = find_device(arguments.device)
        for size in arguments.size:
            for row in run(arguments, None if size == "all" else int(size), device):
                add_row(arguments.output, row | {"command": command(arguments, row)})
                print(f"{row['model']}, {row['size']:,}: {row['property']} {row['mae']:.4f}", flush=True)
    if arguments.picture:
        draw(read_rows(arguments.output), PICTURE)


if __name__ == "__main__":
    main()
