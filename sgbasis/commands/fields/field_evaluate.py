"""``sgbasis field evaluate``: a field on any grid, at points, along a line, in a plane."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sgbasis.commands.fields.field_options import output_option, write_and_say
from sgbasis.commands.fields.field_request import FieldRequest, field_request
from sgbasis.commands.fields.plane_options import (
    Place,
    PlaceType,
    PointType,
    WantedPlane,
    plane_options,
    position,
)
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from sgbasis.fields.field_values import ValueTable
    from sgbasis.fields.given_field import GivenField

_STEPS = 101


@click.command("evaluate")
@click.option("--grid", nargs=3, type=click.IntRange(1, 4096), metavar="N1 N2 N3", help="Evaluate on a grid.")
@click.option(
    "--points", type=click.Path(path_type=Path), metavar="FILE",
    help="Evaluate at points: a text file with three fractional coordinates in each line.",
)  # fmt: skip
@click.option(
    "--line", nargs=2, type=PlaceType(), metavar="P P",
    help="Evaluate along a line between two points, 0,1/2,0.25, or atoms, Si2.",
)  # fmt: skip
@plane_options
@click.option(
    "--parallelogram", nargs=3, type=PointType(), metavar="X,Y,Z X,Y,Z X,Y,Z",
    help="Evaluate on a parallelogram: a corner and the two next to it.",
)  # fmt: skip
@click.option(
    "--steps", type=click.IntRange(2, 10_000),
    help=f"Points along a line, an edge, or the longer side of a plane [default: {_STEPS}].",
)  # fmt: skip
@output_option("For a grid, a file of fields in the format that its name says; otherwise a .csv.")
@field_request
def evaluate_command(
    request: FieldRequest,
    plane: WantedPlane,
    grid: tuple[int, int, int] | None,
    points: Path | None,
    line: tuple[Place, Place] | None,
    parallelogram: tuple[tuple[float, ...], ...] | None,
    steps: int | None,
    output: Path,
) -> None:
    """Evaluate a field anywhere, exactly.

    FILE is a file of fields, or of the coefficients that `sgbasis field expand` wrote. Values are those of its
    Fourier series, on any grid, or anywhere in space; coordinates are fractional.
    """
    if sum(one is not None for one in (grid, points, line, parallelogram)) + plane.is_given != 1:
        raise click.UsageError("Give one of --grid, --points, --line, --plane, --through and --parallelogram.")
    if steps is not None and (grid is not None or points is not None):
        raise click.UsageError("--steps counts points of a line, a plane or a parallelogram.")
    from basis_store import read_coefficients
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.fields import field_values
    from sgbasis.fields.given_field import holds_coefficients

    if grid is None and output.suffix.lower() != ".csv":
        raise click.BadParameter(f"{output} does not end in .csv", param_hint="--output")
    check_writable(output)
    if grid is not None:
        if holds_coefficients(request.file):  # straight to the grid, of whatever cell
            request.check_coefficients()
            field = read_coefficients(request.file)
            made, setting = field_values.coefficients_on_grid(field, request.cell_of(field), grid)
        else:
            made, setting = field_values.on_other_grid(request.load().field, grid), None
        write_and_say(output, {request.name or "total": made}, setting)
        return
    given = request.load()
    table = _table(given, points, line, plane, parallelogram, steps or _STEPS)
    write_atomically(output, field_values.table_bytes(table, given.field))
    echo_line(f"{output}: {given.field.quantity} at {len(table.values):,} points")


def _table(
    given: GivenField,
    points: Path | None,
    line: tuple[Place, Place] | None,
    plane: WantedPlane,
    parallelogram: tuple[tuple[float, ...], ...] | None,
    steps: int,
) -> ValueTable:
    from sgbasis.fields import field_values
    from sgbasis.fields.fourier_series import FourierSeries

    series, lattice = FourierSeries.of(given.field), given.field.lattice
    if points is not None:
        return field_values.at_points(series, field_values.read_points(points))
    if line is not None:
        return field_values.along_line(series, [position(given, one) for one in line], steps, lattice)
    if parallelogram is not None:
        return field_values.on_parallelogram(series, parallelogram, steps, lattice)
    found = plane.plane(given)
    return field_values.in_plane(found, found.section(series, steps))
