"""``sgbasis field symmetrise``: the invariant part of a field, on its grid."""

from __future__ import annotations

from pathlib import Path

import click

from sgbasis.commands.fields.field_expand import expanded
from sgbasis.commands.fields.field_options import read_noted, reading_options, symmetry_options
from sgbasis.echo import echo_line


@click.command("symmetrise")
@click.argument("file", type=click.Path(path_type=Path))
@symmetry_options
@click.option("--field", "name", metavar="NAME", help="Only this field of FILE [default: all of them].")
@click.option(
    "--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, in the format that its name says.",
)  # fmt: skip
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
    from basis_compiler.fields.field_formats import format_of_output, write_fields
    from basis_store.files.atomic_write import check_writable
    from sgbasis.reports.field_expansion import expansion_facts, expansion_lines

    form = format_of_output(output)
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
    write_fields(output, symmetrised, setting=found.setting)
    if form.loses:
        echo_line(f"Note: {output}: {form.loses}", err=True)
    echo_line(f"{output}: {form.name}, {', '.join(symmetrised)}")
