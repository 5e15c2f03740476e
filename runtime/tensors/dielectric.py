"""Properties of a dielectric tensor: principal values and axes, refractive indices, and its value by direction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from basis_store.array_types import FloatArray
from runtime.tensors.directions import unit_vectors
from runtime.tensors.voigt import ASYMMETRY, symmetric_tensor, symmetric_vector


class Principal(NamedTuple):
    """Principal values of a symmetric tensor.

    Attributes:
        values: (3,) ascending, in the unit of the tensor.
        axes: (3, 3) rows: unit vectors in the frame of the tensor, right-handed; of equal values, any orthonormal
            choice.
    """

    values: FloatArray
    axes: FloatArray


def principal(tensor: ArrayLike, *, tolerance: float = ASYMMETRY) -> Principal:
    """Principal values and axes (Nye 1985, section I.4).

    Args:
        tensor: (3, 3) symmetric.
        tolerance: largest asymmetry, relative to the largest entry.

    Raises:
        TensorError: another shape, entries that are not numbers, or not symmetric.
    """
    values, vectors = np.linalg.eigh(_checked(tensor, tolerance))
    axes = vectors.T * np.sign(np.linalg.det(vectors))
    return Principal(values, axes)


def refractive_index(electronic: ArrayLike, *, tolerance: float = ASYMMETRY) -> float:
    """The mean refractive index of a polycrystal: the root of the mean of the three principal values.

    Defined as by I. Petousis et al., Sci. Data 4 (2017) 160134.

    Args:
        electronic: (3, 3) relative permittivity with the ions fixed, as at optical frequencies.
        tolerance: as for :func:`principal`.

    Returns:
        The index, without unit; NaN where the mean is negative.

    Raises:
        TensorError: as :func:`principal`.
    """
    mean = float(np.trace(_checked(electronic, tolerance))) / 3
    return float(np.sqrt(mean)) if mean >= 0 else float("nan")


def refractive_indices(electronic: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """Principal refractive indices: the roots of the principal values.

    Args:
        electronic: (3, 3) relative permittivity with the ions fixed.
        tolerance: as for :func:`principal`.

    Returns:
        (3,) ascending; NaN for negative principal values.

    Raises:
        TensorError: as :func:`principal`.
    """
    values = principal(electronic, tolerance=tolerance).values
    return np.sqrt(np.where(values >= 0, values, np.nan))


def directional_value(tensor: ArrayLike, directions: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """n_i n_j T_ij: the response along n to a field along n (Nye 1985, section I.6).

    The representation quadric, the surface x_i x_j T_ij = 1, has the radius 1 / sqrt of it.

    Args:
        tensor: (3, 3) symmetric.
        directions: (..., 3) in the frame of the tensor; of any length except 0.
        tolerance: as for :func:`principal`.

    Returns:
        (...) in the unit of the tensor.

    Raises:
        TensorError: as :func:`principal`, or a direction of length 0.
    """
    n = unit_vectors(directions)
    return np.asarray(np.einsum("...i,ij,...j->...", n, _checked(tensor, tolerance), n))


def _checked(tensor: ArrayLike, tolerance: float) -> FloatArray:
    return symmetric_tensor(symmetric_vector(tensor, tolerance=tolerance))
