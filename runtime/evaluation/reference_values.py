"""The values of a target in a dataset: to train on, and to compare predictions with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from basis_store import CrystalTable, EvaluationError, TargetError
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.datasets.units import UNKNOWN_UNIT
from basis_store.tables.short_repr import ShortRepr
from runtime.targets.target import Target

_LARGEST = 1e18
"""Squares of larger values overflow in single precision."""


@dataclass(frozen=True, eq=False, repr=False)
class Labels(ShortRepr):
    """One target of all N crystals of a dataset.

    Attributes:
        values: (N, columns) as a model learns them, logarithms taken; NaN in all columns where there is none.
        not_positive: (N,) whether there is a value, but one without a logarithm.
        invalid: (N,) whether there is a value, but ``Target.mask_column`` marks it as invalid.
    """

    values: FloatArray
    not_positive: BoolArray
    invalid: BoolArray


@dataclass(frozen=True, eq=False, repr=False)
class ReferenceValues(ShortRepr):
    """Values to compare predictions with.

    Attributes:
        rows: (n,) of the dataset, ascending.
        values: (n, columns) in ``Target.physical_unit``, finite.
        missing: how many crystals of the split have no value.
        not_positive: how many have one that has no logarithm.
        invalid: how many have one that the dataset marks as invalid.
    """

    rows: IntArray
    values: FloatArray
    missing: int
    not_positive: int
    invalid: int


def read_labels(table: CrystalTable, target: Target) -> Labels:
    """Read a target of a dataset.

    Where the dataset has no column ``target.mask_column``, all values are valid.

    Args:
        table: the dataset.
        target: what to read; see :meth:`Target.components` for the layouts of tensors.

    Raises:
        TargetError: the dataset has no such target, or holds it in another shape or unit, or with values beyond
            1e18.
        TensorError: ``target.log10`` is set for tensors that have no logarithm.
    """
    # 1. Check that the dataset has it, in the same unit.
    if target.name not in table.targets:
        reason = next((note for note in table.notes if note.startswith(f"{target.name}: ")), "")
        there = (
            f"it was left out of the dataset ({reason})"
            if reason
            else f"it has {_listed(table.targets, 'targets')}"
        )
        raise TargetError(f"{table.name} has no target {target.name!r}; {there}")
    stated = table.units[target.name]
    if stated and target.unit not in ("", UNKNOWN_UNIT, stated):
        raise TargetError(f"{table.name} has {target.name!r} in {stated!r}, not in {target.unit!r}")

    # 2. Components of the column; invalid values are missing ones.
    try:
        values = target.components(np.asarray(table.targets[target.name], np.float64))
    except TargetError as error:
        raise TargetError(f"{target.name!r} of {table.name} {error}") from error
    mask = table.targets.get(target.mask_column, np.ones(len(table)))
    if mask.ndim != 1:
        raise TargetError(
            f"{target.mask_column!r} of {table.name} is a tensor: it cannot say which values are valid"
        )
    known = np.isfinite(values).all(axis=1)
    invalid = known & ~(mask == 1)
    values = np.where((known & ~invalid)[:, None], values, np.nan)

    # 3. Logarithms; values without one are missing as well.
    if target.log10:
        with np.errstate(invalid="ignore", divide="ignore"):
            logarithms = target.logarithm(values)
        values = np.where(np.isfinite(logarithms), logarithms, np.nan)
    huge = np.abs(values) > _LARGEST
    if huge.any():
        row = int(huge.any(axis=1).argmax())
        raise TargetError(
            f"{table.name} has {target.name!r} with the value {values[row][huge[row]][0]:g} in "
            f"{table.identifiers[row]}: is it a mark for a missing value? Leave it out, choose another unit, or "
            "learn the logarithm"
        )
    return Labels(values, known & ~invalid & np.isnan(values[:, 0]), invalid)


def reference_values(
    table: CrystalTable,
    target: Target,
    split: str | None = None,
    fold: int | None = None,
) -> ReferenceValues:
    """The values of ``target`` in a dataset, in one of its splits or folds or in all of it.

    Args:
        table: the dataset.
        target: what to read.
        split: such as ``"val"``; None for all crystals.
        fold: number of the fold, from 0; None for all crystals.

    Raises:
        TargetError: the dataset has no such target, or holds it in another shape or unit.
        EvaluationError: nothing is left to compare with.
    """
    labels = read_labels(table, target)
    in_split = np.array([split in (None, one) for one in table.splits])
    if not in_split.any():
        there = _listed({*table.splits} - {""}, "splits")
        raise EvaluationError(f"no crystal of the data is in the split {split!r}; there are {there}")
    if fold is not None:
        if not 0 <= fold < table.n_folds:
            raise EvaluationError(f"{table.name} {_folds(table)}: there is no fold {fold}")
        in_split &= table.folds == fold
    known = in_split & np.isfinite(labels.values[:, 0])
    not_positive, invalid = in_split & labels.not_positive, in_split & labels.invalid
    missing = in_split & ~known & ~not_positive & ~invalid
    if not known.any():
        reasons = [
            f"{missing.sum()} without {target.name!r}",
            *([f"{not_positive.sum()} where it is not positive"] if not_positive.any() else []),
            *([f"{invalid.sum()} where {target.mask_column!r} is not 1"] if invalid.any() else []),
        ]
        raise EvaluationError(f"no crystal to compare with: {', '.join(reasons)}")
    rows = np.flatnonzero(known)
    return ReferenceValues(
        rows=rows,
        values=target.physical_labels(labels.values[rows]),
        missing=int(missing.sum()),
        not_positive=int(not_positive.sum()),
        invalid=int(invalid.sum()),
    )


def _folds(table: CrystalTable) -> str:
    if table.n_folds:
        return f"has the folds 0 to {table.n_folds - 1}"
    return "has no folds (sgbasis crystals --folds 5 makes them)"


def _listed(names: Iterable[str], things: str) -> str:
    return ", ".join(sorted(names)) or f"no {things}"
