"""Data parallelism by ``torchrun``: each process computes its share of every step, gradients are summed.

Processes go through the same steps in the same order and take every n-th crystal, so that the sum of their
gradients is the gradient of one process. With one process nothing here does anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
from torch import Tensor, distributed


def start(device: torch.device) -> None:
    """Join the group of processes that compute on such a device, if ``torchrun`` started this one."""
    if "WORLD_SIZE" in os.environ and not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")


def stop() -> None:
    """Leave the group."""
    if _active():
        distributed.destroy_process_group()


def rank() -> int:
    """Number of this process."""
    return distributed.get_rank() if _active() else 0


def world_size() -> int:
    """Number of processes."""
    return distributed.get_world_size() if _active() else 1


def is_first() -> bool:
    """Whether this process writes files and prints."""
    return rank() == 0


def sum_gradients(parameters: Iterable[Tensor]) -> None:
    """Sum the gradients of all processes, in place, in one message."""
    if not _active():
        return
    held = [parameter for parameter in parameters if parameter.requires_grad]
    flat = torch.cat([(torch.zeros_like(one) if one.grad is None else one.grad).reshape(-1) for one in held])
    distributed.all_reduce(flat)
    for one, gradient in zip(held, torch.split(flat, [one.numel() for one in held]), strict=True):
        one.grad = gradient.view_as(one)


def sum_tensor(values: Tensor) -> None:
    """Sum a tensor over all processes, in place."""
    if _active():
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        moved = values.to(device)
        distributed.all_reduce(moved)
        values.copy_(moved)


def _active() -> bool:
    return distributed.is_available() and distributed.is_initialized()
