"""``sgbasis reflections`` as a user runs it: tables, files, pictures, and what cannot be listed."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import operations, read_crystals, read_reflections, reflection_list, standardize
from sgbasis.cli import main
from sgbasis.reports.change_of_basis import operation_text
from sgbasis.reports.diffraction.reflection_table import phase_text
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS

DIAMOND, QUARTZ, NACL = (str(CRYSTALS / f"{name}.cif") for name in ("diamond", "quartz", "nacl"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["reflections", *map(str, arguments)])


def test_a_table_with_units_and_reasons() -> None:
    result = run(DIAMOND, "--d-min", "1.0", "--absences")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "227:2 Fd-3m" in result.stdout
    assert "X-rays of 1.54059 Angstrom, |F| in electrons" in result.stdout
    assert "the cell of the file: 3.56679 3.56679 3.56679 Angstrom, 90 90 90 degrees" in result.stdout
    (first,) = (line.split() for line in lines if line.startswith("1  1  1"))
    assert first == ["1", "1", "1", "8", "2.05929", "43.9324", "17.128", "180.0", "100.00"]
    (special,) = (line for line in lines if line.startswith("2  2  2"))
    assert special.endswith("special position")
    (glide,) = (line for line in lines if line.startswith("2  0  0"))
    assert glide.endswith("glide plane       x+1/4, -y, z+1/4")
    counts = run(DIAMOND, "--d-min", "1.0").stdout
    assert "1 by the special positions of the atoms, not by the group" in counts


def test_csv_has_what_python_has(tmp_path: Path) -> None:
    output = tmp_path / "quartz.csv"
    result = run(QUARTZ, NACL, "--two-theta", "70", "--absences", "-o", output)
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(output.read_text())))
    expected = reflection_list(read_crystals(QUARTZ)[0], two_theta_max=70)
    present = [row for row in rows if row["crystal"] == QUARTZ and not row["absent_by"]]
    assert [[int(row[i]) for i in "hkl"] for row in present] == expected.hkl.tolist()
    assert [float(row["amplitude (electrons)"]) for row in present] == pytest.approx(expected.amplitudes)
    assert [float(row["two_theta (degrees)"]) for row in present] == pytest.approx(expected.two_theta)
    absent = [row for row in rows if row["crystal"] == QUARTZ and row["absent_by"]]
    assert [row["absent_by"] for row in absent] == ["screw axis"] * len(expected.absences)
    assert absent[0]["operation"] == "(-x+y, -x, z+1/3)"  # no formula of a spreadsheet
    angles = 2 * np.rad2deg(np.arcsin(expected.wavelength / 2 / expected.absences.d))
    assert [float(row["two_theta (degrees)"]) for row in absent] == pytest.approx(angles)
    assert max(len(cell) for row in rows for cell in list(row.values())[5:10]) <= 14  # eight digits, not 17
    assert {row["crystal"] for row in rows} == {QUARTZ, NACL}
    phases = {row["phase (degrees)"] for row in rows if row["crystal"] == NACL and not row["absent_by"]}
    assert phases <= {"0", "180"}  # was -4.8e-14


def test_a_workbook_has_the_same_table(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    table, book = tmp_path / "both.csv", tmp_path / "both.xlsx"
    for output in (table, book):
        assert run(QUARTZ, NACL, "--d-min", "1", "--absences", "-o", output).exit_code == 0
    rows = list(csv.reader(io.StringIO(table.read_text())))
    sheet = openpyxl.load_workbook(book)["reflections"]
    found = list(sheet.iter_rows(values_only=True))
    assert list(found[0]) == rows[0] and len(found) == len(rows)
    for cells, texts in zip(found[1:], rows[1:], strict=True):
        numbers = [float(one) if one else None for one in texts[1:10]]
        assert [cells[0], cells[10] or ""] == [texts[0], texts[10]]
        assert [one for one in cells[1:10] if one is not None] == pytest.approx(
            [one for one in numbers if one is not None]
        )
        assert f"({cells[11]})" == texts[11] or not (cells[11] or texts[11])
    assert [sheet.cell(2, column).number_format for column in (2, 5, 6, 7)] == ["0", "0", "0.00000", "0.0000"]


def test_tables_with_units_in_their_headings_are_read_back(tmp_path: Path) -> None:
    output = tmp_path / "quartz.csv"
    assert run(QUARTZ, "--d-min", "1", "--absences", "-o", output).exit_code == 0
    found = read_reflections(output)
    expected = reflection_list(read_crystals(QUARTZ)[0], d_min=1)
    assert found.amplitudes is not None and found.phases is not None
    assert found.amplitudes[: len(expected)] == pytest.approx(expected.amplitudes)
    heads, rest = output.read_text().split("\n", 1)
    old = tmp_path / "old.csv"
    old.write_text(re.sub(r" \([^)]*\)", "", heads) + "\n" + rest)
    assert np.array_equal(read_reflections(old).phases, found.phases)
    old.write_text(heads.replace("(degrees)", "(rad)") + "\n" + rest)
    assert read_reflections(old).phases is None


def test_indices_name_their_setting() -> None:
    other = OTHER_CELLS
    text = run(other / "catio3_pbnm.cif", "--d-min", "2").stdout
    assert "62:cab Pbnm (P 2_1/b 2_1/n 2_1/m), standard setting 62 Pnma" in text
    text = run(other / "catio3_pbnm.cif", "--d-min", "2", "--cell", "standard").stdout
    assert "62 Pnma (P 2_1/n 2_1/m 2_1/a)\n" in text
    text = run(other / "spinel_primitive.cif", "--d-min", "2").stdout
    assert "the cell of the file, which is in none of the 530 settings" in text
    text = run(other / "catio3_pbnm.cif", "--d-min", "2", "--cell", "standard").stdout
    assert "standard axes     b, c, a of the file" in text
    assert (
        "standard x, y, z  y+1/2, z, x of the file; indices and phases are those of the standard setting" in text
    )
    text = run(other / "catio3_pbnm.cif", "--d-min", "2").stdout
    assert "standard x, y, z  y+1/2, z, x of the file; indices and phases are those of the file" in text
    (facts,) = json.loads(run(other / "catio3_pbnm.cif", "--d-min", "2", "--json").stdout)
    assert (facts["setting"], facts["setting_of_indices"]) == ("62 Pnma", "62:cab Pbnm")


def test_json_is_printed_and_written_alike(tmp_path: Path) -> None:
    output = tmp_path / "nacl.json"
    result = run(NACL, "--d-min", "0.7", "--wavelength", "2.0", "--json", "-o", output)
    assert result.exit_code == 0
    assert result.stdout == output.read_text()
    (facts,) = json.loads(output.read_text())
    assert facts["f000"] == 112
    assert facts["indices_of"] == "file"
    beyond = [row for row in facts["reflections"] if row["d"] < 1.0]
    assert beyond
    assert all(row["two_theta"] is None and row["relative_intensity"] is None for row in beyond)


def test_hklf4_is_read_back(tmp_path: Path) -> None:
    output = tmp_path / "quartz.hkl"
    assert run(QUARTZ, "--d-min", "0.8", "-o", output).exit_code == 0
    lines = output.read_text().splitlines()
    assert all(len(line) == 28 for line in lines)
    assert lines[-1].split() == ["0", "0", "0", "0.00", "0.00"]
    read = read_reflections(output)
    expected = reflection_list(read_crystals(QUARTZ)[0], d_min=0.8)
    assert read.hkl.tolist() == expected.hkl.tolist()
    assert read.intensities == pytest.approx(expected.amplitudes**2, abs=0.006)
    assert (read.sigmas >= 0.01).all()
    with_absent = tmp_path / "absent.hkl"
    run(QUARTZ, "--d-min", "0.8", "--absences", "-o", with_absent)
    assert len(read_reflections(with_absent)) == len(expected) + len(expected.absences)


def test_large_intensities_are_scaled_into_their_columns(tmp_path: Path) -> None:
    output = tmp_path / "corundum.hkl"
    assert run(CRYSTALS / "spinel.cif", "--d-min", "0.8", "-o", output).exit_code == 0
    expected = reflection_list(read_crystals(CRYSTALS / "spinel.cif")[0], d_min=0.8)
    read = read_reflections(output)
    assert read.intensities.max() == pytest.approx(min(99999.0, (expected.amplitudes**2).max()), abs=0.01)
    ratio = read.intensities / expected.amplitudes**2
    assert ratio[read.intensities > 100] == pytest.approx(ratio[read.intensities.argmax()], rel=1e-3)


def test_pictures_and_profiles(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture, profile = tmp_path / "pattern.png", tmp_path / "pattern.csv"
    assert run(QUARTZ, "--plot", picture, "--profile", profile, "--fwhm", "0.3", "--eta", "0").exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    table = np.loadtxt(profile, delimiter=",", skiprows=1)
    assert table[:, 1].max() == pytest.approx(100)
    assert table[table[:, 1].argmax(), 0] == pytest.approx(26.631, abs=0.03)
    several = tmp_path / "several.svg"
    result = run(QUARTZ, NACL, DIAMOND, "--plot", several)
    assert result.exit_code == 0
    first = several.read_bytes()
    assert b"<svg" in first
    run(QUARTZ, NACL, DIAMOND, "--plot", several)
    assert several.read_bytes() == first


def test_a_cell_may_be_chosen() -> None:
    file = OTHER_CELLS / "nacl_primitive.cif"
    own, standard = (run(file, "--two-theta", "40", "--cell", cell).stdout for cell in ("file", "standard"))
    assert "1  1  0  6" in own  # 200 of the conventional cell
    assert "2  0  0  6" in standard
    assert "the standard setting: 5.64" in standard


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.cif"], "No such file"),
        ([QUARTZ, "--wavelength", "CuKx"], "no wavelength"),
        ([QUARTZ, "--d-min", "0.001"], "end at d = "),
        ([QUARTZ, "--d-min", "-1"], "not in the range"),
        ([QUARTZ, "--d-min", "nan"], "not a finite number"),
        ([QUARTZ, "--two-theta", "200"], "not in the range"),
        ([QUARTZ, "-o", "x.txt"], "does not end in .csv, .xlsx, .json, .hkl"),
        ([QUARTZ, "--plot", "x.gif"], "does not end in .png, .svg, .pdf"),
        ([QUARTZ, NACL, "-o", "x.hkl"], "one crystal"),
        ([QUARTZ, NACL, "--profile", "x.csv"], "one crystal"),
        ([QUARTZ, "--anomalous", "--radiation", "neutron"], "only X-rays"),
        ([QUARTZ, "--plot", "x.png", "--fwhm", "0.000001"], "give a larger width"),
        ([QUARTZ, "-o", "no/such/folder/x.csv"], "No such file"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code != 0
    (line,) = result.stderr.splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())
    assert not result.stdout


def test_one_bad_crystal_does_not_stop_the_others(tmp_path: Path) -> None:
    heavy = tmp_path / "fermium.vasp"
    heavy.write_text("Fm\n1.0\n4 0 0\n0 4 0\n0 0 4\nFm\n1\nDirect\n0 0 0\n")
    result = run(heavy, NACL)
    assert result.exit_code == 1
    assert "225 Fm-3m" in result.stdout
    first, last = result.stderr.splitlines()
    assert first == f"{heavy}: the tables have no scattering factors of Fm for X-rays: leave these atoms out"
    assert "1 of 2 crystals could not be listed" in last


@pytest.mark.parametrize("name", ["spinel_primitive", "corundum_primitive", "anatase_origin_1", "catio3_pbnm"])
def test_operations_in_the_cell_of_the_file_map_its_atoms_to_each_other(name: str) -> None:
    gemmi = pytest.importorskip("gemmi")
    (crystal,) = read_crystals(OTHER_CELLS / f"{name}.cif")
    standard = standardize(crystal)
    for operation in range(len(operations(standard.setting))):
        op = gemmi.Op(operation_text(standard, operation, own_cell=True))
        images = np.array([op.apply_to_xyz(x) for x in crystal.coordinates.tolist()])
        gaps = images[:, None] - crystal.coordinates
        near = np.abs(gaps - np.rint(gaps)).max(axis=2) < 1e-4
        assert (near.sum(axis=1) == 1).all()
        assert np.array_equal(crystal.numbers[near.argmax(axis=1)], crystal.numbers)


def test_phases_are_never_minus_zero() -> None:
    assert [phase_text(one) for one in (-1e-9, 0.0, -180.0, -179.99, 179.99, 12.34)] == [
        "0.0", "0.0", "180.0", "180.0", "180.0", "12.3",
    ]  # fmt: skip
