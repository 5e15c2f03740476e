"""``sgbasis field evaluate``: a field from its coefficients, on a grid, at points, along a line, on a plane."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sgbasis.commands.options import FiniteRange
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from basis_store import CellChange, FieldCoefficients

_CELLS = ("source", "conventional", "primitive")


class PointType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """Fractional coordinates: ``0,1/2,0.25``."""

    name = "point"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """Parse three numbers or fractions."""
        if isinstance(value, tuple):
            return value
        try:
            x, y, z = (float(Fraction(word.strip())) for word in str(value)[:200].split(","))
        except (ValueError, ZeroDivisionError, OverflowError):
            self.fail(f"{value!r:.80} is no point: three fractional coordinates, such as 0,1/2,0.25", param, ctx)
        return x, y, z


@click.command("evaluate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--grid", nargs=3, type=click.IntRange(1, 4096), metavar="N1 N2 N3", help="Evaluate on a grid.")
@click.option(
    "--points", type=click.Path(path_type=Path), metavar="FILE",
    help="Evaluate at points: a text file with three fractional coordinates in each line.",
)  # fmt: skip
@click.option("--line", nargs=2, type=PointType(), metavar="X,Y,Z X,Y,Z", help="Evaluate along a line.")
@click.option(
    "--plane", nargs=3, type=PointType(), metavar="X,Y,Z X,Y,Z X,Y,Z",
    help="Evaluate on a plane: a corner of a parallelogram and the two next to it.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(2, 10_000), help="Points along a line or an edge [default: 101].")
@click.option(
    "--cell", "cell_name", type=click.Choice(_CELLS), default="source", show_default=True,
    help="Cell of the grid and of coordinates: that of the file that was expanded, the conventional or the usual "
    "primitive cell of the setting.",
)  # fmt: skip
@click.option(
    "--origin", nargs=3, type=FiniteRange(), metavar="X Y Z",
    help="Origin of the conventional or primitive cell, in coordinates of the setting [default: 0 0 0].",
)  # fmt: skip
@click.option(
    "--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="For a grid, a file of fields in the format that its name says; otherwise a .csv.",
)  # fmt: skip
def evaluate_command(
    file: Path,
    grid: tuple[int, int, int] | None,
    points: Path | None,
    line: tuple[tuple[float, ...], ...] | None,
    plane: tuple[tuple[float, ...], ...] | None,
    steps: int | None,
    cell_name: str,
    origin: tuple[float, float, float] | None,
    output: Path,
) -> None:
    """Evaluate a field from its coefficients, exactly.

    FILE is what `sgbasis field expand` wrote. Values are those of its Fourier series, on any grid of any cell of
    the crystal, or anywhere in space; coordinates are fractional, in the cell that is chosen.
    """
    if sum(one is not None for one in (grid, points, line, plane)) != 1:
        raise click.UsageError("Give one of --grid, --points, --line and --plane.")
    if steps is not None and line is None and plane is None:
        raise click.UsageError("--steps counts points of --line or --plane.")
    from basis_store import read_coefficients
    from basis_store.files.atomic_write import check_writable
    from sgbasis.fields import field_values

    if grid is None and output.suffix.lower() != ".csv":
        raise click.BadParameter(f"{output} does not end in .csv", param_hint="--output")
    check_writable(output)
    field = read_coefficients(file)
    cell = _cell(field, cell_name, origin)
    if grid is not None:
        field_values.write_grid(output, field, cell, grid)
        echo_line(f"{output}: {field.quantity} on {' x '.join(map(str, grid))} points of the {cell_name} cell")
        return
    if points is not None:
        table = field_values.points_table(field_values.read_points(points))
    elif line is not None:
        table = field_values.line_table(line, steps or 101, cell.lattice_of(field.lattice))
    else:
        assert plane is not None
        table = field_values.plane_table(plane, steps or 101, cell.lattice_of(field.lattice))
    count = field_values.write_table(output, field, cell, table)
    echo_line(f"{output}: {field.quantity} at {count:,} points")


def _cell(field: FieldCoefficients, name: str, origin: tuple[float, float, float] | None) -> CellChange:
    from basis_store import CellChange

    if name == "source":
        if origin is not None:
            raise click.UsageError("--origin is that of --cell conventional or primitive.")
        return field.source.cell
    start = origin or (0.0, 0.0, 0.0)
    return CellChange.conventional(start) if name == "conventional" else CellChange.primitive(field.setting, start)
