"""PSCF's files of fields: values on a grid (``.rf``), their transform (``.kf``), coefficients by star (``.bf``).

- ``.rf``: a row for each point, the first axis fastest; a column for each monomer type.
- ``.kf``: a row for each wave with a last index up to N/2, the last axis fastest: its number, then real and
  imaginary part for each type, of ``(1/n) sum f(x) exp(-2 pi i k.x)``.
- ``.bf``: a row for each function of :mod:`.pscf_stars`: a coefficient for each type, characteristic wave, star
size.

Fields of one and two dimensions are read as fields of space that do not depend on the other coordinates, along
which the grid has one point. Lengths are in the unit of the calculation.

Source: the manual of PSCF, pages "R-Grid", "K-Grid" and "Symmetrized Basis Field Data Format".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from basis_compiler.fields.field_file import Declared, FieldFile, check_same_cells, grid_field
from basis_compiler.fields.field_text import FieldText, grid_text
from basis_compiler.fields.number_lines import number_lines
from basis_compiler.fields.pscf_headers import PscfHeader, header_lines, read_header
from basis_compiler.fields.pscf_meshes import StarRows, field_of_rows
from basis_compiler.fields.pscf_stars import MAX_MESH, star_basis
from basis_compiler.groups.spglib_database import operations
from basis_store import Setting
from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

ENDINGS = (".rf", ".kf", ".bf")
_LARGEST_STAR = 48

_NOT_INVARIANT = 1e-6
"""Of the root mean square of a field: what a file of coefficients would lose without a word."""


def is_pscf(head: bytes) -> bool:
    """Whether this is the beginning of a file of fields of PSCF."""
    words = head.split(maxsplit=4)
    return words[:1] == [b"format"] and words[3:4] == [b"dim"]


def read_pscf(name: str, content: bytes, declared: Declared) -> FieldFile:
    """The fields of all monomer types, on the grid of the file, or on that of its basis.

    Raises:
        FieldError: it is cut off or damaged, or its rows are not the functions of a basis of PSCF.
    """
    text = FieldText(name, content)
    header = read_header(text)
    notes = ["lengths are those of the calculation; they are taken for Angstrom"]
    if header.dimension < 3:
        axes = "the third axis" if header.dimension == 2 else "the second and third axis"
        notes.append(f"it has {header.dimension} dimensions: nothing depends on {axes}, of length 1")
    if header.mesh is None:
        values, more = _of_stars(text, header, declared)
        notes += more
    else:
        check_points(header.mesh, name)
        values = _of_waves(text, header) if _has_waves(text, header) else _of_points(text, header)
    if not text.at_end:
        raise text.error("more values follow than its header declares")
    quantity, unit, _ = declared.resolved(name, None, "")
    fields = {
        f"monomer {i + 1}": grid_field(name, np.ascontiguousarray(values[..., i]), header.lattice, quantity, unit)
        for i in range(header.n_fields)
    }
    return FieldFile(fields, "PSCF", header.setting, tuple(notes))


def check_points(mesh: tuple[int, int, int], name: str) -> None:
    """Raise :class:`FieldError` for a mesh that is too large or none."""
    if min(mesh) < 1 or int(np.prod(np.array(mesh, dtype=float))) > MAX_MESH:
        raise FieldError(f"{name}: a mesh of {grid_text(mesh)} points is not read")


def _has_waves(text: FieldText, header: PscfHeader) -> bool:
    """Whether the rows of a file on a grid are those of a transform: a number, and two values for each field."""
    return len(text.next_words()) == 1 + 2 * header.n_fields


def _of_points(text: FieldText, header: PscfHeader) -> FloatArray:
    """(N1, N2, N3, fields)."""
    mesh = header.mesh or (1, 1, 1)
    rows = text.values(mesh, header.n_fields)
    return rows.reshape(*mesh[::-1], header.n_fields).transpose(2, 1, 0, 3)


def _of_waves(text: FieldText, header: PscfHeader) -> FloatArray:
    """(N1, N2, N3, fields)."""
    mesh, last = header.mesh or (1, 1, 1), header.dimension - 1
    half = tuple(n // 2 + 1 if axis == last else n for axis, n in enumerate(mesh))
    rows = text.values(half, 1 + 2 * header.n_fields).reshape(-1, 1 + 2 * header.n_fields)
    if not np.array_equal(rows[:, 0], np.arange(len(rows))):
        raise text.error("the rows of a file of waves are numbered from 0, and these are not")
    transform = (rows[:, 1::2] + 1j * rows[:, 2::2]).reshape(*half, header.n_fields)
    axes = tuple(range(header.dimension))
    found = np.fft.irfftn(transform, s=mesh[: header.dimension], axes=axes) * np.prod(mesh)
    return np.asarray(found)


def _of_stars(text: FieldText, header: PscfHeader, declared: Declared) -> tuple[FloatArray, list[str]]:
    """(N1, N2, N3, fields), and notes."""
    if header.setting is None:
        raise FieldError(f"{text.name}: a file of coefficients needs a group_name, and has none")
    width = header.n_fields + header.dimension + 1
    count = header.n_basis or 0
    table = text.values((count,), width, "functions").reshape(count, width)
    integers = table[:, header.n_fields :]
    if not (np.array_equal(integers, np.rint(integers)) and np.abs(integers).max() < 1e6):
        raise text.error("the last columns of a file of coefficients are integers: waves and star sizes")
    if not (integers[:, -1].min() >= 1 and integers[:, -1].max() <= _LARGEST_STAR):
        raise text.error(f"the last column of a file of coefficients has sizes of stars, 1 to {_LARGEST_STAR}")
    waves = np.zeros((count, 3), dtype=np.int64)
    waves[:, : header.dimension] = integers[:, :-1]
    rows = StarRows(waves, integers[:, -1].astype(np.int64), header.dimension, header.setting, header.lattice)
    return field_of_rows(rows, table[:, : header.n_fields], declared.mesh, text.name)


def write_pscf(name: str, fields: Mapping[str, GridField], setting: Setting | None) -> bytes:
    """The bytes of a file; its ending says whether it has points, waves or stars.

    A grid of one point along its last axis, or last two, is written in two dimensions, or in one.

    Raises:
        FieldError: a file of coefficients without a setting, of fields that are not invariant, of a grid that the
            setting does not map to itself; a cell that does not fit the setting; a setting without a name of PSCF.
    """
    first = check_same_cells(name, fields)
    mesh = first.shape
    check_points(mesh, name)
    dimension = 3 if mesh[2] > 1 else 2 if mesh[1] > 1 else 1
    ending = Path(name).suffix.lower()
    if ending == ".bf":
        return _stars(name, fields, setting, dimension)
    header = PscfHeader(dimension, first.lattice, setting, len(fields), mesh, None)
    top = header_lines(name, header)
    values = np.stack([one.values for one in fields.values()], axis=-1)
    if ending == ".kf":
        transform = np.fft.rfftn(values, axes=tuple(range(dimension))) / np.prod(mesh)
        flat = transform.reshape(-1, len(fields))
        rows = np.empty((len(flat), 1 + 2 * len(fields)))
        rows[:, 0], rows[:, 1::2], rows[:, 2::2] = np.arange(len(flat)), flat.real, flat.imag
        return (top + _lines(rows, "%8d" + " %21.13E" * (2 * len(fields)))).encode("ascii")
    columns = values.transpose(2, 1, 0, 3)
    return (top + number_lines(columns, " %21.13E", len(fields))).encode("ascii")


def _stars(name: str, fields: Mapping[str, GridField], setting: Setting | None, dimension: int) -> bytes:
    first = check_same_cells(name, fields)
    if setting is None:
        raise FieldError(f"{name}: a file of coefficients needs a group: give the setting (--setting)")
    try:
        basis = star_basis(operations(setting), first.shape, first.lattice)
    except FieldError as error:
        raise FieldError(f"{name}: {error}") from error
    columns = []
    for key, one in fields.items():
        found = basis.expand(one.values)
        total = float((one.values**2).mean())
        lost = (max(0.0, total - float(found @ found)) / max(total, 1e-300)) ** 0.5
        if lost > _NOT_INVARIANT:
            raise FieldError(
                f"{name}: {key} is not invariant under {setting.label}: {100 * lost:.2g} % of it would "
                "be lost; symmetrise it first (sgbasis field symmetrise)"
            )
        columns.append(found)
    header = PscfHeader(dimension, first.lattice, setting, len(fields), None, len(basis))
    rows = np.column_stack([*columns, basis.waves[:, :dimension], basis.sizes])
    form = "%22.13E" * len(fields) + "   " + "%5d" * (dimension + 1)
    return (header_lines(name, header) + _lines(rows, form)).encode("ascii")


def _lines(rows: FloatArray, form: str) -> str:
    return "".join(form % tuple(row) + "\n" for row in rows.tolist())
