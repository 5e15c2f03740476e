"""One field of any file: of fields on a grid, or of coefficients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_store import CellChange, FieldCoefficients, FieldError, GridField
from sgbasis.fields.moved_atoms import atoms_in_cell

_HDF5 = b"\x89HDF\r\n\x1a\n"


class GivenField(NamedTuple):
    """A field and where it comes from.

    Attributes:
        field: on a grid.
        name: of the file.
        coefficients: of a file of coefficients; the field is on a grid that tells all their waves apart.
    """

    field: GridField
    name: str
    coefficients: FieldCoefficients | None = None


def holds_coefficients(path: Path) -> bool:
    """Whether a file is one of HDF5, as ``sgbasis field expand`` writes them.

    Raises:
        OSError: it cannot be read.
    """
    from basis_store.files.regular_file import open_regular

    with open_regular(path) as file:
        return file.read(len(_HDF5)) == _HDF5


def field_of_file(
    path: Path, name: str | None, *, unit: str = "", mesh: tuple[int, ...] = (), note: Callable[[str], None]
) -> GivenField:
    """The first field of a file on a grid, or the one called ``name``.

    Args:
        path: a file of fields.
        name: of the field, or None.
        unit: of its values, where the file does not say it.
        mesh: of a .bf of PSCF.
        note: is called with each note.

    Raises:
        FieldError: it cannot be read, or has no such field.
        OSError: there is no such file.
    """
    from basis_compiler.fields.field_file import chosen
    from basis_compiler.fields.field_formats import read_fields

    found = read_fields(path, unit=unit, mesh=mesh)
    for one in found.notes:
        note(f"{path}: {one}")
    return GivenField(chosen(found, name, str(path)), path.name)


def field_of_coefficients(path: Path, choose_cell: Callable[[FieldCoefficients], CellChange]) -> GivenField:
    """A field of coefficients on a grid that tells all of its waves apart, with its atoms.

    Args:
        path: a file of coefficients.
        choose_cell: the cell of the grid.

    Raises:
        FieldError: the field does not repeat with the cell, or the grid is too large.
        StoreFormatError, StoreCorruptError: it is no sound file of coefficients.
        OSError: there is no such file.
    """
    from basis_store import read_coefficients

    coefficients = read_coefficients(path)
    return GivenField(on_resolving_grid(coefficients, choose_cell(coefficients)), path.name, coefficients)


def on_resolving_grid(coefficients: FieldCoefficients, cell: CellChange) -> GridField:
    """A field on a grid of a cell that has room for all of its waves below the edge of the FFT box.

    Raises:
        FieldError: the field does not repeat with the cell, or the grid is too large.
    """
    import torch

    from runtime import InvariantField
    from runtime.fields.grid_spectrum import fast_length

    module = InvariantField(coefficients, dtype=torch.float64)
    # Of the conventional cell: 2 n + 1 points for waves up to n. Waves k of a cell are k_setting P.
    largest = (np.array(module.resolving_shape()) - 1) // 2
    shape = tuple(fast_length(2 * int(n) + 1) for n in largest @ np.abs(cell.matrix))
    with torch.no_grad():
        values = module.on_grid(shape, cell).numpy()
    lattice = cell.lattice_of(coefficients.lattice)
    return GridField(values, lattice, coefficients.quantity, coefficients.unit, *atoms_in_cell(coefficients, cell))


def atom_position(field: GridField, label: str, name: str) -> tuple[float, float, float]:
    """The fractional coordinates of an atom such as ``Si2``: the second one of silicon in the file.

    Raises:
        FieldError: there is no such atom.
    """
    from basis_compiler.crystals.crystal import ELEMENTS

    symbol = label.rstrip("0123456789")
    number = int(label[len(symbol) :] or "1")
    places = [
        one for one, z in zip(field.coordinates.tolist(), field.elements, strict=True) if ELEMENTS[z] == symbol
    ]
    if not 1 <= number <= len(places):
        counts = [f"{s}1 to {s}{n}" if n > 1 else f"{s}1" for s, n in _counts(field)]
        raise FieldError(f"{name}: it has no atom {label}: {', '.join(counts) or 'it lists no atoms'}")
    x, y, z = places[number - 1]
    return x, y, z


def _counts(field: GridField) -> list[tuple[str, int]]:
    from basis_compiler.crystals.crystal import ELEMENTS

    return [(ELEMENTS[z], int((field.elements == z).sum())) for z in np.unique(field.elements)]
