"""How two files of one crystal describe it: from coordinates in the cell of one to those in the cell of the other.

    x_other = A x + a                 A = P_other^-1 P,  a = P_other^-1 (p - p_other)
    k = k_other A                     the same wave, times exp(2 pi i k_other.a)

P and p lead from either cell to the setting. Fields in one cell need no setting: A = 1 and a = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from basis_store import CellChange, FieldError, GridField
from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import SgbasisError
from sgbasis.fields.given_field import GivenField

_SAME_CELL = 0.01
"""Relative difference of lengths, and of angles in radians, of two cells that are taken for one."""
_SAME_PLACE = 0.5
"""Angstrom. Atoms that are closer were moved, not described from another origin."""
_MOVED = 0.02
"""Angstrom. Larger distances of atoms are said."""


@dataclass(frozen=True, eq=False)
class CellRelation:
    """See the head of this module.

    Attributes:
        numerators: (3, 3) integers, A times the denominator.
        denominator: at least 1.
        shift: (3,) a.
        notes: what a user should know.
    """

    numerators: IntArray = field(default_factory=lambda: np.eye(3, dtype=np.int64))
    denominator: int = 1
    shift: FloatArray = field(default_factory=lambda: np.zeros(3))
    notes: tuple[str, ...] = ()

    @property
    def is_identity(self) -> bool:
        """Whether both cells are one."""
        return np.array_equal(self.numerators, self.denominator * np.eye(3)) and not self.shift.any()

    def to_other(self, points: FloatArray) -> FloatArray:
        """Coordinates in the cell of the other file, of ``points`` (n, 3) in that of the first."""
        return np.asarray(points @ self.numerators.T / self.denominator + self.shift)


def relation(one: GivenField, other: GivenField, *, tolerance: float = 0.01) -> CellRelation:
    """How the cell of ``other`` lies in that of ``one``.

    Args:
        one: with atoms or coefficients, unless both have the same cell.
        other: the same crystal.
        tolerance: in Angstrom, at which the group of atoms is found.

    Raises:
        FieldError: it is not known, or they are two crystals.
    """
    same_cell = _metric_difference(one.field.lattice, other.field.lattice) <= _SAME_CELL
    if same_cell:
        apart = _largest_distance(one.field, other.field, CellRelation())
        if apart is None or apart <= _SAME_PLACE:
            moved = () if apart is None or apart <= _MOVED else (_moved(other, apart),)
            return CellRelation(notes=moved)
    try:
        found = _by_settings(one, other, tolerance)
    except SgbasisError as error:
        cell = "the cell of" if same_cell else "another cell than"
        where = " but its atoms elsewhere" if same_cell else ""
        raise FieldError(f"{other.name}: it has {cell} {one.name}{where}, and {error}") from error
    # The same setting alone does not make them one crystal.
    stretched = found.numerators.T / found.denominator @ other.field.lattice
    if _metric_difference(one.field.lattice, stretched) > _SAME_CELL:
        raise FieldError(f"{other.name}: its lattice is not that of {one.name}")
    apart = _largest_distance(one.field, other.field, found, whole=False)
    if apart is not None and apart > _SAME_PLACE:
        raise FieldError(f"{other.name}: it is another crystal than {one.name}: their atoms do not coincide")
    moved = () if apart is None or apart <= _MOVED else (_moved(other, apart),)
    return CellRelation(found.numerators, found.denominator, found.shift, (*found.notes, *moved))


def _moved(other: GivenField, apart: float) -> str:
    return f"{other.name}: its atoms are up to {apart:.2f} Angstrom from those of the other file"


def _by_settings(one: GivenField, other: GivenField, tolerance: float) -> CellRelation:
    (setting, cell), (others, other_cell) = (_described(given, tolerance) for given in (one, other))
    if setting != others:
        raise FieldError(f"it has another symmetry: {others}, not {setting}")
    determinant = round(float(np.linalg.det(other_cell.numerators)))
    adjugate = np.rint(np.linalg.inv(other_cell.numerators) * determinant).astype(np.int64)
    numerators = other_cell.denominator * adjugate @ cell.numerators
    denominator = determinant * cell.denominator
    divisor = int(np.gcd.reduce([*numerators.reshape(-1).tolist(), denominator]))
    origin = np.asarray(cell.origin) - np.asarray(other_cell.origin)
    shift = np.linalg.solve(other_cell.matrix, origin)
    shift -= np.rint(shift)
    note = f"{other.name}: brought to the cell and origin of {one.name}, by {setting}"
    return CellRelation(numerators // divisor, denominator // divisor, shift, (note,))


def _described(given: GivenField, tolerance: float) -> tuple[str, CellChange]:
    """The label of the setting, and how the cell lies in it."""
    from sgbasis.fields.field_symmetry import find_symmetry

    if not len(given.field.elements):
        raise FieldError(f"{given.name} lists no atoms to compare them by")
    found = find_symmetry(given.field, None, stated=None, name=given.name, tolerance=tolerance)
    return found.representation.label, found.cell


def _metric_difference(one: FloatArray, other: FloatArray) -> float:
    """Largest difference of a_i.a_j / |a_i||a_j| of two cells."""
    first, second = one @ one.T, other @ other.T
    lengths = np.sqrt(np.diag(first))
    return float((np.abs(first - second) / np.outer(lengths, lengths)).max()) / 2


def _largest_distance(
    one: GridField, other: GridField, found: CellRelation, *, whole: bool = True
) -> float | None:
    """Of an atom of one field from the nearest one of its element in the other, in Angstrom.

    Args:
        one: a field.
        other: another one.
        found: between their cells.
        whole: None if they do not have the same atoms.
    """
    if not len(one.elements) or not len(other.elements):
        return None
    if whole and not np.array_equal(np.sort(one.elements), np.sort(other.elements)):
        return None
    largest = 0.0
    for place, z in zip(found.to_other(one.coordinates), one.elements, strict=True):
        apart = other.coordinates[other.elements == z] - place
        if not len(apart):
            return np.inf
        apart -= np.rint(apart)
        largest = max(largest, float(np.linalg.norm(apart @ other.lattice, axis=1).min()))
    return largest
