"""Grids as files describe them, made periodic: end points that are repeated, grids that begin elsewhere."""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.errors import FieldError

_EQUAL = 2e-5
"""Of the largest modulus: files print five digits and more."""

_ON_GRID = 1e-3
"""Steps of the grid; files print origins to about six digits."""


def without_end_points(values: FloatArray, name: str) -> FloatArray:
    """A periodic grid without the last points of each axis, which repeat the first ones.

    Args:
        values: (N1 + 1, N2 + 1, N3 + 1).
        name: of the file, for messages.

    Returns:
        (N1, N2, N3), a copy.

    Raises:
        FieldError: the end points are not equal to the first points.
    """
    tolerance = _EQUAL * float(np.abs(values).max())
    for axis, size in enumerate(values.shape):
        if size < 2:
            raise FieldError(f"{name}: axis {axis + 1} has {size} point, and periodic grids repeat the first one")
        difference = float(np.abs(values.take(0, axis) - values.take(-1, axis)).max())
        if difference > tolerance:
            raise FieldError(
                f"{name}: the last points along axis {axis + 1} do not repeat the first ones (they differ by "
                f"up to {difference:.3g}): this is no periodic grid"
            )
    return values[:-1, :-1, :-1].copy()


def with_end_points(values: FloatArray) -> FloatArray:
    """(N1 + 1, N2 + 1, N3 + 1) a periodic grid with its first points repeated at the ends."""
    return np.pad(values, ((0, 1), (0, 1), (0, 1)), mode="wrap")


def moved_to_origin(
    values: FloatArray, positions: FloatArray, origin: FloatArray, lattice: FloatArray
) -> tuple[FloatArray, FloatArray, list[str]]:
    """A grid whose first point lies at ``origin``, and atoms, in a cell whose corner is a point of the grid.

    A grid that contains the origin of coordinates is permuted to begin there; any other keeps its order, and the
    coordinates of the atoms count from its first point.

    Args:
        values: (N1, N2, N3).
        positions: (n, 3) of atoms, in the unit of the lattice.
        origin: (3,) where the first point lies.
        lattice: (3, 3) rows.

    Returns:
        The values, the fractional coordinates of the atoms, and notes.
    """
    steps = np.linalg.solve(lattice.T, origin) * values.shape
    whole = np.rint(steps)
    on_grid = np.abs(steps - whole).max() < _ON_GRID and np.abs(whole).max() < 1e9
    start = np.zeros(3) if on_grid else origin
    fractional: FloatArray = np.zeros((0, 3))
    if len(positions):
        fractional = np.asarray(np.linalg.solve(lattice.T, (positions - start).T).T, dtype=np.float64)
    if not on_grid:
        text = " ".join(f"{one:.6g}" for one in origin)
        return (
            values,
            fractional,
            [f"the grid begins at {text} Angstrom, between its points: that is the origin now"],
        )
    if whole.any():
        values = np.roll(values, tuple(int(one) for one in whole), axis=(0, 1, 2))
    return values, fractional, []
