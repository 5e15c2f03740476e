"""``sgbasis plot``: a picture of one basis function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.groups.setting import Setting
from sgbasis.commands.options import SETTING, store_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from sgbasis.pictures.section import Section


@click.command()
@click.argument("setting", type=SETTING)
@click.option(
    "--function", type=int, default=1, show_default=True,
    help="Number of the function; 0 is the constant, which has no picture.",
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
@store_option
def plot(
    setting: Setting,
    function: int,
    output: Path | None,
    section_text: str | None,
    cells: int,
    store_path: Path | None,
) -> None:
    """Draw one basis function of a space-group setting.

    The picture, a PNG, shows a section and the surface on which the function vanishes. It needs the extra `plot`.

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m.
    """
    if output is not None and output.suffix.lower() != ".png":
        raise click.BadParameter(f"{output} does not end in .png", param_hint="--output")
    from basis_store import open_store
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.pictures.basis_function import function_picture

    section = _parse_section(section_text)
    with open_store(store_path) as store:
        compiled = store.read(setting)
    if not 1 <= function <= compiled.n_orbits:
        raise click.ClickException(
            f"{setting.label} has functions 1 to {compiled.n_orbits} to draw in this store, not {function}"
        )
    output = output or Path(f"{setting.label.split()[0].replace(':', '-')}-{function}.png")
    check_writable(output)
    write_atomically(output, function_picture(compiled, function, section=section, cells=cells))
    echo_line(f"{output}: function {function} of {setting.label}")


def _parse_section(text: str | None) -> Section | None:
    from sgbasis.pictures.section import Section

    try:
        return None if text is None else Section.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--section") from error
