"""Symmetrise a vector field on a grid: a magnetisation, forces, a current (T10)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from basis_store import CellChange, CharacterError
from basis_store.fields.vector_field import VectorField
from basis_store.groups.representation import RepresentationName, as_representation
from basis_store.tables.short_repr import ShortRepr
from runtime.fields.vectors.grid_average import GridAverage


@dataclass(frozen=True, eq=False, repr=False)
class SymmetrisedVectors(ShortRepr):
    """The part of a vector field that has the symmetry of a group, and what is left.

    Attributes:
        field: that part, on the grid of the given field.
        of_norm: root mean square of the rest over that of the given field; 0 for a field that is 0.
        largest: length of the rest where it is longest, in the unit of the field.
        position: (3,) fractional coordinates in the cell of the field of that grid point.
    """

    field: VectorField
    of_norm: float
    largest: float
    position: tuple[float, float, float]


def symmetrise_vector_field(
    field: VectorField, name: RepresentationName, cell: CellChange | None = None, *, axial: bool
) -> SymmetrisedVectors:
    """The part of a vector field with m(g x) = s_g R m(x): its average over the operations of a group.

    s_g is the character chi of the group, times det(R) for axial fields.

    Args:
        field: on a grid that every operation maps to itself.
        name: a group with its character. For a magnetisation the odd fields of a magnetic group, ``"62.446:odd"``;
            for fields that time reversal does not change, its even ones, ``"62.446"``, or a space group.
        cell: how the cell of the field lies in the conventional cell of the group; default: it is that cell.
        axial: True for a magnetisation, False for displacements, polarisations and currents.

    Raises:
        SettingError: there is no such group or character; grey groups have no odd fields.
        CharacterError: the character is complex.
        FieldError: the cell does not fit the group, or the grid is not mapped to itself.
    """
    named = as_representation(name)
    if not named.is_real:
        raise CharacterError(f"{named.label} has a complex character: no real vector field has it")
    cell = CellChange.conventional() if cell is None else cell
    given = field.values
    average = GridAverage(named, field.first.shape, field.first.lattice, cell).vectors(given, axial=axial)
    squares = np.square(given - average).sum(axis=0)
    norm = float(np.square(given).sum())
    where = np.unravel_index(squares.argmax(), squares.shape)
    x, y, z = (int(index) / n for index, n in zip(where, squares.shape, strict=True))
    one, two, three = (replace(old, values=new) for old, new in zip(field.components, average, strict=True))
    return SymmetrisedVectors(
        field=VectorField((one, two, three)),
        of_norm=float(np.sqrt(squares.sum() / norm)) if norm else 0.0,
        largest=float(np.sqrt(squares[where])),
        position=(x, y, z),
    )
