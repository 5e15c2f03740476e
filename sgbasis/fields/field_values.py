"""Values of a field: grids as files of fields; points, lines and planes as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_store import CellChange, FieldCoefficients, FieldError, GridField, Setting
from basis_store.array_types import FloatArray
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.fields.fourier_series import FourierSeries

_MAX_POINTS_FILE = 256 << 20
"""Bytes."""
_MAX_POINTS = 10_000_000


class ValueTable(NamedTuple):
    """Points and the values there.

    Attributes:
        header: names of the columns.
        columns: (n, m) of them; the last three are fractional coordinates.
        values: (n,) of the field.
    """

    header: tuple[str, ...]
    columns: FloatArray
    values: FloatArray


def coefficients_on_grid(
    field: FieldCoefficients, cell: CellChange, shape: tuple[int, int, int]
) -> tuple[GridField, Setting | None]:
    """A field of coefficients on a grid of a cell, with its atoms; and its setting, if it is invariant, for PSCF.

    Raises:
        FieldError: the field does not repeat with the cell, or the grid is too large.
    """
    import torch

    from runtime import InvariantField
    from sgbasis.fields.moved_atoms import atoms_in_cell

    try:
        with torch.no_grad():
            values = InvariantField(field, dtype=torch.float64).on_grid(shape, cell).numpy()
    except (MemoryError, RuntimeError) as error:  # the second one is PyTorch's
        raise FieldError(_no_memory(shape)) from error
    lattice = cell.lattice_of(field.lattice)
    setting = field.setting if isinstance(field.setting, Setting) and not field.character else None
    return GridField(values, lattice, field.quantity, field.unit, *atoms_in_cell(field, cell)), setting


def on_other_grid(field: GridField, shape: tuple[int, int, int]) -> GridField:
    """A field on another grid of its cell, by its Fourier series.

    Raises:
        FieldError: the grid is too large.
    """
    try:
        values = FourierSeries.of(field).on_grid(shape)
    except MemoryError as error:
        raise FieldError(_no_memory(shape)) from error
    return GridField(values, field.lattice, field.quantity, field.unit, field.elements, field.coordinates)


def _no_memory(shape: tuple[int, int, int]) -> str:
    return f"there is not enough memory for a grid of {' x '.join(map(str, shape))} points"


def table_bytes(table: ValueTable, field: GridField) -> bytes:
    """A table as CSV, with the quantity and the unit of a field; coordinates are fractional in its cell."""
    unit = "" if field.unit == "1" else f" ({field.unit})"
    lines = [",".join([*table.header, f"{field.quantity}{unit}"])]
    for row, value in zip(table.columns.tolist(), table.values.tolist(), strict=True):
        lines.append(",".join(f"{one:.12g}" for one in (*row, value)))
    return ("\n".join(lines) + "\n").encode()


def read_points(path: Path) -> FloatArray:
    """(n, 3) fractional coordinates of a text file, with blanks or commas between; # begins a comment line.

    Raises:
        FieldError: it has no such lines.
        OSError: there is no such file, or it is too large.
    """
    from basis_store.files.regular_file import read_regular

    text = read_regular(path, limit=_MAX_POINTS_FILE).decode("utf-8", "replace")
    rows: list[tuple[float, float, float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            x, y, z = map(float, words)
        except ValueError:
            raise FieldError(
                f"{path}, line {number}: not three fractional coordinates: {line.strip()!r:.80}"
            ) from None
        rows.append((x, y, z))
    points = np.array(rows).reshape(-1, 3)
    if not len(points):
        raise FieldError(f"{path}: there are no points in it")
    if not np.isfinite(points).all() or len(points) > _MAX_POINTS or np.abs(points).max() > 1e6:
        raise FieldError(
            f"{path}: points are up to {_MAX_POINTS:,}, of finite coordinates up to a million cells away"
        )
    return points


def at_points(series: FourierSeries, points: FloatArray) -> ValueTable:
    """Values at points (n, 3)."""
    return ValueTable(("x", "y", "z"), points, series.values(points))


def along_line(
    series: FourierSeries, ends: Sequence[Sequence[float] | FloatArray], steps: int, lattice: FloatArray
) -> ValueTable:
    """Values along a line, with the distance from its start in Angstrom.

    Args:
        series: the field.
        ends: two points.
        steps: number of points, the ends included.
        lattice: (3, 3) rows in Angstrom.

    Raises:
        FieldError: the ends are one point.
    """
    start, end = (np.array(one, dtype=np.float64) for one in ends)
    length = float(np.linalg.norm((end - start) @ lattice))
    if not length > 0:
        raise FieldError("a line needs two points that differ")
    share = np.linspace(0, 1, steps)[:, None]
    columns = np.hstack([share * length, start + share * (end - start)])
    return ValueTable(("distance (Angstrom)", "x", "y", "z"), columns, series.line_values(start, end, steps))


def on_parallelogram(
    series: FourierSeries, corners: Sequence[Sequence[float]], steps: int, lattice: FloatArray
) -> ValueTable:
    """Values on a parallelogram, with Cartesian coordinates in its plane in Angstrom: u along its first edge.

    Args:
        series: the field.
        corners: a corner and the two next to it.
        steps: number of points along each edge, the ends included.
        lattice: (3, 3) rows in Angstrom.

    Raises:
        FieldError: the corners are on one line.
    """
    corner, one, other = (np.array(point) for point in corners)
    first, second = (one - corner) @ lattice, (other - corner) @ lattice
    length = float(np.linalg.norm(first))
    height = float(np.linalg.norm(np.cross(first, second))) / length if length > 0 else 0.0
    if not height > 0:
        raise FieldError("a parallelogram needs three points that are not on one line")
    along = float(first @ second) / length
    share = np.linspace(0, 1, steps)
    s, t = (part.reshape(-1, 1) for part in np.meshgrid(share, share, indexing="ij"))
    points = corner + s * (one - corner) + t * (other - corner)
    values = series.net_values(corner, one - corner, other - corner, share, share)
    return ValueTable(_IN_PLANE, np.hstack([s * length + t * along, t * height, points]), values.reshape(-1))


def in_plane(plane: CrystalPlane, section: tuple[FloatArray, FloatArray, FloatArray]) -> ValueTable:
    """The values of a section, (U,), (V,) and (U, V), with u and v in Angstrom."""
    u, v, values = section
    flat = np.stack(np.meshgrid(u, v, indexing="ij"), axis=-1).reshape(-1, 2)
    return ValueTable(_IN_PLANE, np.hstack([flat, plane.corner + flat @ plane.steps]), values.reshape(-1))


_IN_PLANE = ("u (Angstrom)", "v (Angstrom)", "x", "y", "z")
