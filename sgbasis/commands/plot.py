"""``sgbasis plot``: a picture of one basis function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.groups.representation import Representation
from sgbasis.commands.options import REPRESENTATION, character_option, check_picture, read_basis, store_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
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
    help="Picture to write: .png, .svg or .pdf [default: SETTING-FUNCTION.png in this folder].",
)  # fmt: skip
@click.option(
    "--section", "section_text", metavar="AXIS=AT",
    help="Plane of the section, such as z=1/8 [default: the first of z=0, z=1/8 ... that has contours].",
)  # fmt: skip
@click.option(
    "--cells",
    type=click.IntRange(1, 8),
    help="Number of cells along each axis, up to 4 in space [default: 1; of plane groups 3].",
)
@character_option
@store_option
def plot(
    setting: Representation,
    function: int | None,
    output: Path | None,
    section_text: str | None,
    cells: int | None,
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
    if output is not None:
        check_picture(output, "--output")
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.pictures.style import picture_kind

    section = _parse_section(section_text)
    compiled = read_basis(setting, character, store_path)
    planar = compiled.setting.dimension == 2
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
    check_writable(output)
    kind = picture_kind(output)
    if planar or function is None:
        from sgbasis.pictures.wallpaper import wallpaper_picture

        picture = wallpaper_picture(
            compiled, None if function is None else [function], cells=cells or 3, kind=kind
        )
    else:
        from sgbasis.pictures.basis_function import function_picture

        picture = function_picture(compiled, function, section=section, cells=cells or 1, kind=kind)
    write_atomically(output, picture)
    drawn = "the first functions" if function is None else f"function {function}"
    echo_line(f"{output}: {drawn} of {compiled.label}")


def _parse_section(text: str | None) -> Section | None:
    from sgbasis.pictures.section import Section

    try:
        return None if text is None else Section.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--section") from error
