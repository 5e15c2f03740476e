"""A whole training run, from configuration to a saved model: what ``sgbasis train`` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch

from basis_store import SgbasisError, TrainingError
from basis_store.counted import counted
from basis_store.extras import needed_for
from runtime.device import device_words
from runtime.models.base import CrystalModel
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.crystal_fourier_transformer.pretraining import pretrain
from runtime.pretrained.pretrained import open_pretrained
from runtime.training import parallel
from runtime.training.calibrate import calibrated
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, TrainingData
from runtime.training.initial_model import InitialModel
from runtime.training.runs.run_identity import read_run, run_identity
from runtime.training.runs.run_report import read_report, write_report
from runtime.training.runs.trained_model import MODEL, run_outcome, save_trained, score_lines, split_scores
from runtime.training.trainer import CHECKPOINT, EpochReport, Trainer, is_last_epoch

_ENOUGH_STEPS = 10
"""In an epoch."""
_FEW_CRYSTALS = 8
"""In a step: smaller batches are not advised."""


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
    if not resumes and (note := note_on_steps(len(train), config.batch_size)):
        display.say(f"Note: {note}")

    # 3. Train, from the start or from the checkpoint.
    log = _tensorboard(output) if parallel.is_first() else None
    trainer = Trainer(config, model, train, val, device=device, log=log, say=display.say)
    if resumes:
        display.say(f"Resuming: {trainer.epoch} of {config.epochs} epochs are done.{_extension(trainer)}")
    for report in trainer.epochs(lambda steps: display.bar(steps, f"Epoch {trainer.epoch}", "step")):
        on_epoch(report)

    # 4. Evaluate the best epoch.
    best = trainer.best_model
    reached = {
        **split_scores(best, val, held_out),
        "start": trainer.start,
        "best_epoch": trainer.best_epoch,
        "device": device_words(device),
        "history": trainer.history,
    }

    # 5. Write model and report; the report comes last and says that the run is finished.
    if parallel.is_first():
        sure = calibrated(best, data, train, val)
        save_trained(output / MODEL, best, config, data, sure, run_outcome(reached, len(train)))
        write_report(output, reached)
        _say_results(config, display)
    return output / MODEL


def note_on_steps(crystals: int, batch_size: int) -> str:
    """A note that an epoch has few steps, with a smaller batch; nothing if there are enough, or no smaller one.

    Args:
        crystals: of the training split.
        batch_size: of the run.
    """
    smaller = _FEW_CRYSTALS
    while 2 * smaller * _ENOUGH_STEPS <= crystals:
        smaller *= 2
    steps = -(-crystals // batch_size)
    if steps >= _ENOUGH_STEPS or batch_size <= smaller or crystals <= smaller:
        return ""
    return (
        f"{counted(crystals, 'crystal')} in batches of {batch_size}: an epoch has {counted(steps, 'step')}, with "
        f"--batch-size {smaller} it has {-(-crystals // smaller)}."
    )


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
    display.say(f"{before}Trained for {seconds:.0f} s: of {len(history)} epochs {chosen}.")
    for line in score_lines(Path(config.output)):
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


def _tensorboard(folder: Path) -> Any:
    with needed_for("a log of training"):
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - heavy and optional
    return SummaryWriter(str(folder / "tensorboard"))
