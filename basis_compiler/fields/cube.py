"""Gaussian cube files.

Two lines of comment; number of atoms, origin and, perhaps, values per point; three lines with the points along an
axis and the step; atoms; values with the third axis fastest. Lengths are in Bohr, or in Angstrom where the numbers
of points are negative. With a negative number of atoms, a line of data sets follows the atoms. The format says
neither quantity nor unit; what we write has both in its first comment.

It is parsed here: ASE 3.29 takes lengths in Angstrom for Bohr, and mixes the values of several data sets where it
is not told their number twice. Files of castep2cube repeat the first points at the ends, as ASE found.

Source: https://paulbourke.net/dataformats/cube, https://gaussian.com/cubegen
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import numpy as np

from basis_compiler.fields.field_file import Declared, FieldFile, check_same_cells, grid_field
from basis_compiler.fields.field_text import FieldText
from basis_compiler.fields.field_units import BOHR, header_text, stated
from basis_compiler.fields.number_lines import number_lines
from basis_compiler.fields.periodic_grid import moved_to_origin, without_end_points
from basis_store import Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

_MAX_ATOMS = 100_000
_MAX_SETS = 1000

UNKNOWN_UNIT = "the file does not say in which unit its values are: they are taken as they are (see --unit)"
"""The note where neither a file nor the user states a unit."""


def is_cube(head: bytes) -> bool:
    """Whether this is the beginning of a cube file: four numbers in each of lines 3 to 6."""
    lines = head.split(b"\n")[2:6]
    if len(lines) < 4:
        return False
    words = [line.split() for line in lines]
    return all(
        len(one) >= 4
        and re.fullmatch(rb"[+-]?\d+", one[0])
        and all(re.fullmatch(rb"[+-]?\d*\.?\d*([eE][+-]?\d+)?", word) for word in one[1:4])
        for one in words
    )


def read_cube(name: str, content: bytes, declared: Declared) -> FieldFile:
    """The data sets of a cube file.

    Raises:
        FieldError: it is cut off or damaged, or no periodic grid.
    """
    text = FieldText(name, content)
    comments = [text.line(), text.line()]
    quantity, unit, notes = declared.resolved(name, stated(comments[0]), UNKNOWN_UNIT)
    _check_loops(comments, name)
    # 1. The grid.
    head = text.line().split()
    (n_atoms,) = text.parsed_integers(head[:1], 1, "a number of atoms")
    origin = np.array(text.parsed(head[1:4], 3, "an origin"))
    per_point = text.parsed_integers(head[4:5], 1, "a number of values per point")[0] if len(head) > 4 else 1
    if abs(n_atoms) > _MAX_ATOMS or not 1 <= per_point <= _MAX_SETS:
        raise text.error(f"{abs(n_atoms)} atoms and {per_point} values per point are too many")
    counts, steps = [], []
    for _ in range(3):
        words = text.line("an axis of the grid").split()
        counts.append(text.parsed_integers(words[:1], 1, "a number of points")[0])
        steps.append(text.parsed(words[1:4], 3, "a step of the grid"))
    if len({count > 0 for count in counts}) > 1:
        raise text.error("some numbers of points are negative (Angstrom) and some are not (Bohr)")
    length_unit = 1.0 if counts[0] < 0 else BOHR
    shape = [abs(count) for count in counts]
    text.check_grid(shape, per_point)
    # 2. Atoms and names of the data sets.
    elements, positions, ghosts = _atoms(text, abs(n_atoms))
    if ghosts:
        notes.append(f"{ghosts} atoms without a nucleus are left out")
    names = _data_sets(text, per_point) if n_atoms < 0 else [str(i + 1) for i in range(per_point)]
    # 3. Values: those of one point follow each other.
    values = text.values(shape, len(names)).reshape(*shape, len(names))
    if not text.at_end:
        raise text.error(f"more values follow than the grid has ({len(names)} per point)")
    repeated = "castep2cube" in comments[1]
    found = {}
    for i, key in enumerate(names):
        one = without_end_points(values[..., i], name) if repeated else np.ascontiguousarray(values[..., i])
        lattice = np.array(steps) * length_unit * np.array(one.shape)[:, None]
        _check_volume(lattice, name)
        one, fractional, more = moved_to_origin(one, positions * length_unit, origin * length_unit, lattice)
        found[key] = grid_field(name, one, lattice, quantity, unit, (elements, fractional))
    return FieldFile(found, "cube", notes=(*notes, *more))


def _check_volume(lattice: FloatArray, name: str) -> None:
    if not abs(np.linalg.det(lattice)) > 1e-12:
        raise FieldError(f"{name}: the steps of the grid span no cell")


def _check_loops(comments: list[str], name: str) -> None:
    """The values are in the order that all programs write, unless the comment says something else."""
    match = re.search(r"OUTER LOOP:\s*([XYZ]).*MIDDLE LOOP:\s*([XYZ]).*INNER LOOP:\s*([XYZ])", comments[1].upper())
    if match and match.groups() != ("X", "Y", "Z"):
        raise FieldError(f"{name}: its loops run in the order {', '.join(match.groups())}; only X, Y, Z is read")


def _atoms(text: FieldText, count: int) -> tuple[IntArray, FloatArray, int]:
    """Atomic numbers, positions in the unit of the file, and the number of ghost atoms, which have none."""
    elements, positions = [], []
    for _ in range(count):
        words = text.line("the last atom").split()
        (element,) = text.parsed_integers(words[:1], 1, "an atomic number")
        positions.append(text.parsed(words[2:5], 3, "a position of an atom"))
        elements.append(element)
    real = np.array(elements, dtype=np.int64) != 0
    return (
        np.array(elements, dtype=np.int64)[real],
        np.array(positions, dtype=np.float64).reshape(-1, 3)[real],
        int((~real).sum()),
    )


def _data_sets(text: FieldText, per_point: int) -> list[str]:
    """Names of the data sets, from the lines behind the atoms: their number, and a number for each."""
    words = text.line("the numbers of the data sets").split()
    (count,) = text.parsed_integers(words[:1], 1, "a number of data sets")
    if not 1 <= count <= _MAX_SETS or (per_point not in (1, count)):
        raise text.error(f"{count} data sets with {per_point} values per point")
    numbers = words[1:]
    while len(numbers) < count:
        more = text.line("the numbers of the data sets").split()
        if not more:
            raise text.error(f"{len(numbers)} numbers for {count} data sets")
        numbers += more
    names = [str(number) for number in text.parsed_integers(numbers, count, "the numbers of the data sets")]
    return names if len(set(names)) == count else [str(i + 1) for i in range(count)]


def write_cube(name: str, fields: Mapping[str, GridField], setting: Setting | None) -> bytes:
    """The bytes of a cube file in Bohr; densities are in e/Bohr^3 there, everything else in its own unit.

    Raises:
        FieldError: the fields do not go into one file.
    """
    first = check_same_cells(name, fields)
    units = {(one.quantity, one.unit) for one in fields.values()}
    quantity, unit = units.pop() if len(units) == 1 else ("fields", first.unit)
    if {one.unit for one in fields.values()} != {first.unit}:
        raise FieldError(f"{name}: the fields have different units, and a cube file has one")
    scale = 1.0
    if unit == "e/Angstrom^3":
        unit, scale = "e/Bohr^3", BOHR**3
    n_sets = len(fields)
    out = io.StringIO()
    out.write(f"{header_text(quantity, unit)}\nOUTER LOOP: X, MIDDLE LOOP: Y, INNER LOOP: Z\n")
    n_atoms = len(first.elements) if n_sets == 1 else -len(first.elements)
    per_point = 1 if n_sets == 1 or n_atoms else n_sets
    out.write(f"{n_atoms:5d}{0:17.9f}{0:17.9f}{0:17.9f}" + (f"{per_point:5d}" if per_point > 1 else "") + "\n")
    for count, row in zip(first.shape, first.lattice / BOHR / np.array(first.shape)[:, None], strict=True):
        out.write(f"{count:5d}" + "".join(f" {one:20.14f}" for one in row) + "\n")
    for element, position in zip(first.elements, first.coordinates @ first.lattice / BOHR, strict=True):
        out.write(f"{element:5d}{float(element):12.6f}" + "".join(f" {one:20.14f}" for one in position) + "\n")
    if n_atoms < 0:
        out.write(f"{n_sets:5d}" + "".join(f"{i + 1:5d}" for i in range(n_sets)) + "\n")
    # Lines end with each row of the third axis, as cubegen has them.
    values = np.stack([one.values for one in fields.values()], axis=-1) * scale
    rows = values.reshape(-1, values.shape[2] * n_sets)
    if rows.shape[1] <= _LONGEST_ROW:
        form = "".join(number_lines(row, " %18.11E", 6) for row in rows)
        out.write(form)
    else:
        out.write(number_lines(rows, " %18.11E", 6))
    return out.getvalue().encode("ascii")


_LONGEST_ROW = 1 << 20
