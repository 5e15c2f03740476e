"""Forward and backward passes as CUDA graphs: a GPU repeats them without waiting for a thousand calls of the host.

A graph is recorded for each of a few sizes, to which batches are padded (:meth:`runtime.Batch.padded`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from runtime.models.base import CrystalModel
from runtime.models.batch import Batch

_GROWTH = 1.25
"""Ratio of one size of an axis to the next: a tenth is padding, and 64 graphs serve nearly all steps of a run."""

_MOST_GRAPHS = 64
"""Steps of further sizes are not recorded."""

_WARM_UP = 3
"""Passes before a graph is recorded, in which libraries choose their kernels and allocate what they need."""

Backward = Callable[[Batch, Tensor, Tensor], Tensor]


def padded_sizes(batch: Batch, batch_size: int) -> dict[str, int]:
    """The sizes to which a batch is padded, with room for padding on every axis.

    Args:
        batch: of at most ``batch_size`` crystals.
        batch_size: largest number of crystals of a batch.
    """
    sizes = {axis: batch.size(axis) + 1 for axis in batch.counts}
    rounded = {axis: math.ceil(_GROWTH ** math.ceil(math.log(size, _GROWTH))) for axis, size in sizes.items()}
    return rounded | {"crystals": batch_size + 1}


class _Graph(NamedTuple):
    """A recorded pass: its graph, inputs and output, and the gradients that it writes."""

    graph: torch.cuda.CUDAGraph
    batch: Batch
    labels: Tensor
    share: Tensor
    sums: Tensor
    gradients: list[Tensor | None]


class CapturedBatches:
    """Runs forward and backward passes as CUDA graphs.

    Args:
        backward: computes the gradients of a batch, given its labels and its share, and returns sums.
        model: whose gradients these are.
        batch_size: largest number of crystals of a batch.
    """

    def __init__(self, backward: Backward, model: CrystalModel, batch_size: int) -> None:
        self._backward, self._model, self._batch_size = backward, model, batch_size
        self._graphs: dict[tuple[int, ...], _Graph] = {}

    def __call__(self, batch: Batch, labels: Tensor, share: Tensor) -> Tensor:
        """The gradients of a batch, which replace those of the parameters.

        Args:
            batch: on the GPU.
            labels: (p, a, columns).
            share: () factor of the loss.

        Returns:
            What ``backward`` returns; it changes in the next call.
        """
        sizes = padded_sizes(batch, self._batch_size)
        graph = self._graphs.get(tuple(sizes.values()))
        if graph is None and len(self._graphs) == _MOST_GRAPHS:
            return self._backward(batch, labels, share)
        missing = sizes["crystals"] - len(batch)
        labels = torch.cat([labels, torch.full_like(labels[:1], torch.nan).expand(missing, -1, -1)])
        inputs = (batch.padded(sizes), labels, share)
        if graph is None:
            graph = self._graphs[tuple(sizes.values())] = self._recorded(*inputs)
        else:
            torch._foreach_copy_(_flat(*graph[1:4]), _flat(*inputs))
        graph.graph.replay()
        for parameter, gradient in zip(self._model.parameters(), graph.gradients, strict=True):
            parameter.grad = gradient
        return graph.sums

    def _recorded(self, batch: Batch, labels: Tensor, share: Tensor) -> _Graph:
        """Record a pass, whose inputs are then overwritten; random numbers are those of a pass that is not."""
        device = labels.device
        state = torch.cuda.get_rng_state(device)
        stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._model.zero_grad()
                self._backward(batch, labels, share)
        torch.cuda.current_stream(device).wait_stream(stream)
        self._model.zero_grad()
        graph, pool = torch.cuda.CUDAGraph(), next((one.graph.pool() for one in self._graphs.values()), None)
        with torch.cuda.graph(graph, pool=pool):
            sums = self._backward(batch, labels, share)
        torch.cuda.set_rng_state(state, device)
        gradients = [parameter.grad for parameter in self._model.parameters()]
        return _Graph(graph, batch, labels, share, sums, gradients)


def _flat(batch: Batch, labels: Tensor, share: Tensor) -> list[Tensor]:
    return [*batch.tensors().values(), labels, share]
