"""The training loop: steps in batches, averaged weights, validation, and a checkpoint after every epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from basis_store import TrainingError
from basis_store.array_types import FloatArray, IntArray
from runtime.models.base import CrystalModel
from runtime.prediction import batches, predict_prepared
from runtime.targets.target import columns
from runtime.training import parallel
from runtime.training.checkpoints import (
    check_layout,
    checkpoint_errors,
    load_checkpoint,
    optimizer_layout,
    save_checkpoint,
)
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, epoch_steps
from runtime.training.loss import loss_scales, target_losses
from runtime.training.optimization import keep_freed_memory, make_average, make_optimizer, make_schedule

CHECKPOINT = "checkpoint.pt"


class Log(Protocol):
    """Records figures, as a TensorBoard writer does."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Record one figure."""


@dataclass(frozen=True)
class EpochReport:
    """Results of an epoch.

    Attributes:
        epoch: from 0.
        train_mae: (targets,) mean loss during training, see :func:`runtime.training.loss.target_losses`: the mean
            absolute error of a scalar.
        val_mae: (targets,) of the averaged weights on the validation split.
        learning_rate: at the end.
        seconds: wall time, validation included.
        crystals_per_second: of training alone.
        best: whether no earlier epoch was better.
    """

    epoch: int
    train_mae: tuple[float, ...]
    val_mae: tuple[float, ...]
    learning_rate: float
    seconds: float
    crystals_per_second: float
    best: bool


class Trainer:
    """One training run: :meth:`epochs` yields a report after each epoch, its checkpoint already written.

    Args:
        config: the run.
        model: to be trained, in place.
        train: crystals to train on.
        val: crystals by which the best epoch is chosen.
        device: where to compute; on CUDA in mixed precision (bfloat16).
        log: for figures of each epoch.

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
    ) -> None:
        self.config, self.train_data, self.val_data, self.log = config, train, val, log
        self.device = torch.device(device)
        self.folder = Path(config.output)
        keep_freed_memory()
        # 1. The model, its average, optimizer and schedule.
        set_scale(model, train)
        self.model = model.to(self.device)
        self.average = make_average(self.model, config)
        self.optimizer = make_optimizer(self.model, config)
        self.steps_per_epoch = -(-len(train) // config.batch_size)
        self.schedule = make_schedule(self.optimizer, config, config.epochs * self.steps_per_epoch)
        # 2. Weight and scale of each target's loss.
        weights = config.target_weights or (1.0,) * len(config.targets)
        self.weights = torch.tensor(weights, device=self.device) / sum(weights)
        self.scales = loss_scales(self.model)
        # 3. The state of the run: fresh, or that of the checkpoint.
        self.epoch, self.best, self.best_epoch = 0, float("inf"), -1
        self.best_weights: Mapping[str, Tensor] = {}
        self.history: list[dict[str, Any]] = []
        if (self.folder / CHECKPOINT).exists():
            self._resume()

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
        """Train to the end, or until patience runs out.

        Args:
            progress: wraps the iterable of steps of an epoch, such as ``tqdm``.
        """
        while self.epoch < self.config.epochs and not self._out_of_patience():
            yield self._one_epoch(progress)

    def _out_of_patience(self) -> bool:
        waited = self.epoch - 1 - self.best_epoch
        return self.config.patience > 0 and waited >= self.config.patience

    def _one_epoch(self, progress: Any) -> EpochReport:
        start = time.perf_counter()
        # 1. Train. Dropout depends on seed, epoch and process alone, so that a resumed run draws the same numbers.
        torch.manual_seed((self.config.seed * 100_003 + self.epoch) * 1_009 + parallel.rank())
        self.model.train()
        sums = torch.zeros(2, len(self.weights), dtype=torch.float64, device="cpu")
        steps = epoch_steps(
            self.train_data.lengths, self.config.batch_size, seed=self.config.seed, epoch=self.epoch
        )
        for indices in progress(steps):
            sums += self._step(indices)
        trained = time.perf_counter() - start

        # 2. Validate the averaged weights, and keep them if they are the best so far.
        train_mae = sums[0] / sums[1].clamp(min=1) * self.scales.cpu()
        val_mae = mean_losses(self.averaged_model, self.val_data, self.config.pair_budget)
        is_best = self._keep_if_best(val_mae)

        # 3. Report, and write the checkpoint.
        report = EpochReport(
            epoch=self.epoch,
            train_mae=tuple(train_mae.tolist()),
            val_mae=tuple(val_mae.tolist()),
            learning_rate=float(self.schedule.get_last_lr()[0]),
            seconds=time.perf_counter() - start,
            crystals_per_second=len(self.train_data) / trained,
            best=is_best,
        )
        self.epoch += 1
        self._record(report)
        return report

    def _keep_if_best(self, val_mae: FloatArray) -> bool:
        score = float((torch.from_numpy(val_mae).to(self.weights) / self.scales * self.weights).sum())
        if not np.isfinite(score):
            raise TrainingError(f"epoch {self.epoch}: the model diverged; lower the learning rate")
        if score >= self.best:
            return False
        self.best, self.best_epoch = score, self.epoch
        self.best_weights = {k: v.detach().cpu().clone() for k, v in self.averaged_model.state_dict().items()}
        return True

    def _step(self, indices: IntArray) -> Tensor:
        """One optimizer step; returns (2, targets): sums of losses in units of their scales, and their counts."""
        # 1. Gradients of this process's share of the step, batch by batch.
        own = indices[parallel.rank() :: parallel.world_size()]
        sums = torch.zeros(2, len(self.weights), dtype=torch.float64, device="cpu")
        self.optimizer.zero_grad()
        for rows in batches(own, self.train_data.lengths, self.config.pair_budget):
            batch = self.model.collate([self.train_data.crystals[row] for row in rows]).to(self.device)
            with _mixed_precision(self.device):
                predicted = self.model(batch).float()
            labels = self.train_data.label_tensor(rows).to(self.device)
            losses = target_losses(self.config.targets, predicted, labels)
            known = torch.isfinite(losses)
            losses = torch.where(known, losses / self.scales, 0.0)
            loss = (losses.sum(0) * self.weights).sum() / len(indices)
            loss.backward()  # type: ignore[no-untyped-call]
            sums[0] += losses.detach().sum(0).double().cpu()
            sums[1] += known.sum(0).double().cpu()
        # 2. Sum over processes.
        parallel.sum_gradients(self.model.parameters())
        parallel.sum_tensor(sums)
        # 3. Change the weights.
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_norm)
        if not torch.isfinite(norm):
            raise TrainingError(f"epoch {self.epoch}: gradients are not finite; lower the learning rate")
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.model)
        return sums

    def _record(self, report: EpochReport) -> None:
        names = [target.name for target in self.config.targets]
        entry = {
            "epoch": report.epoch,
            "train_mae": dict(zip(names, report.train_mae, strict=True)),
            "val_mae": dict(zip(names, report.val_mae, strict=True)),
            "learning_rate": report.learning_rate,
            "seconds": round(report.seconds, 2),
            "crystals_per_second": round(report.crystals_per_second, 1),
        }
        self.history.append(entry)
        if not parallel.is_first():
            return
        if self.log is not None:
            for name, train, val in zip(names, report.train_mae, report.val_mae, strict=True):
                self.log.add_scalar(f"mae/{name}/train", train, report.epoch)
                self.log.add_scalar(f"mae/{name}/val", val, report.epoch)
            self.log.add_scalar("learning_rate", report.learning_rate, report.epoch)
            self.log.add_scalar("crystals_per_second", report.crystals_per_second, report.epoch)
        self._save()

    def _save(self) -> None:
        save_checkpoint(self.folder / CHECKPOINT, self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "config": json.dumps(self.config.to_mapping(), sort_keys=True),
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "best": self.best,
            "best_epoch": self.best_epoch,
            "best_weights": dict(self.best_weights),
            "history": json.dumps(self.history),
        }

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        state = load_checkpoint(path)
        with checkpoint_errors(path):
            # 1. The same run.
            if json.loads(state["config"]) != json.loads(json.dumps(self.config.to_mapping())):
                raise TrainingError(
                    f"{path} belongs to a run with another configuration: choose another output folder, or remove "
                    "it"
                )
            # 2. All that it needs, before anything is changed.
            moments = optimizer_layout(self.optimizer, state["optimizer"]["state"])
            like = self._state() | {"best_weights": self.model.state_dict(), "optimizer": moments}
            check_layout(state, like)
            history = json.loads(state["history"])
            if not 0 <= state["best_epoch"] < state["epoch"] == len(history) <= self.config.epochs:
                raise ValueError("its epochs contradict each other")
            losses = {target.name: 0.0 for target in self.config.targets}
            check_layout([entry["val_mae"] for entry in history], [losses] * len(history), "history")
            # 3. The state.
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.schedule.load_state_dict(state["schedule"])
            self.epoch, self.best, self.best_epoch = state["epoch"], state["best"], state["best_epoch"]
            self.best_weights, self.history = state["best_weights"], history


def set_scale(model: CrystalModel, train: SplitData) -> None:
    """Set mean and scale of the targets to those of the training values, so that the network is of order one."""
    for target, own in zip(model.targets, columns(model.targets), strict=True):
        mean, scale = target.mean_and_scale(train.values[:, own])
        model.target_mean[own] = torch.from_numpy(mean)
        model.target_scale[own] = scale if scale > 0 else 1.0


def mean_losses(model: CrystalModel, data: SplitData, pair_budget: int) -> FloatArray:
    """Means over a split, of the loss of each target that a crystal has.

    Args:
        model: the model.
        data: the split, prepared for it.
        pair_budget: see :func:`runtime.prediction.batches`.

    Returns:
        (targets,) see :func:`runtime.training.loss.target_losses`.
    """
    predicted = torch.from_numpy(predict_prepared(model, data.crystals, pair_budget=pair_budget))
    losses = target_losses(model.targets, predicted, torch.from_numpy(data.labels)).numpy()
    return np.asarray(np.nansum(losses, axis=0) / np.maximum(np.isfinite(losses).sum(axis=0), 1))


def _mixed_precision(device: torch.device) -> AbstractContextManager[Any]:
    if device.type == "cuda":
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()
