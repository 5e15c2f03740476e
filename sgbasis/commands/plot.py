"""``sgbasis plot``: a picture of one basis function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.groups.representation import Representation
from sgbasis.commands.options import REPRESENTATION, character_option, read_basis, store_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from sgbasis.pictures.section import Section


@click.command()
@click.argument("setting", type=REPRESENTATION)
@click.option(
    "--function", type=int,
    help="Number of the function; 0 is the constant, which has no picture [default: the first that has one].",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False),
    help="PNG to write [default: SETTING-FUNCTION.png in this folder, such as 227-1-3.png].",
)  # fmt: skip
@click.option(
    "--section", "section_text", metavar="AXIS=AT",
    help="Plane of the section, such as z=1/8 [default: the first of z=0, z=1/8 ... that has contours].",
)  # fmt: skip
@click.option(
    "--cells", type=click.IntRange(1, 4), default=1, show_default=True, help="Number of cells along each axis."
)
@character_option
@store_option
def plot(
    setting: Representation,
    function: int | None,
    output: Path | None,
    section_text: str | None,
    cells: int,
    character: str | None,
    store_path: Path | None,
) -> None:
    """Draw one basis function of a space-group setting.

    The picture, a PNG, shows a section and the surface on which the function vanishes. It needs the extra `plot`.

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m.

    With --character, a function of that character is drawn, such as the d wave of 123 with B1g; 123:B1g means the
    same. These functions are numbered from 0. If they are complex, the picture shows their real part.
    """
    if output is not None and output.suffix.lower() != ".png":
        raise click.BadParameter(f"{output} does not end in .png", param_hint="--output")
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.pictures.basis_function import function_picture

    section = _parse_section(section_text)
    compiled = read_basis(setting, character, store_path)
    first, last = compiled.n_constants, compiled.n_functions - 1
    function = first if function is None else function
    if not first <= function <= last:
        raise click.ClickException(
            f"{compiled.label} has functions {first} to {last} to draw in this store, not {function}"
        )
    name = compiled.label.split()[0].replace(":", "-").replace("'", "p")  # primes have a meaning in shells
    output = output or Path(f"{name}-{function}.png")
    check_writable(output)
    write_atomically(output, function_picture(compiled, function, section=section, cells=cells))
    echo_line(f"{output}: function {function} of {compiled.label}")


def _parse_section(text: str | None) -> Section | None:
    from sgbasis.pictures.section import Section

    try:
        return None if text is None else Section.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--section") from error
