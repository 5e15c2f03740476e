"""The peers: a field on a grid averaged over explicit operations, by gemmi and by a loop over them in NumPy."""

from __future__ import annotations

from typing import Any

import gemmi
import numpy as np

from basis_store import TURN, GridField, Operations, Representation
from basis_store.array_types import FloatArray
from basis_store.groups.cell_parameters import cell_parameters


def gemmi_map(field: GridField, group: Operations) -> Any:
    """The field as a map of gemmi, in single precision; its ``symmetrize_avg`` averages it in place."""
    grid = gemmi.FloatGrid(np.ascontiguousarray(field.values, dtype=np.float32))
    grid.set_unit_cell(gemmi.UnitCell(*cell_parameters(field.lattice)))
    grid.spacegroup = gemmi.find_spacegroup_by_ops(
        gemmi.symops_from_hall(Representation(group.setting).space_setting.hall_symbol)
    )
    return grid


def numpy_average(values: FloatArray, group: Operations, count: int) -> FloatArray:
    """The mean over the first ``count`` operations, in the conventional cell: images of points, looked up."""
    shape = np.array(values.shape)
    one, two, three = np.ogrid[tuple(map(slice, values.shape))]
    total = np.zeros(values.shape)
    for rotation, translation in zip(group.rotations[:count], group.translations24[:count], strict=True):
        steps = translation * shape // TURN
        # A row of R mixes axes with the same number of points.
        i, j, k = ((one * a + two * b + three * c + t) % n for (a, b, c), t, n in
                   zip(rotation, steps, shape, strict=True))  # fmt: skip
        total += values[i, j, k]
    return total / count
