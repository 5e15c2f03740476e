"""A field on a grid of its cell: what readers of files make, and what is expanded in invariant functions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError
from basis_store.tables.short_repr import ShortRepr

_SMALLEST_VOLUME = 1e-6
"""Of a cell, over the product of its edges: a flatter one comes from a wrong file."""
_LARGEST_VALUE = 1e100
"""In any unit; the squares of larger ones may be too large for a number."""
_LARGEST_LENGTH = 1e6
"""Angstrom."""


@dataclass(frozen=True, eq=False, repr=False)
class GridField(ShortRepr):
    """A real periodic field sampled on a grid of its cell. Its arrays cannot be changed.

    Attributes:
        values: (N1, N2, N3) float64; the value at the point (i/N1, j/N2, k/N3) of the cell. Not copied if it is
            float64 already.
        lattice: (3, 3) float64, rows are the cell vectors in Angstrom.
        quantity: what it is: ``"electron density"``, ``"potential"``, ``"spin density"``, ``"field"``.
        unit: of the values: ``"e/Angstrom^3"``, ``"eV"``, ``"1"``.
        elements: (n,) int64 atomic numbers of the atoms that the file gives; may be empty.
        coordinates: (n, 3) float64, their fractional coordinates.

    Raises:
        FieldError: values that are complex, not finite or not on a grid of three axes; a cell without a volume;
            not as many coordinates as atoms; an element that does not exist.
    """

    values: FloatArray
    lattice: FloatArray
    quantity: str = "field"
    unit: str = "1"
    elements: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    coordinates: FloatArray = field(default_factory=lambda: np.zeros((0, 3)))

    def __post_init__(self) -> None:
        values = _real(self.values, "the values of a field")
        if values.ndim != 3 or not values.size:
            raise FieldError(f"a field has values on a grid (N1, N2, N3), not of shape {values.shape}")
        if not -_LARGEST_VALUE <= values.min() <= values.max() <= _LARGEST_VALUE:  # so also for NaN
            where = tuple(np.argwhere(~(np.abs(values) <= _LARGEST_VALUE))[0].tolist())
            finite = "a number that a field has" if np.isfinite(values[where]) else "a finite number"
            raise FieldError(f"the value at grid point {where} is {values[where]}, not {finite}")
        lattice = _real(self.lattice, "cell vectors")
        if lattice.shape != (3, 3) or not np.isfinite(lattice).all():
            raise FieldError("a cell is three vectors of three finite numbers, its rows, in Angstrom")
        lengths = np.linalg.norm(lattice, axis=1)
        if not 0 < lengths.min() <= lengths.max() < _LARGEST_LENGTH:
            raise FieldError(
                f"the cell has a vector of {lengths.max():g} Angstrom or none: no field has such a cell"
            )
        if abs(np.linalg.det(lattice)) < _SMALLEST_VOLUME * lengths.prod():
            raise FieldError("the cell has no volume: its three vectors lie in one plane")
        coordinates = _real(self.coordinates, "coordinates").reshape(-1, 3)
        try:
            elements = np.array(self.elements, dtype=np.int64).reshape(-1)
        except (TypeError, ValueError, OverflowError) as error:
            raise FieldError("elements are atomic numbers, integers from 1 to 118") from error
        if len(elements) != len(coordinates):
            raise FieldError(f"there are {len(elements)} atoms and the coordinates of {len(coordinates)}")
        if len(elements) and not 1 <= elements.min() <= elements.max() <= 118:
            raise FieldError(f"there is no element {elements.min()} to {elements.max()}: they run from 1 to 118")
        if not np.isfinite(coordinates).all():
            raise FieldError("the coordinates of the atoms are not finite numbers")
        names = ("values", "lattice", "elements", "coordinates")
        for name, array in zip(names, (values, lattice, elements, coordinates), strict=True):
            view = array.view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N1, N2, N3)."""
        one, two, three = self.values.shape
        return one, two, three

    @property
    def volume(self) -> float:
        """Of the cell, in cubic Angstrom."""
        return float(abs(np.linalg.det(self.lattice)))

    @property
    def integral(self) -> float:
        """Of the field over the cell: the number of electrons of an electron density in e/Angstrom^3."""
        return float(self.values.mean() * self.volume)


def _real(values: object, what: str) -> FloatArray:
    given = np.asarray(values)
    if given.dtype.kind == "c":
        raise FieldError(f"{what} are real numbers, not complex ones")
    if given.dtype.kind not in "fiub":
        raise FieldError(f"{what} are numbers, not {given.dtype}")
    return np.ascontiguousarray(given, dtype=np.float64)
