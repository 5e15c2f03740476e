"""XCrySDen's XSF: crystals with three-dimensional grids.

``CRYSTAL`` with ``PRIMVEC`` and ``PRIMCOORD`` in Angstrom, and blocks of grids: points, origin, three spanning
vectors, values with the first axis fastest. A grid includes its end points: the last points of each axis repeat
the first ones of a periodic field. The format says neither quantity nor unit; what we write has both in a comment.

ASE's reader gives the first grid alone and drops end points without comparing them, so grids are parsed here.

Source: http://www.xcrysden.org/doc/XSF.html
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS
from basis_compiler.fields.cube import UNKNOWN_UNIT
from basis_compiler.fields.field_file import Declared, FieldFile, check_same_cells, grid_field
from basis_compiler.fields.field_text import FieldText
from basis_compiler.fields.field_units import header_text, stated
from basis_compiler.fields.number_lines import number_lines
from basis_compiler.fields.periodic_grid import moved_to_origin, with_end_points, without_end_points
from basis_store import Setting
from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

_MAX_ATOMS = 100_000
_MAX_GRIDS = 1000


def is_xsf(head: bytes) -> bool:
    """Whether this is the beginning of an XSF of a crystal or with a grid."""
    words = {line.split()[0].upper() for line in head.split(b"\n") if line.split()}
    return bool(words & {b"CRYSTAL", b"BEGIN_BLOCK_DATAGRID_3D", b"BEGIN_BLOCK_DATAGRID3D"})


class _Parts:
    """What has been read of a file."""

    def __init__(self) -> None:
        self.lattice: FloatArray | None = None
        self.elements: list[int] = []
        self.positions: list[list[float]] = []
        self.stated: tuple[str, str] | None = None
        self.grids: dict[str, tuple[FloatArray, FloatArray, FloatArray]] = {}


def read_xsf(name: str, content: bytes, declared: Declared) -> FieldFile:
    """The three-dimensional grids of an XSF.

    Raises:
        FieldError: it has none, is cut off or damaged, or no periodic grid.
    """
    text = FieldText(name, content)
    parts = _Parts()
    # 1. All sections of the file.
    while not text.at_end:
        _read_section(text, parts)
    if not parts.grids:
        raise FieldError(f"{name}: it has no three-dimensional grid (BEGIN_DATAGRID_3D)")
    # 2. Each grid without its end points, in a cell that begins at the origin.
    quantity, unit, notes = declared.resolved(name, parts.stated, UNKNOWN_UNIT)
    found = {}
    for key, (values, origin, lattice) in parts.grids.items():
        positions = np.array(parts.positions).reshape(-1, 3)
        elements = np.array(parts.elements, dtype=np.int64)
        if len(elements) and not _same_lattice(lattice, parts.lattice):
            elements, positions = elements[:0], positions[:0]
            notes.append(f"grid {key} spans another cell than PRIMVEC: the atoms are left out")
        inner = without_end_points(values, f"{name}: grid {key}")
        inner, fractional, more = moved_to_origin(inner, positions, origin, lattice)
        notes += more
        found[key] = grid_field(name, inner, lattice, quantity, unit, (elements, fractional))
    return FieldFile(found, "XSF", notes=tuple(dict.fromkeys(notes)))


def _read_section(text: FieldText, parts: _Parts) -> None:
    """What the next line announces."""
    line = text.line()
    keyword = line.split()[0].upper() if line.split() else ""
    if keyword.startswith("#"):
        parts.stated = stated(line) or parts.stated
    elif keyword == "PRIMVEC":
        if parts.lattice is not None:
            raise text.error("a second PRIMVEC: files of several crystals are not read")
        parts.lattice = np.array([text.numbers(3, "a cell vector") for _ in range(3)])
    elif keyword == "PRIMCOORD":
        _read_atoms(text, parts)
    elif re.match(r"(BEGIN_)?DATAGRID_?3D", keyword):
        _read_grid(text, parts, line.split()[0])
    elif keyword in ("SLAB", "POLYMER", "MOLECULE", "ATOMS", "ANIMSTEPS"):
        raise text.error(f"{keyword}: only crystals (CRYSTAL) are read")


def _same_lattice(one: FloatArray, other: FloatArray | None) -> bool:
    """Whether two bases, printed with a few digits, span one lattice."""
    if other is None:
        return False
    change = one @ np.linalg.inv(other) if abs(np.linalg.det(other)) > 1e-9 else np.zeros((3, 3))
    return bool(np.abs(change - np.rint(change)).max() < 1e-3 and abs(abs(np.linalg.det(change)) - 1) < 1e-2)


def _read_atoms(text: FieldText, parts: _Parts) -> None:
    count = text.integers(2, "the number of atoms and 1")[0]
    if not 0 <= count <= _MAX_ATOMS:
        raise text.error(f"{count} atoms are too many")
    for _ in range(count):
        words = text.line("the last atom").split()
        symbol = words[0] if words else ""
        if symbol.isdecimal() and symbol.isascii() and len(symbol) < 4:
            element = int(symbol)
        else:
            element = ELEMENTS.index(symbol) if symbol in ELEMENTS else 0
        if not 0 < element < len(ELEMENTS):
            raise text.error(f"{symbol[:40]!r} is no element")
        parts.elements.append(element)
        parts.positions.append(text.parsed(words[1:4], 3, "a position of an atom"))


def _read_grid(text: FieldText, parts: _Parts, keyword: str) -> None:
    if len(parts.grids) == _MAX_GRIDS:
        raise text.error(f"more than {_MAX_GRIDS} grids")
    label = re.sub(r"(?i)^(BEGIN_)?DATAGRID_?3D_?", "", keyword) or str(len(parts.grids) + 1)
    label = label if label not in parts.grids else f"{label} {len(parts.grids) + 1}"
    shape = text.integers(3, "the grid")
    origin = np.array(text.numbers(3, "the origin of the grid"))
    lattice = np.array([text.numbers(3, "a spanning vector of the grid") for _ in range(3)])
    if not abs(np.linalg.det(lattice)) > 1e-9:
        raise text.error("the spanning vectors of the grid have no volume")
    values = text.values(shape).reshape(shape, order="F")
    text.rest_of_line()
    if not re.match(r"\s*END_?DATAGRID_?3D", text.line("END_DATAGRID_3D"), re.IGNORECASE):
        raise text.error(f"END_DATAGRID_3D should follow the {values.size:,} values of grid {label}")
    parts.grids[label] = (values, origin, lattice)


def write_xsf(name: str, fields: Mapping[str, GridField], setting: Setting | None) -> bytes:
    """The bytes of an XSF; values keep their unit, which is in a comment.

    Raises:
        FieldError: the fields do not go into one file.
    """
    first = check_same_cells(name, fields)
    if {one.unit for one in fields.values()} != {first.unit}:
        raise FieldError(f"{name}: the fields have different units, and an XSF has one")
    out = io.StringIO()
    out.write(f"# {header_text(first.quantity, first.unit)}\nCRYSTAL\nPRIMVEC\n")
    out.write(_rows(first.lattice))
    out.write(f"PRIMCOORD\n{len(first.elements)} 1\n")
    for element, position in zip(first.elements, first.coordinates @ first.lattice, strict=True):
        out.write(f"{ELEMENTS[element]:<3}" + _rows(position[None]))
    out.write("BEGIN_BLOCK_DATAGRID_3D\nsgbasis\n")
    for key, one in fields.items():
        values = with_end_points(one.values)
        label = re.sub(r"\W+", "_", key)
        out.write(f"BEGIN_DATAGRID_3D_{label}\n" + " ".join(str(n) for n in values.shape) + "\n 0.0 0.0 0.0\n")
        out.write(_rows(one.lattice))
        out.write(number_lines(values.ravel(order="F"), " %18.11E", 6))
        out.write("END_DATAGRID_3D\n")
    out.write("END_BLOCK_DATAGRID_3D\n")
    return out.getvalue().encode("ascii")


def _rows(rows: FloatArray) -> str:
    return "".join("".join(f" {one:20.14f}" for one in row) + "\n" for row in rows)
