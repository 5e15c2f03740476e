"""``sgbasis field subtract``: the difference of two fields."""

from __future__ import annotations

from pathlib import Path

import click

from sgbasis.commands.fields.field_options import field_option, output_option, reading_options, write_and_say
from sgbasis.commands.fields.field_request import FieldRequest
from sgbasis.echo import echo_line


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@field_option("Which field of both files [default: the first one of each].")
@output_option("File to write, in the format that its name says.")
@reading_options
def subtract(file: Path, other: Path, name: str | None, output: Path, unit: str, mesh: tuple[int, ...]) -> None:
    """Subtract a field from another one.

    Writes the field of FILE less that of OTHER, in the cell of FILE. Both are fields on grids, or coefficients, of
    one crystal: their grids may differ, and also cells and origins, which the atoms tell. The result is on a grid
    that has room for both.
    """
    from basis_compiler.fields.field_formats import format_of_output
    from basis_store.files.atomic_write import check_writable
    from sgbasis.fields.field_difference import difference

    format_of_output(output)
    check_writable(output)
    first, second = (FieldRequest(one, name, unit, mesh).load() for one in (file, other))
    found = difference(first, second)
    for note in found.notes:
        echo_line(f"Note: {note}", err=True)
    write_and_say(output, {name or "difference": found.field}, None)
    values = found.field.values
    echo_line(f"  from {values.min():.5g} to {values.max():.5g} {found.field.unit}, mean {values.mean():.5g}")
