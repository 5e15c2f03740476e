"""Values of a field from its coefficients: grids as files of fields, points as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_store import CellChange, FieldCoefficients, FieldError, GridField
from basis_store.array_types import FloatArray

_MAX_POINTS_FILE = 256 << 20
"""Bytes."""
_MAX_POINTS = 10_000_000


class PointTable(NamedTuple):
    """Points and what is printed beside them.

    Attributes:
        header: names of the columns but the value.
        columns: (n, m) of them; the last three are fractional coordinates.
    """

    header: tuple[str, ...]
    columns: FloatArray


def write_grid(path: Path, field: FieldCoefficients, cell: CellChange, shape: tuple[int, int, int]) -> None:
    """Write a field on a grid of a cell, with its atoms, in the format that the name says.

    Raises:
        FieldError: the format cannot hold it, or the field does not repeat with the cell.
        OSError: it cannot be written.
    """
    import torch

    from basis_compiler import write_field
    from runtime import InvariantField
    from sgbasis.fields.moved_atoms import atoms_in_cell

    try:
        with torch.no_grad():
            values = InvariantField(field, dtype=torch.float64).on_grid(shape, cell).numpy()
    except (MemoryError, RuntimeError) as error:  # the second one is PyTorch's
        raise FieldError(
            f"there is not enough memory for a grid of {' x '.join(map(str, shape))} points"
        ) from error
    lattice = cell.lattice_of(field.lattice)
    made = GridField(values, lattice, field.quantity, field.unit, *atoms_in_cell(field, cell))
    write_field(path, made, setting=field.setting)


def write_table(path: Path, field: FieldCoefficients, cell: CellChange, table: PointTable) -> int:
    """Write values at points as CSV, and return their number; coordinates are fractional in the cell."""
    import torch

    from basis_store.files.atomic_write import write_atomically
    from runtime import InvariantField

    points = torch.from_numpy(cell.to_setting(table.columns[:, -3:]))
    with torch.no_grad():
        values = InvariantField(field, dtype=torch.float64)(points).numpy()
    unit = "" if field.unit == "1" else f" ({field.unit})"
    lines = [",".join([*table.header, f"{field.quantity}{unit}"])]
    for row, value in zip(table.columns.tolist(), values.tolist(), strict=True):
        lines.append(",".join(f"{one:.12g}" for one in (*row, value)))
    write_atomically(path, ("\n".join(lines) + "\n").encode())
    return len(values)


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


def points_table(points: FloatArray) -> PointTable:
    """Points (n, 3) as they are."""
    return PointTable(("x", "y", "z"), points)


def line_table(ends: Sequence[Sequence[float]], steps: int, lattice: FloatArray) -> PointTable:
    """Points along a line, with the distance from its start in Angstrom.

    Args:
        ends: two points.
        steps: number of points, the ends included.
        lattice: (3, 3) rows in Angstrom.

    Raises:
        FieldError: the ends are one point.
    """
    start, end = (np.array(one) for one in ends)
    length = float(np.linalg.norm((end - start) @ lattice))
    if not length > 0:
        raise FieldError("a line needs two points that differ")
    share = np.linspace(0, 1, steps)[:, None]
    return PointTable(
        ("distance (Angstrom)", "x", "y", "z"), np.hstack([share * length, start + share * (end - start)])
    )


def plane_table(corners: Sequence[Sequence[float]], steps: int, lattice: FloatArray) -> PointTable:
    """Points of a parallelogram, with Cartesian coordinates in its plane in Angstrom: u along its first edge.

    Args:
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
        raise FieldError("a plane needs three points that are not on one line")
    along = float(first @ second) / length
    s, t = (part.reshape(-1, 1) for part in np.meshgrid(*2 * [np.linspace(0, 1, steps)], indexing="ij"))
    points = corner + s * (one - corner) + t * (other - corner)
    return PointTable(
        ("u (Angstrom)", "v (Angstrom)", "x", "y", "z"), np.hstack([s * length + t * along, t * height, points])
    )
