"""Predictions for many crystals: a compiled dataset or a stream of records in, an array of physical values out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import numpy as np
import torch

from basis_store import CrystalArrays, CrystalRecord, CrystalTable, ModelError
from basis_store.array_types import FloatArray, IntArray
from runtime.models.base import CrystalModel, Crystals
from runtime.models.batch import Batch
from runtime.models.batch_sizes import batch_cost, is_out_of_memory, window
from runtime.targets.target import physical

Progress = Callable[[int], object]

ResultT = TypeVar("ResultT")


def predict(model: CrystalModel, crystals: Crystals, *, progress: Progress | None = None) -> FloatArray:
    """Predict all targets of a model for all crystals, in their order.

    They are taken some hundreds at a time (more on a GPU): memory does not grow with their number. Values do not
    depend, up to rounding, on what else is predicted.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        crystals: a compiled dataset, its arrays, or records. Of a dataset, nothing is touched crystal by crystal.
        progress: called with the number of crystals finished since the last call.

    Returns:
        (n, columns) in its targets' ``physical_unit``, even where it learnt logarithms: GPa, not log10 GPa.
        :func:`runtime.columns` says which columns are whose, :meth:`runtime.Target.physical_value` makes tensors.
    """
    rows = [np.zeros((0, len(model.target_mean)))]
    for some in windows(crystals, window(model.target_mean.device)):
        rows.append(physical(predict_prepared(model, model.prepare(some), progress=progress), model.targets))
    return np.concatenate(rows)


def predict_embedded(
    model: CrystalModel, crystals: Crystals | Batch, *, progress: Progress | None = None
) -> tuple[FloatArray, FloatArray]:
    """Predict, and embed the crystals on the way, for little more than predictions alone.

    Args:
        model: as for :func:`predict`.
        crystals: as for :func:`predict`, or prepared ones.
        progress: as for :func:`predict`.

    Returns:
        (n, columns) as the model learnt them, logarithms where its targets say so, and the embeddings (n, width).

    Raises:
        ModelError: the architecture has no embedding.
    """
    prepared: Iterable[Batch]
    if isinstance(crystals, Batch):
        prepared = [crystals]
    else:
        prepared = map(model.prepare, windows(crystals, window(model.target_mean.device)))
    n_columns = len(model.target_mean)
    parts = [(np.zeros((0, n_columns)), np.zeros((0, 0)))]

    @torch.inference_mode()
    def both(batch: Batch) -> FloatArray:
        return np.asarray(torch.cat(model.with_embedding(batch), dim=1).cpu().double().numpy())

    for batch in prepared:
        found = np.zeros((len(batch), 0))
        for rows, values in in_batches(model, batch, both, progress=progress):
            if not found.shape[1]:
                found = np.empty((len(batch), values.shape[1]))
            found[rows] = values
        if len(batch):
            parts.append((found[:, :n_columns], found[:, n_columns:]))
    learnt, embeddings = zip(*parts[len(parts) > 1 :], strict=True)
    return np.concatenate(learnt), np.concatenate(embeddings)


@torch.inference_mode()
def predict_prepared(model: CrystalModel, crystals: Batch, *, progress: Progress | None = None) -> FloatArray:
    """Predict for prepared crystals.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        crystals: from :meth:`CrystalModel.prepare`, on any device; all of them are held in memory.
        progress: called with the number of crystals finished since the last call.

    Returns:
        (n, columns) as the model learnt them: logarithms where its targets say so; see :func:`predict`.

    Raises:
        ModelError: a GPU has too little memory for a crystal. Before, batches are halved, with a warning.
    """
    values = np.empty((len(crystals), len(model.target_mean)))

    def predicted(batch: Batch) -> FloatArray:
        return np.asarray(model(batch).cpu().double().numpy())

    for rows, found in in_batches(model, crystals, predicted, progress=progress):
        values[rows] = found
    return values


def in_batches(
    model: CrystalModel,
    crystals: Batch,
    compute: Callable[[Batch], ResultT],
    *,
    progress: Progress | None = None,
) -> Iterator[tuple[IntArray, ResultT]]:
    """Compute something for prepared crystals, batch by batch, with a model in evaluation mode.

    Args:
        model: on any device; its mode (training or not) is as it was, in the end.
        crystals: on any device.
        compute: called with each batch, on the model's device. Where a GPU has too little memory for the batch, it
            is called with the halves.
        progress: called with the number of crystals of each batch that is finished.

    Yields:
        Numbers of crystals, and what ``compute`` returned for them; every crystal once, those of similar size
        together.

    Raises:
        ModelError: a GPU has too little memory for a crystal. Before, batches are halved, with a warning.
    """
    device = model.target_mean.device
    was_training = model.training
    model.eval()
    try:
        waiting = list(batches(np.arange(len(crystals)), crystals, batch_cost(device)))[::-1]
        while waiting:
            rows = waiting.pop()
            try:
                result = compute(crystals.take(rows).to(device))
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            else:
                yield rows, result
                if progress is not None:
                    progress(len(rows))
                continue
            # Outside of except, which holds the tensors of the attempt.
            if len(rows) == 1:
                sites = f"{crystals.lengths[rows[0]]} sites"
                raise ModelError(f"{device} has too little memory for a crystal of {sites}: use the CPU")
            warnings.warn(f"{device} has too little memory: batches are halved", RuntimeWarning, stacklevel=3)
            torch.cuda.empty_cache()
            waiting += [rows[len(rows) // 2 :], rows[: len(rows) // 2]]
    finally:
        model.train(was_training)


def batches(indices: IntArray, crystals: Batch, budget: int) -> Iterator[IntArray]:
    """Cut ``indices`` into batches within a budget, of crystals of similar size, the smallest first.

    Args:
        indices: (p,) of crystals.
        crystals: what they are numbers of.
        budget: largest sum of :attr:`Batch.costs`. A crystal that costs more is a batch by itself: no crystal is
            too large.
    """
    # Equal numbers of sites together: a CPU multiplies their matrices at once.
    costs = crystals.costs[indices]
    by_size = np.lexsort((costs, crystals.lengths[indices]))
    order, totals = indices[by_size], np.cumsum(costs[by_size])
    start = spent = 0
    while start < len(order):
        stop = max(start + 1, int(np.searchsorted(totals, spent + budget, side="right")))
        yield order[start:stop]
        start, spent = stop, int(totals[stop - 1])


def windows(crystals: Crystals, size: int) -> Iterator[CrystalArrays]:
    """Some crystals at a time, in their order.

    Args:
        crystals: a compiled dataset, its arrays, or records.
        size: how many at a time; of records, no more are read than that.
    """
    if isinstance(crystals, CrystalTable | CrystalArrays):
        arrays = CrystalArrays.of(crystals)
        for start in range(0, len(arrays), size):
            yield arrays.take(np.arange(start, min(start + size, len(arrays))))
        return
    stream: Iterator[CrystalRecord] = iter(crystals)
    while some := list(islice(stream, size)):
        yield CrystalArrays.of(some)
