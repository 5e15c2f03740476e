"""``python -m experiments.fine_tuning DATA``: the bulk modulus of few compounds, from scratch and fine-tuned.

The initial model learnt it from the crystals of DATA without non-metals such as oxygen; few crystals with them are
trained on, and all of the validation split score. Learning rates are chosen with the first seed, errors are those
of the others. Each seed draws other crystals. Runs in ``--runs`` resume. Writes ``docs/figures/fine_tuning.json``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import torch

from basis_store import open_crystals, write_crystals
from basis_store.files.atomic_write import write_atomically
from experiments.unattended import Silent
from runtime.training.config import TrainingConfig
from runtime.training.runs.run_report import read_report
from runtime.training.runs.training_run import run_training

NON_METALS = frozenset((7, 8, 9, 16, 17, 34, 35, 53))
"""Atomic numbers: N, O, F, S, Cl, Se, Br, I."""

RATES = {"scratch": (3e-4, 1e-3), "fine_tuned": (1e-4, 3e-4, 1e-3), "frozen": (1e-3,)}
"""Learning rates by way to train."""

SEEDS = (0, 1, 2)
"""The first chooses the rates."""


def divide(data: Path, target: str, n: int, seed: int, few: Path, others: Path) -> None:
    """Write ``n`` training crystals with non-metals and the validation crystals that have them; all others."""
    table = open_crystals(data)
    ours = np.array([not NON_METALS.isdisjoint(record.numbers.tolist()) for record in table])
    train = np.array(table.splits) == "train"
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(ours & train))[:n]
    for path, rows in ((few, sorted([*drawn, *np.flatnonzero(ours & ~train)])), (others, np.flatnonzero(~ours))):
        write_crystals(path, [table[int(row)] for row in rows], units={target: table.units[target]})


def validation_error(run: Path, data: Path, target: str, **options: Any) -> float:
    """Mean absolute error of one run on the validation split, in log10 of the unit."""
    config = TrainingConfig.from_mapping(
        {
            "data": [str(data)],
            "targets": [{"name": target, "log10": True}],
            "output": str(run),
            "batch_size": 32,
            **options,
        }
    )
    run_training(config, device="cpu", display=Silent(), on_epoch=lambda _: None)
    error: float = read_report(run)["val"][target]["overall"]["mae"]
    print(run.name, error, flush=True)
    return error


def main() -> None:
    """Train all runs and write what they reached."""
    parser = argparse.ArgumentParser(prog="python -m experiments.fine_tuning", description=__doc__)
    parser.add_argument("data", type=Path, help="compiled dataset (mp_moduli)")
    parser.add_argument("--target", default="bulk_modulus_vrh", help="a positive number; its logarithm is learnt")
    parser.add_argument("--crystals", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--initial-epochs", type=int, default=20)
    parser.add_argument("--runs", type=Path, default=Path("runs/fine_tuning"))
    parser.add_argument("--output", "-o", type=Path, default=Path("docs/figures/fine_tuning.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    runs, target = arguments.runs, arguments.target
    runs.mkdir(parents=True, exist_ok=True)

    # 1. The data, and the initial model.
    for seed in SEEDS:
        divide(arguments.data, target, arguments.crystals, seed, runs / f"few_{seed}.h5", runs / "others.h5")
    validation_error(runs / "initial", runs / "others.h5", target, epochs=arguments.initial_epochs)
    initial = str(runs / "initial" / "model")

    # 2. All ways to train.
    def error(way: str, rate: float, seed: int) -> float:
        options: dict[str, Any] = {} if way == "scratch" else {"initial": initial, "freeze": way == "frozen"}
        return validation_error(
            runs / f"{way}_{rate}_{seed}",
            runs / f"few_{seed}.h5",
            target,
            learning_rate=rate,
            seed=seed,
            epochs=arguments.epochs,
            **options,
        )

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
        }
    start = [
        read_report(runs / f"fine_tuned_{ways['fine_tuned']['learning_rate']}_{seed}")["start"]["val_loss"][target]
        for seed in others
    ]

    # 3. The figures.
    few, rest = (open_crystals(runs / name) for name in (f"few_{first}.h5", "others.h5"))
    result = {
        "command": "python -m experiments.fine_tuning mp_moduli.h5",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "dataset": open_crystals(arguments.data).content_hash,
        "target": target,
        "crystals": sum(split == "train" for split in few.splits),
        "validation": sum(split == "val" for split in few.splits),
        "initial_crystals": sum(split == "train" for split in rest.splits),
        "epochs": arguments.epochs,
        "seeds": others,
        "initial": {"mae": statistics.mean(start)},
        **ways,
    }
    write_atomically(arguments.output, (json.dumps(result, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
