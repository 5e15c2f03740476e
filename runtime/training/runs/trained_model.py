"""The model of a finished training run: its errors, and its folder with a model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from basis_store import Setting
from basis_store.printable import markdown_code
from basis_store.version import VERSION
from runtime.models.base import CrystalModel
from runtime.prediction import predict_prepared
from runtime.pretrained.card import DataSource, ModelCard, coverage_figures
from runtime.pretrained.pretrained import open_pretrained, save_pretrained
from runtime.targets.target import columns, physical
from runtime.training.calibrate import Calibrated
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, TrainingData
from runtime.training.initial_model import InitialModel
from runtime.training.runs.run_report import read_report

MODEL = "model"
"""The folder of the model in the output folder of a run."""


def save_trained(
    folder: Path,
    model: CrystalModel,
    config: TrainingConfig,
    data: TrainingData,
    sure: Calibrated | None,
    outcome: Mapping[str, Any],
) -> None:
    """Write a trained model with its card.

    Args:
        folder: for the model.
        model: with the weights of the best epoch.
        config: the run.
        data: what it was trained on.
        sure: what was calibrated, if the architecture has embeddings.
        outcome: of :func:`run_outcome`.

    Raises:
        OSError: the folder cannot be written.
    """
    names = [Path(path).name for path in config.data]
    files = names if len({*names}) == len(names) else config.data
    initial = None
    if config.initial:
        start = InitialModel.find(config.initial)
        initial = {
            "name": start.name,
            "weights_sha256": start.weights_sha256,
            "same_targets": [target.name for target in model.targets if start.same_target(target) is not None],
        }
    summary = {
        **outcome,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "initial": initial,
        "data": dict(zip(files, data.content_hashes, strict=True)),
        "configuration": config.to_mapping(),
    }
    domain = data.domain()
    # The run has no information on licences: who publishes the model adds it.
    card = ModelCard.of_training(
        name=" and ".join(target.name for target in model.targets),
        architecture=type(model).__name__,
        targets=model.targets,
        domain=domain,
        training=summary,
        version=VERSION,
        figures=[
            *(target.loss_figure(outcome["validation_loss"][target.name]) for target in model.targets),
            *coverage_figures({} if sure is None else sure.coverage, model.targets),
        ],
        sources=[
            DataSource(
                name=name,
                attribution=f"{markdown_code(name)}, content {content}. State its owner and licence here.",
            )
            for name, content in summary["data"].items()
        ],
        licence="other",
    )
    save_pretrained(
        model,
        folder,
        card=card.to_markdown(),
        domain=domain,
        training=summary,
        calibration=None if sure is None else sure.calibration,
        coverage=None if sure is None else sure.coverage,
    )


def run_outcome(report: Mapping[str, Any], n_crystals: int) -> dict[str, Any]:
    """How a run went, in a few values for ``config.json`` and the model card.

    Args:
        report: ``best_epoch``, ``device``, ``start`` and ``history`` of a run, as in ``report.json``.
        n_crystals: of the training split.

    Returns:
        ``best_epoch``, ``epochs``, ``crystals``, ``seconds`` of all epochs, ``device``, and the losses by target
        of the best epoch: ``validation_loss``, and ``training_loss`` unless the initial model is the best.
    """
    best, history = report["best_epoch"], report["history"]
    losses = history[best] if best >= 0 else report["start"]
    return {
        "best_epoch": best,
        "epochs": len(history),
        "crystals": n_crystals,
        "seconds": round(sum(entry["seconds"] for entry in history), 1),
        "device": report["device"],
        "validation_loss": losses["val_loss"],
        **({"training_loss": losses["train_loss"]} if best >= 0 else {}),
    }


def split_scores(model: CrystalModel, val: SplitData, held_out: SplitData) -> dict[str, Any]:
    """Errors of a model, overall and by space group, as ``report.json`` has them.

    Args:
        model: trained.
        val: the validation split.
        held_out: crystals of the groups that were held out; may be empty.

    Returns:
        ``val`` and ``held_out`` by target (None without crystals), ``loss``: what the loss of each target is.
    """
    return {
        "val": _scores(model, val),
        "held_out": _scores(model, held_out) if len(held_out) else None,
        "loss": {target.name: target.loss_name for target in model.targets},
    }


def score_lines(output: Path) -> list[str]:
    """What the model of a finished run reaches, a line for each target, and where it is.

    Args:
        output: folder of the run.

    Raises:
        TrainingError: the run is not finished.
        ModelError: its model is damaged.
    """
    report, lines = read_report(output), []
    for target in open_pretrained(output / MODEL).description.targets:
        if target.name in report["val"]:
            what, value = target.score_figures(report["val"][target.name]["overall"])[0]
            lines.append(f"{target.name}: {what}: {value}")
    return [*lines, f"The model: {output / MODEL}"]


def _scores(model: CrystalModel, data: SplitData) -> dict[str, Any]:
    """By target, where some crystal has it."""
    learnt = predict_prepared(model, data.crystals)
    predicted = physical(learnt, model.targets)
    scores = {}
    for target, own in zip(model.targets, columns(model.targets), strict=True):
        known = np.flatnonzero(np.isfinite(data.values[:, own.start]))
        if len(known):
            settings = [Setting.standard(int(group)) for group in data.groups[known]]
            labels = target.physical_labels(data.labels[known][..., own])
            scores[target.name] = asdict(target.evaluate(predicted[known, own], labels, settings))
    return scores
