"""The training loop: steps in batches, averaged weights, validation, and a checkpoint after every epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from basis_store import TrainingError
from basis_store.array_types import FloatArray, IntArray
from runtime.models.base import CrystalModel
from runtime.targets.target import columns
from runtime.training import parallel
from runtime.training.checkpoints import (
    check_layout,
    checkpoint_errors,
    optimizer_layout,
    save_checkpoint,
)
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, epoch_steps
from runtime.training.initial_model import InitialModel
from runtime.training.loss import loss_scales, mean_losses
from runtime.training.optimization import keep_freed_memory, make_average, make_optimizer, make_schedule
from runtime.training.runs.run_identity import read_run, run_identity
from runtime.training.step_gradients import StepGradients

CHECKPOINT = "checkpoint.pt"

_CHECKED = 100
"""Steps after which gradients are checked: to look at each would let a GPU wait."""


class Log(Protocol):
    """Records figures, as a TensorBoard writer does."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Record one figure."""


@dataclass(frozen=True)
class EpochReport:
    """Results of an epoch.

    Attributes:
        epoch: from 0; -1 for the initial model, before the first step.
        train_loss: (targets,) mean loss during training, see :func:`runtime.training.loss.target_losses` and
            :attr:`runtime.Target.loss_name`; NaN in epoch -1.
        val_loss: (targets,) of the averaged weights on the validation split.
        learning_rate: at the end.
        seconds: wall time, validation included.
        crystals_per_second: of training alone.
        best: whether no earlier epoch was better.
    """

    epoch: int
    train_loss: tuple[float, ...]
    val_loss: tuple[float, ...]
    learning_rate: float
    seconds: float
    crystals_per_second: float
    best: bool


class Trainer:
    """One training run: :meth:`epochs` yields a report after each epoch, its checkpoint already written.

    Args:
        config: the run. If its output folder holds a checkpoint of the same run, it resumes from there.
        model: to be trained, in place; a new one, which gets the weights of the initial model if there is one.
        train: crystals to train on.
        val: crystals by which the best epoch is chosen.
        device: where to compute; on CUDA in mixed precision (bfloat16).
        log: for figures of each epoch.
        say: for notes to the user.

    Raises:
        TrainingError: the checkpoint in the run's folder is damaged, or belongs to another run.
    """

    def __init__(
        self,
        config: TrainingConfig,
        model: CrystalModel,
        train: SplitData,
        val: SplitData,
        *,
        device: torch.device | str = "cpu",
        log: Log | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.config, self.train_data, self.val_data, self.log = config, train, val, log
        self.device = torch.device(device)
        self.folder = Path(config.output)
        keep_freed_memory()
        # 1. The model: its weights before the first step, and which of them are trained.
        kept = InitialModel.find(config.initial).copy_to(model) if config.initial else ()
        set_scale(model, train, kept)
        if config.freeze:
            for name, parameter in model.named_parameters():
                parameter.requires_grad_(model.is_of_head(name))
        # 2. Its average, optimizer and schedule.
        self.model = model.to(self.device)
        self.average = make_average(self.model, config)
        self.optimizer = make_optimizer(self.model, config)
        self.steps_per_epoch = -(-len(train) // config.batch_size)
        self.schedule = make_schedule(self.optimizer, config, config.epochs * self.steps_per_epoch)
        # 3. Weight and scale of each target's loss.
        weights = config.target_weights or (1.0,) * len(config.targets)
        self.weights = torch.tensor(weights, device=self.device) / sum(weights)
        self.scales = loss_scales(self.model)
        # 4. The state of the run: fresh, or that of the checkpoint.
        self.identity = run_identity(config, train.datasets)
        self.epoch, self.best, self.best_epoch = 0, float("inf"), -1
        self.best_weights: Mapping[str, Tensor] = {}
        self.start: dict[str, Any] | None = None
        self.extended_from: int | None = None
        self.history: list[dict[str, Any]] = []
        if (self.folder / CHECKPOINT).exists():
            self._resume()
        # 5. What computes gradients on the device.
        self.sums_type = torch.float32 if self.device.type == "mps" else torch.float64
        self.finite = torch.ones((), dtype=torch.bool, device=self.device)
        self.gradients = StepGradients(
            self.model,
            train,
            weights=self.weights,
            scales=self.scales,
            batch_size=-(-config.batch_size // parallel.world_size()),
            say=say,
        )

    @property
    def averaged_model(self) -> CrystalModel:
        """The model with averaged weights, as of now."""
        module = self.average.module
        assert isinstance(module, CrystalModel)
        return module

    @property
    def best_model(self) -> CrystalModel:
        """A model with the averaged weights of the best epoch."""
        model = self.config.new_model()
        model.load_state_dict(self.best_weights)
        return model

    def epochs(self, progress: Any = iter) -> Iterable[EpochReport]:
        """Train to the end, or until patience runs out. The first report of a fine-tuning run is that of epoch -1.

        Args:
            progress: wraps the iterable of steps of an epoch, such as ``tqdm``.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.config.initial and self.start is None:
            yield self._score_start()
        while not is_last_epoch(self.config, self.epoch, self.best_epoch):
            yield self._one_epoch(progress)

    def _score_start(self) -> EpochReport:
        """Validate the initial model. If no epoch is better, it remains the best."""
        start = time.perf_counter()
        val_loss = mean_losses(self.averaged_model, self.val_data)
        self._keep_if_best(val_loss, -1)
        names = [target.name for target in self.config.targets]
        self.start = {"epoch": -1, "val_loss": dict(zip(names, val_loss.tolist(), strict=True))}
        if self.log is not None:
            for name, loss in self.start["val_loss"].items():
                self.log.add_scalar(f"loss/{name}/val", loss, -1)
        return EpochReport(
            epoch=-1,
            train_loss=(float("nan"),) * len(names),
            val_loss=tuple(val_loss.tolist()),
            learning_rate=0.0,
            seconds=time.perf_counter() - start,
            crystals_per_second=0.0,
            best=True,
        )

    def _set_modes(self) -> None:
        """Training mode; a frozen body is in evaluation mode, without dropout."""
        self.model.train(not self.config.freeze)
        if self.config.freeze:
            for head in self.model.heads():
                head.train()

    def _one_epoch(self, progress: Any) -> EpochReport:
        start = time.perf_counter()
        # 1. Train. Dropout depends on seed, epoch and process alone, so that a resumed run draws the same numbers.
        torch.manual_seed((self.config.seed * 100_003 + self.epoch) * 1_009 + parallel.rank())
        self._set_modes()
        sums = torch.zeros(2, len(self.weights), dtype=self.sums_type, device=self.device)
        lengths, seed = self.train_data.crystals.lengths, self.config.seed
        steps = epoch_steps(lengths, self.config.batch_size, seed=seed, epoch=self.epoch)
        for number, indices in enumerate(progress(steps), start=1):
            sums += self._step(indices)
            if number % _CHECKED == 0 or number == len(steps):
                self._check_finite()
        trained = time.perf_counter() - start

        # 2. Validate the averaged weights, and keep them if they are the best so far.
        train_loss = (sums[0] / sums[1].clamp(min=1) * self.scales).cpu()
        val_loss = mean_losses(self.averaged_model, self.val_data)
        is_best = self._keep_if_best(val_loss, self.epoch)

        # 3. Report, and write the checkpoint.
        report = EpochReport(
            epoch=self.epoch,
            train_loss=tuple(train_loss.tolist()),
            val_loss=tuple(val_loss.tolist()),
            learning_rate=float(self.schedule.get_last_lr()[0]),
            seconds=time.perf_counter() - start,
            crystals_per_second=len(self.train_data) / trained,
            best=is_best,
        )
        self.epoch += 1
        self._record(report)
        return report

    def _keep_if_best(self, val_loss: FloatArray, epoch: int) -> bool:
        score = float((torch.from_numpy(val_loss).to(self.weights) / self.scales * self.weights).sum())
        if not np.isfinite(score):
            raise TrainingError(f"epoch {epoch}: the model diverged; lower the learning rate")
        if score >= self.best:
            return False
        self.best, self.best_epoch = score, epoch
        self.best_weights = {k: v.detach().cpu().clone() for k, v in self.averaged_model.state_dict().items()}
        return True

    def _step(self, indices: IntArray) -> Tensor:
        """One optimizer step; returns (2, targets): sums of losses in units of their scales, and their counts."""
        self.optimizer.zero_grad()
        own = indices[parallel.rank() :: parallel.world_size()]
        sums = self.gradients(own, len(indices)).to(self.sums_type, copy=True)
        parallel.sum_gradients(self.model.parameters())
        parallel.sum_tensor(sums)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_norm)
        self.finite &= torch.isfinite(norm)
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.model)
        return sums

    def _check_finite(self) -> None:
        if not self.finite:  # waits for the device, so not after every step
            raise TrainingError(f"epoch {self.epoch}: gradients are not finite; lower the learning rate")

    def _record(self, report: EpochReport) -> None:
        names = [target.name for target in self.config.targets]
        entry = {
            "epoch": report.epoch,
            "train_loss": dict(zip(names, report.train_loss, strict=True)),
            "val_loss": dict(zip(names, report.val_loss, strict=True)),
            "learning_rate": report.learning_rate,
            "seconds": round(report.seconds, 4),
            "crystals_per_second": round(report.crystals_per_second, 1),
        }
        self.history.append(entry)
        if not parallel.is_first():
            return
        if self.log is not None:
            for name, train, val in zip(names, report.train_loss, report.val_loss, strict=True):
                self.log.add_scalar(f"loss/{name}/train", train, report.epoch)
                self.log.add_scalar(f"loss/{name}/val", val, report.epoch)
            self.log.add_scalar("learning_rate", report.learning_rate, report.epoch)
            self.log.add_scalar("crystals_per_second", report.crystals_per_second, report.epoch)
        self._save()

    def _save(self) -> None:
        save_checkpoint(self.folder / CHECKPOINT, self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "identity": json.dumps(self.identity),
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "best": self.best,
            "best_epoch": self.best_epoch,
            "best_weights": dict(self.best_weights),
            "start": json.dumps(self.start),
            "history": json.dumps(self.history),
        }

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        state = read_run(path, self.identity)
        with checkpoint_errors(path):
            # 1. All that it needs, before anything is changed.
            moments = optimizer_layout(self.optimizer, state["optimizer"]["state"])
            like = self._state() | {"best_weights": self.model.state_dict(), "optimizer": moments}
            check_layout(state, like)
            start, history = json.loads(state["start"]), json.loads(state["history"])
            first = -1 if self.config.initial else 0
            if (start is None) == bool(self.config.initial):
                raise ValueError("it does not say what the initial model reached, or has none")
            if not first <= state["best_epoch"] < state["epoch"] == len(history) <= self.config.epochs:
                raise ValueError("its epochs contradict each other")
            losses = {target.name: 0.0 for target in self.config.targets}
            entries = history if start is None else [start, *history]
            check_layout([entry["val_loss"] for entry in entries], [losses] * len(entries), "history")
            # 2. The state; the learning rate is that of this schedule, which an extended run has a new one of.
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.schedule.load_state_dict(state["schedule"])
            rates = zip(self.optimizer.param_groups, self.schedule.base_lrs, self.schedule.lr_lambdas, strict=True)
            for group, rate, factor in rates:
                group["lr"] = rate * factor(self.schedule.last_epoch)
            self.epoch, self.best, self.best_epoch = state["epoch"], state["best"], state["best_epoch"]
            self.best_weights, self.start, self.history = state["best_weights"], start, history
            self.scales = loss_scales(self.model)
            self.extended_from = json.loads(state["identity"])["epochs"]


def is_last_epoch(config: TrainingConfig, epoch: int, best_epoch: int) -> bool:
    """Whether a run ends after ``epoch`` epochs, since these are all or patience ran out."""
    return epoch >= config.epochs or 0 < config.patience <= epoch - 1 - best_epoch


def set_scale(model: CrystalModel, train: SplitData, kept: Collection[int] = ()) -> None:
    """Set mean and scale of the targets to those of the training values, so that the network is of order one.

    Args:
        model: the model.
        train: the training split.
        kept: numbers of the targets that keep mean and scale as they are.
    """
    for number, (target, own) in enumerate(zip(model.targets, columns(model.targets), strict=True)):
        if number in kept:
            continue
        mean, scale = target.mean_and_scale(train.values[:, own])
        model.target_mean[own] = torch.from_numpy(mean)
        model.target_scale[own] = scale if scale > 0 else 1.0
