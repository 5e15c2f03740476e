"""A whole training run, from configuration to a saved model: what ``sgbasis train`` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from basis_store import Setting, SgbasisError, TrainingError
from basis_store.extras import needed_for
from basis_store.printable import markdown_code
from basis_store.version import VERSION
from runtime.models.base import CrystalModel
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.crystal_fourier_transformer.pretraining import pretrain
from runtime.prediction import predict_prepared
from runtime.pretrained.card import DataSource, ModelCard, coverage_figures
from runtime.pretrained.pretrained import open_pretrained, save_pretrained
from runtime.targets.target import columns, physical
from runtime.training import parallel
from runtime.training.calibrate import Calibrated, calibrated
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, TrainingData
from runtime.training.initial_model import InitialModel
from runtime.training.run_identity import read_run, run_identity
from runtime.training.run_report import read_report, write_report
from runtime.training.trainer import CHECKPOINT, EpochReport, Trainer, is_last_epoch

MODEL = "model"
"""The folder of the model in the output folder of a run."""


class Display(Protocol):
    """Shows the progress of a run; see :mod:`sgbasis.commands.training.train`."""

    def say(self, text: str) -> None:
        """One line."""

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        """Iterate with a progress bar."""


def run_training(
    config: TrainingConfig,
    *,
    device: torch.device | str,
    display: Display,
    on_epoch: Callable[[EpochReport], None],
) -> Path:
    """Train, choose the best epoch on the validation split, and save the model in ``<output>/model``.

    If the output folder holds a checkpoint of the same run, it resumes from there: datasets and initial model with
    the same content, and the same configuration, except for paths, patience and a larger number of epochs.

    Args:
        config: the run.
        device: where to compute.
        display: shows progress.
        on_epoch: called with the report of each epoch.

    Returns:
        The folder of the model.

    Raises:
        TrainingError: wrong configuration, data or checkpoint, or divergence.
        OSError: the output folder cannot be written.
    """
    # 1. Data. A finished run has nothing left to do.
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    data = TrainingData(config)
    for note in data.notes:
        display.say(f"Note: {note}")
    config = replace(config, targets=data.targets)
    resumes = (output / CHECKPOINT).exists()
    if resumes and _is_finished(config, data):
        _say_results(config, display, "This run is finished. ")
        return output / MODEL

    # 2. Model, and its weights before the first step.
    torch.manual_seed(config.seed)
    model = config.new_model()
    if not resumes:
        _pretrain(config, model, display)
        if config.initial:
            initial = InitialModel.find(config.initial)
            display.say(
                f"Starting from {initial.name} (weights {initial.weights_sha256[:12]}): "
                f"{initial.heads_text(config.targets)}."
            )

    def split(name: str) -> SplitData:
        return data.split(name, model, lambda rows: display.bar(rows, f"Preparing {name}", "crystal"))

    train, val, held_out = split("train"), split("val"), split("held_out")

    # 3. Train, from the start or from the checkpoint.
    log = _tensorboard(output) if parallel.is_first() else None
    trainer = Trainer(config, model, train, val, device=device, log=log, say=display.say)
    if resumes:
        display.say(f"Resuming: {trainer.epoch} of {config.epochs} epochs are done.{_extension(trainer)}")
    for report in trainer.epochs(lambda steps: display.bar(steps, f"Epoch {trainer.epoch}", "step")):
        on_epoch(report)

    # 4. Evaluate the best epoch.
    best = trainer.best_model
    scores = {
        "val": _scores(best, val, config),
        "held_out": _scores(best, held_out, config) if len(held_out) else None,
        "loss": {target.name: target.loss_name for target in config.targets},
        "start": trainer.start,
        "best_epoch": trainer.best_epoch,
        "history": trainer.history,
    }

    # 5. Write model and report; the report comes last and says that the run is finished.
    if parallel.is_first():
        _save_model(output / MODEL, best, trainer, data, calibrated(best, data, train, val))
        write_report(output, scores)
        _say_results(config, display)
    return output / MODEL


def _is_finished(config: TrainingConfig, data: TrainingData) -> bool:
    """Whether nothing is left to train or to write.

    Raises:
        TrainingError: the checkpoint is damaged or belongs to another run.
    """
    output = Path(config.output)
    state = read_run(output / CHECKPOINT, run_identity(config, data.content_hashes))
    if not is_last_epoch(config, state["epoch"], state["best_epoch"]):
        return False
    try:
        report = read_report(output)
        open_pretrained(output / MODEL)
    except SgbasisError:
        return False
    return bool(report["history"] == json.loads(state["history"]))


def _say_results(config: TrainingConfig, display: Display, before: str = "") -> None:
    """Say what a finished run has reached, line by line."""
    report = read_report(Path(config.output))
    history, best = report["history"], report["best_epoch"]
    seconds = sum(entry["seconds"] for entry in history)
    chosen = f"epoch {best} is the best on the validation split"
    if best < 0:
        chosen = "none is better on the validation split than the initial model, which is what was saved"
    figures = []
    for target in config.targets:
        if target.name in report["val"]:
            what, value = target.score_figures(report["val"][target.name]["overall"])[0]
            figures.append(f"{target.name}: {what}: {value}")
    display.say(f"{before}Trained for {seconds:.0f} s: of {len(history)} epochs {chosen}.")
    for line in (*figures, f"The model: {Path(config.output) / MODEL}"):
        display.say(line)


def _extension(trainer: Trainer) -> str:
    """A sentence for a run that was extended."""
    before = trainer.extended_from
    if before in (None, trainer.config.epochs):
        return ""
    return (
        f" The run had {before} epochs: from here on, the learning rate is that of a run of "
        f"{trainer.config.epochs}, so that the result is not that of so many epochs at once."
    )


def _save_model(
    folder: Path, model: CrystalModel, trainer: Trainer, data: TrainingData, sure: Calibrated | None
) -> None:
    config, domain = trainer.config, data.domain()
    names = [Path(path).name for path in config.data]
    files = names if len({*names}) == len(names) else config.data
    losses = trainer.history[trainer.best_epoch] if trainer.best_epoch >= 0 else trainer.start
    assert losses is not None
    initial = None
    if config.initial:
        start = InitialModel.find(config.initial)
        initial = {
            "name": start.name,
            "weights_sha256": start.weights_sha256,
            "same_targets": [target.name for target in model.targets if start.same_target(target) is not None],
        }
    summary = {
        "best_epoch": trainer.best_epoch,
        "epochs": trainer.epoch,
        "crystals": len(trainer.train_data),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "validation_loss": losses["val_loss"],
        "initial": initial,
        "data": dict(zip(files, data.content_hashes, strict=True)),
        "configuration": config.to_mapping(),
    }
    # The run has no information on licences: who publishes the model adds it.
    card = ModelCard.of_training(
        name=" and ".join(target.name for target in model.targets),
        architecture=config.architecture,
        targets=model.targets,
        domain=domain,
        training=summary,
        version=VERSION,
        figures=[
            *(target.loss_figure(losses["val_loss"][target.name]) for target in model.targets),
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


def _pretrain(config: TrainingConfig, model: CrystalModel, display: Display) -> None:
    """Pretrain the model, if the configuration asks for it."""
    if not config.pretraining_steps:
        return
    if not isinstance(model, CrystalFourierTransformer):
        raise TrainingError(f"{config.architecture} has no pretraining: remove pretraining_steps")
    steps = iter(display.bar(range(config.pretraining_steps), "Pretraining", "step"))
    pretrain(
        model,
        steps=config.pretraining_steps,
        seed=config.seed,
        excluded_groups=config.hold_out_groups,
        on_step=lambda *_: next(steps, None),
    )


def _scores(model: CrystalModel, data: SplitData, config: TrainingConfig) -> dict[str, Any]:
    """By target, where some crystal has it."""
    learnt = predict_prepared(model, data.crystals)
    predicted = physical(learnt, config.targets)
    scores = {}
    for target, own in zip(config.targets, columns(config.targets), strict=True):
        known = np.flatnonzero(np.isfinite(data.values[:, own.start]))
        if len(known):
            settings = [Setting.standard(int(group)) for group in data.groups[known]]
            labels = target.physical_labels(data.labels[known][..., own])
            scores[target.name] = asdict(target.evaluate(predicted[known, own], labels, settings))
    return scores


def _tensorboard(folder: Path) -> Any:
    with needed_for("a log of training"):
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - heavy and optional
    return SummaryWriter(str(folder / "tensorboard"))
