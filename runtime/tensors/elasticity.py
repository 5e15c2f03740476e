"""Properties of an elastic stiffness: moduli of a polycrystal, stability, anisotropy, Young's modulus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from basis_store.array_types import FloatArray
from runtime.tensors.directions import Extreme, extremes, unit_vectors
from runtime.tensors.voigt import ASYMMETRY, from_mandel, stiffness_tensor, to_mandel

_POSITIVE = 1e-9
"""Eigenvalues below this, relative to the largest, count as 0."""


class Moduli(NamedTuple):
    """Moduli of an isotropic body, in the unit of the stiffness.

    Attributes:
        bulk: K.
        shear: G.
        young: E = 9 K G / (3 K + G).
        poisson: (3 K - 2 G) / (6 K + 2 G), without unit.
    """

    bulk: float
    shear: float
    young: float
    poisson: float


@dataclass(frozen=True)
class ElasticModuli:
    """Bounds and mean of the moduli of a polycrystal without texture.

    Attributes:
        voigt: upper bound; equal strain in all grains.
        reuss: lower bound; equal stress. NaN for an unstable crystal, which has no such bound.
        hill: from the means of K and of G; NaN as ``reuss``.
        universal_anisotropy: 5 G_V / G_R + K_V / K_R - 6, 0 for an isotropic crystal (S. I. Ranganathan &
            M. Ostoja-Starzewski, Phys. Rev. Lett. 101 (2008) 055504); NaN as ``reuss``.
    """

    voigt: Moduli
    reuss: Moduli
    hill: Moduli
    universal_anisotropy: float


@dataclass(frozen=True)
class Stability:
    """Whether every small strain raises the energy: all eigenvalues of the stiffness are positive.

    These are Born's criteria in general form (F. Mouhat & F.-X. Coudert, Phys. Rev. B 90 (2014) 224104).

    Attributes:
        is_stable: whether all eigenvalues are positive.
        eigenvalues: (6,) of Mandel's matrix, ascending, in the unit of the stiffness.
        softest_strain: (3, 3) of norm 1, the strain of the smallest eigenvalue.
    """

    is_stable: bool
    eigenvalues: FloatArray
    softest_strain: FloatArray


def stability(stiffness: ArrayLike, *, tolerance: float = ASYMMETRY) -> Stability:
    """Mechanical stability of a crystal without load.

    Args:
        stiffness: (6, 6) in Voigt's form or (3, 3, 3, 3), in any unit of pressure, any frame.
        tolerance: see :func:`runtime.tensors.voigt.stiffness_tensor`.

    Raises:
        TensorError: another shape, entries that are not numbers, or not symmetric.
    """
    values, vectors = np.linalg.eigh(_mandel(stiffness, tolerance))
    return Stability(
        is_stable=bool(values[0] > _POSITIVE * np.abs(values).max()),
        eigenvalues=values,
        softest_strain=from_mandel(vectors[:, 0]),
    )


def elastic_moduli(stiffness: ArrayLike, *, tolerance: float = ASYMMETRY) -> ElasticModuli:
    """Voigt's, Reuss's and Hill's moduli (R. Hill, Proc. Phys. Soc. A 65 (1952) 349).

    Reuss and Hill moduli of an unstable crystal are NaN; see :func:`stability`.

    Args:
        stiffness: as for :func:`stability`.
        tolerance: as for :func:`stability`.

    Raises:
        TensorError: as :func:`stability`.
    """
    matrix = _mandel(stiffness, tolerance)
    bulk, shear = _isotropic_part(matrix)
    upper = _moduli(bulk, shear)
    compliance = _compliance(matrix)
    if compliance is None:
        unknown = Moduli(*[float("nan")] * 4)
        return ElasticModuli(upper, unknown, unknown, float("nan"))
    # The isotropic part of S is that of 1/C: 1/(3 K) on dilation and 1/(2 G) on shear.
    inverse_bulk, inverse_shear = _isotropic_part(compliance)
    lower = _moduli(1 / (9 * inverse_bulk), 1 / (4 * inverse_shear))
    return ElasticModuli(
        voigt=upper,
        reuss=lower,
        hill=_moduli((upper.bulk + lower.bulk) / 2, (upper.shear + lower.shear) / 2),
        universal_anisotropy=max(5 * upper.shear / lower.shear + upper.bulk / lower.bulk - 6, 0.0),
    )


def youngs_modulus(stiffness: ArrayLike, directions: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """E(n) = 1 / (n_i n_j n_k n_l S_ijkl): stress over strain along n, under tension along n (Nye 1985, VIII.7).

    Args:
        stiffness: as for :func:`stability`.
        directions: (..., 3) in the frame of the stiffness; of any length except 0.
        tolerance: as for :func:`stability`.

    Returns:
        (...) in the unit of the stiffness; NaN for an unstable crystal.

    Raises:
        TensorError: as :func:`stability`, or a direction of length 0.
    """
    n = unit_vectors(directions)
    compliance = _compliance(_mandel(stiffness, tolerance))
    if compliance is None:
        return np.full(n.shape[:-1], np.nan)
    return np.asarray(1 / np.einsum("...i,ij,...j->...", _dyads(n), compliance, _dyads(n)))


def linear_compressibility(
    stiffness: ArrayLike, directions: ArrayLike, *, tolerance: float = ASYMMETRY
) -> FloatArray:
    """beta(n) = n_i n_j S_ijkk: relative shortening along n per hydrostatic pressure (Nye 1985, VIII.7).

    Args:
        stiffness: as for :func:`stability`.
        directions: as for :func:`youngs_modulus`.
        tolerance: as for :func:`stability`.

    Returns:
        (...) in 1 / the unit of the stiffness; NaN for an unstable crystal. The sum over three orthogonal
        directions is 1 / K of Reuss.

    Raises:
        TensorError: as :func:`youngs_modulus`.
    """
    n = unit_vectors(directions)
    compliance = _compliance(_mandel(stiffness, tolerance))
    if compliance is None:
        return np.full(n.shape[:-1], np.nan)
    return np.asarray(_dyads(n) @ compliance[:, :3].sum(axis=1))


def extreme_youngs_moduli(stiffness: ArrayLike, *, tolerance: float = ASYMMETRY) -> tuple[Extreme, Extreme]:
    """The smallest and the largest value of E(n), each with a direction.

    Of several equivalent directions one is returned, the same in every run.

    Args:
        stiffness: as for :func:`stability`.
        tolerance: as for :func:`stability`.

    Returns:
        Smallest and largest; values and directions are NaN for an unstable crystal.

    Raises:
        TensorError: as :func:`stability`.
    """
    compliance = _compliance(_mandel(stiffness, tolerance))
    if compliance is None:
        unknown = Extreme(float("nan"), np.full(3, np.nan))
        return unknown, unknown
    softest, stiffest = extremes(from_mandel(compliance))
    return (
        Extreme(1 / stiffest.value, stiffest.direction),
        Extreme(1 / softest.value, softest.direction),
    )


def _mandel(stiffness: ArrayLike, tolerance: float) -> FloatArray:
    full = stiffness_tensor(stiffness, tolerance=tolerance) if np.ndim(stiffness) == 2 else stiffness
    return to_mandel(full, tolerance=tolerance)


def _compliance(matrix: FloatArray) -> FloatArray | None:
    """Mandel's matrix of the compliance; None for an unstable crystal."""
    values = np.linalg.eigvalsh(matrix)
    if values[0] <= _POSITIVE * np.abs(values).max():
        return None
    return np.asarray(np.linalg.inv(matrix))


def _isotropic_part(matrix: FloatArray) -> tuple[float, float]:
    """K and G of the isotropic stiffness nearest to one in Mandel's form.

    It has the eigenvalue 3 K once, on dilation, and 2 G on the other five dimensions.
    """
    dilation = matrix[:3, :3].sum() / 3
    return float(dilation / 3), float((np.trace(matrix) - dilation) / 10)


def _moduli(bulk: float, shear: float) -> Moduli:
    denominator = 3 * bulk + shear
    if denominator == 0:
        return Moduli(bulk, shear, float("nan"), float("nan"))
    return Moduli(bulk, shear, 9 * bulk * shear / denominator, (3 * bulk - 2 * shear) / (2 * denominator))


def _dyads(n: FloatArray) -> FloatArray:
    """Mandel's form (..., 6) of n_i n_j."""
    x, y, z = np.moveaxis(n, -1, 0)
    root = np.sqrt(2)
    return np.stack([x * x, y * y, z * z, root * y * z, root * x * z, root * x * y], axis=-1)
