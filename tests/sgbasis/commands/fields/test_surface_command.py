"""``sgbasis surface``, as a user sees it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import write_field
from basis_store import GridField
from sgbasis.cli import main

pytest.importorskip("skimage")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["surface", *map(str, arguments)])


@pytest.mark.parametrize("ending", [".stl", ".obj", ".ply"])
def test_the_gyroid(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"gyroid{ending}"
    done = run("214", "-o", path, "--points", "24", "--edge", "20")
    assert done.exit_code == 0, done.output
    assert "function 1 of 214 I4_132, level 0" in done.stdout
    assert "closed surface, volume 0.500" in done.stdout
    assert "Euler characteristic of the periodic surface -8 per cell" in done.stdout
    assert done.stderr == ""
    assert "size 20 x 20 x 20, steps of the grid 0.833 x 0.833 x 0.833, in the unit of --edge" in done.stdout
    content = path.read_bytes()
    if ending == ".stl":
        kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
        corners = np.frombuffer(content[84:], kind)["corners"].reshape(-1, 3)
        np.testing.assert_allclose(np.ptp(corners, axis=0), 20, rtol=1e-6)


def test_a_surface_that_crosses_itself_has_a_note(tmp_path: Path) -> None:
    done = run("230", "-o", tmp_path / "a.stl", "--points", "16")
    assert done.exit_code == 0
    assert (
        "Note: function 1 of 230 Ia-3d: at or near the level 0 the surface crosses or touches itself"
        in done.stderr
    )


def test_a_field(tmp_path: Path) -> None:
    x = np.indices((12, 12, 12)) / 12 - 0.5
    write_field(
        tmp_path / "a.npz",
        GridField(np.exp(-8 * (x**2).sum(axis=0)), 5 * np.eye(3), "electron density", "e/Angstrom^3"),
    )
    done = run(
        tmp_path / "a.npz", "-o", tmp_path / "a.ply", "--level", "0.5", "--points", "24", "--cells", "2,1,1"
    )
    assert done.exit_code == 0, done.output
    assert "electron density of a.npz, level 0.5" in done.stdout
    assert "Euler characteristic of the periodic surface 2 per cell" in done.stdout
    assert "steps of the grid 0.208 x 0.208 x 0.208 Angstrom" in done.stdout
    assert "these are 2 separate bodies" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["214", "-o", "{0}/a.txt"], "does not end in .stl, .obj, .ply"),
        (["214", "-o", "{0}/gone/a.stl"], "No such file or directory"),
        (["999", "-o", "{0}/a.stl"], "there is no space group 999"),
        (["gone.cube", "-o", "{0}/a.stl"], "gone.cube: No such file or directory"),
        (["214", "-o", "{0}/a.stl", "--level", "5"], "there is no surface at the level 5: the values lie between"),
        (["214", "-o", "{0}/a.stl", "--function", "9999"], "214 I4_132 has functions 1 to"),
        (["214", "-o", "{0}/a.stl", "--cells", "2,2"], "'2,2' is not a number of cells"),
        (["214", "-o", "{0}/a.stl", "--cells", "99"], "is too large"),
    ],
)
def test_errors_are_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run(*(one.format(tmp_path) for one in arguments))
    assert done.exit_code != 0
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
