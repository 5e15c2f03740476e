"""``python -m experiments.tensor_baselines CONFIG.toml``: baselines for models of tensors.

Reads data and target from the configuration of a training run, fits to its training split, and evaluates on
its validation split as ``sgbasis evaluate`` does:

- the mean of the training tensors in the reference frame, projected on what each crystal's point group allows;
- gradient boosting, extra trees and kernel ridge on composition, density, symmetry and cell
  (:mod:`experiments.descriptors`), and the mean of the best of each, projected likewise.

The regression is chosen by cross-validation on the training split alone; the figures of all of them are
printed as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from basis_store import SgbasisError
from basis_store.array_types import FloatArray
from experiments.descriptors import descriptors
from experiments.known_tensors import KnownTensors, known_tensors
from experiments.tensor_regression import blended, candidates, out_of_fold
from runtime.evaluation.tensor_scores import TensorScore
from runtime.targets.target import Target
from runtime.targets.tensor_target import TensorTarget, tensor_targets
from runtime.training.config import TrainingConfig

Row = dict[str, Any]

BLEND = "mean of the best of each family"
CRITERIA = ("ewt25", "frobenius")
"""By which of the cross-validated figures a regression is chosen: once by each."""


@click.command()
@click.argument("config", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--target", "name", metavar="NAME", help="A tensor of the run [default: its only one].")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(min=2), help="Of cross-validation.")
@click.option("--means-only", is_flag=True, help="No regressions: seconds instead of many minutes.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the figures as JSON.")
def main(config: Path, name: str | None, folds: int, means_only: bool, output: Path | None) -> None:
    """Fit the baselines of the training run CONFIG and print their figures on its validation split."""
    try:
        run = TrainingConfig.from_toml(config)
        target = tensor_target(run.targets, name)
        train, val = (known_tensors(run.data, target, split) for split in ("train", "val"))
    except SgbasisError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{target.name}: {len(train):,} crystals to fit to, {len(val):,} to evaluate on")
    click.echo(heading(target))
    rows = [shown(row) for row in means(train, val)]
    stronger = best(rows, "ewt25", of="val")["name"]
    chosen: dict[str, str] = {}
    if not means_only:
        fitted = regressions(train, val, folds)
        chosen = {criterion: best(fitted, criterion)["name"] for criterion in CRITERIA}
        rows += fitted
    click.echo(f"the stronger mean: {stronger}")
    for criterion, which in chosen.items():
        click.echo(f"chosen by cross-validation ({criterion}): {which}")
    if output:
        record = {
            "target": target.name,
            "unit": target.physical_unit,
            "data": list(run.data),
            "train": len(train),
            "val": len(val),
            "stronger_mean": stronger,
            "chosen": chosen,
            "baselines": rows,
        }
        output.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n")


def tensor_target(targets: Sequence[Target], name: str | None) -> TensorTarget:
    """The tensor of a run; by name, where there are several."""
    tensors = tensor_targets(targets)
    found = [target for target in tensors if name in (None, target.name)]
    if len(found) != 1:
        listed = ", ".join(target.name for target in tensors) or "none"
        raise click.UsageError(f"--target must name one tensor of the run; it has {listed}")
    return found[0]


def means(train: KnownTensors, val: KnownTensors) -> list[Row]:
    """One prediction for all crystals, projected on what the point group of each allows."""
    found: dict[str, FloatArray] = {}
    as_given = np.einsum("nij,nj->ni", train.to_reference, train.labels[:, 0])
    found["mean"] = as_given.mean(axis=0)
    if train.target.log10:
        found["mean of logarithms"] = train.space.exp10(train.space.log10(as_given).mean(axis=0))
    if train.target.up_to_normalizer:
        found["mean, signs and axes aligned"] = train.values.mean(axis=0)
    everywhere = np.ones((len(val), 1))
    return [{"name": name, "val": figures(val, everywhere * one)} for name, one in found.items()]


def regressions(train: KnownTensors, val: KnownTensors, folds: int) -> list[Row]:
    """All candidates and the mean of the best of each family: cross-validation and validation."""
    x, new_x = descriptors(train.records), descriptors(val.records)
    rows: list[Row] = []
    predicted: dict[str, tuple[FloatArray, FloatArray]] = {}
    families: dict[str, list[Row]] = {}
    for candidate in candidates():
        held = out_of_fold(candidate, x, train, folds)
        new = candidate.predict(x, train, new_x, val.allowed)
        row = _row(candidate.name, train, held, val, new)
        predicted[candidate.name] = held, new
        families.setdefault(candidate.family, []).append(row)
        rows.append(shown(row))
    members = [predicted[best(family, "ewt25")["name"]] for family in families.values()]
    held, new = (blended([pair[i] for pair in members], train) for i in (0, 1))
    rows.append(shown(_row(BLEND, train, held, val, new)))
    return rows


def _row(name: str, train: KnownTensors, held: FloatArray, val: KnownTensors, new: FloatArray) -> Row:
    return {"name": name, "cross_validation": figures(train, held), "val": figures(val, new)}


def figures(known: KnownTensors, predicted: FloatArray) -> dict[str, Any]:
    """The score of physical components in the reference frame, as plain values."""
    score: TensorScore = known.score(predicted).overall
    return {name: value for name, value in asdict(score).items() if value is not None}


def best(rows: Sequence[Row], criterion: str, of: str = "cross_validation") -> Row:
    """The best row by one criterion; of equal ones, that with the smallest error."""
    sign = -1 if criterion == "frobenius" else 1
    return max(rows, key=lambda row: (sign * row[of][criterion], -row[of]["frobenius"]))


def heading(target: TensorTarget) -> str:
    """The headings of the lines of :func:`shown`."""
    moduli = "" if target.physical_unit != "GPa" else f" {'K':>6} {'G':>6} {'E':>6}"
    return (
        f"{'':62} {'CV error':>8} {'EwT25':>6} | {'error':>8} {'median':>6} {'EwT25':>6} {'(95 %)':>14} "
        f"{'EwT10':>6} {'EwT5':>6}{moduli}"
    )


def shown(row: Row) -> Row:
    """Print a row: Frobenius norms in the physical unit, moduli as mean absolute errors."""
    val, cross = row["val"], row.get("cross_validation")
    left = f"{cross['frobenius']:8.3f} {cross['ewt25']:6.3f}" if cross else " " * 15
    low, high = val["ewt25_interval"]
    moduli = "".join(f" {val[name]:6.2f}" for name in ("mae_K", "mae_G", "mae_E") if name in val)
    click.echo(
        f"{row['name']:62} {left} | {val['frobenius']:8.3f} {val['relative']:6.3f} {val['ewt25']:6.3f} "
        f"{f'({low:.3f}-{high:.3f})':>14} {val['ewt10']:6.3f} {val['ewt5']:6.3f}{moduli}"
    )
    return row


if __name__ == "__main__":
    main()
