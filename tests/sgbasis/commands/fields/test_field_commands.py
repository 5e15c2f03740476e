"""``sgbasis field info`` and ``sgbasis field convert``, as a user sees them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import read_field, write_field, write_fields
from basis_store import GridField
from sgbasis.cli import main

LATTICE = np.diag([3.0, 4.0, 5.0])


@pytest.fixture
def field() -> GridField:
    values = 1 + np.random.default_rng(0).random((4, 4, 6))
    return GridField(
        values,
        LATTICE,
        "electron density",
        "e/Angstrom^3",
        np.array([8, 22]),
        np.array([[0, 0, 0], [0.5, 0.5, 0.5]]),
    )


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["field", *map(str, arguments)])


def test_info(tmp_path: Path, field: GridField) -> None:
    path = tmp_path / "CHGCAR"
    write_fields(path, {"total": field, "magnetisation": field})
    shown = run("info", path)
    assert shown.exit_code == 0
    assert "grid     4 x 4 x 6 points, steps 0.75 x 1 x 0.8333 Angstrom" in shown.output
    assert "atoms    O Ti" in shown.output
    assert f"{field.integral:.8g} electrons" in shown.output
    facts = json.loads(run("info", path, "--json").stdout)
    assert list(facts["fields"]) == ["total", "magnetisation"]
    assert facts["fields"]["total"]["integral"] == pytest.approx(field.integral)
    assert facts["cell"] == [3, 4, 5, 90, 90, 90]


def test_convert_and_back(tmp_path: Path, field: GridField) -> None:
    write_field(tmp_path / "a.npz", field)
    names = ("CHGCAR", "b.cube", "c.xsf.gz", "d.npz")
    for name, before in zip(names, ("a.npz", *names), strict=False):
        done = run("convert", tmp_path / before, "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert "Note" not in done.output
    found = read_field(tmp_path / "d.npz")
    np.testing.assert_allclose(found.values, field.values, rtol=1e-10)
    assert found.unit == field.unit


def test_notes_say_what_is_lost(tmp_path: Path, field: GridField) -> None:
    write_field(tmp_path / "a.npz", field)
    done = run("convert", tmp_path / "a.npz", "-o", tmp_path / "w.rf", "--setting", "Pmmm")
    assert "Note: " in done.stderr
    assert "atoms, units and the orientation of the cell are not in files of PSCF" in done.stderr
    assert "P_m_m_m" in (tmp_path / "w.rf").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "{0}/a.npz", "-o", "{0}/w.bf", "--setting", "Pmmm"], "is not invariant under 47 Pmmm"),
        (["convert", "{0}/a.npz", "-o", "{0}/a.txt"], "its name says no format of fields"),
        (["convert", "{0}/a.npz", "-o", "{0}/b.npz", "--field", "spin"], "it has no field 'spin': density"),
        (["convert", "{0}/gone.npz", "-o", "{0}/b.npz"], "No such file or directory"),
        (["convert", "{0}/a.npz", "-o", "{0}/gone/b.npz"], "No such file or directory"),
        (["info", "{0}/a.npz", "--unit", "eV"], "the file says that its values are in e/Angstrom^3, not in eV"),
        (["info", "{0}/a.npz", "--mesh", "4,4,4,4"], "is not a number of points"),
    ],
)
def test_errors_are_one_line(tmp_path: Path, field: GridField, arguments: list[str], message: str) -> None:
    write_field(tmp_path / "a.npz", field)
    done = run(*(one.format(tmp_path) for one in arguments))
    assert done.exit_code != 0
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.npz"]
