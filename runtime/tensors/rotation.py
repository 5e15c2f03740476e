"""Cartesian tensors in another frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store.errors import TensorError
from runtime.tensors.voigt import checked

_ORTHOGONAL = 1e-6
"""Greatest entry of R R^T - 1; further from orthogonal, components would no longer be those of one tensor."""


def rotate_tensor(tensor: ArrayLike, matrix: ArrayLike, *, axial: bool = False) -> NDArray[np.float64]:
    """T'_ij... = R_ip R_jq ... T_pq..., for a tensor of any rank (Nye 1985, section I.4).

    With the axes of a new frame as rows of ``matrix``, these are the components in the new frame; with a rotation
    of the body, they are the turned body's components in the old one.

    Args:
        tensor: (3, ..., 3), all indices; a Voigt form must be made full first.
        matrix: (3, 3) orthogonal; reflections are allowed.
        axial: whether the tensor changes sign, beside, under reflections (such as a gyration tensor).

    Raises:
        TensorError: an axis of the tensor is not 3 long, or the matrix is not orthogonal.
    """
    values = np.asarray(tensor, np.float64)
    rotation = checked(matrix, (3, 3), "a rotation")
    if any(length != 3 for length in values.shape):
        raise TensorError(f"a Cartesian tensor has shape (3, ..., 3), not {values.shape}: is it in Voigt's form?")
    departure = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if departure > _ORTHOGONAL:
        raise TensorError(f"the matrix is not orthogonal: R R^T departs from 1 by {departure:.2g}")
    for axis in range(values.ndim):
        values = np.moveaxis(np.tensordot(rotation, values, axes=(1, axis)), 0, axis)
    return values * np.linalg.det(rotation) if axial else values
