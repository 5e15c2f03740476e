"""``sgbasis field expand``, ``symmetrise`` and ``evaluate``; what ``info`` and ``verify`` say of their files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from basis_compiler import read_field, write_field
from basis_store import CellChange, GridField, read_coefficients
from runtime import InvariantField, load_store
from sgbasis.cli import main

DIAMOND = np.array([[0.125, 0.125, 0.125], [0.875, 0.875, 0.875]])
"""In the second origin of 227."""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["field", *map(str, arguments)])


def field_of_diamond(cell: CellChange, shape: tuple[int, int, int], *, atoms: bool = True) -> GridField:
    """An invariant field of group 227 with a unit, in any cell that has the two atoms of a primitive one."""
    field = InvariantField.from_basis(load_store().basis("227", count=20), 5.43 * np.eye(3), dtype=torch.float64)
    with torch.no_grad():
        field.coefficients.copy_(torch.linspace(1, 0.1, 20))
    values = field.on_grid(shape, cell).detach().numpy()
    positions = cell.from_setting(DIAMOND)
    listed = ([14, 14], positions) if atoms else ([], [])
    return GridField(values, cell.lattice_of(5.43 * np.eye(3)), "electron density", "e/Angstrom^3", *listed)


@pytest.fixture
def primitive(tmp_path: Path) -> Path:
    path = tmp_path / "primitive.npz"
    write_field(path, field_of_diamond(CellChange.primitive("227", (0.125,) * 3), (18, 18, 18)))
    return path


def test_expanding_and_evaluating_gives_the_field_back(primitive: Path, tmp_path: Path) -> None:
    coefficients, out = tmp_path / "c.h5", tmp_path / "back.npz"
    done = run("expand", primitive, "-o", coefficients)
    assert done.exit_code == 0, done.output
    assert "227:2 Fd-3m" in done.stdout and "all of them proved" in done.stdout
    assert "not invariant   0 % of the fluctuation" in done.stdout
    assert "operations map its points between others" in done.stdout  # 18 points, and the origin on an atom
    assert "(1/48 on fine grids)" in done.stdout
    assert run("evaluate", coefficients, "--grid", 18, 18, 18, "-o", out).exit_code == 0
    given, back = read_field(primitive), read_field(out)
    np.testing.assert_allclose(back.values, given.values, atol=1e-12)
    np.testing.assert_allclose(back.lattice, given.lattice, atol=1e-12)
    np.testing.assert_allclose(back.coordinates, given.coordinates, atol=1e-12)
    assert (back.quantity, back.unit) == (given.quantity, given.unit)
    # The conventional cell, with all of its atoms, and from there the same coefficients.
    conventional, again = tmp_path / "conventional.xsf", tmp_path / "again.h5"
    done = run("evaluate", coefficients, "--grid", 24, 24, 24, "--cell", "conventional", "-o", conventional)
    assert done.exit_code == 0, done.output
    assert len(read_field(conventional).elements) == 8
    done = run("expand", conventional, "-o", again)
    assert done.exit_code == 0 and "(1/192 on fine grids)" in done.stdout
    one, other = read_coefficients(coefficients), read_coefficients(again)
    shared = {tuple(root): value for root, value in zip(other.roots.tolist(), other.values, strict=True)}
    for root, value in zip(one.roots.tolist(), one.values, strict=True):
        assert shared.get(tuple(root), 0.0) == pytest.approx(value, abs=1e-9)


def test_points_lines_and_planes_agree_with_the_module(primitive: Path, tmp_path: Path) -> None:
    coefficients, out, points = tmp_path / "c.h5", tmp_path / "t.csv", tmp_path / "p.txt"
    run("expand", primitive, "-o", coefficients)
    points.write_text("# a comment\n0 0 0\n0.1, 0.2, 0.3\n\n7.1 0.2 0.3\n")
    field = InvariantField.from_file(coefficients, dtype=torch.float64)
    cell = field.functions.source.cell
    for arguments, count in (
        (("--points", points), 3),
        (("--line", "0,0,0", "1/2,1/2,1/2", "--steps", 11), 11),
        (("--parallelogram", "0,0,0", "1,0,0", "0,1,0", "--steps", 4), 16),
        (("--line", "0,0,0", "1,0,0", "--steps", 3, "--cell", "conventional", "--origin", 0.5, 0, 0), 3),
    ):
        done = run("evaluate", coefficients, *arguments, "-o", out)
        assert done.exit_code == 0, done.output
        header, *rows = csv.reader(out.read_text().splitlines())
        assert header[-1] == "electron density (e/Angstrom^3)" and len(rows) == count
        table = np.array(rows, float)
        change = CellChange.conventional((0.5, 0, 0)) if "--origin" in arguments else cell
        expected = field(torch.from_numpy(change.to_setting(table[:, -4:-1]))).detach().numpy()
        np.testing.assert_allclose(table[:, -1], expected, atol=1e-9)
    assert rows[-1][0] == "5.43"  # the length of the line in Angstrom


def test_what_is_not_invariant_is_reported_and_removed(tmp_path: Path) -> None:
    cell = CellChange.conventional()
    field = field_of_diamond(cell, (16, 16, 16), atoms=False)
    values = field.values.copy()
    values[3, 5, 7] += 0.25
    path, out, coefficients = tmp_path / "CHGCAR.npz", tmp_path / "s.cube", tmp_path / "c.h5"
    write_field(path, GridField(values, field.lattice, field.quantity, field.unit))
    done = run("symmetrise", path, "--symmetry", "227", "-o", out)
    assert done.exit_code == 0, done.output
    assert "largest at 0.1875 0.3125 0.4375 of its cell: 0.24" in done.stdout
    assert "equivalent points differ by up to 0.25 e/Angstrom^3" in done.stdout
    residual = 0.25 * np.sqrt((1 - 1 / 96) / 16**3)  # of a position of multiplicity 96
    residual /= values.std()
    done = run("expand", path, "--symmetry", "227", "-o", coefficients)
    assert read_coefficients(coefficients).residual == pytest.approx(residual, rel=1e-9)
    done = run("expand", out, "--symmetry", "Fd-3m", "--unit", "e/Angstrom^3", "-o", coefficients)
    assert done.exit_code != 0 or "not invariant" in done.stdout


def test_a_file_of_the_crystal_gives_the_symmetry(primitive: Path, tmp_path: Path) -> None:
    field = read_field(primitive)
    bare, poscar, out = tmp_path / "bare.npz", tmp_path / "POSCAR", tmp_path / "c.h5"
    write_field(bare, GridField(field.values, field.lattice, field.quantity, field.unit))
    rows = "\n".join(" ".join(f"{one:.14f}" for one in row) for row in (*field.lattice, *field.coordinates))
    lattice, atoms = "\n".join(rows.split("\n")[:3]), "\n".join(rows.split("\n")[3:])
    poscar.write_text(f"Si\n1.0\n{lattice}\nSi\n2\nDirect\n{atoms}\n")
    done = run("expand", bare, "--symmetry", poscar, "-o", out)
    assert done.exit_code == 0, done.output
    assert "not invariant   0 %" in done.stdout
    done = run("expand", bare, "-o", out)
    assert done.exit_code == 1 and "lists no atoms to find the symmetry from" in done.stderr
    done = run("expand", bare, "--symmetry", "221", "-o", out)
    assert done.exit_code == 1 and "is no cubic cell of 221 Pm-3m" in done.stderr
    poscar.write_text(f"Si\n2.0\n{lattice}\nSi\n2\nDirect\n{atoms}\n")
    done = run("expand", bare, "--symmetry", poscar, "-o", out)
    assert done.exit_code == 1 and "is not that of the field" in done.stderr
    done = run("expand", bare, "--symmetry", "missing.cif", "-o", out)
    assert done.exit_code == 1 and "'missing.cif' is no file, and as the name of a setting" in done.stderr


def test_info_and_verify_know_fields(primitive: Path, tmp_path: Path) -> None:
    coefficients = tmp_path / "c.h5"
    run("expand", primitive, "-o", coefficients)
    for command, text in (("info", "saving"), ("verify", "functions of 227:2 Fd-3m proved")):
        done = CliRunner().invoke(main, [command, str(coefficients)])
        assert done.exit_code == 0, done.output
        assert text in done.stdout
    damaged = bytearray(coefficients.read_bytes())
    at = damaged.find(read_coefficients(coefficients).values[1].tobytes()[:4])
    for i in range(at if at > 0 else len(damaged) // 2, len(damaged) - 1):
        damaged[i] ^= 1
    coefficients.write_bytes(damaged)
    done = CliRunner().invoke(main, ["verify", str(coefficients)])
    assert done.exit_code == 1 and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "c.h5", "-o", "x.npz"), "Give one of --grid, --points, --line, --plane"),
        (("evaluate", "c.h5", "--line", "0,0,0", "0,0,0", "-o", "x.csv"), "two points that differ"),
        (("evaluate", "c.h5", "--line", "0,0", "0,0,0", "-o", "x.csv"), "'0,0' is no point"),
        (("evaluate", "c.h5", "--line", "0,0,0", "nan,0,0", "-o", "x.csv"), "is no point"),
        (("evaluate", "c.h5", "--line", "0,0,0", "1,0,0", "-o", "x.npz"), "does not end in .csv"),
        (("evaluate", "c.h5", "--parallelogram", "0,0,0", "1,0,0", "2,0,0", "-o", "x.csv"), "not on one line"),
        (("evaluate", "c.h5", "--points", "words.txt", "-o", "x.csv"), "words.txt, line 1: not three fractional"),
        (("evaluate", "c.h5", "--points", "empty.txt", "-o", "x.csv"), "no points in it"),
        (
            ("evaluate", "c.h5", "--grid", "2", "2", "2", "--origin", "0", "0", "0", "-o", "x.npz"),
            "--origin is that",
        ),
        (("evaluate", "c.h5", "--grid", "2", "2", "2", "--unit", "eV", "-o", "x.npz"), "are for grids: c.h5 has"),
        (
            ("evaluate", "primitive.npz", "--cell", "conventional", "--points", "words.txt", "-o", "x.csv"),
            "expand",
        ),
        (
            ("evaluate", "c.h5", "--grid", "4000", "4000", "4000", "-o", "x.npz"),
            "a grid has 1 to 268,435,456 points",
        ),
        (("expand", "primitive.npz", "-o", "nowhere/c.h5"), "nowhere"),
        (("expand", "missing.npz", "-o", "x.h5"), "No such file"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    primitive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("expand", primitive, "-o", "c.h5").exit_code == 0
    Path("words.txt").write_text("one two three\n")
    Path("empty.txt").write_text("# nothing\n")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    done = run(*arguments)
    assert done.exit_code != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert len(lines) == 1 and message in lines[0], done.stderr
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
