"""``sgbasis field convert``: a field from one format to another."""

from __future__ import annotations

from pathlib import Path

import click

from basis_store.groups.setting import Setting
from sgbasis.commands.fields.field_options import read_noted, reading_options
from sgbasis.commands.options import SETTING
from sgbasis.echo import echo_line


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--field", "name", metavar="NAME", help="Only this field of FILE [default: all of them].")
@click.option(
    "--symmetry", "setting", type=SETTING, metavar="SETTING",
    help="Setting that a file of PSCF names, and whose stars a .bf lists [default: that of FILE].",
)  # fmt: skip
@reading_options
def convert(
    file: Path, output: Path, name: str | None, setting: Setting | None, unit: str, mesh: tuple[int, ...]
) -> None:
    """Convert fields from one format to another.

    Reads FILE and writes OUTPUT, whose name says the format: CHGCAR, LOCPOT (any name that contains them), .cube,
    .xsf, .ccp4, .map, .mrc, .npz, .rf, .kf or .bf; with .gz, .bz2 or .xz behind it, compressed. Densities and
    potentials are converted to the unit that the format prescribes: times the volume in a CHGCAR, e/Bohr^3 in a
    cube file, eV in a LOCPOT.
    """
    from basis_compiler.fields.field_file import chosen
    from basis_compiler.fields.field_formats import format_of_output, write_fields
    from basis_store.files.atomic_write import check_writable

    form = format_of_output(output)
    check_writable(output)
    found = read_noted(file, unit, mesh)
    fields = dict(found.fields) if name is None else {name: chosen(found, name, str(file))}
    write_fields(output, fields, setting=setting or found.setting)
    if form.loses:
        echo_line(f"Note: {output}: {form.loses}", err=True)
    echo_line(f"{output}: {form.name}, {', '.join(fields)}")
