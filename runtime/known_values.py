"""What a dataset knows of a target, in the target's unit, and what it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalTable, EvaluationError
from runtime.models import Target


@dataclass(frozen=True, eq=False)
class KnownValues:
    """Values to compare predictions with.

    Attributes:
        rows: (n,) of the dataset, ascending.
        values: (n,) in the target's unit, finite.
        missing: how many of the rows asked for have no value.
        not_positive: how many have one that has no logarithm.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    missing: int
    not_positive: int


def known_values(table: CrystalTable, target: Target, split: str | None = None) -> KnownValues:
    """The values of ``target`` in a dataset, in one of its splits or in all of it.

    Raises:
        EvaluationError: the dataset has no such target or holds it in another unit, or nothing is left.
    """
    if target.name not in table.targets:
        raise EvaluationError(f"the data has no target {target.name!r}; it has {_listed(table.targets)}")
    column = table.targets[target.name]
    if column.ndim != 1:
        raise EvaluationError(f"{target.name!r} in the data is a tensor of shape {column.shape[1:]}, not a number")
    _check_unit(table, target)
    asked = np.array([split in (None, one) for one in table.splits])
    if not asked.any():
        raise EvaluationError(
            f"no crystal of the data is in the split {split!r}; there are {_listed({*table.splits} - {''})}"
        )
    missing = asked & np.isnan(column)
    not_positive = asked & (column <= 0) & target.log10
    rows = np.flatnonzero(asked & ~missing & ~not_positive)
    if not len(rows):
        raise EvaluationError(
            f"no crystal to compare with: {missing.sum()} without {target.name!r}, "
            f"{not_positive.sum()} where it is not positive"
        )
    values = np.log10(column[rows]) if target.log10 else column[rows]
    return KnownValues(rows, values, int(missing.sum()), int(not_positive.sum()))


def _check_unit(table: CrystalTable, target: Target) -> None:
    stated = table.units[target.name]
    found = f"log10 {stated}" if target.log10 else stated
    if stated and target.unit and found != target.unit:
        raise EvaluationError(
            f"{target.name!r} in the data is in {stated!r}, but the model predicts {target.unit!r}"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
