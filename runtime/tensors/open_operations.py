"""What symmetry leaves open in a tensor: operations of the lattice that map allowed tensors to others.

A tensor T that a point group allows is allowed after an operation n of the group's normalizer as well. If n T is
not T, the two differ in signs of components (C14 of -3m, C16 of 4/m, e14 of -43m), and the group does not decide
which of them belongs to a crystal: its atoms do.
"""

from __future__ import annotations

import numpy as np

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.tensors.cartesian_frame import cartesian_frame
from runtime.tensors.frames import rotate_tensor

_ABOUT_A, _ABOUT_C = np.diag([1.0, -1, -1]), np.diag([-1.0, -1, 1])
_QUARTER = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
_HALF_TURNS = {"turned by 180 degrees about c": _ABOUT_C, "turned by 180 degrees about a": _ABOUT_A}
_QUARTER_TURN = {"turned by 90 degrees about c": _QUARTER}

_ROTATIONS: dict[str, dict[str, FloatArray]] = {
    "triclinic": {},
    "monoclinic": {},
    "orthorhombic": _HALF_TURNS,
    "tetragonal": _HALF_TURNS | _QUARTER_TURN,
    "trigonal": _HALF_TURNS,
    "hexagonal": _HALF_TURNS,
    "cubic": _QUARTER_TURN,
}
"""In the reference frame, by crystal system: with the inversion and the group, they generate the operations that
map the axes of every conventional cell of the system to themselves."""

_DIFFERENT = 1e-3
"""Tensors differ if they do by more than this fraction of their norm."""


def open_operations(tensor: FloatArray, record: CrystalRecord, *, axial: bool = False) -> list[str]:
    """Which operations of the conventional cell change a tensor, though the point group allows the result as well.

    Args:
        tensor: (3, ..., 3) that the point group allows, in the record's frame.
        record: the crystal.
        axial: whether the tensor also changes sign under improper operations.

    Returns:
        Such as ``["turned by 180 degrees about c"]``, with a and c of hexagonal axes in trigonal crystals; each
        has another result. Empty where the tensor is the only one.
    """
    different = _DIFFERENT * float(np.linalg.norm(tensor))
    seen, found = [tensor], []
    for text, operation in operations_of(record).items():
        image = rotate_tensor(tensor, operation, axial=axial)
        if all(np.linalg.norm(image - one) > different for one in seen):
            seen.append(image)
            found.append(text)
    return found


def open_text(tensor: FloatArray, record: CrystalRecord, *, axial: bool = False) -> str:
    """The same as a sentence; ``""`` where the tensor is the only one.

    Args:
        tensor: as for :func:`open_operations`.
        record: as for :func:`open_operations`.
        axial: as for :func:`open_operations`.
    """
    if not (found := open_operations(tensor, record, axial=axial)):
        return ""
    return (
        f"the point group {record.setting.point_group} also allows this tensor {', or '.join(found)}: symmetry "
        "does not decide which of them belongs to the atoms of the crystal"
    )


def operations_of(record: CrystalRecord) -> dict[str, FloatArray]:
    """Those that are tried, (3, 3) each in the record's frame, by their descriptions."""
    frame = cartesian_frame(record.setting, record.lattice)
    named = _ROTATIONS[record.setting.crystal_system] | {"inverted": -np.eye(3)}
    return {text: np.asarray(frame.T @ operation @ frame) for text, operation in named.items()}
