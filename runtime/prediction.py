"""Predictions for many crystals: a stream of records in, an array of physical values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray, IntArray
from runtime.models.base import CrystalModel, PreparedCrystal
from runtime.targets.target import physical

PAIR_BUDGET = 32_000
"""Cost of a batch that keeps the working set near the processor's caches, by measurement."""

_WINDOW = 1024
"""Crystals that are held at once and sorted by length; more would hardly reduce padding."""

_NEIGHBOURS = 64
"""Cost of a site in addition to its pairs: about its number of neighbours within a usual cutoff."""

Progress = Callable[[int], object]


def predict(
    model: CrystalModel,
    records: Iterable[CrystalRecord],
    *,
    pair_budget: int = PAIR_BUDGET,
    progress: Progress | None = None,
) -> FloatArray:
    """Predict all targets of a model for all records, in their order.

    Records are taken from the iterable a thousand at a time: memory does not grow with their number. Values do not
    depend, up to rounding, on what else is predicted.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        records: crystals.
        pair_budget: see :func:`batches`.
        progress: called with the number of crystals finished since the last call.

    Returns:
        (n, columns) in its targets' ``physical_unit``, even where it learnt logarithms: GPa, not log10 GPa.
        :func:`runtime.columns` says which columns are whose, :meth:`runtime.Target.physical_value` makes tensors.
    """
    rows, stream = [np.zeros((0, len(model.target_mean)))], iter(records)
    while crystals := [model.prepare(record) for record in islice(stream, _WINDOW)]:
        learnt = predict_prepared(model, crystals, pair_budget=pair_budget, progress=progress)
        rows.append(physical(learnt, model.targets))
    return np.concatenate(rows)


@torch.inference_mode()
def predict_prepared(
    model: CrystalModel,
    crystals: Sequence[PreparedCrystal],
    *,
    pair_budget: int = PAIR_BUDGET,
    progress: Progress | None = None,
) -> FloatArray:
    """Predict for prepared crystals.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        crystals: from :meth:`CrystalModel.prepare`; all of them are held in memory.
        pair_budget: see :func:`batches`.
        progress: called with the number of crystals finished since the last call.

    Returns:
        (n, columns) as the model learnt them: logarithms where its targets say so; see :func:`predict`.
    """
    values = np.empty((len(crystals), len(model.target_mean)))
    lengths = np.array([crystal.n_tokens for crystal in crystals], np.int64)
    was_training = model.training
    model.eval()
    try:
        for rows in batches(np.arange(len(crystals)), lengths, pair_budget):
            batch = model.collate([crystals[row] for row in rows]).to(model.target_mean.device)
            values[rows] = model(batch).double().cpu().numpy()
            if progress is not None:
                progress(len(rows))
    finally:
        model.train(was_training)
    return values


def batches(indices: IntArray, lengths: IntArray, pair_budget: int) -> Iterator[IntArray]:
    """Cut ``indices`` into batches of similar length within a budget, shortest first.

    Args:
        indices: (p,) of crystals.
        lengths: (n,) tokens of every crystal.
        pair_budget: maximum cost of a batch of p crystals padded to n tokens, p n (n + 64). A crystal that
            costs more is a batch by itself: the number of sites is not limited.
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
