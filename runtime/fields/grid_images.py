"""Images of grid points under operations that map the grid to itself."""

from __future__ import annotations

import numpy as np

from basis_store import TURN, Operations
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.operations import rotation_generators
from runtime.fields.grid_lattice import GridLattice


def largest_difference(values: FloatArray, lattice: GridLattice) -> float:
    """The largest difference between the values at two grid points that operations map to each other.

    With a real character (T9), between f(x) and chi(g) f(g x): minus the value where chi is -1.

    Args:
        values: (N1, N2, N3).
        lattice: of their grid, which every operation maps to itself.
    """
    c = lattice.group.characters24
    images = [(grid_images(lattice, number), bool(c[number])) for number in generator_numbers(lattice.group)]
    largest = smallest = values.reshape(-1)
    while True:  # extremes spread along generators, until they are those of whole orbits
        higher, lower = largest, smallest
        for image, negative in images:
            most, least = higher[image], lower[image]
            if negative:
                most, least = -least, -most
            higher, lower = np.maximum(higher, most), np.minimum(lower, least)
        if np.array_equal(higher, largest) and np.array_equal(lower, smallest):
            return float((higher - lower).max())
        largest, smallest = higher, lower


def grid_operations(lattice: GridLattice) -> tuple[IntArray, IntArray]:
    """The operations in steps of a grid that they map to itself: a point n goes to M n + s, modulo the grid.

    Returns:
        (g, 3, 3) M and (g, 3) s.
    """
    shape, cell = np.array(lattice.shape), lattice.cell
    change, origin, group = cell.matrix, np.asarray(cell.origin), lattice.group
    inverse = np.linalg.inv(change)
    matrices = shape[:, None] * (inverse @ group.rotations @ change) / shape
    moved = group.rotations @ origin + group.translations24 / TURN - origin
    steps = moved @ inverse.T * shape
    return np.rint(matrices).astype(np.int64), np.rint(steps).astype(np.int64)


def grid_images(lattice: GridLattice, number: int) -> IntArray:
    """(N,) flat index of the image of every grid point by an operation that maps the grid to itself."""
    matrix, steps = (one[number] for one in grid_operations(lattice))
    one, two, three = np.ogrid[tuple(map(slice, lattice.shape))]
    flat = np.zeros(lattice.shape, np.int64)
    for axis, n in enumerate(lattice.shape):
        flat *= n
        flat += (one * matrix[axis, 0] + two * matrix[axis, 1] + three * matrix[axis, 2] + steps[axis]) % n
    return flat.reshape(-1)


def generator_numbers(group: Operations) -> list[int]:
    """Numbers of operations that generate the group: of its rotations, and all centrings."""
    wanted = rotation_generators(group.distinct_rotations)
    first = [int((group.rotations == rotation).all(axis=(1, 2)).argmax()) for rotation in wanted]
    pure = (group.rotations == np.eye(3)).all(axis=(1, 2)) & group.translations24.any(axis=1)
    return [*first, *np.flatnonzero(pure).tolist()]
