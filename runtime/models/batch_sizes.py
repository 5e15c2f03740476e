"""What a device has room for: sizes of batches, and what to do where the memory is not enough."""

from __future__ import annotations

import torch

_CPU_COST = 40_000
"""Largest cost of a batch (:attr:`runtime.Batch.costs`) whose values stay near a processor's caches; measured."""

_BYTES_PER_COST = 4_000
"""Memory of a training step per unit of cost, about; by measurement."""

_SHARE = 0.25
"""Of the memory of a GPU, for the values of one batch."""


def batch_cost(device: torch.device) -> int:
    """Largest cost of a batch: by the caches of a CPU, by the memory of a GPU."""
    if device.type != "cuda":
        return _CPU_COST
    memory = torch.cuda.get_device_properties(device).total_memory
    return max(_CPU_COST, int(memory * _SHARE) // _BYTES_PER_COST)


def window(device: torch.device) -> int:
    """Crystals that are prepared at once."""
    return 512 if device.type == "cpu" else 8192


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a GPU has no memory left; on a CPU the system ends the process instead."""
    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in str(error)
