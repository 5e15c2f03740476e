"""Optimizer, schedule, weight averaging and memory of a training run."""

from __future__ import annotations

import ctypes
import math
import sys

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from runtime.training.config import TrainingConfig

_FINAL = 1e-3
"""Final learning rate as a fraction of the maximum."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h
_MAX_INT = 2**31 - 1
_TENSORS = 32 << 20
"""Bytes; no allocation of a usual step is larger, and not every version of glibc accepts more."""


def make_optimizer(model: nn.Module, config: TrainingConfig) -> AdamW:
    """AdamW, without frozen parameters; weight decay on matrices only, not on embeddings, gains and biases."""
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for parameter in filter(lambda one: one.requires_grad, model.parameters()):
        (decayed if parameter.ndim > 1 and id(parameter) not in embeddings else free).append(parameter)
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free, "weight_decay": 0.0}]
    assert config.learning_rate is not None  # the default is filled in
    return AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99), fused=True)


def make_schedule(optimizer: AdamW, config: TrainingConfig, n_steps: int) -> LambdaLR:
    """Linear warm-up, then half a cosine."""
    warmup = max(1, min(config.warmup_steps, n_steps // 10))

    def factor(step: int) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / n_steps)))
        return min(1.0, (step + 1) / warmup) * (cosine * (1 - _FINAL) + _FINAL)

    return LambdaLR(optimizer, factor)


class WeightAverage(AveragedModel):
    """An exponential moving average of the weights, with a shorter memory in the first steps.

    Each step takes one call for all weights, and nothing in it waits for the device: PyTorch's own update sends
    its counter there and back, so that a GPU would have nothing to do until the host has prepared the next step.

    Args:
        model: whose weights are averaged; buffers are those that it has now.
        decay: of the average, after the first steps.
        counts: whether the weights that the model has now count; random ones do not.
    """

    def __init__(self, model: nn.Module, *, decay: float, counts: bool) -> None:
        super().__init__(model)
        self.decay = decay
        self.n_averaged.fill_(counts)
        self._averages: list[Tensor] = list(self.module.parameters())
        self._currents: list[Tensor] = list(model.parameters())

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Add the weights of the model, which is the one that it was made for."""
        age = int(self.n_averaged)  # stays on the host
        decay = min(self.decay, (1 + age) / (10 + age)) if age else 0.0
        torch._foreach_lerp_(self._averages, self._currents, 1 - decay)
        self.n_averaged += 1


def make_average(model: nn.Module, config: TrainingConfig) -> WeightAverage:
    """The average of the weights of a run; in a fine-tuning run it starts from the initial weights."""
    return WeightAverage(model, decay=config.averaging, counts=bool(config.initial))


def keep_freed_memory() -> None:
    """Let glibc keep freed memory for the tensors of the next step, instead of returning it to the system.

    By default large blocks are returned and come back as fresh pages, which must be mapped and cleared one by one:
    that took more than a tenth of every step on a CPU. Other C libraries are left as they are.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _TENSORS)
        mallopt(_TRIM_THRESHOLD, _MAX_INT)
