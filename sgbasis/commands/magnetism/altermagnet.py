"""``sgbasis altermagnet``: what the symmetry of a collinear magnet says about its spin splitting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.errors import CrystalError
from sgbasis.commands.options import FiniteRange, check_picture, max_file_size_option, tolerance_option
from sgbasis.echo import echo, echo_line
from sgbasis.standard_crystals import report_failures

if TYPE_CHECKING:
    from basis_compiler import SpinSymmetry


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--moments",
    metavar="TEXT",
    help="Moments instead of those of the file: 1,-1,0,0 (one for each atom) or Mn=1,-1 (for those of an element "
    "or label; others have none). Only signs and ratios matter.",
)
@click.option(
    "--moment-tolerance", type=FiniteRange(0), metavar="BOHR_MAGNETON",
    help="Moments that differ by less are the same, and smaller ones are 0 [default: 2 % of the largest].",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the spin splitting of an altermagnet by direction, with nodal planes: .png, .svg or .pdf.",
)  # fmt: skip
@tolerance_option
@max_file_size_option
def altermagnet(
    file: Path,
    moments: str | None,
    moment_tolerance: float | None,
    as_json: bool,
    picture: Path | None,
    tolerance: float,
    max_file_size: int,
) -> None:
    """Find out what kind of collinear magnet a crystal is.

    Sorts the operations of the space group of the atoms by what they do to the moments, and says whether it is a
    ferromagnet or ferrimagnet (none reverses them), an antiferromagnet (a translation or an inversion does) or an
    altermagnet (only others do). Of altermagnets it prints the spin Laue group, and the leading form of the
    difference of the energies of the two spins near k = 0, exactly: d, g or i wave. Spin-orbit coupling is left
    out.

    FILE is a magnetic CIF (.mcif), an extended XYZ file with magmoms or initial_magmoms, or any other crystal file
    with --moments.
    """
    from basis_compiler import spin_symmetry
    from basis_compiler.crystals.asymmetric_unit import CRYSTAL_ERRORS
    from basis_compiler.crystals.magnetic.moment_files import magnetic_crystals_or_errors
    from sgbasis.prediction.inputs import message
    from sgbasis.reports.spin_symmetry_report import spin_symmetry_facts, spin_symmetry_text

    _check_picture(picture)
    # 1. Every crystal of the file.
    found: list[SpinSymmetry] = []
    failures: list[str] = []
    crystals = magnetic_crystals_or_errors(file, moments, tolerance=tolerance, max_file_size=max_file_size)
    if picture is not None and len(crystals) > 1:
        raise click.UsageError(f"{file} has {len(crystals)} crystals; --picture draws one.")
    for one in crystals:
        try:
            if isinstance(one, CrystalError):
                raise one
            found.append(spin_symmetry(one, tolerance=tolerance, moment_tolerance=moment_tolerance))
        except CRYSTAL_ERRORS as error:
            failures.append(message(error, str(file)))
    if not found and len(failures) == 1:
        raise CrystalError(failures[0])
    # 2. The picture, before anything is printed.
    drawn = picture is not None and found[0].form is not None
    if picture is not None and drawn:
        _draw(found[0], picture)
    # 3. What is printed.
    for symmetry in found:
        for note in symmetry.notes:
            echo_line(f"Note: {symmetry.standard.crystal.name}: {note}", err=True)
    if as_json and found:
        facts = [spin_symmetry_facts(one) for one in found]
        echo(json.dumps(facts[0] if len(crystals) == 1 else facts, indent=2))
    elif found:
        echo("\n\n".join(spin_symmetry_text(one) for one in found))
    if drawn and not as_json:
        echo()
        echo_line(f"{picture}: spin splitting by direction")
    report_failures(failures, len(found), "classified")
    if picture is not None and not drawn:
        raise CrystalError(f"{picture} was not drawn: only the spin splitting of altermagnets has nodes")


def _check_picture(picture: Path | None) -> None:
    from basis_store.files.atomic_write import check_writable

    if picture is not None:
        check_picture(picture, "--picture")
        check_writable(picture)


def _draw(found: SpinSymmetry, picture: Path) -> None:
    from basis_store.files.atomic_write import write_atomically
    from sgbasis.pictures.spin_splitting_picture import spin_splitting_picture
    from sgbasis.pictures.style import picture_kind

    write_atomically(picture, spin_splitting_picture(found, kind=picture_kind(picture)))
