"""The points of a Wyckoff position as coordinate triplets, as International Tables print them: exact."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.wyckoff import WyckoffPosition
from basis_store import TURN, CertificateError, Operations, Setting
from basis_store.array_types import IntArray


@dataclass(frozen=True, eq=False)
class WyckoffPoints:
    """All points of a Wyckoff position in the conventional cell, ``n`` of them, centrings included.

    Point i has the coordinates ``matrices[i] @ (x, y, z) + shifts24[i] / 24``. Where the first point is free to
    move, x, y and z are its own coordinates; columns of coordinates that are not free are 0.

    Attributes:
        matrices: (n, 3, 3).
        shifts24: (n, 3) in 24ths, 0 to 23.
        firsts: (m,) indices of one point of each set of points that differ by centrings.
    """

    matrices: IntArray
    shifts24: IntArray
    firsts: IntArray


def wyckoff_points(setting: Setting, position: WyckoffPosition) -> WyckoffPoints:
    """The points of a ``position`` of ``setting``, one with simple coordinates first, then those of its images.

    Raises:
        CertificateError: there are not as many as its multiplicity.
    """
    group = operations(setting)
    # 1. Of all points, each in its own free coordinates, the one with the simplest coordinates.
    directions = np.array(position.directions, dtype=np.int64).reshape(-1, 3)
    points = group.rotations @ np.array(position.point24) + group.translations24
    every = [
        _in_own_coordinates(directions @ r.T, point) for r, point in zip(group.rotations, points, strict=True)
    ]
    matrix, shift = min(every, key=_complexity)
    # 2. Its images.
    matrices = group.rotations @ matrix
    shifts = (group.rotations @ shift + group.translations24) % TURN
    kept = _distinct(matrices, shifts)
    if len(kept) != position.multiplicity:
        raise CertificateError(f"position {position.letter} of {setting.label} has {len(kept)} points")
    matrices, shifts = matrices[kept], shifts[kept]
    return WyckoffPoints(matrices, shifts, _distinct(matrices, _without_centring(group, shifts)))


def _in_own_coordinates(directions: IntArray, point24: IntArray) -> tuple[IntArray, IntArray]:
    """Matrix (3, 3) and shift (3,) in 24ths of a point that is free to move, a function of its own coordinates."""
    for free in itertools.combinations(range(3), len(directions)):
        columns = list(free)
        inverse = np.linalg.inv(directions[:, columns]) if _is_unimodular(directions[:, columns]) else None
        if inverse is not None:
            matrix = np.zeros((3, 3), dtype=np.int64)
            matrix[:, columns] = (np.rint(inverse).astype(np.int64) @ directions).T
            return matrix, (point24 - matrix @ point24) % TURN
    raise CertificateError("a point of a Wyckoff position has no coordinates of its own that are free")


def _is_unimodular(block: IntArray) -> bool:
    return not block.size or abs(round(np.linalg.det(block))) == 1


def _complexity(form: tuple[IntArray, IntArray]) -> tuple[object, ...]:
    """Few and small fractions first, then few signs and terms, then x before y before z."""
    matrix, shift = form
    return (
        np.count_nonzero(shift),
        int((matrix < 0).sum()),
        np.count_nonzero(matrix),
        int(shift.sum()),
        (-matrix).ravel().tolist(),
        shift.tolist(),
    )


def _without_centring(group: Operations, shifts: IntArray) -> IntArray:
    """(n, 3) the smallest of each shift and its sums with the centrings, lexicographically."""
    centrings = np.vstack([np.zeros((1, 3), np.int64), group.centrings24])
    moved = (shifts[:, None] + centrings) % TURN
    smallest = (moved @ [TURN * TURN, TURN, 1]).argmin(axis=1)
    return np.asarray(moved[np.arange(len(shifts)), smallest])


def _distinct(matrices: IntArray, shifts: IntArray) -> IntArray:
    """Indices of the first of each set of equal rows, in order."""
    rows = np.hstack([matrices.reshape(-1, 9), shifts])
    return np.sort(np.unique(rows, axis=0, return_index=True)[1])
