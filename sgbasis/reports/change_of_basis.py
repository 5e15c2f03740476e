"""Changes of basis as International Tables print them: axes, coordinates and origin shifts as exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN

if TYPE_CHECKING:
    from basis_compiler import StandardCrystal


def axes_text(standard: StandardCrystal) -> str:
    """The basis vectors of the setting in those of the file, such as ``-a+b+c, a-b+c, a+b-c``."""
    inverse = _inverse(
        [[Fraction(int(one), standard.denominator) for one in row] for row in standard.change_of_basis]
    )
    columns = [[inverse[i][j] for i in range(3)] for j in range(3)]
    return ", ".join(_combination(column, "abc") for column in columns)


def coordinates_text(standard: StandardCrystal) -> str:
    """The coordinates of the setting in those of the file, such as ``x-y, y, z+1/4``."""
    parts = []
    for row, shift in zip(standard.change_of_basis, standard.origin_shift, strict=True):
        linear = _combination([Fraction(int(entry), standard.denominator) for entry in row], "xyz")
        parts.append(linear + (f"+{_number(shift)}" if _number(shift) != "0" else ""))
    return ", ".join(parts)


def operation_text(standard: StandardCrystal, operation: int, *, own_cell: bool) -> str:
    """An operation of the setting as ``-x, y+1/2, -z``, modulo lattice translations.

    With x_std = P x + p, the operation (R, t) is P^-1 R P x + P^-1 (R p + t - p) in the crystal's own cell.

    Args:
        standard: the crystal.
        operation: index of the operation.
        own_cell: whether to write it in the coordinates of the file's cell instead of the setting's.
    """
    from basis_compiler import operations

    group = operations(standard.setting)
    rotation, shift = group.rotations[operation], group.translations24[operation] / TURN
    if own_cell:
        change = standard.change_of_basis / standard.denominator
        shift = np.linalg.solve(change, rotation @ standard.origin_shift + shift - standard.origin_shift)
        rotation = np.linalg.solve(change, rotation @ change)
    return triplet_text(rotation, shift)


def triplet_text(rotation: NDArray[np.generic], shift: NDArray[np.floating], *, modulo: bool = True) -> str:
    """The operation of a rotation (3, 3) and a shift (3,) as ``-x, y+1/2, -z``, modulo lattice translations.

    In the plane they are (2, 2) and (2,). A row of zeros, of a fixed coordinate, is a number: ``x, 1/4, z``.

    Args:
        rotation: of the operation.
        shift: of the operation.
        modulo: whether to leave out whole cell vectors.
    """
    parts = []
    for row, moved in zip(rotation, shift, strict=True):
        linear = _combination([Fraction(float(entry)).limit_denominator(24) for entry in row], "xyz"[: len(row)])
        number = _number((moved + 1e-9) % 1.0 - 1e-9 if modulo else float(moved))
        moves = number != "0"
        sign = "" if number.startswith("-") else "+"
        parts.append(f"{linear}{sign}{number}" if linear and moves else linear or number)
    return ", ".join(parts)


def cell_operations(standard: StandardCrystal, *, own_cell: bool) -> list[str]:
    """All operations in the coordinates of the setting or of the crystal's own cell, each once.

    None if they have no exact form there: the cell is not mapped to itself, or the origin is no multiple of 1/24.
    """
    from basis_compiler import operations

    change = standard.change_of_basis / standard.denominator
    group = operations(standard.setting)
    rotations = np.linalg.solve(change, group.rotations @ change) if own_cell else group.rotations
    if own_cell and (standard.origin_shift24 is None or np.abs(rotations - np.rint(rotations)).max() > 1e-9):
        return []
    texts = (operation_text(standard, operation, own_cell=own_cell) for operation in range(len(group)))
    return list(dict.fromkeys(texts))


def vector_text(values: NDArray[np.floating]) -> str:
    """The numbers ``values`` (n,) with spaces between, each as a fraction if its denominator is at most 24."""
    return " ".join(_number(value) for value in values)


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Exact inverse of a 3x3 matrix by cofactors."""

    def minor(i: int, j: int) -> Fraction:
        a, b = ([k for k in range(3) if k != skipped] for skipped in (i, j))
        return matrix[a[0]][b[0]] * matrix[a[1]][b[1]] - matrix[a[0]][b[1]] * matrix[a[1]][b[0]]

    cofactors = [[(-1) ** (i + j) * minor(i, j) for j in range(3)] for i in range(3)]
    determinant = sum((matrix[0][j] * cofactors[0][j] for j in range(3)), Fraction(0))
    return [[cofactors[j][i] / determinant for j in range(3)] for i in range(3)]


def _combination(factors: Sequence[Fraction], letters: str) -> str:
    text = ""
    for factor, letter in zip(factors, letters, strict=True):
        if factor:
            sign = "-" if factor < 0 else "+" if text else ""
            text += f"{sign}{'' if abs(factor) == 1 else abs(factor)}{letter}"
    return text


def _number(value: float) -> str:
    """A fraction if its denominator is at most 24, else five decimals."""
    fraction = Fraction(float(value)).limit_denominator(24)
    return str(fraction) if abs(float(fraction) - value) < 1e-9 else f"{value:.5f}"
