"""What a trained network makes of crystals and their sites: features for models and searches of your own."""

from __future__ import annotations

import numpy as np
import torch

from basis_store.datasets.crystal_arrays import ragged_rows
from runtime.models.base import CrystalModel, Crystals, Embedding
from runtime.models.batch import Batch
from runtime.models.batch_sizes import window
from runtime.prediction import Progress, in_batches, windows


@torch.no_grad()
def embed(model: CrystalModel, crystals: Crystals, *, progress: Progress | None = None) -> Embedding:
    """The embedding of crystals and of their sites: what the network makes of them before its heads.

    It does not depend on cell, origin, orientation, handedness or batch, as predictions do not; rows of sites are
    in the order of the sites. Crystals are taken some hundreds at a time, as :func:`runtime.predict` takes them.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        crystals: a compiled dataset, its arrays, or records.
        progress: called with the number of crystals finished since the last call.

    Returns:
        (n, width) of the crystals and (S, width) of their sites, one crystal after the other, in the memory of the
        host and without a graph.

    Raises:
        ModelError: the architecture has none, or a GPU has too little memory for a crystal.
    """
    some = windows(crystals, window(model.target_mean.device))
    parts = [_of_prepared(model, model.prepare(arrays), progress) for arrays in some]
    parts = parts or [_of_prepared(model, model.prepare([]), progress)]
    return Embedding(torch.cat([one.crystals for one in parts]), torch.cat([one.sites for one in parts]))


def _of_prepared(model: CrystalModel, crystals: Batch, progress: Progress | None) -> Embedding:
    def on_host(batch: Batch) -> Embedding:
        return Embedding(*(part.cpu() for part in model.embed(batch)))

    none = np.zeros(0, np.int64)  # an embedding of nothing has a width, too
    parts = [(none, on_host(crystals.take(none))), *in_batches(model, crystals, on_host, progress=progress)]
    order = np.concatenate([rows for rows, _ in parts])
    sites = ragged_rows(crystals.lengths, order)
    return Embedding(
        torch.cat([one.crystals for _, one in parts])[torch.from_numpy(np.argsort(order))],
        torch.cat([one.sites for _, one in parts])[torch.from_numpy(np.argsort(sites))],
    )
