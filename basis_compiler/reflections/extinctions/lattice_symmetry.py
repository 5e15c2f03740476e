"""The symmetry of the lattice that a cell spans, which may be higher than that of the cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import spglib

from basis_store.array_types import FloatArray
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.reflections.reflection_data import metric_tensor

_TOLERANCE = 0.005
"""Of the shortest cell vector."""


def conventional_cell_note(cell: FloatArray, order: int) -> str:
    """A sentence on a conventional cell of the same lattice with more than ``order`` rotations; or ``""``.

    Args:
        cell: (6,) lengths in Angstrom and angles in degrees.
        order: of the largest Laue class that has integer matrices in this cell.
    """
    lattice = np.linalg.cholesky(metric_tensor(cell))
    atom = (lattice, np.zeros((1, 3)), [1])
    try:
        found: Any = spglib.get_symmetry_dataset(atom, symprec=_TOLERANCE * float(cell[:3].min()))
    except spglib.SpglibError:
        return ""
    if found is None or len(np.unique(found.rotations, axis=0)) <= order:
        return ""
    shown = " ".join(f"{value:.5g}" for value in cell_parameters(found.std_lattice))
    return (
        f"the lattice of this cell has the symmetry {found.pointgroup} in the conventional cell {shown}: index "
        "the reflections in it to compare the classes of that symmetry"
    )
