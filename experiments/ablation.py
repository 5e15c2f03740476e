"""``python -m experiments.ablation``: what real-space and Fourier messages, and their sizes, each bring.

Every change to the default model is trained on every task, as ``sgbasis train`` does and as the task's
configuration says. A task may be a part of its training crystals, for time. Each finished run is a row of
``docs/figures/ablation.json`` for each property; runs that have all their rows are not repeated, and one that was
ended resumes.
"""

from __future__ import annotations

import argparse
import datetime
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from experiments.result_rows import add_row, read_rows
from experiments.training_subsets import write_subset
from experiments.unattended import Plain
from runtime.device import find_device
from runtime.training.config import TrainingConfig
from runtime.training.runs.run_report import read_report
from runtime.training.runs.training_run import run_training

RESULTS = Path("docs/figures/ablation.json")
_FIGURES = ("mae", "mae_interval", "frobenius", "ewt25", "mae_K", "mae_G", "mae_E")
_RUN = ("change", "task", "property", "seed", "epochs", "size")


@dataclass(frozen=True)
class Task:
    """What is learnt.

    Attributes:
        config: configuration file in ``data/training``; its sizes are the reference.
        epochs: for all changes.
        size: training crystals of the first dataset; None: all.
    """

    config: str
    epochs: int
    size: int | None = None


TASKS = {
    "scalar": Task("mp_scalar.toml", 30, 4000),
    "moduli": Task("mp_moduli.toml", 40),
    "dielectric": Task("mp_dielectric.toml", 40),
    "elastic": Task("mp_elastic.toml", 40),
}

FOURIER_ONLY = {"channels": 0, "wave_channels": 64, "g_cutoff": 0.8}
BOTH = {"channels": 64, "wave_channels": 32}
CHANGES: dict[str, dict[str, Any]] = {
    "real space": {"channels": 64},
    "Fourier": FOURIER_ONLY,
    "Fourier, g_cutoff 0.5": FOURIER_ONLY | {"g_cutoff": 0.5},
    "both": BOTH,
    "both, g_cutoff 0.3": BOTH | {"g_cutoff": 0.3},
    "both, g_cutoff 0.8": BOTH | {"g_cutoff": 0.8},
    "real space, 32 channels": {"channels": 32},
    "real space, 96 channels": {"channels": 96},
}
"""Sizes of the default model, by what the change is called."""


def run(
    task_name: str, change: str, arguments: argparse.Namespace, device: torch.device
) -> Iterator[dict[str, Any]]:
    """Train one change on one task; the row of each property.

    Args:
        task_name: of :data:`TASKS`.
        change: of :data:`CHANGES`.
        arguments: of the command line.
        device: where to compute.
    """
    task = TASKS[task_name]
    values = tomllib.loads((arguments.configs / task.config).read_text())
    first, *others = (arguments.data / Path(name).name for name in values["data"])
    first, _ = write_subset(first, task.size, arguments.runs / "subsets")
    sizes = values.pop("model", {}) | CHANGES[change]
    folder = arguments.runs / f"{task_name} {change} {arguments.seed}".replace(",", "").replace(" ", "_")
    own: dict[str, Any] = {
        "data": [str(path) for path in (first, *others)],
        "output": str(folder),
        "epochs": task.epochs,
    }
    own |= {"architecture": "SiteTransformer", "model": sizes, "seed": arguments.seed, "members": 1}
    config = TrainingConfig.from_mapping({**values, **own})
    run_training(config, device=device, display=Plain(), on_epoch=lambda report: None)
    report = read_report(folder)
    for target in config.targets:
        score = report["val"][target.name]["overall"]
        yield {
            "change": change,
            "task": task_name,
            "property": target.name,
            "sizes": CHANGES[change],
            "size": task.size,
            "epochs": task.epochs,
            "seed": arguments.seed,
            "validation": score["n"],
            **{name: score[name] for name in _FIGURES if name in score},
            "seconds": round(sum(entry["seconds"] for entry in report["history"]), 1),
            "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            "command": shlex.join(_command(task_name, change, arguments.seed)),
        }


def _command(task: str, change: str, seed: int) -> list[str]:
    return ["python", "-m", "experiments.ablation", "--task", task, "--change", change, "--seed", str(seed)]


def done(rows: Sequence[Mapping[str, Any]], task: str, change: str, seed: int) -> bool:
    """Whether the rows have this run, with the epochs and crystals that the task has now."""
    wanted = {"change": change, "task": task, "seed": seed, "epochs": TASKS[task].epochs, "size": TASKS[task].size}
    return any(all(row[key] == value for key, value in wanted.items()) for row in rows)


def main() -> None:
    """Train what has no row yet."""
    parser = argparse.ArgumentParser(prog="python -m experiments.ablation", description=__doc__)
    parser.add_argument("--task", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--change", nargs="+", choices=CHANGES, default=list(CHANGES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--data", type=Path, default=Path("runs"), help="folder with the compiled datasets")
    parser.add_argument("--configs", type=Path, default=Path("data/training"))
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"), help="checkpoints and subsets")
    parser.add_argument("--output", "-o", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    device = find_device(arguments.device)
    for change in arguments.change:
        for task in arguments.task:
            if done(read_rows(arguments.output), task, change, arguments.seed):
                continue
            for row in run(task, change, arguments, device):
                add_row(arguments.output, row, _RUN)
                figure = "mae" if "mae" in row else "ewt25"
                print(f"{task}, {change}: {row['property']} {figure} {row[figure]:.4f}", flush=True)


if __name__ == "__main__":
    main()
