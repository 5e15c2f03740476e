"""``sgbasis field synthesis`` as a user runs it: from the reflections of a crystal to a file of its density."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import fourier_synthesis, read_crystals, read_field, read_reflections, reflection_list
from sgbasis.cli import main
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS

pytest.importorskip("gemmi")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def quartz(tmp_path: Path) -> Path:
    """Reflections of quartz with phases, cell and operations."""
    file = tmp_path / "quartz.fcf"
    done = run("reflections", CRYSTALS / "quartz.cif", "--d-min", "0.7", "--b-iso", "1", "-o", file)
    assert done.exit_code == 0, done.output
    return file


def test_an_fcf_has_everything_that_the_list_has(quartz: Path) -> None:
    read = read_reflections(quartz)
    (crystal,) = read_crystals(CRYSTALS / "quartz.cif")
    expected = reflection_list(crystal, d_min=0.7, b_iso=1.0)
    assert read.hkl.tolist() == expected.hkl.tolist()
    assert not expected.absences.count("special position")
    assert read.amplitudes == pytest.approx(expected.amplitudes, rel=1e-10)
    assert np.cos(np.deg2rad(read.phases - expected.phases)).min() > 1 - 1e-12
    assert read.cell == pytest.approx(expected.data().cell)
    assert read.setting is not None  # one of the settings has the operations of the file's cell
    assert not read.notes


@pytest.mark.parametrize("name", ["anatase_origin_1", "calcite_rhombohedral", "catio3_pbnm", "diamond_origin_1"])
def test_the_setting_of_other_cells_is_found_from_their_operations(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.fcf"
    assert run("reflections", OTHER_CELLS / f"{name}.cif", "--d-min", "0.9", "-o", file).exit_code == 0
    found = fourier_synthesis(read_reflections(file))
    assert not [note for note in found.notes if "missing" in note or "setting" in note]
    # The density is highest at the heaviest atoms.
    (crystal,) = read_crystals(OTHER_CELLS / f"{name}.cif")
    peak = np.array(np.unravel_index(found.field.values.argmax(), found.field.shape)) / found.field.shape
    heaviest = crystal.coordinates[crystal.numbers == crystal.numbers.max()]
    gaps = peak - heaviest
    assert np.linalg.norm((gaps - np.rint(gaps)) @ crystal.lattice, axis=1).min() < 0.2


def test_density_patterson_and_difference_are_written(quartz: Path, tmp_path: Path) -> None:
    density = tmp_path / "density.cube"
    done = run("field", "synthesis", quartz, "-o", density, "--f000", "90")
    assert done.exit_code == 0, done.output
    assert "electron density on" in done.stdout
    assert "e/Angstrom^3" in done.stdout
    assert not done.stderr
    field = read_field(density)
    assert field.integral == pytest.approx(90, rel=1e-6)
    patterson = tmp_path / "patterson.xsf"
    done = run("field", "synthesis", quartz, "-o", patterson, "--patterson")
    assert done.exit_code == 0, done.output
    assert "e^2/Angstrom^3" in done.stdout
    difference = tmp_path / "difference.npz"
    done = run("field", "synthesis", quartz, "-o", difference, "--minus", quartz)
    assert done.exit_code == 0, done.output
    assert np.abs(read_field(difference).values).max() < 1e-9


def test_f000_comes_from_the_file(quartz: Path, tmp_path: Path) -> None:
    done = run("field", "synthesis", quartz, "-o", tmp_path / "density.cube")
    assert "F(000) = 90 is that of the reflections" in done.stderr
    assert read_field(tmp_path / "density.cube").integral == pytest.approx(90, rel=1e-6)
    done = run("field", "synthesis", quartz, "-o", tmp_path / "density.cube", "--f000", "80")
    assert "F(000) = 80 is given, and the reflections say 90" in done.stderr
    assert read_field(tmp_path / "density.cube").integral == pytest.approx(80, rel=1e-6)
    # Of raw intensities it says nothing: their scale is unknown.
    text = quartz.read_text().replace("_refln_", "_diffrn_refln_").replace("F_squared_calc", "intensity_net")
    raw = tmp_path / "raw.cif"
    raw.write_text(text)
    assert read_reflections(raw).f000 is None
    raw.write_text(quartz.read_text().replace("F_000 90", "F_000 many"))
    read = read_reflections(raw)
    assert read.f000 is None and "'many' of the CIF is not used" in read.notes[0]


def test_a_setting_is_compared_with_the_operations_of_the_file(quartz: Path, tmp_path: Path) -> None:
    command = ["field", "synthesis", quartz, "-o", tmp_path / "density.cube"]
    (own,) = {read_reflections(quartz).setting}
    assert "symmetry" not in run(*command, "--setting", f"hall:{own}").stderr
    done = run(*command, "--setting", "P3_2")
    assert "by their own symmetry; taken for 145 P3_2, with 3 operations in place of 6" in done.stderr
    for options in (["--setting", "P3_121"], ["--setting", "P3_121", "--minus", quartz]):
        done = run(*command, *options)
        assert done.exit_code == 1 and "152 P3_121 has other operations" in done.stderr
    # The model of other reflections is compared as well.
    measured = tmp_path / "measured.hkl"
    assert run("reflections", CRYSTALS / "quartz.cif", "--d-min", "0.9", "-o", measured).exit_code == 0
    cell = ["--cell", "4.916", "4.916", "5.4054", "90", "90", "120", "--setting", "P3_112", "--minus", quartz]
    done = run("field", "synthesis", measured, *cell, "-o", tmp_path / "difference.cube")
    assert done.exit_code == 1 and "the reflections of the model are of" in done.stderr


def test_intensities_with_the_phases_of_a_model(quartz: Path, tmp_path: Path) -> None:
    measured = tmp_path / "measured.hkl"
    assert run("reflections", CRYSTALS / "quartz.cif", "--d-min", "0.7", "-o", measured).exit_code == 0
    cell = ["--cell", "4.916", "4.916", "5.4054", "90", "90", "120", "--setting", "154"]
    done = run("field", "synthesis", measured, *cell, "--minus", quartz, "-o", tmp_path / "difference.cube")
    assert done.exit_code == 0, done.output
    assert "to the scale of the model; R = " in done.stderr
    done = run("field", "synthesis", measured, *cell, "-o", tmp_path / "density.cube")
    assert done.exit_code == 1
    assert "have no phases" in done.stderr


def test_cell_and_setting_come_from_the_model(quartz: Path, tmp_path: Path) -> None:
    measured = tmp_path / "measured.hkl"
    assert (
        run("reflections", CRYSTALS / "quartz.cif", "--d-min", "0.7", "--b-iso", "1", "-o", measured).exit_code
        == 0
    )
    output = tmp_path / "difference.npz"
    done = run("field", "synthesis", measured, "--minus", quartz, "-o", output)
    assert done.exit_code == 0, done.output
    assert "the cell and the setting, 154 P3_221, are those of the model" in done.stderr
    assert "radiation is" not in done.stderr  # that of the model as well
    assert np.abs(read_field(output).values).max() < 0.01  # intensities have two decimals
    cell = ["--cell", "4.916", "4.916", "5.4054", "90", "90", "120"]
    done = run("field", "synthesis", measured, *cell, "--minus", quartz, "-o", output)
    assert "the setting, 154 P3_221, is that of the model: the reflections do not say it" in done.stderr


@pytest.mark.parametrize(
    ("radiation", "quantity", "unit", "integral"),
    [
        ("neutron", "scattering-length density", "fm/Angstrom^3", "fm"),
        ("electron", "electrostatic potential", "1/Angstrom^2", "Angstrom"),
        ("xray", "electron density", "e/Angstrom^3", "electrons"),
    ],
)
@pytest.mark.parametrize("ending", ["fcf", "csv"])
def test_the_radiation_decides_what_the_sum_is(
    radiation: str, quantity: str, unit: str, integral: str, ending: str, tmp_path: Path
) -> None:
    file, output = tmp_path / f"rutile.{ending}", tmp_path / "rutile.npz"
    done = run("reflections", CRYSTALS / "rutile.cif", "--radiation", radiation, "--d-min", "0.8", "-o", file)
    assert done.exit_code == 0, done.output
    assert read_reflections(file).radiation == radiation
    known = (
        ["--cell", "4.5937", "4.5937", "2.9587", "90", "90", "90", "--setting", "136"] if ending == "csv" else []
    )
    done = run("field", "synthesis", file, *known, "-o", output)
    assert done.exit_code == 0, done.output
    assert "radiation is not given" not in done.stderr
    assert ("are the potential in V" in done.stderr) == (radiation == "electron")
    field = read_field(output)
    assert (field.quantity, field.unit) == (quantity, unit)
    (line,) = (one for one in run("field", "info", output).stdout.splitlines() if quantity in one)
    assert line.endswith(f" {integral}")
    patterson = fourier_synthesis(read_reflections(file, cell=known[1:7] or None), setting="136", kind="patterson")
    assert patterson.field.unit == {"xray": "e^2/Angstrom^3", "neutron": "fm^2/Angstrom^3"}.get(
        radiation, "1/Angstrom"
    )


def test_an_unknown_radiation_is_noted_and_may_be_given(quartz: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.fcf"
    text = quartz.read_text()
    assert "_diffrn_radiation_probe x-ray" in text
    silent.write_text(text.replace("_diffrn_radiation_probe x-ray\n", ""))
    output = tmp_path / "density.npz"
    done = run("field", "synthesis", silent, "-o", output)
    assert "the radiation is not given: structure factors are taken as those of X-rays" in done.stderr
    done = run("field", "synthesis", silent, "--radiation", "neutron", "-o", output)
    assert "radiation is" not in done.stderr and read_field(output).unit == "fm/Angstrom^3"
    silent.write_text(text.replace("_probe x-ray", "_type MoK\\a"))
    assert read_reflections(silent).radiation == "xray"
    done = run("field", "synthesis", quartz, "--radiation", "neutron", "-o", output)
    assert done.exit_code != 0 and "says xray" in done.stderr
    neutrons = tmp_path / "neutrons.fcf"
    neutrons.write_text(text.replace("_probe x-ray", "_probe neutron"))
    done = run("field", "synthesis", quartz, "--minus", neutrons, "-o", output)
    assert done.exit_code == 1 and "are of X-rays, those of the model of neutrons" in done.stderr
    done = run("field", "synthesis", neutrons, "--minus", neutrons, "-o", output)
    assert read_field(output).quantity == "difference scattering-length density"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "x.nothing"], "its name says no format"),
        (["-o", "x.cube", "--setting", "225"], "does not fit 225 Fm-3m"),
        (["-o", "x.cube", "--grid", "8", "8", "8"], "too coarse"),
        (["-o", "x.cube", "--grid", "8", "8"], "3 arguments"),
        (["-o", "x.cube", "--grid", "4000", "4000", "4000"], "at most"),
        (["-o", "x.cube", "--cell", "5", "5", "5", "90", "90", "90"], "another cell"),
        (["-o", "x.cube", "--patterson", "--minus", "none.fcf"], "give one of them"),
        (["-o", "x.cube", "--minus", "none.fcf"], "No such file"),
        (["-o", "no/folder/x.cube"], "No such file"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    options: list[str], message: str, quartz: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = run("field", "synthesis", quartz, *options)
    assert done.exit_code != 0
    assert message in done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not list(folder.iterdir())
    assert not done.stdout
