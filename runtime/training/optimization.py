"""Optimiser, schedule and weight averaging of a training run."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from runtime.training.config import TrainingConfig

_Tensors = tuple[Tensor, ...] | list[Tensor]

_FINAL = 1e-3
"""What is left of the learning rate at the end."""


def make_optimizer(model: nn.Module, config: TrainingConfig) -> AdamW:
    """AdamW; weight decay on matrices only, not on embeddings, gains and offsets."""
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for parameter in model.parameters():
        (decayed if parameter.ndim > 1 and id(parameter) not in embeddings else free).append(parameter)
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free, "weight_decay": 0.0}]
    return AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99), fused=True)


def make_schedule(optimizer: AdamW, config: TrainingConfig, n_steps: int) -> LambdaLR:
    """Linear warm-up, then half a cosine."""
    warmup = max(1, min(config.warmup_steps, n_steps // 10))

    def factor(step: int) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / n_steps)))
        return min(1.0, (step + 1) / warmup) * (cosine * (1 - _FINAL) + _FINAL)

    return LambdaLR(optimizer, factor)


def make_average(model: nn.Module, config: TrainingConfig) -> AveragedModel:
    """An exponential moving average of the weights, faster while it is young."""

    @torch.no_grad()
    def update(averages: _Tensors, currents: _Tensors, count: Tensor | int) -> None:
        age = float(count)
        decay = min(config.averaging, (1 + age) / (10 + age))
        torch._foreach_lerp_(averages, currents, 1 - decay)

    return AveragedModel(model, multi_avg_fn=update)
