"""``sgbasis field convert``: a field from one format to another."""

from __future__ import annotations

from pathlib import Path

import click

from basis_store.groups.setting import Setting
from sgbasis.commands.fields.field_options import (
    field_option,
    output_option,
    read_noted,
    reading_options,
    write_and_say,
)
from sgbasis.commands.options import SETTING


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--setting", type=SETTING,
    help="Setting that a file of PSCF names, and whose stars a .bf lists [default: that of FILE].",
)  # fmt: skip
@field_option("Only this field of FILE [default: all of them].")
@output_option("File to write, in the format that its name says.")
@reading_options
def convert(
    file: Path, setting: Setting | None, name: str | None, output: Path, unit: str, mesh: tuple[int, ...]
) -> None:
    """Convert fields from one format to another.

    The name of the output says the format: CHGCAR, LOCPOT (any name that contains them), .cube, .xsf, .ccp4, .map,
    .mrc, .npz, .rf, .kf or .bf; with .gz, .bz2 or .xz behind it, compressed. Densities and
    potentials are converted to the unit that the format prescribes: times the volume in a CHGCAR, e/Bohr^3 in a
    cube file, eV in a LOCPOT.
    """
    from basis_compiler.fields.field_file import chosen
    from basis_compiler.fields.field_formats import format_of_output
    from basis_store.files.atomic_write import check_writable

    format_of_output(output)
    check_writable(output)
    found = read_noted(file, unit, mesh)
    fields = dict(found.fields) if name is None else {name: chosen(found, name, str(file))}
    write_and_say(output, fields, setting or found.setting)
