"""The Cartesian frame in which the source of a crystal gives its cell vectors, and other frames of tensors.

A CIF gives lengths and angles, no axes. Programs choose them: a along x and b in the plane of x and y (here, ASE,
gemmi), or c along z and a in the plane of x and z (pymatgen's ``Lattice.from_parameters``). The two are the same
only where alpha and beta are right angles.
"""

from __future__ import annotations

import numpy as np

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from runtime.tensors.frames import frame_along, ieee_frame

_ALONG = 2e-3
"""Relative to the length of a vector, its largest component that counts as 0: symmetry strains cells a little."""

_A_ALONG_X = "a along x, b in the plane of x and y"
_C_ALONG_Z = "c along z, a in the plane of x and z"


def source_frame(record: CrystalRecord) -> str:
    """The frame of a crystal's source in words, by its cell vectors a, b, c."""
    cell = source_lattice(record)
    zero = np.abs(cell) < _ALONG * np.linalg.norm(cell, axis=1, keepdims=True)
    along_x, along_z = bool(zero[0, 1:].all() and zero[1, 2]), bool(zero[2, :2].all() and zero[0, 1])
    if along_x and along_z:
        return "a along x, b along y, c along z" if zero[1, 0] else f"{_A_ALONG_X}, c along z"
    if along_x:
        return f"{_A_ALONG_X} (as CIFs are read here, which have no axes; pymatgen puts c along z)"
    if along_z:
        return f"{_C_ALONG_Z} (as pymatgen reads CIFs)"
    rows = (" ".join(f"{entry:.4f}" for entry in np.round(row, 4) + 0.0) for row in cell)
    return "that of the cell vectors " + ", ".join(
        f"{name} = ({row})" for name, row in zip("abc", rows, strict=True)
    )


def source_lattice(record: CrystalRecord) -> FloatArray:
    """(3, 3) the cell vectors of the crystal's source as rows, in Angstrom, made symmetric."""
    # x = P x_source + p, so L = P^-T L_source.
    return np.asarray((record.change_of_basis / record.denominator).T @ record.lattice)


def other_frames(record: CrystalRecord) -> dict[str, FloatArray]:
    """Frames in which tensors of a crystal are often given, with their axes as rows in that of the source."""
    a, b, c = source_lattice(record)
    return {
        f"pymatgen's CIFs ({_C_ALONG_Z})": frame_along(c, a),
        f"ASE's CIFs ({_A_ALONG_X})": frame_along(np.cross(a, b), a),
        "IEEE Std 176": ieee_frame(record),
    }
