"""The Fourier series through a grid: at its points, between them, in planes and along lines."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_store import FieldError, GridField
from sgbasis.fields import fourier_series
from sgbasis.fields.fourier_series import FourierSeries

scipy_signal = pytest.importorskip("scipy.signal")

SHAPES = [*itertools.product((3, 4), (5, 6), (4, 7)), (1, 1, 1), (1, 2, 9), (2, 2, 2)]


def random_field(shape: tuple[int, int, int], seed: int = 0) -> GridField:
    rng = np.random.default_rng(seed)
    return GridField(rng.normal(size=shape), 4 * np.eye(3) + rng.random((3, 3)))


def grid_points(shape: tuple[int, int, int]) -> np.ndarray:
    return np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_series_has_the_values_of_the_grid_and_of_scipy_between(shape: tuple[int, int, int]) -> None:
    field = random_field(shape)
    series = FourierSeries.of(field)
    np.testing.assert_allclose(series.values(grid_points(shape)), field.values.reshape(-1), atol=1e-12)
    one, two, three = (3 * n for n in shape)
    finer = field.values
    for axis in range(3):
        finer = scipy_signal.resample(finer, 3 * shape[axis], axis=axis)
    found = series.values(grid_points((one, two, three)))
    np.testing.assert_allclose(found.reshape(one, two, three), finer, atol=1e-12)
    np.testing.assert_allclose(series.on_grid((one, two, three)), finer, atol=1e-12)


def test_a_coarser_grid_has_the_values_at_its_points() -> None:
    series = FourierSeries.of(random_field((8, 9, 10)))
    coarse = series.on_grid((3, 4, 5))
    np.testing.assert_allclose(coarse.reshape(-1), series.values(grid_points((3, 4, 5))), atol=1e-12)


def test_sums_of_waves_are_exact_anywhere() -> None:
    rng = np.random.default_rng(1)
    waves, sizes, turns = rng.integers(-3, 4, (6, 3)), rng.normal(size=6), rng.random(6)

    def exact(x: np.ndarray) -> np.ndarray:
        return (sizes * np.cos(2 * np.pi * (x @ waves.T + turns))).sum(axis=-1)

    field = GridField(exact(grid_points((8, 7, 9))).reshape(8, 7, 9), 5 * np.eye(3))
    series = FourierSeries.of(field)
    points = rng.normal(size=(40, 3)) * 3
    np.testing.assert_allclose(series.values(points), exact(points), atol=1e-11)
    start, end = points[:2]
    for steps in (2, 3, 10, 37):
        line = start + np.linspace(0, 1, steps)[:, None] * (end - start)
        np.testing.assert_allclose(series.line_values(start, end, steps), exact(line), atol=1e-11)


@pytest.mark.parametrize("vectors", [[[1, 0, 0], [0, 1, 0]], [[1, -1, 0], [2, 1, -3]], [[0, 2, 1], [1, 0, 0]]])
def test_waves_that_agree_in_a_plane_are_added_first(
    vectors: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The short way, the long way, several blocks and the plain sum give the same values."""
    series = FourierSeries.of(random_field((4, 5, 6), 2))
    spanning = np.array(vectors)
    first, second = spanning[0] / 3 + spanning[1] / 7, spanning[1] / 5
    corner, u, v = np.array([0.1, 0.2, 0.3]), np.linspace(-2, 3, 9), np.linspace(0, 4, 7)
    points = corner + u[:, None, None] * first + v[:, None] * second
    plain = series.values(points.reshape(-1, 3)).reshape(9, 7)
    arguments = (corner, first, second, u, v)
    np.testing.assert_allclose(series.net_values(*arguments), plain, atol=1e-11)
    np.testing.assert_allclose(series.net_values(*arguments, vectors=spanning), plain, atol=1e-11)
    monkeypatch.setattr(fourier_series, "_BLOCK", 40)
    monkeypatch.setattr(fourier_series, "_TOGETHER", 20)
    np.testing.assert_allclose(series.net_values(*arguments), plain, atol=1e-11)
    np.testing.assert_allclose(series.values(points.reshape(-1, 3)).reshape(9, 7), plain, atol=1e-11)
    monkeypatch.setattr(fourier_series, "_MAX_NET", 1)
    np.testing.assert_allclose(series.net_values(*arguments, vectors=spanning), plain, atol=1e-11)


def test_grids_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    field = random_field((4, 4, 4))
    series = FourierSeries.of(field)
    monkeypatch.setattr(fourier_series, "MAX_POINTS", 50)
    with pytest.raises(FieldError, match="a grid of 64 points is too large"):
        FourierSeries.of(field)
    with pytest.raises(FieldError, match="a grid of 4 x 4 x 5 points is too large"):
        series.on_grid((4, 4, 5))
