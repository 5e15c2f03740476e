"""Patterns of plane groups: what the picture is made of, and that the drawn cell has the symmetry of the group."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import compile_setting
from basis_store import PlaneGroup, plane_groups
from sgbasis.cli import main
from sgbasis.pictures.wallpaper import cell_of_plane, wallpaper_picture

needs_plot = pytest.mark.skipif(
    not (importlib.util.find_spec("matplotlib") and importlib.util.find_spec("skimage")), reason="no extra plot"
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize("group", plane_groups(), ids=lambda one: one.label)
def test_cells_have_the_symmetry_of_the_group_and_no_more(group: PlaneGroup) -> None:
    compiled = compile_setting(group, radius=1, min_functions=0)
    lattice = cell_of_plane(compiled)
    metric = lattice @ lattice.T
    for rotation in compiled.rotations.astype(float):
        assert np.allclose(rotation.T @ metric @ rotation, metric)
    a, b = np.linalg.norm(lattice, axis=1)
    angle = round(float(np.degrees(np.arccos(metric[0, 1] / (a * b)))), 6)
    assert np.isclose(a, b) == (group.crystal_system in ("square", "hexagonal"))
    assert angle == {"oblique": 101, "hexagonal": 120}.get(group.crystal_system, 90)


@needs_plot
def test_pictures(tmp_path: Path) -> None:
    import matplotlib.image

    for name, arguments, shape in (
        ("six", ["plane:p4gm"], (1261, 1650)),
        ("complex", ["plane:p3:1E"], (1261, 1650)),
        ("one", ["plane:p6mm", "--function", 4, "--cells", 2], (977, 844)),
    ):
        output = tmp_path / f"{name}.png"
        done = run("plot", *arguments, "--output", output)
        assert done.exit_code == 0, done.output
        image = matplotlib.image.imread(output)[..., :3]
        assert np.abs(np.subtract(image.shape[:2], shape)).max() < 40
        redness = image[..., 0] - image[..., 2]
        assert (redness > 0.2).mean() > 0.01
        assert (redness < -0.2).mean() > 0.01


@needs_plot
def test_refused_in_one_line(tmp_path: Path) -> None:
    for arguments, message in (
        (["plane:17", "--function", 0], "has functions 1 to"),
        (["plane:17", "--section", "z=0"], "--section is a plane in space"),
        (["227", "--cells", 5], "--cells is at most 4"),
        (["plane:18"], "no plane group 18"),
        (["plane:17:E1"], "plane:17 p6mm has no one-dimensional character 'E1'"),
    ):
        done = run("plot", *arguments, "--output", tmp_path / "x.png")
        assert done.exit_code != 0
        assert message in done.stderr
    assert not list(tmp_path.iterdir())
    compiled = compile_setting("plane:17", radius=2, min_functions=0)
    with pytest.raises(IndexError, match="the constant 1"):
        wallpaper_picture(compiled, [0])
    with pytest.raises(TypeError, match="is no plane group"):
        wallpaper_picture(compile_setting("P1", radius=1, min_functions=0))


def test_show_writes_two_coordinates() -> None:
    done = run("show", "plane:p4gm", "--count", 2)
    assert done.exit_code == 0, done.output
    assert "plane group    12  p4gm\n" in done.stdout
    assert "  h0: h=2n\n" in done.stdout
    assert "X = 2 pi x, Y = 2 pi y\n" in done.stdout
    assert "  f1  {1 1}, 4 waves\n      2 cos X cos Y\n" in done.stdout
    done = run("show", "plane:p4", "--character", "1E", "--count", 1)
    assert "i  for  y, -x\n" in done.stdout
    assert run("show", "plane:p2mg", "--json").exit_code == 0
    done = run("show", "plane:p2mg", "--wyckoff")
    assert "is a plane group; a setting of a space group is needed" in done.stderr
