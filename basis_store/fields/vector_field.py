"""A vector field on a grid of its cell: three Cartesian components, each a field on the same grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField
from basis_store.tables.short_repr import ShortRepr


@dataclass(frozen=True, eq=False, repr=False)
class VectorField(ShortRepr):
    """A real periodic vector field sampled on a grid, such as the magnetisation of non-collinear spins.

    Attributes:
        components: along the Cartesian axes x, y, z, in which the cell vectors are given.

    Raises:
        FieldError: they are not three, or on different grids or cells, or in different units.
    """

    components: tuple[GridField, GridField, GridField]

    def __post_init__(self) -> None:
        if len(self.components) != 3:
            raise FieldError(f"a vector field has three components, not {len(self.components)}")
        first = self.components[0]
        for other in self.components[1:]:
            if other.shape != first.shape or not np.allclose(other.lattice, first.lattice, rtol=1e-9, atol=1e-12):
                raise FieldError("the components of a vector field are on different grids or cells")
            if other.unit != first.unit:
                raise FieldError(f"the components of a vector field are in {first.unit} and in {other.unit}")

    @classmethod
    def of_values(
        cls, values: FloatArray, lattice: FloatArray, quantity: str = "spin density", unit: str = "1"
    ) -> Self:
        """A vector field from its values.

        Args:
            values: (3, N1, N2, N3) Cartesian components.
            lattice: (3, 3) rows are the cell vectors in Angstrom, in the same Cartesian axes.
            quantity: as of :class:`GridField`.
            unit: of the values.

        Raises:
            FieldError: another shape, or values or a cell that no field has.
        """
        given = np.asarray(values)
        if given.ndim != 4 or len(given) != 3:
            raise FieldError(f"a vector field has values of shape (3, N1, N2, N3), not {given.shape}")
        x, y, z = (GridField(one, lattice, quantity, unit) for one in given)
        return cls((x, y, z))

    @property
    def first(self) -> GridField:
        """The component along x."""
        return self.components[0]

    @property
    def values(self) -> FloatArray:
        """(3, N1, N2, N3) the components."""
        return np.stack([one.values for one in self.components])


def vector_names(name: str) -> tuple[str, str, str]:
    """How the components of a vector field of this name are called among the fields of a file."""
    return f"{name} x", f"{name} y", f"{name} z"


def vectors_of(fields: Mapping[str, GridField]) -> dict[str, tuple[str, str, str]]:
    """The vector fields among the fields of a file: names, and those of their components.

    Three fields are one if they are called by its name with x, y and z, and have one quantity and unit.
    """
    found = {}
    for key in fields:
        name = key.removesuffix(" x")
        names = vector_names(name)
        if name != key and all(one in fields for one in names):
            kinds = {(fields[one].quantity, fields[one].unit) for one in names}
            if len(kinds) == 1:
                found[name] = names
    return found
