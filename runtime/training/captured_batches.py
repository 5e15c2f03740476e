"""Forward and backward passes as CUDA graphs: a GPU repeats them without waiting for a thousand calls of the host.

A graph is recorded for each of a few sizes, to which batches are padded (:meth:`runtime.Batch.padded`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from runtime.models.base import CrystalModel
from runtime.models.batch import Batch

_GROWTH = 1.15
"""Ratio of one size to the next: so little is padded, and a few graphs serve nearly all steps."""

_MOST_SIZES = 8
"""Larger steps, which are rare, are not recorded."""

_MULTIPLE = 64
"""Sizes are multiples of this."""

_WARM_UP = 3
"""Passes before a graph is recorded, in which libraries choose their kernels and allocate what they need."""

Backward = Callable[[Batch, Tensor, Tensor], Tensor]


class BatchSizes:
    """The sizes to which batches of a number of crystals are padded.

    Args:
        crystals: from which batches are taken.
        batch_size: largest number of crystals of a batch.
    """

    def __init__(self, crystals: Batch, batch_size: int) -> None:
        self._batch_size = batch_size
        self._usual = {axis: batch_size * float(counts.mean()) for axis, counts in crystals.counts.items()}

    def fitting(self, batch: Batch) -> dict[str, int] | None:
        """The smallest size in which a batch fits, with room for padding; None for the largest batches."""
        wanted = max((batch.size(axis) + 1) / max(usual, 1.0) for axis, usual in self._usual.items())
        number = max(0, int(np.ceil(np.log(wanted) / np.log(_GROWTH))))
        if number >= _MOST_SIZES or len(batch) > self._batch_size:
            return None
        sizes = {axis: usual * _GROWTH**number + 1 for axis, usual in self._usual.items()}
        whole = {axis: -(-int(np.ceil(size)) // _MULTIPLE) * _MULTIPLE for axis, size in sizes.items()}
        return whole | {"crystals": self._batch_size + 1}


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
        crystals: from which batches are taken.
        batch_size: largest number of crystals of a batch.
    """

    def __init__(self, backward: Backward, model: CrystalModel, crystals: Batch, batch_size: int) -> None:
        self._backward, self._model = backward, model
        self._sizes = BatchSizes(crystals, batch_size)
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
        sizes = self._sizes.fitting(batch)
        if sizes is None:
            return self._backward(batch, labels, share)
        missing = sizes["crystals"] - len(batch)
        labels = torch.cat([labels, torch.full_like(labels[:1], torch.nan).expand(missing, -1, -1)])
        inputs = (batch.padded(sizes), labels, share)
        graph = self._graphs.get(tuple(sizes.values()))
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
