"""``sgbasis field symmetrise``: the invariant part of a field, on its grid."""

from __future__ import annotations

from pathlib import Path

import click

from sgbasis.commands.fields.field_expand import expanded
from sgbasis.commands.fields.field_options import (
    field_option,
    output_option,
    read_noted,
    reading_options,
    symmetry_options,
    write_and_say,
)
from sgbasis.echo import echo_line


@click.command("symmetrise")
@click.argument("file", type=click.Path(path_type=Path))
@symmetry_options
@field_option("Only this field of FILE [default: all of them].")
@output_option("File to write, in the format that its name says.")
@reading_options
def symmetrise_command(
    file: Path,
    symmetry: str | None,
    tolerance: float,
    name: str | None,
    output: Path,
    unit: str,
    mesh: tuple[int, ...],
) -> None:
    """Average a field over all operations of its space group.

    Reads FILE and writes its invariant part, on the same grid, in any format that `sgbasis field convert` writes;
    and says how much of the field was not invariant, and where.
    """
    from basis_compiler.fields.field_file import chosen
    from basis_compiler.fields.field_formats import format_of_output
    from basis_store.files.atomic_write import check_writable
    from sgbasis.reports.field_expansion import expansion_facts, expansion_lines

    format_of_output(output)
    check_writable(output)
    found = read_noted(file, unit, mesh)
    fields = dict(found.fields) if name is None else {name: chosen(found, name, str(file))}
    symmetrised = {}
    for one, field in fields.items():
        expansion = expanded(field, found, file, symmetry, tolerance)
        symmetrised[one] = expansion.symmetrised
        if len(fields) > 1:
            echo_line(f"{one}:")
        for line in expansion_lines(expansion, expansion_facts(expansion)):
            echo_line(line)
    write_and_say(output, symmetrised, found.setting)
