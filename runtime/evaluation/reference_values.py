"""What a dataset knows of a target, in the unit and the form that models predict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalRecord, CrystalTable, TargetError
from runtime.models.base import Target, columns
from runtime.store import load_store
from runtime.tensors.point_group_normalizer import normalizer_cosets
from runtime.tensors.projection import project_tensor
from runtime.tensors.voigt import unfold

_VOIGT = {(6,): 2, (3, 6): 3, (6, 6): 4}
"""Rank of what a matrix in Voigt's form stands for."""


@dataclass(frozen=True, eq=False)
class TargetValues:
    """One target of all N crystals of a dataset.

    Attributes:
        values: (N, columns) in the target's unit, logarithms taken; NaN in all columns where there is none.
        not_positive: (N,) whether there is a value, but one without a logarithm.
        distrusted: (N,) whether there is a value, but the dataset says not to trust it (``Target.where``).
    """

    values: NDArray[np.float64]
    not_positive: NDArray[np.bool_]
    invalid: NDArray[np.bool_]


def target_values(table: CrystalTable, target: Target) -> TargetValues:
    """Read a target of a dataset.

    Tensors may be in full (3, ..., 3) or in Voigt's form without factors (6), (3, 6) or (6, 6). What lacks the
    target's index symmetry is averaged away. Where the dataset has no column ``target.where``, all is trusted.

    Raises:
        TargetError: the dataset has no such target, or holds it in another shape or unit.
        TensorError: the logarithm is asked of tensors that have none.
    """
    if target.name not in table.targets:
        raise TargetError(f"{table.path} has no target {target.name!r}; it has {_listed(table.targets)}")
    _check_unit(table, target)
    column = _full(table, target)
    values = column[:, None] if target.space is None else target.space.components(column)
    known = np.isfinite(values).all(axis=1)
    invalid = known & ~_trusted(table, target)
    values = np.where((known & ~invalid)[:, None], values, np.nan)
    if target.log10:
        with np.errstate(invalid="ignore", divide="ignore"):
            logarithms = np.log10(values) if target.space is None else target.space.log10(values)
        values = np.where(np.isfinite(logarithms), logarithms, np.nan)
    return TargetValues(values, known & ~invalid & np.isnan(values[:, 0]), invalid)


def physical_value(
    target: Target, predicted: NDArray[np.float64], record: CrystalRecord
) -> float | NDArray[np.float64]:
    """A prediction as people want it: a number in the target's unit, or a Cartesian tensor in its physical unit.

    Args:
        target: what is predicted.
        predicted: (columns,) as a model gives them.
        record: the crystal.

    Returns:
        A number, or (3, ..., 3) in the record's own Cartesian frame.
    """
    if target.space is None:
        return float(predicted[0])
    tensor = target.space.tensors(target.space.exp10(predicted) if target.log10 else predicted)
    # A logarithm rounded to float32 is good to 1e-6 of the tensor: take away what its point group does not allow.
    return project_tensor(tensor, record, target.symmetry, axial=target.axial).tensor


def alternative_values(
    values: NDArray[np.float64], records: Iterable[CrystalRecord], targets: Sequence[Target]
) -> NDArray[np.float64]:
    """What is as good as a known value, where a target is known up to the normalizer only.

    Args:
        values: (n, columns).
        records: their crystals.
        targets: what the columns are.

    Returns:
        (n, a, columns); ``values`` come first, and fill up where a crystal has fewer alternatives.
    """
    open_ones = [
        (target.space, own)
        for target, own in zip(targets, columns(targets), strict=True)
        if target.up_to_normalizer and target.space is not None
    ]
    if not open_ones:
        return values[:, None]
    store, rows = load_store(), []
    for row, record in zip(values, records, strict=True):
        cosets = normalizer_cosets(record, store.compiled(record.setting))
        found = np.repeat(row[None], len(cosets), axis=0)
        for space, own in open_ones:
            found[:, own] = [space.rotation(operation) @ row[own] for operation in cosets]
        rows.append(found)
    stacked = np.repeat(values[:, None], max(map(len, rows), default=1), axis=1)
    for whole, found in zip(stacked, rows, strict=True):
        whole[: len(found)] = found
    return stacked


def _full(table: CrystalTable, target: Target) -> NDArray[np.float64]:
    """(N,) numbers, or (N, 3, ..., 3) tensors with all their indices."""
    column = np.asarray(table.targets[target.name], np.float64)
    rank, shape = 0 if target.space is None else target.space.symmetry.rank, column.shape[1:]
    if shape == (3,) * rank:
        return column
    if _VOIGT.get(shape) == rank:
        return np.array([unfold(matrix) for matrix in column]).reshape(len(column), *(3,) * rank)
    found = f"is a tensor of shape {shape}" if shape else "is a number"
    wanted = f"the target is a tensor {target.symmetry} of rank {rank}" if rank else "the target is a number"
    raise TargetError(f"{target.name!r} of {table.path} {found}: {wanted}")


def _trusted(table: CrystalTable, target: Target) -> NDArray[np.bool_]:
    """(N,)."""
    column = table.targets.get(target.where)
    if column is None:
        return np.ones(len(table), np.bool_)
    if column.ndim != 1:
        raise TargetError(f"{target.where!r} of {table.path} is a tensor: it cannot say which values to trust")
    return np.asarray(column == 1)


def _check_unit(table: CrystalTable, target: Target) -> None:
    stated = table.units[target.name]
    found = f"log10 {stated}" if target.log10 else stated
    if stated and target.unit and found != target.unit:
        reason = f", its logarithm in {found!r}" if target.log10 else ""
        raise TargetError(f"{table.path} has {target.name!r} in {stated!r}{reason}, not in {target.unit!r}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
