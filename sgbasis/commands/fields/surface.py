"""``sgbasis surface``: a mesh of the surface on which a function or a field has one value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sgbasis.commands.options import CountsType, FiniteRange, character_option, read_basis, store_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from sgbasis.surfaces.surface_mesh import SurfaceMesh
    from sgbasis.surfaces.surface_source import SurfaceSource

_MAX_CELLS = 999


@click.command()
@click.argument("source")
@click.option(
    "--function",
    type=click.IntRange(0),
    help="Number of the function of a setting; 0 is the constant [default: the first that is not constant].",
)
@click.option("--field", "name", metavar="NAME", help="Which field of a file [default: its first].")
@click.option("--unit", metavar="UNIT", default="", help="Of the values of a file that does not say it.")
@click.option(
    "--level", type=FiniteRange(), default=0.0, show_default=True,
    help="Value of the function on the surface, in the unit of a field.",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="Mesh to write: .stl, .obj or .ply; or .html, a page on which it can be turned.",
)  # fmt: skip
@click.option(
    "--cells", type=CountsType("cells", (1, 3), "2 or 2,2,1", _MAX_CELLS), default="1", show_default=True,
    metavar="N | N,N,N", help="Number of cells along each axis.",
)  # fmt: skip
@click.option(
    "--points", type=click.IntRange(8, 512), default=64, show_default=True,
    help="Points of the grid along each axis of a cell, at least. Twice as many give four times as many "
    "triangles, half as large: 64 and --edge 20 give triangles of about 0.3.",
)  # fmt: skip
@click.option("--periodic", is_flag=True, help="Only the surface itself, open at the faces of the cells.")
@click.option("--below", is_flag=True, help="The solid where the function is smaller than the level.")
@click.option(
    "--edge", type=FiniteRange(0, min_open=True), metavar="LENGTH",
    help="Length of the axis a in the file, such as 20 for 20 mm [default: about 1 for a setting, Angstrom for "
    "fields].",
)  # fmt: skip
@character_option
@store_option
def surface(
    source: str,
    function: int | None,
    name: str | None,
    unit: str,
    level: float,
    output: Path,
    cells: tuple[int, ...],
    points: int,
    periodic: bool,
    below: bool,
    edge: float | None,
    character: str | None,
    store_path: Path | None,
) -> None:
    """Write the surface of a function or a field as a mesh.

    SOURCE is a setting, such as 214 or Ia-3d, or a file of a field or of its coefficients. Written is the closed
    surface of the solid in which the function is larger than the level, cut off at the faces of the cells: ready
    to be printed. With --periodic it is the surface alone, whose edges at opposite faces fit together.

    The gyroid is function 1 of 214, Schwarz' P surface that of 221, his D surface that of 227. It needs the extra
    plot.

    With --character it is a function of that character, such as the d wave of 123 with B1g; 123:B1g means the
    same. These functions are numbered from 0. Of complex ones it is the real part.
    """
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.pictures.style import ROTATABLE
    from sgbasis.surfaces.mesh_files import ENDINGS, mesh_bytes

    ending = output.suffix.lower()
    endings = (*ENDINGS, ROTATABLE)
    if ending not in endings:
        raise click.BadParameter(f"{output} does not end in {', '.join(endings)}", param_hint="--output")
    check_writable(output)
    made, title = _source(source, function, character, name, unit, points, store_path)
    if edge is not None:
        made = made.scaled(edge)
    first, second, third = (cells * 3)[:3]
    block = first, second, third
    mesh = made.mesh(level, block, solid=not periodic, below=below)
    if ending == ROTATABLE:
        from sgbasis.pictures.rotatable.field_page import mesh_page

        content = mesh_page(mesh, made.lattice, block, title=f"{title}, level {level:g}")
    else:
        content = mesh_bytes(mesh, ending, f"{title}, level {level:g}")
    write_atomically(output, content)
    if made.is_singular(level):
        echo_line(
            f"Note: {title}: at or near the level {level:g} the surface crosses or touches itself, so its shape "
            "there depends on the grid: take another level",
            err=True,
        )
    kind = "surface"
    if not periodic:
        kind = f"closed surface, volume {mesh.volume / made.block_volume(block):.4f} of the cells"
        if (bodies := mesh.bodies) > 1:
            echo_line(
                f"Note: {output}: these are {bodies:,} separate bodies, which fall apart where they are printed: "
                f"another level, the other side ({'without' if below else 'with'} --below) or more cells may "
                "connect them",
                err=True,
            )
    echo_line(
        f"{output}: {title}, level {level:g}: {len(mesh.faces):,} triangles, {kind}, Euler characteristic of the "
        f"periodic surface {made.euler_characteristic(level)} per cell"
    )
    echo_line(f"  {_size(mesh, made, edge)}")


def _size(mesh: SurfaceMesh, made: SurfaceSource, edge: float | None) -> str:
    """The box around a mesh with its unit, and the steps of the grid."""
    import numpy as np

    box = " x ".join(f"{one:.4g}" for one in np.ptp(mesh.vertices, axis=0))
    steps = np.linalg.norm(made.lattice, axis=1) / made.values.shape
    is_field = made.evaluate is None
    unit = " Angstrom" if is_field and edge is None else ""
    text = f"size {box}{unit}, steps of the grid {' x '.join(f'{one:.3g}' for one in steps)}{unit}"
    if edge is not None:
        return f"{text}, in the unit of --edge (programs for printers take numbers in a mesh as mm)"
    return text if is_field else f"{text}, for an edge of about 1: --edge 20 makes it 20 long"


def _source(
    source: str,
    function: int | None,
    character: str | None,
    name: str | None,
    unit: str,
    points: int,
    store_path: Path | None,
) -> tuple[SurfaceSource, str]:
    """What the surface is made of, and its name."""
    from basis_compiler.fields.field_formats import format_by_name
    from basis_store import Representation
    from sgbasis.surfaces.surface_source import SurfaceSource

    if Path(source).is_file() or format_by_name(source) is not None:
        from sgbasis.commands.fields.field_request import FieldRequest

        if character is not None or function is not None:
            raise click.UsageError(f"{source} is a file of a field: --character and --function are for settings.")
        field = FieldRequest(Path(source), name, unit).load().field
        return SurfaceSource.of_field(field, points), f"{field.quantity} of {Path(source).name}"
    named = Representation.parse(source)
    if named.setting.dimension != 3:
        raise click.ClickException(f"surfaces are in three dimensions, and {named.setting.label} has two")
    compiled = read_basis(named, character, store_path)
    first, last = compiled.n_constants, compiled.n_functions - 1
    function = first if function is None else function
    if not first <= function <= last:
        raise click.ClickException(
            f"{compiled.label} has functions {first} to {last} to draw in this store, not {function}"
        )
    part = "" if compiled.representation.is_real else "real part of "
    return SurfaceSource.of_function(compiled, function, points), f"{part}function {function} of {compiled.label}"
