"""A short basis of a lattice: pairwise and triple-wise reduction by exact integer steps (Minkowski).

The cell of a file may be any basis of its lattice: (32, 63, 110) Angstrom with a volume of 115 cubic Angstrom is
an ordinary lattice in a skew cell. Whether a lattice has a volume, and atoms that repeat too closely, is judged in
the short basis.

Source: P. Q. Nguyen, D. Stehle, ACM Trans. Algorithms 5, 46 (2009), greedy reduction in three dimensions.
"""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray, IntArray

_MAX_STEPS = 1000
_SHORTER = 1 - 1e-9
_MAX_FACTOR = 1 << 30


def reduced_basis(lattice: FloatArray) -> tuple[FloatArray, IntArray]:
    """A reduced basis of the lattice of a cell, shortest vector first.

    Args:
        lattice: (3, 3) rows in any unit, finite.

    Returns:
        (3, 3) rows of the reduced basis, and (3, 3) integers U of determinant +-1 with ``reduced = U @ lattice``.
        Of vectors that lie in one plane or on one line, some of the reduced ones are close to 0.
    """
    change = np.eye(3, dtype=np.int64)
    for _ in range(_MAX_STEPS):
        vectors = change @ lattice
        order = np.argsort(np.linalg.norm(vectors, axis=1), kind="stable")
        change, vectors = change[order], vectors[order]
        step = _shortening(vectors)
        if step is None:
            break
        row, factors = step
        changed = change[row] + factors @ change
        # Beyond this, float vectors say nothing about their combinations, and products exceed 64 bits.
        if np.abs(changed).max() > _MAX_FACTOR:
            break
        change[row] = changed
    return change @ lattice, change


def _shortening(vectors: FloatArray) -> tuple[int, IntArray] | None:
    """A row of vectors sorted by length, and integer multiples of the shorter ones that shorten it if added."""
    metric = vectors @ vectors.T
    # The second by the first, then the third by the closest combination of both.
    for row in (1, 2):
        if not metric[row, row] > 0 or not metric[0, 0] > 0:
            return None
        best: tuple[float, IntArray] | None = None
        for factors in _near_combinations(metric, row):
            added = factors.astype(np.float64)
            added[row] = 1.0
            squared = float(added @ metric @ added)
            if squared < metric[row, row] * _SHORTER and (best is None or squared < best[0]):
                best = squared, factors
        if best is not None:
            return row, best[1]
    return None


def _near_combinations(metric: FloatArray, row: int) -> list[IntArray]:
    """Integer multiples of the shorter vectors, near the real ones that bring a vector closest to 0."""
    if row == 1:
        centre = np.array([-metric[1, 0] / metric[0, 0], 0.0])
    else:
        plane = metric[:2, :2]
        volume = metric[0, 0] * metric[1, 1] - metric[0, 1] ** 2
        if volume <= 1e-14 * metric[0, 0] * metric[1, 1]:
            centre = np.array([-metric[2, 0] / metric[0, 0], 0.0])
        else:
            centre = -np.linalg.solve(plane, metric[:2, 2])
    first, second = (int(value) for value in np.clip(np.floor(centre), -_MAX_FACTOR, _MAX_FACTOR))
    seconds = (0,) if row == 1 else (second, second + 1)
    return [np.array([i, j, 0], dtype=np.int64) for i in (first, first + 1) for j in seconds]


def unimodular_inverse(change: IntArray) -> IntArray:
    """The inverse of a (3, 3) integer matrix of determinant +-1, exactly: its rows of cofactors."""
    one, two, three = change
    cofactors = np.stack([np.cross(two, three), np.cross(three, one), np.cross(one, two)], axis=1)
    return np.asarray(cofactors * (one @ cofactors[:, 0]))
