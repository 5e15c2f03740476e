"""Options that commands about files of fields share."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sgbasis.commands.options import CountsType, character_option, tolerance_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from pathlib import Path

    from basis_compiler.fields.field_file import FieldFile
    from basis_store import GridField, Setting

_Command = TypeVar("_Command", bound=Callable[..., Any])
_MAX_POINTS = 100_000
"""Of a mesh along an axis."""


def reading_options(command: _Command) -> _Command:
    """``--unit UNIT`` and ``--mesh N1,N2,N3``: what files do not say."""
    unit = click.option(
        "--unit",
        metavar="UNIT",
        default="",
        help="Of the values, where FILE does not say it: e/Angstrom^3, e/Bohr^3, eV, Hartree, Rydberg or 1.",
    )
    mesh = click.option(
        "--mesh",
        type=CountsType("points", (1, 2, 3), "32,32,32", _MAX_POINTS),
        default=(),
        metavar="N1,N2,N3",
        help="Grid of a .bf file of PSCF, which does not state it [default: that of the calculation].",
    )
    return unit(mesh(command))


def symmetry_options(command: _Command) -> _Command:
    """``--symmetry FILE_OR_SETTING``, ``--character``; ``--tolerance`` at which the group of atoms is found."""
    symmetry = click.option(
        "--symmetry",
        metavar="FILE_OR_SETTING",
        help="A setting whose conventional or usual primitive cell FILE has, such as 227 or Fd-3m, perhaps with a "
        "character, 136:B1g, or a magnetic group, 136.499:odd; or a file of the crystal in the cell of FILE "
        "[default: the symmetry of the atoms in FILE].",
    )
    return symmetry(character_option(tolerance_option(command)))


def field_option(help_text: str) -> Callable[[_Command], _Command]:
    """``--field NAME``: which field of a file that holds several."""
    return click.option("--field", "name", metavar="NAME", help=help_text)


def output_option(help_text: str) -> Callable[[_Command], _Command]:
    """``--output FILE``: what is written."""
    kind = click.Path(path_type=pathlib.Path, dir_okay=False)
    return click.option("--output", "-o", required=True, type=kind, help=help_text)


def write_and_say(output: Path, fields: Mapping[str, GridField], setting: Setting | None) -> None:
    """Write fields in the format that a name says, and print what they are, and what the format loses.

    Raises:
        FieldError: the format cannot hold them.
        OSError: the file cannot be written.
    """
    from basis_compiler.fields.field_formats import format_of_output, write_fields

    form = format_of_output(output)
    write_fields(output, fields, setting=setting)
    if form.loses:
        echo_line(f"Note: {output}: {form.loses}", err=True)
    first = next(iter(fields.values()))
    names = ", ".join(fields) if len(fields) > 1 else first.quantity
    echo_line(f"{output}: {form.name}, {names} on {' x '.join(map(str, first.shape))} points")


def read_noted(path: Path, unit: str, mesh: tuple[int, ...]) -> FieldFile:
    """All fields of a file, with its notes on standard error."""
    from basis_compiler.fields.field_formats import read_fields

    found = read_fields(path, unit=unit, mesh=mesh)
    for note in found.notes:
        echo_line(f"Note: {path}: {note}", err=True)
    return found
