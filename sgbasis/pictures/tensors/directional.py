"""What is drawn of a property tensor: one number for every direction n.

elastic         Young's modulus E(n) = 1 / S_ijkl n_i n_j n_k n_l
dielectric      epsilon(n) = epsilon_ij n_i n_j
piezoelectric   the longitudinal coefficient e(n) = e_ijk n_i n_j n_k, which has both signs
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.errors import TensorError
from runtime.tensors.dielectric import directional_value, principal
from runtime.tensors.elasticity import extreme_youngs_moduli, stability, youngs_modulus
from runtime.tensors.voigt import piezoelectric_matrix, piezoelectric_tensor, stiffness_matrix
from sgbasis.prediction.predicted_value import Prediction, tensor_kind

QUANTITIES = {
    "elastic": "Young's modulus",
    "dielectric": "dielectric constant",
    "piezoelectric": "longitudinal coefficient",
}
"""What is drawn of the kinds of tensors."""

_EQUAL = 1e-3
"""A function whose values differ by less than this fraction of the largest is the same in all directions."""

_POLAR, _AROUND = 151, 301


@dataclass(frozen=True, eq=False)
class Directional:
    """A function of direction on a net of longitudes and latitudes.

    Attributes:
        quantity: what it is, such as ``"Young's modulus"``.
        symbol: of its axis, in matplotlib's mathtext.
        unit: of the values; ``""`` for a pure number.
        range_text: its extremes, or its value where it is isotropic, without the unit.
        record: the crystal.
        directions: (polar, around, 3) unit vectors in the record's frame.
        values: (polar, around).
        limits: smallest and largest value; of a function with both signs, the same with both signs.
    """

    quantity: str
    symbol: str
    unit: str
    range_text: str
    record: CrystalRecord
    directions: FloatArray
    values: FloatArray
    limits: tuple[float, float]

    @property
    def is_isotropic(self) -> bool:
        """Whether it is the same in all directions."""
        low, high = self.limits
        return high - low < _EQUAL * abs(high)

    @property
    def summary(self) -> str:
        """The extremes with the unit, or the value where there is one."""
        value = f"{self.range_text} {self.unit}".rstrip()
        return f"{value} in all directions" if self.is_isotropic else value

    @property
    def is_signed(self) -> bool:
        """Whether it has both signs."""
        return self.limits[0] < 0


def youngs_modulus_directional(stiffness: ArrayLike, record: CrystalRecord) -> Directional:
    """Of a stiffness (6, 6) or (3, 3, 3, 3) in GPa.

    Raises:
        TensorError: another shape, not symmetric, or of an unstable crystal, for which E(n) has no meaning.
    """
    if not stability(stiffness).is_stable:
        raise TensorError("the stiffness is not that of a stable crystal: it has no Young's modulus to draw")
    n = _sphere()
    low, high = (one.value for one in extreme_youngs_moduli(stiffness))
    return _directional("Young's modulus", "E", "GPa", 1, record, n, youngs_modulus(stiffness, n), (low, high))


def dielectric_directional(tensor: ArrayLike, record: CrystalRecord, *, electronic: bool) -> Directional:
    """Of a dielectric tensor (3, 3), relative.

    Raises:
        TensorError: another shape, not symmetric, or a principal value that is not positive.
    """
    values = principal(tensor).values
    if values[0] <= 0:
        raise TensorError(f"a principal value is {values[0]:.3g}: a surface needs all of them positive")
    quantity = f"{'Electronic dielectric' if electronic else 'Dielectric'} constant"
    n, limits = _sphere(), (float(values[0]), float(values[-1]))
    return _directional(quantity, r"\epsilon", "", 2, record, n, directional_value(tensor, n), limits)


def piezoelectric_directional(tensor: ArrayLike, record: CrystalRecord) -> Directional:
    """Of a piezoelectric tensor e (3, 6) or (3, 3, 3), in C/m^2.

    Raises:
        TensorError: another shape, not symmetric, or no longitudinal coefficient in any direction.
    """
    full = piezoelectric_tensor(tensor if np.shape(tensor) == (3, 6) else piezoelectric_matrix(tensor))
    n = _sphere()
    values = np.einsum("ijk,pqi,pqj,pqk->pq", full, n, n, n, optimize=True)
    largest = float(np.abs(values).max())
    if largest < 1e-6:
        raise TensorError("the longitudinal piezoelectric coefficient is 0 in every direction")
    quantity = "Longitudinal piezoelectric coefficient"
    return _directional(quantity, "e", "C/m$^2$", 3, record, n, values, (-largest, largest))


def directional_of(prediction: Prediction) -> Directional:
    """Of a predicted tensor.

    Raises:
        TensorError: the tensor is of another kind, or cannot be drawn.
    """
    value, record, kind = np.asarray(prediction.value), prediction.record, tensor_kind(prediction)
    if kind == "elastic":
        return youngs_modulus_directional(stiffness_matrix(value), record)
    if kind == "dielectric":
        return dielectric_directional(value, record, electronic="electronic" in prediction.property)
    if kind == "piezoelectric":
        return piezoelectric_directional(value, record)
    known = "elastic, dielectric and piezoelectric tensors"
    raise TensorError(f"there is no picture of {prediction.property}: only of {known}")


def _directional(
    quantity: str,
    symbol: str,
    unit: str,
    decimals: int,
    record: CrystalRecord,
    n: FloatArray,
    values: FloatArray,
    limits: tuple[float, float],
) -> Directional:
    low, high = limits
    if high - low < _EQUAL * abs(high):
        text = f"{(low + high) / 2:.{decimals}f}"
    else:
        text = f"{low:.{decimals}f} to {high:.{decimals}f}".replace("-", "\u2212")
    return Directional(quantity, symbol, unit, text, record, n, values, limits)


def _sphere() -> FloatArray:
    """(polar, around, 3) unit vectors on a net of longitudes and latitudes."""
    polar = np.linspace(0, np.pi, _POLAR)[:, None]
    around = np.linspace(0, 2 * np.pi, _AROUND)[None]
    flat = np.sin(polar)
    return np.stack([flat * np.cos(around), flat * np.sin(around), np.cos(polar) + 0 * around], axis=-1)
