"""Linear algebra over the rational numbers, in integers: the normal form of a space of rows, and its projector.

A row of rational numbers is kept as integers without a common divisor; its entry in the pivot column is positive
and is the common denominator of the row. Entries that would outgrow 64 bits turn into Python integers,
so no result is ever rounded or wrapped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntegerRows = NDArray[Any]
"""int64, or Python integers (dtype object) where 64 bits do not suffice."""

_SAFE = 1 << 30  # the product of two such numbers, twice, is within 64 bits


class ReducedRows(NamedTuple):
    """The reduced row echelon form of a space of rows: equal spaces have equal forms.

    Attributes:
        rows: (d, n) integers: divided by the pivot entry, row i is the i-th of the echelon form.
        pivots: (d,) the ascending columns in which row i, alone, is not 0.
    """

    rows: IntegerRows
    pivots: NDArray[np.int64]


def reduced_rows(matrix: ArrayLike) -> ReducedRows:
    """The reduced row echelon form of the space that integer rows span, by elimination without fractions.

    Args:
        matrix: (m, n) integers.
    """
    rows = np.array(matrix)
    rows = _without_common_divisors(rows if rows.dtype == object else rows.astype(np.int64))
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        done = len(pivots)
        candidates = np.flatnonzero(rows[done:, column]) + done
        if not len(candidates):
            continue
        chosen = candidates[0]
        rows[[done, chosen]] = rows[[chosen, done]]
        if rows[done, column] < 0:
            rows[done] = -rows[done]
        others = np.flatnonzero(rows[:, column])
        others = others[others != done]
        if len(others):
            if rows.dtype != object and int(np.abs(rows).max()) > _SAFE:
                rows = rows.astype(object)
            cleared = rows[others] * rows[done, column] - rows[others, column][:, None] * rows[done]
            rows[others] = _without_common_divisors(cleared)
        pivots.append(column)
    return ReducedRows(rows[: len(pivots)], np.array(pivots, dtype=np.int64))


class ExactMatrix(NamedTuple):
    """A rational matrix: integer ``numerators`` over one positive ``denominator``."""

    numerators: IntegerRows
    denominator: int


def projector(rows: IntegerRows) -> ExactMatrix:
    """(n, n) orthogonal projector onto the space of independent integer ``rows`` (d, n): B^T (B B^T)^-1 B.

    Computed with Python integers: Gram matrices of many rows have large determinants.
    """
    basis = np.asarray(rows).astype(object)
    number, size = basis.shape
    # Eliminating [B B^T | B] leaves [diagonal | diagonal (B B^T)^-1 B], each row over its pivot entry.
    solved = reduced_rows(np.concatenate([basis @ basis.T, basis], axis=1)).rows if number else basis
    diagonal = [int(solved[i, i]) for i in range(number)]
    denominator = int(np.lcm.reduce(np.array([1, *diagonal], dtype=object)))
    scale = np.array([denominator // one for one in diagonal], dtype=object)
    numerators = basis.T @ (solved[:, number:] * scale[:, None]) if number else np.zeros((size, size), object)
    divisor = int(np.gcd.reduce(np.append(numerators.ravel(), denominator)))
    return ExactMatrix(numerators // divisor, denominator // divisor)


def _without_common_divisors(rows: IntegerRows) -> IntegerRows:
    divisors = np.gcd.reduce(rows, axis=1, keepdims=True)
    return np.asarray(rows // np.where(divisors == 0, 1, divisors))
