"""A whole training run, from configuration to a saved model: what ``sgbasis train`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from basis_store import Setting, TrainingError
from basis_store.extras import needed_for
from basis_store.printable import markdown_code
from basis_store.version import VERSION
from runtime.models.base import CrystalModel
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.crystal_fourier_transformer.pretraining import pretrain
from runtime.prediction import predict_prepared
from runtime.pretrained.card import DataSource, ModelCard
from runtime.pretrained.pretrained import from_pretrained, open_pretrained, save_pretrained
from runtime.targets.target import columns, physical
from runtime.training import parallel
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, TrainingData
from runtime.training.run_report import write_report
from runtime.training.trainer import CHECKPOINT, EpochReport, Trainer


class Display(Protocol):
    """Shows the progress of a run; see :mod:`sgbasis.commands.train`."""

    def say(self, text: str) -> None:
        """One line."""

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        """Iterate with a progress bar."""


def run_training(
    config: TrainingConfig, *, device: str, display: Display, on_epoch: Callable[[EpochReport], None]
) -> Path:
    """Train, choose the best epoch on the validation split, and save the model in ``<output>/model``.

    A run whose output folder holds a checkpoint of the same configuration resumes from there.

    Args:
        config: the run.
        device: ``"cpu"`` or ``"cuda"``.
        display: shows progress.
        on_epoch: called with the report of each epoch.

    Returns:
        The folder of the model.

    Raises:
        TrainingError: wrong configuration, data or checkpoint, or divergence.
        OSError: the output folder cannot be written.
    """
    # 1. Data, model, initial weights.
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    data = TrainingData(config)
    for note in data.notes:
        display.say(f"Note: {note}")
    config = replace(config, targets=data.targets)
    torch.manual_seed(config.seed)
    model = config.new_model()
    if not (output / CHECKPOINT).exists():
        _start_weights(config, model, display)

    def split(name: str) -> SplitData:
        return data.split(name, model, lambda rows: display.bar(rows, f"Preparing {name}", "crystal"))

    train, val, held_out = split("train"), split("val"), split("held_out")

    # 2. Train, from the start or from the checkpoint.
    log = _tensorboard(output) if parallel.is_first() else None
    trainer = Trainer(config, model, train, val, device=device, log=log)
    if trainer.epoch:
        display.say(f"Resuming after epoch {trainer.epoch - 1} of {config.epochs}.")
    for report in trainer.epochs(lambda steps: display.bar(steps, f"Epoch {trainer.epoch}", "step")):
        on_epoch(report)

    # 3. Evaluate the best epoch.
    best = trainer.best_model
    scores = {
        "val": _scores(best, val, config),
        "held_out": _scores(best, held_out, config) if len(held_out) else None,
        "history": trainer.history,
    }

    # 4. Write report and model.
    if parallel.is_first():
        write_report(output, scores)
        _save_model(output / "model", best, trainer, data)
    return output / "model"


def _save_model(folder: Path, model: CrystalModel, trainer: Trainer, data: TrainingData) -> None:
    config, domain = trainer.config, data.domain()
    summary = {
        "best_epoch": trainer.best_epoch,
        "epochs": trainer.epoch,
        "crystals": len(trainer.train_data),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "val_mae": trainer.history[trainer.best_epoch]["val_mae"],
        "data": {
            Path(path).name: table.content_hash for path, table in zip(config.data, data.tables, strict=True)
        },
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
        figures=[target.loss_figure(summary["val_mae"][target.name]) for target in model.targets],
        sources=[
            DataSource(
                name=name,
                attribution=f"{markdown_code(name)}, content {content}. State its owner and licence here.",
            )
            for name, content in summary["data"].items()
        ],
        licence="other",
    )
    save_pretrained(model, folder, card=card.to_markdown(), domain=domain, training=summary)


def _start_weights(config: TrainingConfig, model: CrystalModel, display: Display) -> None:
    """Pretrain the model, or copy weights of another one, if the configuration asks for it."""
    if config.pretraining_steps:
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
    if config.initial:
        seen = set(open_pretrained(config.initial).description.domain.groups) & set(config.hold_out_groups)
        if seen:
            raise TrainingError(f"{config.initial} was trained on group {min(seen)}, which is to be held out")
        _copy_weights(from_pretrained(config.initial), model, config.initial)


def _copy_weights(source: CrystalModel, model: CrystalModel, name: str) -> None:
    """Copy all weights that fit; heads of other targets do not fit, and keep their random values."""
    if type(source) is not type(model):
        raise TrainingError(f"{name} is a {type(source).__name__}, not a {type(model).__name__}")
    own = model.state_dict()
    fitting = {k: v for k, v in source.state_dict().items() if k in own and own[k].shape == v.shape}
    if len(fitting) < len(own) / 2:
        raise TrainingError(f"{name} has other sizes than the model to train: most of its weights do not fit")
    model.load_state_dict({**own, **fitting})


def _scores(model: CrystalModel, data: SplitData, config: TrainingConfig) -> dict[str, Any]:
    """By target, where some crystal has it."""
    learnt = predict_prepared(model, data.crystals, pair_budget=config.pair_budget)
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
