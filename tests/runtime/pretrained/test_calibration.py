"""Calibrations: distances, coverage, and files that nobody should trust."""

import functools
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from basis_compiler import compile_crystals
from basis_store import CrystalArrays, CrystalRecord, ModelError
from basis_store.array_types import FloatArray
from basis_store.files.locations import data_folder
from runtime.pretrained.calibration import Calibration
from runtime.pretrained.domain import Domain
from runtime.pretrained.fit_calibration import fit_geometry, measured_coverage, with_intervals
from runtime.pretrained.locate import CALIBRATION, shipped_models
from runtime.pretrained.pretrained import open_pretrained, save_pretrained

N, WIDTH = 3000, 7
Fitted = tuple[Calibration, FloatArray, FloatArray, FloatArray]


@functools.cache
def example_records() -> list[CrystalRecord]:
    """The crystals that ship."""
    return [one for path in sorted((data_folder() / "crystals").glob("*.cif")) for one in compile_crystals(path)]


def _crystals(n: int) -> CrystalArrays:
    records = example_records()
    return CrystalArrays.of(records[i % len(records)] for i in range(n))


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """A calibration of errors that grow with the distance, and distances, predictions and values."""
    rng = np.random.default_rng(1)
    training, validation = rng.normal(size=(400, WIDTH)), 2 * rng.normal(size=(N, WIDTH))
    geometry = fit_geometry(training, _crystals(400), np.abs(rng.normal(size=(400, 2))), np.zeros(400))
    distances = geometry.distances(validation)
    predicted = rng.normal(size=(N, 2))
    known = predicted + (distances * (1 + predicted[:, 0] ** 2))[:, None] * rng.normal(size=(N, 2))
    known[:, 1] = np.nan
    return with_intervals(geometry, distances, predicted, known), distances, predicted, known


def test_distances_are_those_of_the_nearest_reference(fitted: Fitted) -> None:
    calibration = fitted[0]
    points = np.random.default_rng(2).normal(size=(50, WIDTH)) * 3
    reduced = (points - calibration.mean) @ calibration.directions
    expected = np.linalg.norm(reduced[:, None] - calibration.references, axis=2).min(1)
    assert np.allclose(calibration.distances(points), expected, rtol=1e-4)
    inverse = np.linalg.pinv(calibration.directions)
    assert calibration.distances(calibration.references @ inverse + calibration.mean).max() < 1e-4
    assert calibration.distances(points[:0]).shape == (0,)


def test_new_crystals_are_covered_and_wide_intervals_are_where_errors_are(
    fitted: Fitted,
) -> None:
    calibration, distances, predicted, known = fitted
    half = calibration.half_widths(0, predicted[:, 0], distances)
    held = np.abs(predicted[:, 0] - known[:, 0]) <= half
    for part in np.array_split(np.argsort(half), 5):
        assert 0.8 < held[part].mean() < 0.97
    assert half[np.argsort(distances)][-300:].mean() > 3 * half[np.argsort(distances)][:300].mean()
    coverage = measured_coverage(calibration, distances, predicted, known, ["a", "b"])
    assert set(coverage) == {"a"}
    assert 0.87 < coverage["a"]["coverage"] < 0.93
    assert coverage["a"]["crystals"] == N
    assert np.isnan(calibration.half_widths(1, predicted[:, 1], distances)).all()


def test_a_farther_crystal_never_has_a_narrower_interval(fitted: Fitted) -> None:
    grid = np.linspace(0, 100, 1000)
    assert (np.diff(fitted[0].half_widths(0, np.zeros(1000), grid)) >= 0).all()


def test_few_crystals_give_no_intervals_and_no_notes() -> None:
    rng = np.random.default_rng(0)
    geometry = fit_geometry(rng.normal(size=(3, WIDTH)), _crystals(3), np.zeros((3, 1)), np.zeros(3))
    calibration = with_intervals(geometry, np.ones(5), np.ones((5, 1)), np.ones((5, 1)))
    assert np.isnan(calibration.half_widths(0, np.ones(2), np.ones(2))).all()
    assert calibration.far > 1e20
    assert calibration.volume_range[1] > 1e20
    one = fit_geometry(np.ones((1, WIDTH)), _crystals(1), np.zeros((1, 1)), np.zeros(1))
    assert one.distances(np.zeros((2, WIDTH))).tolist() == [0, 0]  # nothing varies: nothing is far


def test_never_negative_quantities_are_recognised() -> None:
    rng = np.random.default_rng(0)
    values = np.abs(rng.normal(size=(50, 3)))
    values[:5, 0] = 0
    values[:5, 2] = -1
    geometry = fit_geometry(rng.normal(size=(50, WIDTH)), _crystals(50), values, np.zeros(50))
    assert geometry.non_negative.tolist() == [1, 0, 0]


def test_bytes_and_back(fitted: Fitted) -> None:
    again = Calibration.from_bytes(fitted[0].to_bytes())
    for field in fields(Calibration):
        np.testing.assert_allclose(
            getattr(again, field.name), getattr(fitted[0], field.name), rtol=1e-3, atol=1e-3
        )
    assert again.to_bytes() == fitted[0].to_bytes()


DAMAGES = {
    "mean": np.zeros(WIDTH + 1), "directions": np.zeros(WIDTH), "references": np.zeros((0, WIDTH)),
    "far": np.array(np.nan), "offset": np.array(0.0), "slopes": np.zeros(3), "knots": np.array([[2.0, 1.0]] * 2),
    "logarithms": np.zeros((2, 9)), "quantiles": np.array([-1.0, 0.0]), "volumes": np.zeros(5),
    "volume_range": np.array([0.0, np.inf]), "layer": np.zeros(2), "non_negative": np.zeros((2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("how", ["wrong", "missing", "integers"])
def test_arrays_that_do_not_fit_are_refused(fitted: Fitted, name: str, how: str) -> None:
    arrays = safetensors.numpy.load(fitted[0].to_bytes())
    assert set(arrays) == set(DAMAGES)
    if how == "wrong":
        arrays[name] = DAMAGES[name]
    elif how == "missing":
        del arrays[name]
    else:
        arrays[name] = np.asarray(np.nan_to_num(arrays[name]), np.int32)
    with pytest.raises(ModelError):
        Calibration.from_bytes(safetensors.numpy.save(arrays))


def test_no_other_content_is_read(fitted: Fitted) -> None:
    content = fitted[0].to_bytes()
    for damaged in (b"", b"{}", content[:100], content[:-1], b"\xff" * 100):
        with pytest.raises(ModelError):
            Calibration.from_bytes(damaged)


def test_a_folder_with_another_calibration_is_refused(tmp_path: Path, fitted: Fitted) -> None:
    shipped = open_pretrained("formation_energy")
    model, domain = shipped.load(), Domain.of(example_records())
    own = shipped.calibration()
    assert own is not None
    save_pretrained(model, tmp_path, card="", domain=domain, training={}, calibration=own)
    assert open_pretrained(tmp_path).calibration() is not None
    sent = open_pretrained(tmp_path).with_weights()
    path = tmp_path / CALIBRATION
    path.write_bytes(replace(own, far=own.far + 1).to_bytes())
    with pytest.raises(ModelError, match="damaged"):
        open_pretrained(tmp_path).calibration()
    path.unlink()
    with pytest.raises(ModelError, match=f"no {CALIBRATION}"):
        open_pretrained(tmp_path).calibration()
    assert sent.calibration() is not None  # another machine does not read the folder
    save_pretrained(model, tmp_path, card="", domain=domain, training={}, calibration=fitted[0])
    with pytest.raises(ModelError, match="targets"):
        open_pretrained(tmp_path).calibration()
    save_pretrained(model, tmp_path, card="", domain=domain, training={})
    assert open_pretrained(tmp_path).calibration() is None


@pytest.mark.parametrize("name", shipped_models())
def test_models_that_ship_are_calibrated(name: str) -> None:
    opened = open_pretrained(name)
    assert (opened.folder / CALIBRATION).stat().st_size < 1e6
    assert opened.calibration() is not None
    covered = opened.description.calibration["coverage"]
    numbers = [target.name for target in opened.description.targets if target.index_symmetry is None]
    assert list(covered) == numbers
    assert all(0.87 < covered[one]["coverage"] < 0.93 for one in numbers)


def test_one_target_of_several_keeps_its_intervals(fitted: Fitted) -> None:
    calibration, distances, predicted, _ = fitted
    whole = calibration.half_widths(0, predicted[:, 0], distances)
    assert np.array_equal(calibration.only(0).half_widths(0, predicted[:, 0], distances), whole)
    assert np.isnan(calibration.only(1).half_widths(0, predicted[:, 1], distances)).all()
    assert Calibration.from_bytes(calibration.only(1).to_bytes()).non_negative.shape == (1,)
