"""``python -m experiments.fine_tuning DATA``: few crystals, from scratch and from a model that ships.

Each seed draws other training crystals; the validation split is that of DATA. Learning rates are chosen with the
first seed, errors are those of the others. Writes ``docs/figures/fine_tuning.json``; runs in ``--runs`` resume.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from basis_store import open_crystals, write_crystals
from basis_store.files.atomic_write import write_atomically
from runtime.training.config import TrainingConfig
from runtime.training.run_report import read_report
from runtime.training.training_run import run_training

RATES = {"scratch": (3e-4, 1e-3), "fine_tuned": (3e-4, 1e-3), "frozen": (1e-3, 3e-3)}
"""Learning rates by way to train."""

SEEDS = (0, 1, 2)
"""The first chooses the rates."""


class Silent:
    """No display."""

    def say(self, text: str) -> None:
        """Nothing."""

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        """The things themselves."""
        return things


def few_crystals(data: Path, target: str, n: int, seed: int, path: Path) -> None:
    """Write a dataset of ``n`` training crystals that have the target, and of all validation crystals."""
    table = open_crystals(data)
    known, splits = np.isfinite(table.targets[target]), np.array(table.splits)
    train = np.random.default_rng(seed).permutation(np.flatnonzero(known & (splits == "train")))[:n]
    rows = sorted([*train, *np.flatnonzero(known & (splits == "val"))])
    write_crystals(path, [table[int(row)] for row in rows], units={target: table.units[target]})


def validation_error(
    run: Path, data: Path, arguments: argparse.Namespace, way: str, rate: float, seed: int
) -> float:
    """Mean absolute error of one run on the validation split."""
    config = TrainingConfig.from_mapping(
        {
            "data": [str(data)],
            "targets": [{"name": arguments.target, "log10": True}],
            "output": str(run),
            "epochs": arguments.epochs,
            "batch_size": 32,
            "learning_rate": rate,
            "seed": seed,
            "initial": "" if way == "scratch" else arguments.initial,
            "freeze": way == "frozen",
        }
    )
    run_training(config, device="cpu", display=Silent(), on_epoch=lambda _: None)
    error: float = read_report(run)["val"][arguments.target]["overall"]["mae"]
    print(way, rate, seed, error, flush=True)
    return error


def main() -> None:
    """Train all runs and write what they reached."""
    parser = argparse.ArgumentParser(prog="python -m experiments.fine_tuning", description=__doc__)
    parser.add_argument("data", type=Path, help="compiled dataset")
    parser.add_argument("--target", default="refractive_index", help="a positive number; its logarithm is learnt")
    parser.add_argument("--initial", default="band_gap")
    parser.add_argument("--crystals", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--runs", type=Path, default=Path("runs/fine_tuning"))
    parser.add_argument("--output", "-o", type=Path, default=Path("docs/figures/fine_tuning.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.runs.mkdir(parents=True, exist_ok=True)

    def error(way: str, rate: float, seed: int) -> float:
        data = arguments.runs / f"{arguments.target}_{arguments.crystals}_{seed}.h5"
        if not data.exists():
            few_crystals(arguments.data, arguments.target, arguments.crystals, seed, data)
        name = (
            f"{arguments.target}_{arguments.crystals}_{arguments.initial}_{arguments.epochs}_{way}_{rate}_{seed}"
        )
        return validation_error(arguments.runs / name, data, arguments, way, rate, seed)

    first, *others = SEEDS
    ways: dict[str, Any] = {}
    for way, rates in RATES.items():
        tried = {rate: error(way, rate, first) for rate in rates}
        best = min(tried, key=lambda rate: tried[rate])
        errors = [error(way, best, seed) for seed in others]
        ways[way] = {
            "rates_tried": {str(rate): tried[rate] for rate in rates},
            "learning_rate": best,
            "errors": errors,
            "mae": statistics.mean(errors),
            "spread": statistics.stdev(errors),
        }
    result = {
        "target": arguments.target,
        "initial": arguments.initial,
        "crystals": arguments.crystals,
        "epochs": arguments.epochs,
        "seeds": others,
        "dataset": open_crystals(arguments.data).content_hash,
        "validation": int((np.array(open_crystals(arguments.data).splits) == "val").sum()),
        "ways": ways,
    }
    write_atomically(arguments.output, (json.dumps(result, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
