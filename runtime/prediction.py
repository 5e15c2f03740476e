"""Predictions for many crystals: a stream of records in, an array of physical values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from basis_store import CrystalRecord
from runtime.models.base import CrystalModel, Sample

PAIR_BUDGET = 32_000
"""Cost of a batch that keeps the working set near the processor's caches, by measurement."""

_WINDOW = 1024
"""Crystals that are held at once and sorted by length; more would hardly save padding."""

_NEIGHBOURS = 64
"""What a site costs beside its pairs: about its number of neighbours within a usual cutoff."""

Progress = Callable[[int], object]


def predict(
    model: CrystalModel,
    records: Iterable[CrystalRecord],
    *,
    pair_budget: int = PAIR_BUDGET,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Predict all targets of a model for all records, in their order.

    Records are taken from the iterable a thousand at a time: memory does not grow with their number. Values do not
    depend, up to rounding, on what else is predicted.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        records: crystals.
        pair_budget: see :func:`batches`.
        progress: called with the number of crystals finished since the last call.

    Returns:
        (n, columns) in the targets' units; see :func:`runtime.models.columns`.
    """
    rows = [np.zeros((0, len(model.target_mean)))]
    stream, was_training = iter(records), model.training
    model.eval()
    try:
        while samples := [model.prepare(record) for record in islice(stream, _WINDOW)]:
            rows.append(_predict_samples(model, samples, pair_budget, progress))
    finally:
        model.train(was_training)
    return np.concatenate(rows)


def _predict_samples(
    model: CrystalModel, samples: Sequence[Sample], pair_budget: int, progress: Progress | None
) -> NDArray[np.float64]:
    values = np.empty((len(samples), len(model.target_mean)))
    lengths = np.array([sample.n_tokens for sample in samples], np.int64)
    for batch in batches(np.arange(len(samples)), lengths, pair_budget):
        values[batch] = _forward(model, [samples[i] for i in batch])
        if progress is not None:
            progress(len(batch))
    return values


def batches(
    indices: NDArray[np.int64], lengths: NDArray[np.int64], pair_budget: int
) -> Iterator[NDArray[np.int64]]:
    """Cut ``indices`` into batches of like length within a budget, shortest first.

    Args:
        indices: (p,) of crystals.
        lengths: (n,) tokens of every crystal.
        pair_budget: greatest cost of a batch of p crystals padded to n tokens, p n (n + 64). A crystal that
            costs more goes alone: there is no greatest number of sites.
    """
    batch: list[int] = []
    for index in indices[np.argsort(lengths[indices], kind="stable")].tolist():
        n = int(lengths[index])
        if batch and (len(batch) + 1) * n * (n + _NEIGHBOURS) > pair_budget:
            yield np.array(batch)
            batch = []
        batch.append(index)
    if batch:
        yield np.array(batch)


@torch.inference_mode()
def _forward(model: CrystalModel, samples: Sequence[Sample]) -> NDArray[np.float64]:
    batch = model.collate(samples).to(model.target_mean.device)
    return np.asarray(model(batch).double().cpu().numpy())
