"""``sgbasis field synthesis``: a density, a Patterson function or a difference density from reflections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from basis_store.groups.setting import Setting
from basis_store.reflections.radiation import RADIATIONS, Radiation
from sgbasis.commands.fields.field_options import output_option, write_and_say
from sgbasis.commands.options import SETTING, FiniteRange
from sgbasis.echo import echo_line

_POSITIVE = FiniteRange(0, min_open=True)


@click.command()
@click.argument("reflections", type=click.Path(path_type=Path))
@click.option(
    "--setting",
    type=SETTING,
    help="Setting of the indices, if the file does not say it [default: that of the file, or of MODEL].",
)
@click.option(
    "--cell", nargs=6, type=_POSITIVE, metavar="A B C ALPHA BETA GAMMA",
    help="In Angstrom and degrees [default: that of the file, or of MODEL].",
)  # fmt: skip
@click.option("--patterson", is_flag=True, help="Patterson function, from amplitudes or intensities alone.")
@click.option(
    "--minus", type=click.Path(path_type=Path), metavar="MODEL",
    help="Difference density: less the amplitudes and phases of this file.",
)  # fmt: skip
@click.option(
    "--radiation", type=click.Choice(RADIATIONS),
    help="What was scattered, if the file does not say it [default: that of the file, or xray].",
)  # fmt: skip
@click.option("--calculated", is_flag=True, help="Take calculated amplitudes even where there are measured ones.")
@click.option(
    "--f000", type=FiniteRange(), metavar="F",
    help="F(000): the electrons of the cell [default: that of the file, _exptl_crystal_F_000 in a CIF, or 0; 0 in "
    "a difference].",
)  # fmt: skip
@click.option(
    "--grid", nargs=3, type=click.IntRange(1, 4096), metavar="N1 N2 N3",
    help="Points along the axes [default: three for each smallest spacing, closed under the operations].",
)  # fmt: skip
@output_option("File to write, in the format that its name says.")
def synthesis(
    reflections: Path,
    setting: Setting | None,
    cell: tuple[float, ...] | None,
    patterson: bool,
    minus: Path | None,
    radiation: Radiation | None,
    calculated: bool,
    f000: float | None,
    grid: tuple[int, int, int] | None,
    output: Path,
) -> None:
    """Sum reflections to a density.

    REFLECTIONS has amplitudes and phases (.fcf, .cif, .mtz, .csv); equivalent reflections are added by the exact
    phases of the setting, and averaged where several are given. With --patterson amplitudes or intensities alone
    are enough. With --minus the result is a difference: of both structure factors, or, if REFLECTIONS has no
    phases, of the amplitudes with the phases of MODEL, after they were brought to its scale.

    The radiation decides what the sum is: the electron density in e/Angstrom^3 for X-rays, the scattering-length
    density in fm/Angstrom^3 for neutrons, the electrostatic potential in 1/Angstrom^2 for electrons. A .fcf or
    .csv of `sgbasis reflections` says it. Reflections that are not given count as 0.
    """
    from basis_compiler.fields.field_formats import format_of_output
    from basis_compiler.reflections.formats.reflection_files import read_reflections
    from basis_compiler.reflections.fourier_synthesis import fourier_synthesis
    from basis_store.files.atomic_write import check_writable

    if patterson and minus is not None:
        raise click.UsageError("--patterson and --minus are two different syntheses: give one of them.")
    format_of_output(output)
    check_writable(output)
    data = read_reflections(reflections, cell=cell or None, calculated=calculated)
    if radiation is not None and data.radiation not in (None, radiation):
        raise click.UsageError(f"--radiation {radiation}: {reflections} says {data.radiation}.")
    data = replace(data, radiation=radiation or data.radiation)
    model = None
    if minus is not None:
        # The cell that is given is that of both.
        model = read_reflections(minus, cell=data.cell, calculated=True)
    for note in (*data.notes, *(model.notes if model is not None else ())):  # they name their file
        echo_line(f"Note: {note}", err=True)
    found = fourier_synthesis(
        data,
        setting=setting,
        kind="patterson" if patterson else "density" if model is None else "difference",
        minus=model,
        shape=grid,
        f000=f000,
    )
    for note in found.notes:
        echo_line(f"Note: {reflections}: {note}", err=True)
    write_and_say(output, {"total": found.field}, found.setting)
    values = found.field.values
    echo_line(
        f"  {found.setting.label}, from {values.min():.5g} to {values.max():.5g} {found.field.unit}, "
        f"mean {values.mean():.5g}"
    )
