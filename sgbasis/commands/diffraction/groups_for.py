"""``sgbasis groups-for``: which space groups fit measured reflections or the peaks of a powder pattern."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from sgbasis.commands.options import FiniteRange
from sgbasis.echo import echo

_FILE = click.Path(path_type=Path)
_POSITIVE = FiniteRange(0, min_open=True)
_SYSTEMS = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")


@click.command("groups-for")
@click.argument("reflections", type=_FILE, required=False)
@click.option("--peaks", type=_FILE, help="Instead: peaks of a powder pattern, one on a line: 2theta or d first.")
@click.option(
    "--cell", nargs=6, type=_POSITIVE, metavar="A B C ALPHA BETA GAMMA",
    help="In Angstrom and degrees [default: what the file says].",
)  # fmt: skip
@click.option(
    "--laue", metavar="SYMBOL", help="Only this Laue class, such as mmm [default: what the cell allows]."
)
@click.option("--system", type=click.Choice(_SYSTEMS), help="Only Laue classes of this crystal system.")
@click.option(
    "--values", type=click.Choice(("intensity", "amplitude")),
    help="What a .hkl file holds: F^2 or F [default: what the .ins file beside it says, or F^2].",
)  # fmt: skip
@click.option(
    "--wavelength", type=_POSITIVE, help="In Angstrom: --peaks has 2theta in degrees [default: it has d]."
)
@click.option(
    "--width", type=_POSITIVE,
    help="How far a peak may be from its line, in degrees [default: 0.05], or in per cent of d [default: 0.1].",
)  # fmt: skip
@click.option(
    "--largest-d",
    type=_POSITIVE,
    help="Spacing in Angstrom at which the pattern begins [default: before its first line].",
)
@click.option("--count", type=click.IntRange(1), default=8, show_default=True, help="How many classes to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all classes.")
def groups_for(
    reflections: Path | None,
    peaks: Path | None,
    cell: tuple[float, ...] | None,
    laue: str | None,
    system: str | None,
    values: Literal["intensity", "amplitude"] | None,
    wavelength: float | None,
    width: float | None,
    largest_d: float | None,
    count: int,
    as_json: bool,
) -> None:
    """Find the space groups that fit reflections.

    REFLECTIONS is a list of measured intensities with sigmas, best with all equivalents: .hkl of SHELX (its .ins
    beside it gives the cell), .cif, .fcf, .csv with the headings h,k,l,intensity,sigma, or .mtz. Reflections that
    were looked for and not observed belong in it, with an intensity of about 0: without them conditions are not
    tested. The systematic absences of all 530 settings in these axes are compared with them. A few reflections
    that are observed although they are forbidden, as by multiple scattering, are allowed for.

    Printed are the Laue classes that the cell allows; the extinction symbols with their space groups, the best
    first; and for each reflection condition how many of the reflections that it forbids were observed.
    """
    from basis_compiler import groups_for as find, groups_for_peaks, read_peaks, read_reflections
    from sgbasis.reports.diffraction.groups_for_report import groups_for_facts, groups_for_lines

    if (reflections is None) == (peaks is None):
        raise click.UsageError("Give a file of reflections, or --peaks FILE.")
    if peaks is not None:
        if cell is None:
            raise click.UsageError("--peaks needs --cell: a b c alpha beta gamma.")
        found = groups_for_peaks(
            read_peaks(peaks, wavelength=wavelength),
            cell=cell,
            wavelength=wavelength,
            width=width,
            largest_d=largest_d,
            laue=laue,
            system=system,
        )
    else:
        assert reflections is not None
        if wavelength is not None or width is not None or largest_d is not None:
            raise click.UsageError("--wavelength, --width and --largest-d belong to --peaks.")
        data = read_reflections(reflections, cell=cell, values=values)
        found = find(data, laue=laue, system=system)
    if as_json:
        echo(json.dumps(groups_for_facts(found), indent=2))
        return
    name = (peaks or reflections or Path()).name
    echo("\n".join(groups_for_lines(found, name=name, count=count)))
