"""Parts of the training crystals of a dataset, each inside the next larger one, with all validation crystals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_store import TrainingError, open_crystals, write_crystals
from basis_store.array_types import IntArray
from basis_store.datasets.reader import CrystalTable
from runtime.evaluation.reference_values import read_labels
from runtime.targets.target import Target


def training_order(table: CrystalTable, targets: Sequence[Target], seed: int) -> IntArray:
    """All training crystals that have all targets, in a random order, of which a subset takes the first.

    Args:
        table: the dataset.
        targets: what is to be learnt.
        seed: of the order.

    Returns:
        (n,) rows of the table.
    """
    known = np.array(table.splits) == "train"
    for target in targets:
        known &= np.isfinite(read_labels(table, target).values).all(axis=1)
    return np.random.default_rng(seed).permutation(np.flatnonzero(known))


def write_subset(
    data: Path, size: int | None, targets: Sequence[Target], folder: Path, *, seed: int = 0
) -> tuple[Path, int]:
    """A dataset of some training crystals of another one and of all its validation crystals.

    Args:
        data: the dataset.
        size: training crystals; None: all that have the targets, for which no file is written.
        targets: what is to be learnt: only crystals that have all of it are taken.
        folder: where the file is written, unless it is there.
        seed: of the choice. Of two sizes, the smaller subset is a part of the larger one.

    Returns:
        The file, and the number of its training crystals.

    Raises:
        TrainingError: there are not so many.
    """
    table = open_crystals(data)
    order = training_order(table, targets, seed)
    if size is None or size == len(order):
        return data, len(order)
    if size > len(order):
        raise TrainingError(f"{data} has {len(order):,} training crystals with all targets, not {size:,}")
    path = folder / f"{data.stem}_{table.content_hash[:8]}_{size}_{seed}.h5"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        val = np.flatnonzero(np.array(table.splits) == "val")
        rows = np.sort(np.concatenate([order[:size], val]))
        note = (
            f"{size:,} training crystals of {data.name}, drawn with the seed {seed}, and its validation crystals"
        )
        write_crystals(path, [table[int(row)] for row in rows], units=table.units, notes=[note])
    return path, size
