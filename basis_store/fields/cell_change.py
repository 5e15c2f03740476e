"""How the cell of a field lies in the conventional cell of its setting.

    x_setting = P x + p        columns of fractional coordinates
    k = k_setting P            rows of Miller indices of the same wave
    L = P^T L_setting          rows in Angstrom

P is exact: integers over a denominator. Its determinant says how many conventional cells the cell has: 1/4 for a
primitive cell of an F lattice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError
from basis_store.groups.group_names import GroupName, as_group
from basis_store.groups.magnetic.magnetic_group import MagneticGroup
from basis_store.groups.representation import Representation
from basis_store.tables.short_repr import ShortRepr

_PRIMITIVE: dict[str, tuple[int, list[list[int]]]] = {
    "P": (1, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "A": (2, [[2, 0, 0], [0, 1, -1], [0, 1, 1]]),
    "B": (2, [[1, 0, -1], [0, 2, 0], [1, 0, 1]]),
    "C": (2, [[1, 1, 0], [-1, 1, 0], [0, 0, 2]]),
    "I": (2, [[-1, 1, 1], [1, -1, 1], [1, 1, -1]]),
    "F": (2, [[0, 1, 1], [1, 0, 1], [1, 1, 0]]),
    "R": (3, [[2, -1, -1], [1, 1, -2], [1, 1, 1]]),
}
"""Columns: the usual primitive vectors in the conventional cell, by centring letter (R: obverse)."""
_MAX_DETERMINANT = 1000
"""Conventional cells in a cell."""


@dataclass(frozen=True, eq=False, repr=False)
class CellChange(ShortRepr):
    """A cell in terms of the conventional cell of a setting; see the head of this module.

    Attributes:
        numerators: (3, 3) int64, P times the denominator.
        denominator: at least 1.
        origin: (3,) p, the origin of the cell in fractional coordinates of the setting.

    Raises:
        FieldError: P is not an integer matrix with a determinant above 0, or the origin is not finite.
    """

    numerators: IntArray
    denominator: int = 1
    origin: FloatArray | tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        given = np.asarray(self.numerators)
        origin = np.array(self.origin, dtype=np.float64)
        if given.shape != (3, 3) or given.dtype.kind not in "iu" or not 1 <= self.denominator <= 24:
            raise FieldError("a change of cell is a matrix (3, 3) of integers over a denominator from 1 to 24")
        if not 0 < round(np.linalg.det(given)) <= _MAX_DETERMINANT * self.denominator**3:
            raise FieldError("a change of cell has a determinant above 0: both cells are right-handed")
        if origin.shape != (3,) or not np.isfinite(origin).all():
            raise FieldError("an origin is three finite numbers")
        for name, array in (("numerators", given.astype(np.int64)), ("origin", origin)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def conventional(cls, origin: FloatArray | tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Self:
        """The conventional cell itself, its origin at ``origin`` (3,)."""
        return cls(np.eye(3, dtype=np.int64), 1, origin)

    @classmethod
    def primitive(
        cls, setting: GroupName, origin: FloatArray | tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> Self:
        """The usual primitive cell of a setting.

        Args:
            setting: a setting, or its name as :meth:`Setting.parse` reads it; or a magnetic group, with the
                translations that do not reverse time.
            origin: (3,) of the cell in fractional coordinates of the setting.

        Raises:
            SettingError: there is no setting of this name, or it is a bare number.
        """
        group = as_group(setting)
        space = group.setting if isinstance(group, MagneticGroup) else Representation(group).space_setting
        denominator, columns = _PRIMITIVE[space.centring]
        return cls(np.array(columns), denominator, origin)

    @property
    def matrix(self) -> FloatArray:
        """(3, 3) P."""
        return np.asarray(self.numerators / self.denominator)

    def lattice_of(self, setting_lattice: FloatArray) -> FloatArray:
        """(3, 3) rows of this cell, from the rows ``setting_lattice`` (3, 3) of the conventional cell."""
        return np.asarray(self.matrix.T @ setting_lattice)

    def setting_lattice(self, lattice: FloatArray) -> FloatArray:
        """(3, 3) rows of the conventional cell, from the rows ``lattice`` (3, 3) of this one."""
        return np.asarray(np.linalg.solve(self.matrix.T, lattice))

    def to_setting(self, points: FloatArray) -> FloatArray:
        """P x + p of fractional coordinates ``points`` (..., 3) of this cell."""
        return np.asarray(points @ self.matrix.T + self.origin)

    def from_setting(self, points: FloatArray) -> FloatArray:
        """Fractional coordinates of this cell, from those of the setting, ``points`` (..., 3)."""
        return np.asarray((points - np.asarray(self.origin)) @ np.linalg.inv(self.matrix).T)
