"""The Cartesian frame in which the tensors of a setting are written: one for every cell, with exact rotations.

    e1 along a,        e3 along c*            every setting but:
    e1 along a - b,    e3 along a + b + c     rhombohedral axes (choice R)

and e2 = e3 x e1. With rhombohedral axes these are a and c of the obverse hexagonal cell, so both descriptions
of a trigonal crystal have the same frame. Only directions are used, no lengths: in this frame the rotations
of a point group are the same matrices, over Q(sqrt3), whatever the lattice parameters are (T8 of the theory
page; the certificate proves it).

The frame is Nye's for all classes but the monoclinic ones with unique axis c or a, where it keeps the axes of
the setting. (J. F. Nye, *Physical Properties of Crystals*, Oxford 1957, appendix B.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store.errors import CrystalError
from basis_store.groups.setting import Setting, SettingName, as_setting


class FrameDirections(NamedTuple):
    """What fixes the frame: e1 along the direct row ``direct``, e3 along the reciprocal row ``reciprocal``.

    The two are orthogonal in every lattice: their product, a sum over three indices, is 0.

    Attributes:
        direct: components along a, b, c.
        reciprocal: components along a*, b*, c*.
        text: the same in words.
    """

    direct: tuple[int, int, int]
    reciprocal: tuple[int, int, int]
    text: str


_CELL_AXES = FrameDirections((1, 0, 0), (0, 0, 1), "e1 along a, e3 along c*")
_RHOMBOHEDRAL_AXES = FrameDirections((1, -1, 0), (1, 1, 1), "e1 along a - b, e3 along a + b + c")


def frame_directions(setting: Setting) -> FrameDirections:
    """The directions that fix the frame of ``setting``."""
    return _RHOMBOHEDRAL_AXES if setting.choice == "R" else _CELL_AXES


def cartesian_frame(setting: SettingName, lattice: ArrayLike) -> NDArray[np.float64]:
    """The axes e1, e2, e3 of the frame of ``setting``, for one lattice in any orientation.

    If F is the result and T a tensor in the Cartesian coordinates in which the lattice is given, then
    ``F @ T @ F.T`` (for rank 2) is the tensor in the frame, in which
    :meth:`basis_store.StoreReader.tensor_basis` is written.

    The frame is right-handed. For a left-handed lattice all three axes are reversed (e1 along -a, e3 along
    -c*), not one of them: the inversion commutes with every rotation, so that each operation has the same
    matrix as in a right-handed lattice.

    Args:
        setting: whose cell the lattice is: a setting, or its name as :meth:`Setting.parse` reads it.
        lattice: (3, 3) rows a, b, c, in any unit of length.

    Returns:
        (3, 3) orthonormal rows e1, e2, e3, in the Cartesian coordinates of the lattice.

    Raises:
        basis_store.SettingError: there is no setting of this name, or it is a bare number.
        basis_store.CrystalError: the rows do not span space, or are not finite.
    """
    rows = np.asarray(lattice, dtype=np.float64)
    if rows.shape != (3, 3) or not np.isfinite(rows).all():
        raise CrystalError(f"a lattice is three rows of three finite numbers, not {lattice!r}")
    volume = float(np.linalg.det(rows))
    if abs(volume) <= 1e-12 * float(np.prod(np.linalg.norm(rows, axis=1))):
        raise CrystalError("the lattice vectors do not span space")
    frame: NDArray[np.float64] = cartesian_frames([as_setting(setting)], np.zeros(1, np.int64), rows[None])[0]
    return frame


def cartesian_frames(
    settings: Sequence[Setting], places: NDArray[np.integer], lattices: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The frames of many lattices that span space.

    Args:
        settings: some settings.
        places: (N,) which of them each lattice has.
        lattices: (N, 3, 3) rows.

    Returns:
        (N, 3, 3), see :func:`cartesian_frame`.
    """
    directions = [frame_directions(setting) for setting in settings]
    hands = np.sign(np.linalg.det(lattices))[:, None]
    direct = np.array([one.direct for one in directions]).reshape(-1, 3)[places]
    reciprocal = np.array([one.reciprocal for one in directions]).reshape(-1, 3)[places]
    first = hands * _rows_times(direct, lattices)
    # The dual basis, whose rows are a*, b*, c*, times a positive number.
    third = hands * _rows_times(reciprocal, np.asarray(np.linalg.inv(lattices).swapaxes(1, 2), np.float64))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    third /= np.linalg.norm(third, axis=1, keepdims=True)
    third -= (third * first).sum(axis=1, keepdims=True) * first  # they are orthogonal up to rounding
    third /= np.linalg.norm(third, axis=1, keepdims=True)
    return np.stack([first, np.cross(third, first), third], axis=1)


def _rows_times(rows: NDArray[np.integer], matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) products of rows (N, 3) with matrices (N, 3, 3)."""
    return np.asarray((rows[:, None, :] @ matrices)[:, 0])
