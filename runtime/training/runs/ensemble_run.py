"""Several training runs that differ in their seeds, and the model of their mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from basis_store import SgbasisError
from runtime.models.ensemble import Ensemble
from runtime.pretrained.pretrained import open_pretrained
from runtime.training import parallel
from runtime.training.calibrate import calibrated
from runtime.training.config import TrainingConfig
from runtime.training.data import TrainingData
from runtime.training.loss import mean_losses
from runtime.training.runs.run_report import read_report, write_report
from runtime.training.runs.trained_model import MODEL, run_outcome, save_trained, score_lines, split_scores
from runtime.training.runs.training_run import Display, run_training
from runtime.training.trainer import EpochReport


def run_ensemble(
    config: TrainingConfig,
    *,
    device: torch.device | str,
    display: Display,
    on_epoch: Callable[[EpochReport], None],
) -> Path:
    """Train the members in ``<output>/member_0`` ..., and save the mean of them in ``<output>/model``.

    Each is a run of its own (:func:`run_training`), with its own checkpoint: the same command resumes.

    Args:
        config: the run, with ``members``; the seeds are ``seed``, ``seed + 1`` ...
        device: where to compute.
        display: shows progress.
        on_epoch: called with the report of each epoch of each member.

    Returns:
        The folder of the model.

    Raises:
        TrainingError: as :func:`run_training`.
        OSError: the output folder cannot be written.
    """
    output = Path(config.output)
    folders = []
    for number in range(config.members):
        display.say(f"Member {number + 1} of {config.members}:")
        member = output / f"member_{number}"
        own = replace(config, members=1, seed=config.seed + number, output=str(member))
        folders.append(run_training(own, device=device, display=display, on_epoch=on_epoch))
    if parallel.is_first() and not _is_finished(output, folders):
        save_ensemble(config, folders)
    for line in _result_lines(config, output):
        display.say(line)
    return output / MODEL


def save_ensemble(config: TrainingConfig, folders: list[Path]) -> None:
    """Evaluate, calibrate and save the mean of trained members.

    Args:
        config: of the ensemble.
        folders: of the members' models, each in the folder of its run.

    Raises:
        TrainingError: a member is not the model of a finished run.
        ModelError: it is damaged, of another architecture, or was trained on other crystals.
    """
    output = Path(config.output)
    reports = [read_report(folder.parent) for folder in folders]
    # 1. The mean.
    model = Ensemble.of([open_pretrained(folder).load() for folder in folders])
    # 2. What it reaches.
    data = TrainingData(config)
    config = replace(config, targets=data.targets)
    train, val, held_out = (data.split(name, model) for name in ("train", "val", "held_out"))
    scores = split_scores(model, val, held_out)
    losses = dict(zip((target.name for target in model.targets), mean_losses(model, val).tolist(), strict=True))
    # 3. Model and report, which comes last.
    outcome = _mean_outcome([run_outcome(report, len(train)) for report in reports]) | {"validation_loss": losses}
    history = [_mean_entry(entries) for entries in zip(*(report["history"] for report in reports), strict=False)]
    save_trained(output / MODEL, model, config, data, calibrated(model, data, train, val), outcome)
    write_report(output, {**scores, "start": None, **outcome, "history": history, "members": _weights(folders)})


def _mean_outcome(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the runs of all members went."""
    devices = dict.fromkeys(outcome["device"] for outcome in outcomes)
    return {
        "best_epoch": [outcome["best_epoch"] for outcome in outcomes],
        "epochs": max(outcome["epochs"] for outcome in outcomes),
        "crystals": outcomes[0]["crystals"],
        "seconds": round(sum(outcome["seconds"] for outcome in outcomes), 1),
        "device": " and ".join(devices),
        "training_loss": _means([outcome["training_loss"] for outcome in outcomes]),
    }


def _mean_entry(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An epoch of all members: means of their losses, and the seconds of all."""
    losses = {kind: _means([entry[kind] for entry in entries]) for kind in ("train_loss", "val_loss")}
    return {"epoch": entries[0]["epoch"], "seconds": sum(entry["seconds"] for entry in entries), **losses}


def _means(losses: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(loss[name] for loss in losses) / len(losses) for name in losses[0]}


def _weights(folders: list[Path]) -> list[str]:
    """What identifies the members of an ensemble: the hashes of their weights."""
    return [open_pretrained(folder).description.weights_sha256 for folder in folders]


def _is_finished(output: Path, folders: list[Path]) -> bool:
    """Whether the ensemble of these members is already there."""
    try:
        report: dict[str, Any] = read_report(output)
        open_pretrained(output / MODEL)
    except SgbasisError:
        return False
    return bool(report.get("members") == _weights(folders))


def _result_lines(config: TrainingConfig, output: Path) -> list[str]:
    return [f"The mean of {config.members} networks:", *score_lines(output)]
