"""``sgbasis field plot``, ``subtract`` and the planes and lines of ``field evaluate``, as a user runs them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import read_field, write_field
from basis_store import GridField
from sgbasis.cli import main
from sgbasis.fields.fourier_series import FourierSeries

pytest.importorskip("matplotlib")
pytest.importorskip("skimage")

LATTICE = np.diag([3.0, 4.0, 5.0])
ATOMS = ([8, 22, 8], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0.2]])


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["field", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.npz"
    x, y, z = np.indices((4, 5, 6)) / np.array([4, 5, 6])[:, None, None, None]
    values = 1.5 + 0.4 * np.cos(2 * np.pi * x) * np.cos(2 * np.pi * y) + 0.1 * np.sin(2 * np.pi * (z + x))
    values += 0.01 * np.random.default_rng(0).random((4, 5, 6))
    write_field(path, GridField(values, LATTICE, "electron density", "e/Angstrom^3", *map(np.array, ATOMS)))
    return path


def table(path: Path) -> tuple[list[str], np.ndarray]:
    header, *rows = csv.reader(path.read_text().splitlines())
    return header, np.array(rows, float)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "plane "),
        (
            ("--plane", "1,-1,0", "--offset", "1/2", "--cells", "2,1", "--levels", "7"),
            "plane 1,-1,0, 1.2 Angstrom",
        ),
        (("--through", "O1", "Ti1", "O2", "--levels", "1,1.2,1.4", "--atoms-within", "0"), "electron density of"),
        (("--line", "O1", "1/2,1/2,1/2", "--range", "0", "2"), "line of 3.536 Angstrom"),
        (("--line", "0,0,0", "1,1,1", "--log"), "line of 7.071 Angstrom"),
        (("--isosurface", "1.5"), "surfaces at 1.5 e/Angstrom^3"),
    ],
)
def test_pictures(file: Path, tmp_path: Path, arguments: tuple[str, ...], text: str) -> None:
    out = tmp_path / "picture.svg"
    done = run("plot", file, *arguments, "-o", out)
    assert done.exit_code == 0, done.output
    assert text in done.stdout and done.stdout.startswith(f"{out}: electron density of a.npz, ")
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""
    assert out.read_bytes().startswith(b"<?xml")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.npz", "picture.svg"]


def test_numbers_of_pictures_are_those_of_the_series(file: Path, tmp_path: Path) -> None:
    field = read_field(file)
    series = FourierSeries.of(field)
    out = tmp_path / "n.csv"
    for arguments in (
        ("plot", "--line", "O1", "Ti1"),
        ("evaluate", "--line", "O1", "Ti1", "--steps", "11"),
        ("plot", "--plane", "1,0,2", "--offset", "0.3"),
        ("evaluate", "--plane", "1,0,2", "--offset", "0.3", "--steps", "12"),
        ("evaluate", "--through", "O1", "Ti1", "0.1,0.3,0.7"),
        ("evaluate", "--parallelogram", "0,0,0", "1,0.2,0", "0,0,1", "--steps", "9"),
    ):
        command, *options = arguments
        done = run(command, file, *options, "-o", out)
        assert done.exit_code == 0, done.output
        header, rows = table(out)
        assert header[-1] == "electron density (e/Angstrom^3)"
        some = rows[:: max(1, len(rows) // 300)]
        np.testing.assert_allclose(some[:, -1], series.values(some[:, -4:-1]), atol=1e-9)
        cartesian = some[:, -4:-1] @ LATTICE
        if header[0] == "distance (Angstrom)":
            np.testing.assert_allclose(some[:, 0], np.linalg.norm(cartesian - cartesian[0], axis=1), atol=1e-9)
        else:
            apart = np.linalg.norm(cartesian - cartesian[0], axis=1)
            np.testing.assert_allclose(np.linalg.norm(some[:, :2] - some[0, :2], axis=1), apart, atol=1e-9)
        if "1,0,2" in options:
            np.testing.assert_allclose(some[:, -4] + 2 * some[:, -2], 0.3, atol=1e-9)


def test_evaluate_reads_files_of_fields(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "fine.npz"
    assert run("evaluate", file, "--grid", 12, 15, 18, "-o", out).exit_code == 0
    fine, given = read_field(out), read_field(file)
    np.testing.assert_allclose(fine.values[::3, ::3, ::3], given.values, atol=1e-12)
    np.testing.assert_array_equal(fine.coordinates, given.coordinates)


def test_subtract_and_minus(file: Path, tmp_path: Path) -> None:
    other, out, one, two = (tmp_path / name for name in ("fine.npz", "d.cube", "one.csv", "two.csv"))
    assert run("evaluate", file, "--grid", 8, 5, 7, "-o", other).exit_code == 0
    done = run("subtract", file, other, "-o", out)
    assert done.exit_code == 0, done.output
    found = read_field(out)
    assert found.shape == (8, 5, 7) and np.abs(found.values).max() < 1e-9
    assert (found.quantity, found.unit) == ("electron density difference", "e/Angstrom^3")
    half = GridField(read_field(file).values / 2, LATTICE, "electron density", "e/Angstrom^3")
    write_field(other, half)
    assert run("subtract", file, other, "-o", tmp_path / "d.npz").exit_code == 0
    assert run("plot", file, "--minus", other, "--plane", "0,0,1", "-o", one).exit_code == 0
    assert run("plot", tmp_path / "d.npz", "--plane", "0,0,1", "-o", two).exit_code == 0
    assert one.read_text() == two.read_text()
    assert one.read_text().splitlines()[0].endswith("electron density difference (e/Angstrom^3)")


def test_coefficients_are_drawn_in_any_cell(file: Path, tmp_path: Path) -> None:
    coefficients, out, points = tmp_path / "c.h5", tmp_path / "n.csv", tmp_path / "p.csv"
    assert run("expand", file, "--symmetry", "47", "-o", coefficients).exit_code == 0
    done = run(
        "plot",
        coefficients,
        "--cell",
        "conventional",
        "--origin",
        0.5,
        0,
        0,
        "--line",
        "0,0,0",
        "1,0,0",
        "-o",
        out,
    )
    assert done.exit_code == 0, done.output
    done = run("evaluate", coefficients, "--line", "1/2,0,0", "3/2,0,0", "--steps", 501, "-o", points)
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(table(out)[1][:, -1], table(points)[1][:, -1], atol=1e-9)


def test_atoms_of_another_file(file: Path, tmp_path: Path) -> None:
    field = read_field(file)
    bare, poscar, out = tmp_path / "bare.npz", tmp_path / "POSCAR", tmp_path / "x.csv"
    write_field(bare, GridField(field.values, LATTICE, field.quantity, field.unit))
    poscar.write_text("O Ti\n1.0\n3 0 0\n0 4 0\n0 0 5\nO Ti\n2 1\nDirect\n0 0 0\n0.5 0 0.2\n0.5 0.5 0.5\n")
    assert "it has no atom O1: it lists no atoms" in run("plot", bare, "--line", "O1", "Ti1", "-o", out).stderr
    done = run("plot", bare, "--atoms", poscar, "--line", "O1", "Ti1", "-o", out)
    assert done.exit_code == 0 and "line of 3.536 Angstrom" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plot", "a.npz", "-o", "x.gif"), "x.gif does not end in .png, .svg, .pdf, .html, .csv"),
        (("plot", "a.npz", "--isosurface", "1", "-o", "x.csv"), "does not end in .png, .svg, .pdf"),
        (("plot", "a.npz", "-o", "nowhere/x.png"), "nowhere"),
        (("plot", "gone.npz", "-o", "x.png"), "gone.npz: No such file or directory"),
        (("plot", "words.txt", "-o", "x.png"), "not a file of fields that is read"),
        (("plot", "a.npz", "--plane", "1,0", "-o", "x.png"), "'1,0' is no plane: three Miller indices"),
        (("plot", "a.npz", "--plane", "0,0,0", "-o", "x.png"), "(0 0 0) is no plane that is drawn"),
        (("plot", "a.npz", "--plane", "1.5,0,0", "-o", "x.png"), "'1.5,0,0' is no plane"),
        (("plot", "a.npz", "--offset", "1/2", "-o", "x.png"), "--offset is that of --plane"),
        (("plot", "a.npz", "--plane", "1,0,0", "--offset", "nan", "-o", "x.png"), "'nan' is no number"),
        (("plot", "a.npz", "--plane", "1,0,0", "--offset", "1/0", "-o", "x.png"), "'1/0' is no number"),
        (
            ("plot", "a.npz", "--through", "O1", "O1", "Ti1", "-o", "x.png"),
            "three points that are not on one line",
        ),
        (("plot", "a.npz", "--through", "O1", "O3", "Ti1", "-o", "x.png"), "it has no atom O3: O1 to O2, Ti1"),
        (("plot", "a.npz", "--through", "Xy", "O1", "Ti1", "-o", "x.png"), "it has no atom Xy"),
        (("plot", "a.npz", "--line", "0,0,0", "0,0,0", "-o", "x.png"), "a line needs two points that differ"),
        (("plot", "a.npz", "--line", "0,0,0", "oxygen", "-o", "x.png"), "'oxygen' is no point"),
        (("plot", "a.npz", "--line", "0,0,0", "1e9,0,0", "-o", "x.png"), "more than a million cells away"),
        (("plot", "a.npz", "--line", "O1", "Ti1", "--plane", "1,0,0", "-o", "x.png"), "are three pictures"),
        (
            ("plot", "a.npz", "--line", "O1", "Ti1", "--cells", "2", "-o", "x.png"),
            "--cells has no meaning for --line",
        ),
        (
            ("plot", "a.npz", "--isosurface", "1", "--log", "-o", "x.png"),
            "--log/--linear has no meaning for --isosurface",
        ),
        (("plot", "a.npz", "--isosurface", "1", "--cells", "2,2", "-o", "x.png"), "--cells are one number"),
        (
            ("plot", "a.npz", "--through", "O1", "O2", "Ti1", "--cells", "2", "-o", "x.png"),
            "--cells counts those of",
        ),
        (("plot", "a.npz", "--cells", "11", "-o", "x.png"), "'11' is not a number of cells up to 10"),
        (("plot", "a.npz", "--isosurface", "99", "-o", "x.png"), "there is no surface at the level 99"),
        (("plot", "a.npz", "--levels", "1,b", "-o", "x.png"), "'1,b' is neither a number of levels"),
        (("plot", "a.npz", "--levels", "2,1", "-o", "x.png"), "finite numbers in ascending order"),
        (("plot", "a.npz", "--levels", "1,nan", "-o", "x.png"), "finite numbers in ascending order"),
        (("plot", "a.npz", "--levels", "1,2", "--range", "0", "1", "-o", "x.png"), "give it or the levels"),
        (("plot", "a.npz", "--range", "2", "1", "-o", "x.png"), "from a smaller to a larger one, not from 2 to 1"),
        (("plot", "a.npz", "--line", "O1", "Ti1", "--range", "1", "1", "-o", "x.png"), "not drawn from 1 to 1"),
        (("plot", "a.npz", "--range", "0", "1", "--log", "-o", "x.png"), "begins above 0"),
        (("plot", "a.npz", "--minus", "a.npz", "--log", "-o", "x.png"), "needs values above 0"),
        (("plot", "a.npz", "--minus", "b.npz", "-o", "x.png"), "b.npz: it has another cell than a.npz"),
        (("plot", "a.npz", "--minus", "v.npz", "-o", "x.png"), "v.npz: its values are in eV"),
        (("plot", "a.npz", "--field", "spin", "-o", "x.png"), "it has no field 'spin': density"),
        (("plot", "a.npz", "--cell", "conventional", "-o", "x.png"), "are for coefficients: expand"),
        (("plot", "a.npz", "--atoms", "words.txt", "-o", "x.png"), "words.txt"),
        (("subtract", "a.npz", "a.npz", "-o", "x.h5"), "its name says no format of fields"),
        (("subtract", "a.npz", "gone.npz", "-o", "x.npz"), "gone.npz: No such file"),
        (("subtract", "b.npz", "a.npz", "-o", "x.npz"), "a.npz: it has another cell than b.npz"),
        (("evaluate", "a.npz", "--plane", "1,0,0", "--grid", "2", "2", "2", "-o", "x.csv"), "Give one of --grid"),
        (("evaluate", "a.npz", "--through", "O1", "O2", "O7", "-o", "x.csv"), "it has no atom O7"),
        (("evaluate", "a.npz", "--grid", "4096", "4096", "4096", "-o", "x.npz"), "points is too large"),
        (
            ("evaluate", "a.npz", "--grid", "2", "2", "2", "--steps", "4", "-o", "x.npz"),
            "--steps counts points of",
        ),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("one two three\n")
    field = read_field(file)
    write_field("b.npz", GridField(field.values, 1.3 * LATTICE, field.quantity, field.unit))
    write_field("v.npz", GridField(field.values, LATTICE, "potential", "eV"))
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    done = run(*arguments)
    assert done.exit_code != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("Error: ") and message in lines[0], done.stderr
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
