"""Parts of the training crystals of a dataset, each inside the next larger one, with all validation crystals."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from basis_store import TrainingError, open_crystals, write_crystals


def write_subset(data: Path, size: int | None, folder: Path, *, seed: int = 0) -> tuple[Path, int]:
    """A dataset of some training crystals of another one and of all its validation crystals.

    Args:
        data: the dataset.
        size: training crystals; None: all, for which no file is written.
        folder: where the file is written, unless it is there.
        seed: of the random order of which a subset takes the first, so that the smaller of two is a part of the
            larger one.

    Returns:
        The file, and the number of its training crystals.

    Raises:
        TrainingError: there are not so many.
    """
    table = open_crystals(data)
    splits = np.array(table.splits)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(splits == "train"))
    if size is None or size == len(order):
        return data, len(order)
    if not 0 < size < len(order):
        raise TrainingError(f"{data} has {len(order):,} training crystals: a subset cannot have {size:,}")
    path = folder / f"{data.stem}_{table.content_hash[:8]}_{size}_{seed}.h5"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rows = np.sort(np.concatenate([order[:size], np.flatnonzero(splits == "val")]))
        note = (
            f"{size:,} training crystals of {data.name}, drawn with the seed {seed}, and its validation crystals"
        )
        write_crystals(path, [table[int(row)] for row in rows], units=table.units, notes=[note])
    return path, size
