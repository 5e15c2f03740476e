"""Lattices from lengths and angles, for formats that have no vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.errors import FieldError


def lattice_of(lengths: Sequence[float], angles: Sequence[float], name: str) -> FloatArray:
    """(3, 3) rows: a along x, b in the plane of x and y; angles in degrees.

    Raises:
        FieldError: no cell of the file ``name`` has these.
    """
    cosines = [0.0 if angle == 90 else math.cos(math.radians(angle)) for angle in angles]
    sine = 1.0 if angles[2] == 90 else math.sin(math.radians(angles[2]))
    possible = all(0 < one < 1e6 for one in lengths) and all(0 < one < 180 for one in angles)
    depth = (cosines[0] - cosines[1] * cosines[2]) / sine if possible else 0.0
    height = 1 - cosines[1] ** 2 - depth**2
    if not possible or not height > 1e-12:
        text = ", ".join(f"{one:g}" for one in (*lengths, *angles))
        raise FieldError(f"{name}: no cell has the lengths and angles {text}")
    rows = [[1.0, 0.0, 0.0], [cosines[2], sine, 0.0], [cosines[1], depth, math.sqrt(height)]]
    return np.asarray(np.array(lengths)[:, None] * np.array(rows), dtype=np.float64)


def check_right_handed(lattice: FloatArray, name: str) -> None:
    """Raise :class:`FieldError` for a lattice of which lengths and angles would give the mirror image."""
    if np.linalg.det(lattice) < 0:
        raise FieldError(
            f"{name}: the cell vectors are left-handed, and this format keeps their lengths and angles only, "
            "which are those of the mirror image: write .cube, .xsf or .npz"
        )
