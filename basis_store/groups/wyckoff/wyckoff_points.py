"""The points of a Wyckoff position as coordinate triplets, as International Tables print them: exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_store.array_types import IntArray
from basis_store.errors import CertificateError
from basis_store.groups.operations import TURN, Operations
from basis_store.groups.wyckoff.wyckoff_position import WyckoffPosition
from basis_store.tables.short_repr import ShortRepr


@dataclass(frozen=True, eq=False, repr=False)
class WyckoffPoints(ShortRepr):
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


def wyckoff_points(group: Operations, position: WyckoffPosition) -> WyckoffPoints:
    """The points of a Wyckoff position: the one that it names first, then those of its images.

    Args:
        group: the operations of the setting, such as ``store.read(setting).operations``.
        position: of this setting.

    Raises:
        CertificateError: there are not as many points as its multiplicity.
    """
    matrices = group.rotations @ position.matrix
    shifts = (group.rotations @ position.shift24 + group.translations24) % TURN
    kept = _distinct(matrices, shifts)
    if len(kept) != position.multiplicity:
        raise CertificateError(
            f"position {position.letter} of {group.setting.label} has {len(kept)} points, "
            f"not {position.multiplicity}"
        )
    matrices, shifts = matrices[kept], shifts[kept]
    return WyckoffPoints(matrices, shifts, _distinct(matrices, _without_centring(group, shifts)))


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
