"""Reports of tensors, and their pictures."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
from collections.abc import Callable

import numpy as np
import pytest

from basis_compiler import compile_crystals
from basis_store import CrystalRecord
from basis_store.errors import TensorError
from basis_store.files.locations import data_folder
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.voigt import stiffness_tensor
from sgbasis.pictures.tensors.directional import dielectric_directional, youngs_modulus_directional
from sgbasis.pictures.tensors.tensor_surface import (
    HEIGHT,
    WIDTH,
    dielectric_picture,
    tensor_picture,
    youngs_modulus_picture,
)
from sgbasis.reports.tensor import dielectric_lines, elastic_lines, matrix_lines, piezoelectric_lines
from tests.runtime.tensors.test_elasticity import QUARTZ, SILICON, cubic, hexagonal

needs_plot = pytest.mark.skipif(
    not (importlib.util.find_spec("matplotlib") and importlib.util.find_spec("skimage")), reason="no extra plot"
)


def record(name: str) -> CrystalRecord:
    return compile_crystals(data_folder() / "crystals" / f"{name}.cif")[0]


@pytest.fixture(scope="module")
def diamond() -> CrystalRecord:
    return record("other_cells/diamond_origin_1")


@pytest.fixture(scope="module")
def quartz() -> CrystalRecord:
    return record("quartz")


def rotated(crystal: CrystalRecord, turn: np.ndarray) -> CrystalRecord:
    return dataclasses.replace(crystal, lattice=crystal.lattice @ turn.T)


def test_elastic_report(diamond: CrystalRecord) -> None:
    lines = elastic_lines(SILICON, diamond)
    assert lines[0] == "stiffness in GPa, order xx yy zz yz xz xy, in the crystal's own frame"
    assert lines[1].split() == ["165.7", "63.9", "63.9", "0.0", "0.0", "0.0"]
    assert "bulk modulus K (GPa)          97.8      97.8      97.8" in lines
    assert "shear modulus G (GPa)         68.1      65.0      66.5" in lines
    assert lines[-3] == "mechanically stable: all eigenvalues of the stiffness are positive, 101.8 to 293.5 GPa"
    assert lines[-2] == "universal anisotropy index: 0.24 (0 is isotropic)"
    assert lines[-1] == (
        "Young's modulus by direction: 130.1 GPa along [0 0 1] to 187.9 GPa along [1 1 1], "
        "and in equivalent directions"
    )


def test_extremes_of_a_hexagonal_crystal_lie_on_cones() -> None:
    """Nye: the modulus depends on the angle to c only; in any orientation of the crystal."""
    wurtzite = record("wurtzite")
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    soft = hexagonal(210.0, 121.0, 105.0, 211.0, 42.0, 0.0)  # about those of ZnO
    for crystal, tensor in (
        (wurtzite, stiffness_tensor(soft)),
        (rotated(wurtzite, turn), rotate_tensor(stiffness_tensor(soft), turn)),
    ):
        line = elastic_lines(tensor, crystal)[-1]
        assert "degrees from [0 0 1] in every azimuth to" in line and line.endswith("GPa along [0 0 1]")
        assert "x, y, z" not in line
    stiff = hexagonal(300.0, 50.0, 40.0, 100.0, 50.0, 0.0)
    assert elastic_lines(stiff, wurtzite)[-1].endswith("in every direction normal to [0 0 1]")


def test_two_frames_where_they_differ(quartz: CrystalRecord) -> None:
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    # The report in the IEEE frame is the same for every orientation of the crystal.
    matrix = hexagonal(86.8, 7.04, 11.91, 105.71, 58.2, -18.04)
    aligned = elastic_lines(matrix, quartz)
    lines = elastic_lines(rotate_tensor(stiffness_tensor(matrix), turn), rotated(quartz, turn))
    start = next(i for i, line in enumerate(lines) if line.startswith("in the IEEE frame: x1 along [1 0 0], x2"))
    assert lines[start].endswith("x3 along [0 0 1]")
    assert lines[start + 1 : start + 7] == aligned[1:7]
    assert lines[start + 7 : -1] == aligned[-len(lines[start + 7 :]) : -1]


def test_an_unstable_crystal(diamond: CrystalRecord) -> None:
    lines = elastic_lines(cubic(100, 120, 50), diamond)
    assert lines[-1].startswith("not mechanically stable: the smallest eigenvalue of the stiffness is -20.0 GPa")
    assert any(line.split()[-2:] == ["-", "-"] for line in lines)


def test_dielectric_report(quartz: CrystalRecord, diamond: CrystalRecord) -> None:
    lines = dielectric_lines(np.diag([2.356, 2.356, 2.383]), quartz, electronic=True)
    assert lines[0].startswith("electronic dielectric tensor, ions at rest, relative")
    assert lines[-4:] == [
        "     2.383  along [0 0 1]", "     2.356  in every direction normal to that", "mean: 2.365",
        "mean refractive index: 1.538",
    ]  # fmt: skip
    assert dielectric_lines(5.7 * np.eye(3), diamond)[-2:] == ["     5.700  in every direction", "mean: 5.700"]
    assert dielectric_lines(-np.eye(3), diamond, electronic=True)[-1].startswith("no refractive index")
    lines = dielectric_lines(np.diag([2.0, 3.0, 4.0]), diamond)
    assert [line.split()[0] for line in lines[-4:-1]] == ["2.000", "3.000", "4.000"]


def test_piezoelectric_report(quartz: CrystalRecord, diamond: CrystalRecord) -> None:
    matrix = np.zeros((3, 6))
    matrix[0, [0, 1, 3]], matrix[1, [4, 5]] = [0.171, -0.171, -0.041], [0.041, -0.171]
    lines = piezoelectric_lines(matrix, quartz)
    assert lines[-1] == "largest in the IEEE frame: e11 = 0.171 C/m^2"
    assert piezoelectric_lines(np.zeros((3, 6)), diamond) == [
        "not piezoelectric: all coefficients are exactly 0, because m-3m has a centre of inversion"
    ]


def test_no_number_is_minus_zero() -> None:
    assert matrix_lines([[-1e-9, -0.0]]) == ["     0.000     0.000"]


@needs_plot
@pytest.mark.parametrize(
    "draw",
    [lambda one: youngs_modulus_picture(QUARTZ, one), lambda one: dielectric_picture(np.diag([2, 2, 3.0]), one)],
)
def test_pictures(draw: Callable[[CrystalRecord], bytes], quartz: CrystalRecord) -> None:
    import matplotlib.image

    png = draw(quartz)
    image = matplotlib.image.imread(io.BytesIO(png), format="png")[..., :3]
    assert image.shape == (HEIGHT * 150, WIDTH * 150, 3)
    assert 0.1 < (np.ptp(image, axis=2) > 0.1).mean() < 0.7
    assert draw(quartz) == png


def _is_coloured(png: bytes) -> tuple[tuple[int, ...], np.ndarray]:
    import matplotlib.image

    image = matplotlib.image.imread(io.BytesIO(png), format="png")[..., :3]
    return image.shape, np.ptp(image, axis=2) > 0.1


@needs_plot
def test_one_value_has_no_scale_of_colours(quartz: CrystalRecord) -> None:
    bars = slice(int(0.87 * WIDTH * 150), None)
    _, anisotropic = _is_coloured(dielectric_picture(np.diag([2, 2, 3.0]), quartz))
    _, isotropic = _is_coloured(dielectric_picture(2 * np.eye(3), quartz))
    assert anisotropic[:, bars].any() and not isotropic[:, bars].any() and isotropic.any()


@needs_plot
def test_several_crystals_stand_on_one_scale(quartz: CrystalRecord) -> None:
    small, large = (dielectric_directional(k * np.diag([2, 2, 3.0]), quartz, electronic=False) for k in (1, 4))
    shape, coloured = _is_coloured(tensor_picture([small, large]))
    half = int((shape[1] - 1.1 * 150) / 2)
    areas = [int(coloured[:, :half].sum()), int(coloured[:, half : 2 * half].sum())]
    assert areas[1] / areas[0] == pytest.approx(16, rel=0.15)
    assert tensor_picture([small], kind="svg").startswith(b"<?xml")
    with pytest.raises(TensorError, match="one quantity of 1 to 24 crystals, not of 25"):
        tensor_picture([small] * 25)
    with pytest.raises(TensorError, match="one quantity"):
        tensor_picture([small, youngs_modulus_directional(QUARTZ, quartz)])


@needs_plot
def test_what_cannot_be_drawn(quartz: CrystalRecord) -> None:
    with pytest.raises(TensorError, match="not that of a stable crystal"):
        youngs_modulus_picture(cubic(100, 120, 50), quartz)
    with pytest.raises(TensorError, match="a principal value is -1"):
        dielectric_picture(np.diag([-1.0, 1, 1]), quartz)
