"""The crystals of a dataset on which a model can be judged, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalTable, EvaluationError
from runtime.evaluation.reference_values import target_values
from runtime.models.base import Target


@dataclass(frozen=True, eq=False)
class KnownValues:
    """Values to compare predictions with.

    Attributes:
        rows: (n,) of the dataset, ascending.
        values: (n, columns) in the target's unit, finite.
        missing: how many of the rows asked for have no value.
        not_positive: how many have one that has no logarithm.
        distrusted: how many have one that the dataset says not to trust.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    missing: int
    not_positive: int
    invalid: int


def known_values(table: CrystalTable, target: Target, split: str | None = None) -> KnownValues:
    """The values of ``target`` in a dataset, in one of its splits or in all of it.

    Raises:
        TargetError: the dataset has no such target, or holds it in another shape or unit.
        EvaluationError: nothing is left to compare with.
    """
    found = target_values(table, target)
    asked = np.array([split in (None, one) for one in table.splits])
    if not asked.any():
        there = ", ".join(sorted({*table.splits} - {""})) or "none"
        raise EvaluationError(f"no crystal of the data is in the split {split!r}; there are {there}")
    known = asked & np.isfinite(found.values[:, 0])
    not_positive, invalid = asked & found.not_positive, asked & found.invalid
    missing = asked & ~known & ~not_positive & ~invalid
    if not known.any():
        reasons = [
            f"{missing.sum()} without {target.name!r}",
            *([f"{not_positive.sum()} where it is not positive"] if not_positive.any() else []),
            *([f"{invalid.sum()} where {target.where!r} is not 1"] if invalid.any() else []),
        ]
        raise EvaluationError(f"no crystal to compare with: {', '.join(reasons)}")
    rows = np.flatnonzero(known)
    return KnownValues(rows, found.values[rows], int(missing.sum()), int(not_positive.sum()), int(invalid.sum()))
