"""``sgbasis field plot``: sections, line profiles and isosurfaces of a field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from sgbasis.commands.fields.field_options import output_option
from sgbasis.commands.fields.field_request import FieldRequest, field_request
from sgbasis.commands.fields.plane_options import Place, PlaceType, WantedPlane, plane_options, position
from sgbasis.commands.options import CountsType, FiniteRange
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from sgbasis.fields.given_field import GivenField

_MAX_LEVELS = 200
_MAX_CELLS = 10


class LevelsType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """About how many levels, ``15``, or the levels: ``0.05,0.1,0.2``."""

    name = "levels"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | tuple[float, ...]:
        """Parse one integer, or two and more numbers."""
        if isinstance(value, int | tuple):
            return value
        words = [word.strip() for word in str(value).split(",")]
        try:
            if len(words) == 1 and 1 <= int(words[0]) <= _MAX_LEVELS:
                return int(words[0])
            if 1 < len(words) <= _MAX_LEVELS:
                return tuple(float(word) for word in words)
        except ValueError:
            pass
        self.fail(
            f"{value!r:.80} is neither a number of levels up to {_MAX_LEVELS}, nor levels, such as 0.1,0.2,0.5"
        )


class _Look(NamedTuple):
    """Options on how values are drawn."""

    levels: int | tuple[float, ...] | None
    limits: tuple[float, float] | None
    logarithmic: bool | None
    nearby: float | None
    cells: tuple[int, ...] | None
    dpi: int


@click.command("plot")
@plane_options
@click.option(
    "--line", nargs=2, type=PlaceType(), metavar="P P",
    help="Draw a profile along a line between two points, 0,1/2,0.25, or atoms, Si2.",
)  # fmt: skip
@click.option(
    "--isosurface", "isosurfaces", type=FiniteRange(), multiple=True, metavar="LEVEL",
    help="Draw the surface on which the field has this value, of fields with signs also with -LEVEL; may be "
    "repeated [default: draw a section].",
)  # fmt: skip
@click.option(
    "--minus", type=click.Path(path_type=Path), metavar="OTHER",
    help="Draw the difference: FILE less the field of this file, as sgbasis field subtract writes it.",
)  # fmt: skip
@click.option(
    "--cells", type=CountsType("cells", (1, 2, 3), "2; 2,1; or 2,2,1", _MAX_CELLS), metavar="N | N,N | N,N,N",
    help="Number of cells: of the plane along both of its axes, of an isosurface along all three [default: 1].",
)  # fmt: skip
@click.option(
    "--levels", type=LevelsType(), metavar="N | L,L,...",
    help="About how many contours, or their values, whose steps are those of the colours [default: about 12, or "
    "20 with signs].",
)  # fmt: skip
@click.option(
    "--range", "limits", nargs=2, type=FiniteRange(), metavar="LOW HIGH",
    help="Values at the ends of the scale [default: those of the picture].",
)  # fmt: skip
@click.option(
    "--log/--linear", "logarithmic", default=None,
    help="Levels in equal ratios or at equal steps [default: in ratios for densities with high peaks, as at heavy "
    "atoms; a line is linear].",
)  # fmt: skip
@click.option(
    "--atoms-within", "nearby", type=FiniteRange(0, 10), metavar="DISTANCE",
    help="Draw atoms up to this distance from the plane, in Angstrom [default: 0.5].",
)  # fmt: skip
@click.option(
    "--dpi", type=click.IntRange(30, 1200), default=300, show_default=True,
    help="Dots per inch of a .png, and of surfaces in the others.",
)  # fmt: skip
@click.option(
    "--atoms", type=click.Path(path_type=Path), metavar="CRYSTAL",
    help="Take the atoms of this file, of a crystal in the cell of FILE: CIF, POSCAR or extended XYZ.",
)  # fmt: skip
@output_option("Picture to write: .png, .svg, .pdf or .html; or .csv, for the numbers of a section or a line.")
@field_request
def plot_command(
    request: FieldRequest,
    plane: WantedPlane,
    line: tuple[Place, Place] | None,
    isosurfaces: tuple[float, ...],
    minus: Path | None,
    cells: tuple[int, ...] | None,
    levels: int | tuple[float, ...] | None,
    limits: tuple[float, float] | None,
    logarithmic: bool | None,
    nearby: float | None,
    dpi: int,
    atoms: Path | None,
    output: Path,
) -> None:
    """Draw a section, a line profile or an isosurface of a field.

    FILE is a file of fields, or of the coefficients that `sgbasis field expand` wrote. A section is in the plane
    that is given, by default in one that has as many atoms as can be; values are those of the Fourier series of
    the field, exact at every point, and axes are in Angstrom. Differences, potentials and spin densities are drawn
    in two colours about 0, densities in one sequence. It needs the extra `plot`.
    """
    look = _Look(levels, limits, logarithmic, nearby, cells, dpi)
    _check(plane, line, isosurfaces, look, output)
    from basis_store.files.atomic_write import check_writable, write_atomically

    check_writable(output)
    given = request.load()
    if atoms is not None:
        given = _with_atoms(given, atoms)
    if minus is not None:
        given = _difference(given, FieldRequest(minus, request.name, request.unit, request.mesh).load())
    if line is not None:
        content, text = _line(given, line, look, output)
    elif isosurfaces:
        content, text = _isosurface(given, isosurfaces, look, output)
    else:
        content, text = _section(given, plane, look, output)
    write_atomically(output, content)
    echo_line(f"{output}: {given.field.quantity} of {given.name}, {text}")


def _check(
    plane: WantedPlane,
    line: tuple[Place, Place] | None,
    isosurfaces: tuple[float, ...],
    look: _Look,
    output: Path,
) -> None:
    from sgbasis.pictures.style import PICTURE_KINDS, ROTATABLE

    if plane.is_given + (line is not None) + bool(isosurfaces) > 1:
        raise click.UsageError("A plane, --line and --isosurface are three pictures: give one of them.")
    ending = output.suffix.lower()
    endings = [*PICTURE_KINDS, *([] if line else [ROTATABLE]), *([] if isosurfaces else [".csv"])]
    if ending not in endings:
        raise click.BadParameter(f"{output} does not end in {', '.join(endings)}", param_hint="--output")
    is_section = line is None and not isosurfaces
    for option, is_given, allowed in (
        ("--levels", look.levels is not None, is_section),
        ("--range", look.limits is not None, not isosurfaces),
        ("--log/--linear", look.logarithmic is not None, not isosurfaces),
        ("--atoms-within", look.nearby is not None, is_section),
        ("--cells", look.cells is not None, line is None),
    ):
        if is_given and not allowed:
            raise click.UsageError(f"{option} has no meaning for {'--line' if line else '--isosurface'}.")
    if isinstance(look.levels, tuple) and look.limits is not None:
        raise click.UsageError("--range says where levels begin and end: give it or the levels, not both.")
    if look.cells is not None and len(look.cells) not in ((1, 3) if isosurfaces else (1, 2)):
        raise click.UsageError("--cells are one number, or two of a section, or three of an isosurface.")


def _with_atoms(given: GivenField, atoms: Path) -> GivenField:
    from basis_store import GridField
    from sgbasis.fields.field_symmetry import atoms_of_crystal

    field = given.field
    found = atoms_of_crystal(field, str(atoms))
    return given._replace(field=GridField(field.values, field.lattice, field.quantity, field.unit, *found))


def _difference(given: GivenField, other: GivenField) -> GivenField:
    from sgbasis.fields.field_difference import difference

    found = difference(given, other)
    for note in found.notes:
        echo_line(f"Note: {note}", err=True)
    return given._replace(field=found.field, name=f"{given.name} \u2212 {other.name}", coefficients=None)


def _section(given: GivenField, wanted: WantedPlane, look: _Look, output: Path) -> tuple[bytes, str]:
    from sgbasis.fields.field_values import in_plane, table_bytes
    from sgbasis.fields.fourier_series import FourierSeries
    from sgbasis.fields.plane_choice import choose_plane
    from sgbasis.pictures.fields.field_pictures import TABLE_POINTS, section_picture, section_scale
    from sgbasis.pictures.style import ROTATABLE

    series = FourierSeries.of(given.field)
    if not wanted.is_given:
        chosen = choose_plane(given.field, series)
        wanted = WantedPlane(chosen.indices, chosen.offset, None)
    pair = None if look.cells is None else (look.cells[0], look.cells[-1])
    plane = wanted.plane(given, pair)
    where = "through three points"
    if plane.indices is not None:
        where = f"plane {','.join(map(str, plane.indices))}, {plane.distance:.4g} Angstrom from the origin"
    if output.suffix.lower() == ".csv":
        table = in_plane(plane, plane.section(series, TABLE_POINTS))
        return table_bytes(table, given.field), where
    if output.suffix.lower() == ROTATABLE:
        from sgbasis.pictures.rotatable.field_page import section_page

        section = plane.section(series, TABLE_POINTS)
        scale = section_scale(given.field, section[2], look.levels, look.limits, logarithmic=look.logarithmic)
        return section_page(given.field, plane, section, scale, name=given.name), where
    content = section_picture(
        given.field, plane, kind=_kind(output), levels=look.levels, limits=look.limits,
        logarithmic=look.logarithmic, nearby=look.nearby, name=given.name, dpi=look.dpi,
    )  # fmt: skip
    return content, where


def _line(given: GivenField, line: tuple[Place, Place], look: _Look, output: Path) -> tuple[bytes, str]:
    from sgbasis.fields.field_values import along_line, table_bytes
    from sgbasis.fields.fourier_series import FourierSeries
    from sgbasis.pictures.fields.field_pictures import LINE_POINTS, profile_picture

    start, end = (position(given, one) for one in line)
    table = along_line(FourierSeries.of(given.field), (start, end), LINE_POINTS, given.field.lattice)
    text = f"line of {table.columns[-1, 0]:.4g} Angstrom"
    if output.suffix.lower() == ".csv":
        return table_bytes(table, given.field), text
    content = profile_picture(
        given.field, start, end, kind=_kind(output), limits=look.limits, logarithmic=bool(look.logarithmic),
        name=given.name, dpi=look.dpi,
    )  # fmt: skip
    return content, text


def _isosurface(given: GivenField, levels: tuple[float, ...], look: _Look, output: Path) -> tuple[bytes, str]:
    from sgbasis.pictures.fields.field_pictures import isosurface_picture, paired_levels
    from sgbasis.pictures.style import ROTATABLE

    drawn = paired_levels(given.field, levels)
    one, two, three = look.cells if look.cells is not None and len(look.cells) == 3 else (look.cells or (1,)) * 3
    if output.suffix.lower() == ROTATABLE:
        from sgbasis.pictures.rotatable.field_page import isosurface_page

        content = isosurface_page(given.field, drawn, cells=(one, two, three), name=given.name)
    else:
        content = isosurface_picture(
            given.field, drawn, kind=_kind(output), cells=(one, two, three), name=given.name, dpi=look.dpi
        )
    unit = "" if given.field.unit == "1" else f" {given.field.unit}"
    return content, f"surfaces at {', '.join(f'{level:g}' for level in drawn)}{unit}"


def _kind(output: Path) -> Any:
    from sgbasis.pictures.style import PICTURE_KINDS

    return PICTURE_KINDS[output.suffix.lower()]
