"""Whether the values of a target can be learnt and judged, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from basis_store import TrainingError
from basis_store.array_types import FloatArray
from runtime.evaluation.reference_values import Labels
from runtime.targets.class_target import ClassTarget
from runtime.targets.target import Target

_RESOLUTION = 1e-6
"""Relative differences that single precision hardly tells apart."""

_FEW = 10
"""Values below which a mean of errors means little."""

_SPLITS = {"train": "training", "val": "validation"}


def check_values(
    target: Target, values: Mapping[str, FloatArray], data: str, notes: Sequence[str]
) -> Iterator[str]:
    """Notes on the values of a target.

    Args:
        target: what they are.
        values: of the crystals of ``"train"`` and ``"val"``, (n, columns) as a model learns them; NaN if missing.
        data: the names of the datasets.
        notes: on values that were left out.

    Raises:
        TrainingError: there are none in a split, or they are all the same.
    """
    known = {split: rows[np.isfinite(rows[:, 0])] for split, rows in values.items()}
    where = {split: f"in the {name} split of {data}" for split, name in _SPLITS.items()}
    for split, rows in known.items():
        if not len(rows):
            raise TrainingError(
                f"{target.name!r} has no value {where[split]} ({' and '.join(_counts(known))}): a target needs "
                f"values to train on and others to validate on{''.join(f'; {note}' for note in notes)}"
            )
    for split, rows in known.items():
        if (split == "train" or isinstance(target, ClassTarget)) and (problem := _alike(target, rows)):
            learn = "learn" if split == "train" else "choose the best epoch by"
            raise TrainingError(f"{problem} {where[split]}: there is nothing to {learn}")
    for split, rows in known.items():
        if len(rows) < _FEW:
            yield f"only {len(rows)} crystals of the {_SPLITS[split]} split have a value of {target.name!r}"


def left_out(target: Target, labels: Sequence[tuple[str, Labels]]) -> list[str]:
    """Notes on values that are not trained on.

    Args:
        target: what they are.
        labels: of each dataset, with its name.
    """
    notes = []
    for name, found in labels:
        reasons = (
            (found.not_positive, "they are not positive and have no logarithm"),
            (found.invalid, f"{target.mask_column!r} is not 1 there"),
        )
        for rows, reason in reasons:
            if count := int(rows.sum()):
                notes.append(f"{count} values of {target.name!r} in {name} are left out: {reason}")
    return notes


def _counts(known: Mapping[str, FloatArray]) -> list[str]:
    return [f"{len(rows)} for {_SPLITS[split]}" for split, rows in known.items()]


def _alike(target: Target, rows: FloatArray) -> str:
    """What is wrong if all values are the same, for a model; else empty."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    if (high - low).max() > _RESOLUTION * np.abs(rows).max():
        return ""
    what = f"all {len(rows)} values of {target.name!r} are"
    if isinstance(target, ClassTarget):
        return f"{what} {target.classes[int(rows[0, 0])]!r}"
    if rows.shape[1] > 1:
        return f"{what} the same tensor"
    if low[0] == high[0]:
        return f"{what} {target.physical(rows[0])[0]:g}"
    return f"{what} between {low[0]:.9g} and {high[0]:.9g}, too close for single precision"
