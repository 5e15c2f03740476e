"""A whole training run, from configuration to a saved model: what ``sgbasis train`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from basis_store import MissingDependencyError, Setting, TrainingError
from runtime.evaluation.scores import evaluate
from runtime.evaluation.tensor_scores import evaluate_tensors
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import CrystalModel, columns
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.crystal_fourier_transformer.pretraining import pretrain
from runtime.pretrained.pretrained import from_pretrained, open_pretrained, save_pretrained
from runtime.training import parallel
from runtime.training.card import training_card
from runtime.training.config import TrainingConfig
from runtime.training.data import Part, TrainingData
from runtime.training.report import write_report
from runtime.training.trainer import CHECKPOINT, EpochReport, Trainer, predicted


class Display(Protocol):
    """How a run shows what it does; see :mod:`sgbasis.commands.train`."""

    def say(self, text: str) -> None:
        """One line."""

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        """Iterate with a progress bar."""


def run_training(
    config: TrainingConfig, *, device: str, display: Display, on_epoch: Callable[[EpochReport], None]
) -> Path:
    """Train, choose the best epoch on the validation split, and save the model in ``<output>/model``.

    A run whose output folder holds a checkpoint of the same configuration goes on from there.

    Args:
        config: the run.
        device: ``"cpu"`` or ``"cuda"``.
        display: shows progress.
        on_epoch: told what each epoch brought.

    Returns:
        The folder of the model.

    Raises:
        TrainingError: wrong configuration, data or checkpoint, or divergence.
        OSError: the output folder cannot be written.
    """
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    data = TrainingData(config)
    torch.manual_seed(config.seed)
    model = ARCHITECTURES[config.architecture](config.model_config(), config.targets)
    if not (output / CHECKPOINT).exists():
        _start_weights(config, model, display)

    def part(name: str) -> Part:
        return data.part(name, model, lambda rows: display.bar(rows, f"Preparing {name}", "crystal"))

    train, val, held_out = part("train"), part("val"), part("held_out")
    log = _tensorboard(output) if parallel.is_first() else None
    trainer = Trainer(config, model, train, val, device=device, log=log)
    if trainer.epoch:
        display.say(f"Resuming after epoch {trainer.epoch - 1} of {config.epochs}.")
    for report in trainer.epochs(lambda steps: display.bar(steps, f"Epoch {trainer.epoch}", "step")):
        on_epoch(report)
    best = trainer.best_model
    scores = {
        "val": _errors(best, val, config),
        "held_out": _errors(best, held_out, config) if len(held_out) else None,
        "history": trainer.history,
    }
    if parallel.is_first():
        write_report(output, scores)
        summary = {
            "best_epoch": trainer.best_epoch,
            "epochs": trainer.epoch,
            "crystals": len(train),
            "val_mae": trainer.history[trainer.best_epoch]["val_mae"],
            "data": {
                Path(path).name: table.content_hash for path, table in zip(config.data, data.tables, strict=True)
            },
            "configuration": config.to_mapping(),
        }
        save_pretrained(
            best,
            output / "model",
            card=training_card(best, summary),
            domain=data.domain(),
            training=summary,
        )
    return output / "model"


def _start_weights(config: TrainingConfig, model: CrystalModel, display: Display) -> None:
    if config.pretraining_steps:
        if not isinstance(model, CrystalFourierTransformer):
            raise TrainingError(f"{config.architecture} has no pretraining of its own: remove pretraining_steps")
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
    """Copy all weights that fit; heads of other targets do not, and are left as they were drawn."""
    if type(source) is not type(model):
        raise TrainingError(f"{name} is a {type(source).__name__}, not a {type(model).__name__}")
    own = model.state_dict()
    fitting = {k: v for k, v in source.state_dict().items() if k in own and own[k].shape == v.shape}
    if len(fitting) < len(own) / 2:
        raise TrainingError(f"{name} has other sizes than the model to train: most of its weights do not fit")
    model.load_state_dict({**own, **fitting})


def _errors(model: CrystalModel, part: Part, config: TrainingConfig) -> dict[str, Any]:
    values = predicted(model, part, config.pair_budget)
    scores = {}
    for target, own in zip(config.targets, columns(config.targets), strict=True):
        known = np.flatnonzero(np.isfinite(part.values[:, own.start]))
        if not len(known):
            continue
        settings = [Setting.standard(int(group)) for group in part.groups[known]]
        if target.space is None:
            found: Any = evaluate(values[known, own.start], part.values[known, own.start], settings)
        else:
            found = evaluate_tensors(values[known, own], part.alternatives[known][..., own], target, settings)
        scores[target.name] = asdict(found)
    return scores


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - heavy and optional
    except ImportError as error:
        raise MissingDependencyError("training logs need TensorBoard: pip install 'sgbasis[train]'") from error
    return SummaryWriter(str(folder / "tensorboard"))
