"""Gradients of a step: batches that fit the device, in mixed precision and as CUDA graphs on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from basis_store import TrainingError
from basis_store.array_types import IntArray
from runtime.arrays import on_device
from runtime.models.base import CrystalModel
from runtime.models.batch import Batch
from runtime.models.batch_sizes import batch_cost, is_out_of_memory
from runtime.prediction import batches
from runtime.training.captured_batches import CapturedBatches
from runtime.training.data import SplitData
from runtime.training.loss import target_losses

_RESIDENT = 0.4
"""A split that takes a smaller share of the free memory of a GPU than this stays there."""


class StepGradients:
    """Computes the gradients of a step, of this process's share of its crystals.

    The crystals live on the device, where batches are gathered. If a GPU is too small for them, they stay in
    pinned memory of the host, and batches are copied while the GPU computes the one before.

    Args:
        model: on its device, trained in place.
        data: the training split.
        weights: (targets,) of the losses; they sum to 1.
        scales: (targets,) usual sizes of the losses.
        batch_size: crystals of a step in this process.
        say: told when batches have to become smaller.
    """

    def __init__(
        self,
        model: CrystalModel,
        data: SplitData,
        *,
        weights: Tensor,
        scales: Tensor,
        batch_size: int,
        say: Callable[[str], None],
    ) -> None:
        self._model, self._weights, self._scales, self._say = model, weights, scales, say
        self._device = weights.device
        self._budget = batch_cost(self._device)
        self._crystals = _placed(data.crystals, self._device)
        self._labels = torch.from_numpy(data.labels.astype(np.float32)).to(self._device)
        self._captured: CapturedBatches | None = None
        repeatable = model.static_shapes and all(target.has_static_loss for target in model.targets)
        if self._device.type == "cuda" and repeatable:
            self._captured = CapturedBatches(self._backward, model, batch_size)

    def __call__(self, rows: IntArray, n_crystals: int) -> Tensor:
        """Add the gradients to those of the parameters.

        Args:
            rows: of the training split, the share of this process.
            n_crystals: of the step, over all processes.

        Returns:
            (2, targets): sums of losses in units of their scales, and their counts.

        Raises:
            TrainingError: a single crystal does not fit the memory of the device.
        """
        while True:
            try:
                return self._sums(rows, n_crystals)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # What was added so far is not whole: the step begins again. (Outside of except, which holds tensors.)
            self._model.zero_grad()
            self._halve(int(self._crystals.costs[rows].max()))

    def _halve(self, largest: int) -> None:
        if self._budget < largest:
            raise TrainingError(
                f"{self._device} has too little memory for a crystal of this split, even alone: choose a smaller "
                "model, or leave the largest crystals out"
            )
        torch.cuda.empty_cache()
        self._captured, self._budget = None, self._budget // 2
        self._say(f"Note: {self._device} has too little memory: batches are halved, steps remain the same.")

    def _sums(self, rows: IntArray, n_crystals: int) -> Tensor:
        sums = torch.zeros(2, len(self._weights), device=self._device)
        share = torch.full((), 1 / n_crystals, device=self._device)
        parts = list(batches(rows, self._crystals, self._budget))
        for some in parts:
            batch = self._crystals.take(some).to(self._device)
            labels = self._labels.index_select(0, on_device(torch.from_numpy(some), self._device))
            if self._captured is not None and len(parts) == 1:
                return self._captured(batch, labels, share)
            sums += self._backward(batch, labels, share)
        return sums

    def _backward(self, batch: Batch, labels: Tensor, share: Tensor) -> Tensor:
        """Gradients of one batch; see :meth:`__call__`."""
        with _mixed_precision(self._device):
            predicted = self._model(batch).float()
        losses = target_losses(self._model.targets, predicted, labels)
        known = torch.isfinite(losses)
        losses = torch.where(known, losses / self._scales, 0.0)
        loss = (losses.sum(0) * self._weights).sum() * share
        loss.backward()  # type: ignore[no-untyped-call]
        return torch.stack([losses.detach().sum(0), known.sum(0).to(losses)])


def _placed(crystals: Batch, device: torch.device) -> Batch:
    if device.type != "cuda":
        return crystals.to(device)
    if crystals.n_bytes < _RESIDENT * torch.cuda.mem_get_info(device)[0]:
        return crystals.to(device)
    return crystals.pin_memory()


def _mixed_precision(device: torch.device) -> AbstractContextManager[Any]:
    if device.type == "cuda":  # without a cache of converted weights, which CUDA graphs could not repeat
        return torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False)
    return nullcontext()
