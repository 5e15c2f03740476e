"""Maps of CCP4 and MRC, through gemmi.

The header gives the part of the cell that the file covers, its axes in any order and from any start, and a space
group. gemmi brings the axes into order and completes the cell by the symmetry; what is still missing then is an
error. The header is checked before gemmi makes room for what it declares. Values are 32-bit floats. The format
says neither quantity nor unit; what we write has both in a label.

Source: https://www.ccpem.ac.uk/mrc_format/mrc2014.php
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from basis_compiler.fields.cell_lattice import check_right_handed, lattice_of
from basis_compiler.fields.cube import UNKNOWN_UNIT
from basis_compiler.fields.field_file import Declared, FieldFile, check_same_cells, grid_field
from basis_compiler.fields.field_units import header_text, stated
from basis_store import Setting
from basis_store.errors import FieldError
from basis_store.extras import needed_for
from basis_store.fields.grid_field import GridField
from basis_store.groups.cell_parameters import cell_parameters

_HEADER = 1024
_BYTES = {0: 1, 1: 2, 2: 4, 6: 2}
"""Of a value, by mode; the other modes are complex or packed."""
_MAX_POINTS = 500_000_000
_MOST_IMAGES = 192
"""Of a point, in the groups of highest order: room for a cell is made for that many of the values of a file."""


def is_ccp4(head: bytes) -> bool:
    """Whether this is the header of a map."""
    return head[208:212] in (b"MAP ", b"MAP\0")


def read_ccp4(name: str, content: bytes, declared: Declared) -> FieldFile:
    """The map of a whole cell.

    Raises:
        FieldError: it is cut off or damaged, complex, or covers less than the cell and its symmetry complete.
        MissingDependencyError: gemmi is not installed.
    """
    # 1. What the header declares, compared with what is there.
    words = np.frombuffer(content[:_HEADER].ljust(_HEADER, b"\0"), "<i4")
    if not 0 <= words[3] <= 200:
        words = words.byteswap()
    extent, mode, grid = [int(n) for n in words[:3]], int(words[3]), [int(n) for n in words[7:10]]
    if mode not in _BYTES:
        kind = "complex values: fields are real" if mode in (3, 4) else "values of a kind that is not read"
        raise FieldError(f"{name}: its mode is {mode}, {kind}")
    if min(*extent, *grid) < 1 or np.prod(np.array(grid, dtype=float)) > _MAX_POINTS:
        raise FieldError(
            f"{name}: its header declares {extent} values in a cell of {grid} points, which is no map"
        )
    needed = _HEADER + max(0, int(words[23])) + _BYTES[mode] * extent[0] * extent[1] * extent[2]
    if len(content) < needed:
        raise FieldError(f"{name}: it is cut off: {len(content):,} bytes, and its header declares {needed:,}")
    points, given = grid[0] * grid[1] * grid[2], extent[0] * extent[1] * extent[2]
    if points > _MOST_IMAGES * given:
        raise FieldError(
            f"{name}: it covers a part of the cell only: {given:,} of {points:,} points, too few for any symmetry"
        )
    # 2. The cell, in the order of its axes, completed by symmetry.
    with needed_for("reading maps"):
        import gemmi  # noqa: PLC0415 - optional
    with tempfile.TemporaryDirectory() as folder:  # gemmi reads files only
        path = Path(folder, "map.ccp4")
        path.write_bytes(content)
        try:
            found = gemmi.read_ccp4_map(str(path))
            found.setup(float("nan"), gemmi.MapSetup.Full)
        except (RuntimeError, ValueError, OSError) as error:
            reason = str(error).replace(str(path), "").strip(" :.")[:80]
            raise FieldError(f"{name}: not a readable map (gemmi says: {reason})") from error
    values = np.array(found.grid.array, dtype=np.float64)
    missing = int(np.isnan(values).sum())
    if missing:
        group = found.grid.spacegroup.hm if found.grid.spacegroup else "no group"
        raise FieldError(
            f"{name}: it covers a part of the cell only: {missing:,} of {values.size:,} points are missing, also "
            f"after completing it by the symmetry of the header ({group})"
        )
    # 3. Its meaning.
    labels = content[224:_HEADER].decode("latin-1")
    texts = (labels[i : i + 80].strip() for i in range(0, len(labels), 80))
    quantity, unit, notes = declared.resolved(name, next(filter(None, map(stated, texts)), None), UNKNOWN_UNIT)
    cell = found.grid.unit_cell
    lattice = lattice_of((cell.a, cell.b, cell.c), (cell.alpha, cell.beta, cell.gamma), name)
    return FieldFile({"map": grid_field(name, values, lattice, quantity, unit)}, "CCP4", notes=tuple(notes))


def write_ccp4(name: str, fields: Mapping[str, GridField], setting: Setting | None) -> bytes:
    """The bytes of a map of the whole cell in P1, values in 32 bits, with quantity and unit in a label.

    Raises:
        FieldError: there are several fields, or the cell is left-handed.
        MissingDependencyError: gemmi is not installed.
    """
    with needed_for("writing maps"):
        import gemmi  # noqa: PLC0415 - optional
    field = check_same_cells(name, fields)
    if len(fields) > 1:
        raise FieldError(f"{name}: a map holds one field, not {len(fields)}: choose one (--field NAME)")
    check_right_handed(field.lattice, name)
    if np.abs(field.values).max() > np.finfo(np.float32).max:
        raise FieldError(f"{name}: its values do not fit the 32-bit numbers of maps")
    made = gemmi.Ccp4Map()
    made.grid = gemmi.FloatGrid(np.asarray(field.values, dtype=np.float32))
    made.grid.set_unit_cell(gemmi.UnitCell(*cell_parameters(field.lattice)))
    made.grid.spacegroup = gemmi.SpaceGroup("P 1")
    made.update_ccp4_header()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "map.ccp4")
        made.write_ccp4_map(str(path))
        content = bytearray(path.read_bytes())
    label = header_text(field.quantity, field.unit).encode("ascii", "replace")[:80].ljust(80)
    count = int(np.frombuffer(bytes(content[220:224]), "<i4")[0])
    content[220:224] = np.array([max(count, 1)], "<i4").tobytes()
    content[224:304] = label
    return bytes(content)
