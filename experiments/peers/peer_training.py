"""Training of a peer by its own recipe, on the splits of our own runs and scored as they are; runs resume."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.swa_utils import AveragedModel

from basis_store import TrainingError
from basis_store.array_types import IntArray
from experiments.peers.recipes import Recipe
from runtime.models.base import CrystalModel
from runtime.models.batch_sizes import batch_cost
from runtime.prediction import batches
from runtime.training.checkpoints import checkpoint_errors, load_checkpoint, save_checkpoint
from runtime.training.data import SplitData
from runtime.training.loss import mean_losses
from runtime.training.optimization import keep_freed_memory
from runtime.training.trainer import CHECKPOINT

_VALIDATIONS = 200
"""Of a run, at most: they also write the checkpoint."""

_MOMENTUM = 0.9


class PeerTraining:
    """A run of one target; :meth:`run` trains to the end, and resumes from the checkpoint in its folder.

    All data are on the device, where batches are gathered; no step waits for it.

    Args:
        model: a new one, of one scalar target; trained in place.
        recipe: how.
        train: crystals to train on.
        val: crystals by which the best epoch is chosen.
        folder: of the checkpoint.
        seed: of the order of crystals.
        device: where to compute, in float32.
        identity: what makes this the same run; of plain values.
        say: told what each validation found.

    Attributes:
        best: the lowest validation error, in the unit that is learnt, and
        best_epoch: when, from 0.
        seconds: of training and validation, over all sessions.

    Raises:
        TrainingError: the checkpoint is damaged, or of another run.
    """

    def __init__(
        self,
        model: CrystalModel,
        recipe: Recipe,
        train: SplitData,
        val: SplitData,
        *,
        folder: Path,
        seed: int,
        device: torch.device,
        identity: Mapping[str, Any],
        say: Callable[[str], object] = print,
    ) -> None:
        keep_freed_memory()
        self.recipe, self.seed, self.device, self.say = recipe, seed, device, say
        self.path = folder / CHECKPOINT
        self.identity = json.dumps(
            {**identity, "recipe": dataclasses.asdict(recipe), "seed": seed}, sort_keys=True
        )
        # 1. Values of mean 0 and deviation 1.
        values = train.values[:, 0]
        model.target_mean.fill_(float(values.mean()))
        model.target_scale.fill_(float(values.std()) or 1.0)
        self.model = model.to(device)
        # 2. The data, on the device.
        self.crystals = train.crystals.to(device)
        self.labels = torch.from_numpy(values.astype(np.float32)).to(device)
        self.labels = (self.labels - self.model.target_mean) / self.model.target_scale
        self.val = dataclasses.replace(val, crystals=val.crystals.to(device))
        n, size = len(train), recipe.batch_size
        self.steps_per_epoch = max(1, n // size if recipe.drop_last else -(-n // size))
        # 3. What some models find from the first step.
        if (calibrate := getattr(self.model, "calibrate", None)) is not None:
            calibrate(self.crystals.take(self._steps(0)[0]))
        self.average = AveragedModel(self.model)
        self.optimizer = _optimizer(self.model, recipe)
        self.epoch, self.best, self.best_epoch, self.seconds = 0, float("inf"), -1, 0.0
        self.best_weights: Mapping[str, Tensor] = {}
        self.history: list[dict[str, float]] = []
        if self.path.exists():
            self._resume()

    def run(self) -> None:
        """Train to the end; a checkpoint is written after each validation."""
        every = max(1, self.recipe.epochs // _VALIDATIONS)
        start = time.perf_counter() - self.seconds
        while self.epoch < self.recipe.epochs:
            error = self._one_epoch()
            self.epoch += 1
            if self.epoch % every == 0 or self.epoch == self.recipe.epochs:
                self._validate(error)
                self.seconds = time.perf_counter() - start
                self._save()

    def best_model(self) -> CrystalModel:
        """The model with the weights of the best epoch."""
        self.model.load_state_dict(self.best_weights)
        return self.model.eval()

    def _one_epoch(self) -> Tensor:
        """() the sum of absolute errors, standardised, over the crystals of the epoch."""
        self.model.train()
        error = torch.zeros((), device=self.device)
        averaging = self.epoch >= self._averaged_from
        for number, rows in enumerate(self._steps(self.epoch)):
            step = min(self.epoch, self._averaged_from) * self.steps_per_epoch + (0 if averaging else number)
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.rate(step, self.epoch / self.recipe.epochs)
            error += self._step(rows)
            if averaging:
                self.average.update_parameters(self.model)
        return error

    @property
    def _averaged_from(self) -> int:
        """The first epoch whose weights are averaged."""
        return self.recipe.epochs - round(self.recipe.averaged * self.recipe.epochs)

    def _steps(self, epoch: int) -> Sequence[IntArray]:
        """Random steps, a pure function of seed and epoch."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.crystals))
        size = self.recipe.batch_size
        return [order[size * i : size * (i + 1)] for i in range(self.steps_per_epoch)]

    def _step(self, rows: IntArray) -> Tensor:
        self.optimizer.zero_grad()
        error = torch.zeros((), device=self.device)
        for some in self._parts(rows):
            labels = self.labels.index_select(0, torch.from_numpy(some).to(self.device, non_blocking=True))
            errors = self.model.network(self.crystals.take(some))[:, 0] - labels
            losses = errors.square() if self.recipe.loss == "squared" else errors.abs()
            (losses.sum() / len(rows)).backward()  # type: ignore[no-untyped-call]
            error += errors.detach().abs().sum()
        if self.recipe.gradient_norm < float("inf"):
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.gradient_norm)
        self.optimizer.step()
        return error

    def _parts(self, rows: IntArray) -> Iterator[IntArray]:
        """A step in batches whose values stay in a processor's caches, or at once."""
        if self.recipe.whole_steps:
            yield rows
        else:
            yield from batches(rows, self.crystals, batch_cost(self.device))

    def _validate(self, error: Tensor) -> None:
        """Validate the averaged weights, or those of the epoch while there are none; keep the best."""
        averaged = self.average.module if int(self.average.n_averaged) else self.model
        assert isinstance(averaged, CrystalModel)
        val = float(mean_losses(averaged, self.val)[0])
        if not np.isfinite(val):
            raise TrainingError(f"epoch {self.epoch - 1}: the model diverged")
        seen = min(len(self.crystals), self.steps_per_epoch * self.recipe.batch_size)
        train = float(error) / seen * float(self.model.target_scale)
        self.history.append({"epoch": self.epoch - 1, "train": train, "val": val})
        self.say(f"epoch {self.epoch - 1}: training {train:.4f}, validation {val:.4f}")
        if val < self.best:
            self.best, self.best_epoch = val, self.epoch - 1
            self.best_weights = {k: v.detach().cpu().clone() for k, v in averaged.state_dict().items()}

    def _save(self) -> None:
        state = {
            "identity": self.identity,
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best,
            "best_epoch": self.best_epoch,
            "best_weights": dict(self.best_weights),
            "seconds": self.seconds,
            "history": json.dumps(self.history),
        }
        save_checkpoint(self.path, state)

    def _resume(self) -> None:
        state = load_checkpoint(self.path)
        with checkpoint_errors(self.path):
            if state["identity"] != self.identity:
                raise TrainingError(f"{self.path} belongs to another run: choose another folder for runs")
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.epoch, self.best, self.best_epoch = state["epoch"], state["best"], state["best_epoch"]
            self.best_weights, self.seconds = state["best_weights"], state["seconds"]
            self.history = json.loads(state["history"])


def _optimizer(model: CrystalModel, recipe: Recipe) -> Optimizer:
    if recipe.optimizer == "sgd":
        return SGD(model.parameters(), lr=recipe.learning_rate, momentum=_MOMENTUM)
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=recipe.learning_rate, betas=recipe.betas)
