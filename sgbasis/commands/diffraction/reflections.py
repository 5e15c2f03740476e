"""``sgbasis reflections``: reflections, structure factors, absences and the powder pattern of crystals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from basis_store.counted import counted
from basis_store.errors import CrystalError, ReflectionError
from basis_store.reflections.radiation import RADIATIONS
from sgbasis.commands.options import FiniteRange, max_file_size_option, tolerance_option
from sgbasis.echo import echo, echo_line
from sgbasis.standard_crystals import report_failures, report_not_read, standard_crystals

if TYPE_CHECKING:
    from basis_compiler import MagneticCrystal, ReflectionList, StandardCrystal

_SUFFIXES = (".csv", ".xlsx", ".json", ".hkl", ".fcf")

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--d-min", type=FiniteRange(0, min_open=True), help="Smallest spacing d in Angstrom [default: of --two-theta]."
)
@click.option(
    "--two-theta", "two_theta_max", type=FiniteRange(0, 180, min_open=True),
    help="Largest angle in degrees [default: that of --d-min, or else 90; for electrons, d = 1 Angstrom].",
)  # fmt: skip
@click.option(
    "--radiation", type=click.Choice(RADIATIONS), default="xray", show_default=True,
    help="What is scattered.",
)  # fmt: skip
@click.option(
    "--wavelength", metavar="LENGTH",
    help="In Angstrom, or CuKa1, CuKa (mean of Ka1 and Ka2, 2 to 1), 17.5keV (X-rays), 25meV (neutrons), 200kV "
         "(electrons) [default: CuKa1; 200kV for electrons].",
)  # fmt: skip
@click.option(
    "--cell", type=click.Choice(("file", "standard")), default="file", show_default=True,
    help="Whose axes and origin indices and phases refer to: the file's, or those of the standard setting.",
)  # fmt: skip
@click.option(
    "--b-iso", type=FiniteRange(0), metavar="B",
    help="Displacement parameter of all atoms in Angstrom^2 [default: that of the file, or 0].",
)  # fmt: skip
@click.option("--anomalous", is_flag=True, help="Add f' and f'' of X-rays; hkl and -h-k-l are then listed apart.")
@click.option("--deuterium", is_flag=True, help="Hydrogen is deuterium.")
@click.option("--absences", is_flag=True, help="List the absent reflections, each with its reason.")
@click.option(
    "--output",
    "-o",
    type=_FILE,
    help="Write .csv, .xlsx, .json, .fcf (CIF) or .hkl (HKLF 4 of SHELX); the last two of one crystal.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plot", type=_FILE, help="Draw the powder pattern: .png, .svg or .pdf.")
@click.option("--profile", type=_FILE, help="Write the powder pattern as .csv: 2theta, intensity (one crystal).")
@click.option(
    "--fwhm", type=FiniteRange(0, 10, min_open=True),
    help="Width of the lines of the pattern at half height, in degrees [default: 0.1; 0.005 for electrons].",
)  # fmt: skip
@click.option(
    "--eta", type=FiniteRange(0, 1), default=0.5, show_default=True,
    help="Shape of the lines: 0 is a Gaussian, 1 a Lorentzian, between them a pseudo-Voigt.",
)  # fmt: skip
@tolerance_option
@max_file_size_option
def reflections(
    files: tuple[Path, ...],
    d_min: float | None,
    two_theta_max: float | None,
    radiation: Literal["xray", "neutron", "electron"],
    wavelength: str | None,
    cell: Literal["file", "standard"],
    b_iso: float | None,
    anomalous: bool,
    deuterium: bool,
    absences: bool,
    output: Path | None,
    as_json: bool,
    plot: Path | None,
    profile: Path | None,
    fwhm: float | None,
    eta: float,
    tolerance: float,
    max_file_size: int,
) -> None:
    """List the reflections of crystals, draw powder patterns.

    Finds the space group as `sgbasis encode` does and lists one reflection of each set of equivalent ones:
    indices, multiplicity m, spacing d, 2theta, structure factor (amplitude |F| and phase of one cell), and the
    intensity m |F|^2 LP in a powder, with the Lorentz and, for X-rays, the polarisation factor.

    Absent reflections are told apart by their reason: the centring, a glide plane or a screw axis of the group,
    each with the operation that proves it; or the positions of the atoms, which other crystals of the group do not
    share.

    FILES are CIF, POSCAR and extended XYZ files, and folders of them (subfolders are not searched); every block
    and frame is read. A crystal that cannot be read is reported in one line; the others are listed all the same,
    and the exit code is not 0.
    """
    from basis_store.files.atomic_write import write_atomically
    from sgbasis.pictures.style import PICTURE_KINDS
    from sgbasis.reports.diffraction.reflection_output import reflections_json
    from sgbasis.reports.diffraction.reflection_table import reflections_text

    _check_output(output, _SUFFIXES, "--output")
    _check_output(plot, tuple(PICTURE_KINDS), "--plot")
    _check_output(profile, (".csv",), "--profile")

    # 1. The reflections of every crystal.
    asked = {
        "d_min": d_min,
        "two_theta_max": two_theta_max,
        "radiation": radiation,
        "wavelength": wavelength,
        "cell": cell,
        "b_iso": b_iso,
        "anomalous": anomalous,
        "deuterium": deuterium,
    }
    report_not_read(files)
    lists: list[ReflectionList] = []
    failures: list[str] = []
    for one in standard_crystals(files, tolerance=tolerance, max_file_size=max_file_size):
        found = one if isinstance(one, str) else _listed(one[0], asked)
        if isinstance(found, str):
            failures.append(found)
            continue
        for note in (*_left_out(one), *found.standard.notes, *found.notes):
            echo_line(f"Note: {found.standard.crystal.name}: {note}", err=True)
        lists.append(found)
    if not lists and len(failures) == 1:
        raise CrystalError(failures[0])
    if not lists:
        report_failures(failures, 0, "listed")

    # 2. Files, all made before the first is written.
    width = fwhm or (0.005 if radiation == "electron" else 0.1)
    written: list[tuple[Path, bytes, str]] = []
    if output is not None:
        count = sum(len(found) for found in lists)
        written.append((output, _content(lists, output.suffix.lower(), absences), counted(count, "reflection")))
    if plot is not None:
        written.append((plot, _picture(lists, plot.suffix.lower(), width, eta), "powder pattern"))
    if profile is not None:
        written.append((profile, _profile(lists, width, eta), "powder pattern"))
    for path, content, _ in written:
        write_atomically(path, content)

    # 3. What is printed.
    if as_json:
        echo(reflections_json(lists), nl=False)
    else:
        echo("\n\n".join(reflections_text(found, absences=absences) for found in lists))
        for path, _, what in written:
            echo_line(f"{path}: {what}")
    report_failures(failures, len(lists), "listed")


def _check_output(path: Path | None, endings: tuple[str, ...], option: str) -> None:
    """Fail before the work if a file cannot be written, or has another ending."""
    from basis_store.files.atomic_write import check_writable

    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise click.BadParameter(f"{path} does not end in {', '.join(endings)}", param_hint=option)
    check_writable(path)


def _listed(standard: StandardCrystal, asked: dict[str, Any]) -> ReflectionList | str:
    """The reflections of a crystal; or why there are none, in one line that names it."""
    from basis_compiler import reflection_list
    from sgbasis.prediction.inputs import message

    try:
        return reflection_list(standard, **asked)
    except (ReflectionError, CrystalError) as error:
        return message(error, standard.crystal.name)


def _content(lists: list[ReflectionList], suffix: str, absences: bool) -> bytes:
    from sgbasis.reports.diffraction.reflection_output import (
        fcf_text,
        hklf4_text,
        reflections_csv,
        reflections_json,
        reflections_workbook,
    )

    if suffix == ".hkl":
        return hklf4_text(_only(lists, "an .hkl file"), absences=absences).encode()
    if suffix == ".fcf":
        return fcf_text(_only(lists, "an .fcf file")).encode()
    if suffix == ".xlsx":
        return reflections_workbook(lists, absences=absences)
    return (reflections_json(lists) if suffix == ".json" else reflections_csv(lists, absences=absences)).encode()


def _picture(lists: list[ReflectionList], suffix: str, fwhm: float, eta: float) -> bytes:
    from sgbasis.pictures.powder_picture import MAX_PANELS, powder_picture
    from sgbasis.pictures.style import PICTURE_KINDS

    if len(lists) > MAX_PANELS:
        raise click.UsageError(
            f"a picture has up to {MAX_PANELS} patterns, not {len(lists)}: give fewer crystals."
        )
    return powder_picture(lists, fwhm=fwhm, eta=eta, kind=PICTURE_KINDS[suffix])


def _profile(lists: list[ReflectionList], fwhm: float, eta: float) -> bytes:
    from sgbasis.reports.diffraction.reflection_output import profile_csv

    return profile_csv(*_only(lists, "the .csv of a profile").profile(fwhm=fwhm, eta=eta)).encode()


def _only(lists: list[ReflectionList], what: str) -> ReflectionList:
    if len(lists) > 1:
        raise click.UsageError(f"{what} holds one crystal, not {len(lists)}: give them one after the other.")
    return lists[0]


def _left_out(one: tuple[StandardCrystal, MagneticCrystal | None] | str) -> tuple[str, ...]:
    """A note if the file has moments, which the list does not take into account."""
    if isinstance(one, str) or one[1] is None:
        return ()
    return ("the moments of this magnetic CIF are left out: the list has no magnetic reflections",)
