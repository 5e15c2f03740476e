"""What a file of fields holds, and how formats are described in the table of :mod:`.field_formats`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from basis_compiler.fields.field_units import DENSITY, factor, known_unit, quantity_of
from basis_store import Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField
from basis_store.tables.short_repr import ShortRepr


@dataclass(frozen=True, eq=False, repr=False)
class FieldFile(ShortRepr):
    """The fields of one file, all on one grid of one cell.

    Attributes:
        fields: by name, in the order of the file: ``"total"`` and ``"magnetisation"`` of a spin-polarised CHGCAR,
            ``"monomer 1"`` of PSCF, ``"1"``, ``"2"`` where the file gives no names.
        format: name of the format.
        setting: the setting that the file states, if any.
        notes: what was left out or could not be known, in one line each.
    """

    fields: Mapping[str, GridField]
    format: str
    setting: Setting | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shapes = {one.shape for one in self.fields.values()}
        if len(shapes) != 1:
            raise FieldError("a file of fields holds one or more fields on one grid")

    @property
    def first(self) -> GridField:
        """The first field."""
        return next(iter(self.fields.values()))


@dataclass(frozen=True)
class Declared:
    """What a user says about a file that does not say it.

    Attributes:
        unit: of the values; ``""``: nothing is said.
        mesh: points along each axis, for coefficients of PSCF, which do not state it; empty: nothing is said.
    """

    unit: str = ""
    mesh: tuple[int, ...] = ()

    def resolved(self, name: str, stated: tuple[str, str] | None, unknown: str) -> tuple[str, str, list[str]]:
        """Quantity, unit and notes of values whose file states a quantity and a unit, or does not.

        Args:
            name: of the file, for messages.
            stated: quantity and unit, or None.
            unknown: the note where neither the file nor the user says anything.

        Raises:
            FieldError: the user contradicts the file.
        """
        if not self.unit:
            return (*stated, []) if stated else ("field", "1", [unknown])
        unit = known_unit(self.unit)
        if stated is None:
            return quantity_of(unit), unit, []
        if stated[1] != unit:
            raise FieldError(f"{name}: the file says that its values are in {stated[1]}, not in {unit}")
        return (*stated, [])


@dataclass(frozen=True, kw_only=True)
class FieldFormat:
    """One format.

    Attributes:
        name: for people.
        endings: of the names of its files, in lower case.
        words: that names of its files contain, in upper case, such as ``CHGCAR``.
        recognise: whether the beginning of a file is one of this format.
        read: makes a :class:`FieldFile` of the name of a file, its content, and what the user declares.
        write: makes the bytes of a file of its name, fields and setting, if it is known.
        loses: what the format cannot hold, for a note where something is written in it.
    """

    name: str
    endings: tuple[str, ...]
    words: tuple[str, ...] = ()
    recognise: Callable[[bytes], bool]
    read: Callable[[str, bytes, Declared], FieldFile]
    write: Callable[[str, Mapping[str, GridField], Setting | None], bytes]
    loses: str = ""


def grid_field(
    name: str,
    values: FloatArray,
    lattice: FloatArray,
    quantity: str,
    unit: str,
    atoms: tuple[IntArray, FloatArray] | None = None,
) -> GridField:
    """A :class:`GridField` of the file ``name``, with densities in e/Angstrom^3; errors name the file.

    ``atoms`` are atomic numbers and fractional coordinates.
    """
    if quantity_of(unit) == "electron density" and unit != DENSITY:
        values, unit = values * factor(unit, DENSITY, name), DENSITY
    try:
        if atoms is None:
            return GridField(values, lattice, quantity, unit)
        return GridField(values, lattice, quantity, unit, *atoms)
    except FieldError as error:
        raise FieldError(f"{name}: {error}") from error


def check_same_cells(name: str, fields: Mapping[str, GridField]) -> GridField:
    """The first of several fields, which must have one grid and one cell to be in one file."""
    first, *others = fields.values()
    for other in others:
        if other.shape != first.shape or not np.allclose(other.lattice, first.lattice, rtol=1e-9, atol=1e-12):
            raise FieldError(f"{name}: fields on different grids or cells do not go into one file")
    return first


def chosen(file: FieldFile, name: str | None, path: str) -> GridField:
    """The first field of a file, or the one of this name."""
    if name is None:
        return file.first
    if name not in file.fields:
        raise FieldError(f"{path}: it has no field {name!r}: {', '.join(file.fields)}")
    return file.fields[name]
