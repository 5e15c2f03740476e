"""``--character`` of ``sgbasis field`` and ``sgbasis surface``: a spin density of rutile from file to picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import read_field, write_field
from basis_store import GridField, Representation, read_coefficients
from runtime import symmetrise
from sgbasis.cli import main

LATTICE = np.diag([4.87, 4.87, 3.31])
U = 0.3053
ATOMS = ([25, 25, 9, 9, 9, 9], [[0, 0, 0], [0.5, 0.5, 0.5], [U, U, 0], [-U, -U, 0], [0.5 + U, 0.5 - U, 0.5],
                                [0.5 - U, 0.5 + U, 0.5]])  # fmt: skip


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def spins(tmp_path: Path) -> Path:
    """The two metal atoms have opposite spins; a little of every other character."""
    x, y, z = np.indices((12, 12, 8)) / np.reshape((12, 12, 8), (3, 1, 1, 1))
    values = (
        np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y) + 0.2 * np.cos(2 * np.pi * (x + y)) * np.cos(2 * np.pi * z)
    )
    values = values + 0.01 * np.random.default_rng(0).normal(size=values.shape)
    path = tmp_path / "spins.npz"
    write_field(path, GridField(values, LATTICE, "spin density", "e/Angstrom^3", *map(np.array, ATOMS)))
    return path


def test_from_a_file_to_coefficients_and_back(spins: Path, tmp_path: Path) -> None:
    coefficients, grid, averaged = tmp_path / "c.h5", tmp_path / "g.npz", tmp_path / "s.npz"
    done = run("field", "expand", spins, "--character", "B2g", "-o", coefficients)
    assert done.exit_code == 0, done.output
    assert "character       B2g: f(g x) = chi(g) f(x)" in done.stdout and "all of them proved" in done.stdout
    assert "not B2g " in done.stdout and "with the signs of the character" in done.stdout
    found = read_coefficients(coefficients)
    assert found.representation == Representation.parse("136:B2g") and found.mean == 0
    expected = symmetrise(read_field(spins), "136:B2g")
    assert run("field", "evaluate", coefficients, "--grid", 12, 12, 8, "-o", grid).exit_code == 0
    np.testing.assert_allclose(read_field(grid).values, expected.values, atol=1e-12)
    np.testing.assert_array_equal(read_field(grid).elements, ATOMS[0])
    # The same as a name of the symmetry, and as the odd functions of a magnetic group.
    for symmetry in ("136:B2g", "136.498:odd", "BNS:136.498:odd"):
        done = run("field", "symmetrise", spins, "--symmetry", symmetry, "-o", averaged)
        assert done.exit_code == 0, done.output
        np.testing.assert_allclose(read_field(averaged).values, expected.values, atol=1e-12)
    assert "136 P4_2/mnm (hall:419)\ncharacter       B2g" in run("info", coefficients).stdout
    done = run("verify", coefficients)
    assert done.exit_code == 0 and "of 136:B2g P4_2/mnm proved" in done.stdout


def test_pictures_and_surfaces(spins: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    coefficients = tmp_path / "c.h5"
    assert run("field", "expand", spins, "--symmetry", "136.498:odd", "-o", coefficients).exit_code == 0
    for options in (("-o", tmp_path / "a.png"), ("--isosurface", 0.5, "-o", tmp_path / "b.png")):
        done = run("field", "plot", coefficients, *options)
        assert done.exit_code == 0, done.output
    done = run("surface", coefficients, "--level", 0.5, "-o", tmp_path / "a.stl")
    assert done.exit_code == 0, done.output
    done = run("surface", "123:B1g", "--level", 0.3, "-o", tmp_path / "b.stl")
    assert done.exit_code == 0 and "function 0 of 123:B1g P4/mmm" in done.stdout, done.output
    done = run("surface", "75", "--character", "1E", "--periodic", "-o", tmp_path / "c.ply")
    assert "real part of function 0 of 75:1E P4" in done.stdout, done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("expand", "--character", "Eg"), "136 P4_2/mnm has no one-dimensional character 'Eg'"),
        (("expand", "--symmetry", "136:B1g", "--character", "B2g"), "names a character already"),
        (("expand", "--symmetry", "75:1E"), "complex functions only"),
        (("expand", "--symmetry", "plane:17"), "fields are on grids of three axes"),
    ],
)
def test_what_is_wrong_is_one_line(spins: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    command, *options = arguments
    out = tmp_path / "c.h5"
    done = run("field", command, spins, *options, "-o", out)
    assert done.exit_code != 0 and message in str(done.exception or done.output) + done.output, done.output
    assert not out.exists()
    for source, options in ((spins, ["--character", "B2g"]), ("plane:17", [])):
        assert run("surface", source, *options, "-o", tmp_path / "a.stl").exit_code != 0
