"""``sgbasis field``: densities, potentials and other periodic fields."""

from __future__ import annotations

import click

from sgbasis.commands.fields.field_convert import convert
from sgbasis.commands.fields.field_evaluate import evaluate_command
from sgbasis.commands.fields.field_expand import expand_command
from sgbasis.commands.fields.field_info import field_info
from sgbasis.commands.fields.field_plot import plot_command
from sgbasis.commands.fields.field_subtract import subtract
from sgbasis.commands.fields.field_symmetrise import symmetrise_command
from sgbasis.commands.fields.field_synthesis import synthesis


@click.group()
def field() -> None:
    """Densities, potentials and other periodic fields.

    Fields are read from files of VASP (CHGCAR, CHG, PARCHG, AECCAR, LOCPOT, ELFCAR), cube files, XSF, CCP4 and MRC
    maps, .npz, and files of PSCF (.rf, .kf, .bf); .gz, .bz2 and .xz are decompressed.
    """


for command in (
    convert, evaluate_command, expand_command, field_info, plot_command, subtract, symmetrise_command, synthesis
):  # fmt: skip
    field.add_command(command)
