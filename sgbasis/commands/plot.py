"""``sgbasis plot``: a picture of one basis function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.groups.representation import Representation
from sgbasis.commands.options import REPRESENTATION, character_option, check_picture, read_basis, store_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from basis_store import CrystalRecord
    from sgbasis.pictures.section import Section

_MOST_CELLS = 4
"""Along each axis, in space."""


@click.command()
@click.argument("setting", type=REPRESENTATION)
@click.option(
    "--function", type=int,
    help="Number of the function; 0 is the constant, which has no picture [default: the first that has one; of "
    "plane groups the first six].",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False),
    help="Picture to write: .png, .svg, .pdf, or .html, which can be turned [default: SETTING-FUNCTION.png here].",
)  # fmt: skip
@click.option(
    "--section", "section_text", metavar="AXIS=AT",
    help="Plane of the section, such as z=1/8 [default: the one at eighths that shows most of the range].",
)  # fmt: skip
@click.option(
    "--cells",
    type=click.IntRange(1, 8),
    help="Number of cells along each axis, up to 4 in space [default: 1; of plane groups 3].",
)
@click.option(
    "--atoms", "crystal_path", type=click.Path(path_type=Path), metavar="FILE",
    help="Draw the atoms of a crystal of the group over the function, in its own cell, brought to SETTING "
    "from any cell: CIF, POSCAR or extended XYZ.",
)  # fmt: skip
@character_option
@store_option
def plot(
    setting: Representation,
    function: int | None,
    output: Path | None,
    section_text: str | None,
    cells: int | None,
    crystal_path: Path | None,
    character: str | None,
    store_path: Path | None,
) -> None:
    """Draw one basis function of a space-group setting.

    The picture shows a section and the surface on which the function vanishes. It needs the extra `plot`.

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m.

    Functions of a plane group, such as plane:17 or plane:p6mm, are drawn as patterns over several cells.

    With --character, a function of that character is drawn, such as the d wave of 123 with B1g; 123:B1g means the
    same. These functions are numbered from 0. If they are complex, the picture shows their real part.
    """
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.pictures.style import ROTATABLE, picture_kind

    section = _parse_section(section_text)
    compiled = read_basis(setting, character, store_path)
    planar = compiled.setting.dimension == 2
    if planar and crystal_path is not None:
        raise click.UsageError("--atoms are those of a crystal in space: functions of plane groups have none.")
    if planar and section is not None:
        raise click.UsageError("--section is a plane in space: functions of plane groups have none.")
    if not planar and cells is not None and cells > _MOST_CELLS:
        raise click.UsageError(f"--cells is at most {_MOST_CELLS} for functions in space.")
    first, last = compiled.n_constants, compiled.n_functions - 1
    if function is None and not planar:
        function = first
    if function is not None and not first <= function <= last:
        raise click.ClickException(
            f"{compiled.label} has functions {first} to {last} to draw in this store, not {function}"
        )
    name = compiled.label.split()[0].replace(":", "-").replace("'", "p")  # primes have a meaning in shells
    output = output or Path(f"{name}.png" if function is None else f"{name}-{function}.png")
    check_picture(output, "--output", rotatable=not planar)
    check_writable(output)
    crystal = None if crystal_path is None else _crystal(crystal_path)
    if planar or function is None:
        from sgbasis.pictures.wallpaper import wallpaper_picture

        functions = None if function is None else [function]
        picture = wallpaper_picture(compiled, functions, cells=cells or 3, kind=picture_kind(output))
    elif output.suffix.lower() == ROTATABLE:
        from sgbasis.pictures.rotatable.function_page import function_page

        picture = function_page(compiled, function, section=section, cells=cells or 1, crystal=crystal)
    else:
        from sgbasis.pictures.basis_function import function_picture

        picture = function_picture(
            compiled, function, section=section, cells=cells or 1, kind=picture_kind(output), crystal=crystal
        )
    write_atomically(output, picture)
    drawn = "the first functions" if function is None else f"function {function}"
    echo_line(f"{output}: {drawn} of {compiled.label}")


def _crystal(path: Path) -> CrystalRecord:
    from basis_compiler import compile_crystals
    from basis_store import CrystalError

    records = compile_crystals(path)
    if len(records) != 1:
        raise CrystalError(f"{path}: it holds {len(records)} crystals: give a file with one")
    return records[0]


def _parse_section(text: str | None) -> Section | None:
    from sgbasis.pictures.section import Section

    try:
        return None if text is None else Section.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--section") from error
