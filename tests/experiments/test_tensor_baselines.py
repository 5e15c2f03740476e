"""Baselines of tensors: projected, independent of orientation, scored as models are, fitted to no test crystal."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.kernel_ridge import KernelRidge

from basis_store import CrystalRecord
from basis_store.datasets.writer import write_crystals
from experiments import tensor_baselines, tensor_regression
from experiments.descriptors import descriptors
from experiments.known_tensors import KnownTensors, aligned, known_tensors
from experiments.tensor_regression import (
    BOOSTING,
    KERNEL,
    Candidate,
    blended,
    harmonic_basis,
    logarithms,
    out_of_fold,
)
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.projection import project_tensor
from runtime.tensors.voigt import stiffness_matrix, unfold
from tests.support.crystals.made_datasets import made_tensor_dataset

C = TensorTarget("C", "GPa", log10=True, symmetry="elastic", mask_column="trusted")
E = TensorTarget("e", "C/m^2", symmetry="piezoelectric", mask_column="trusted", up_to_normalizer=True)
CONFIG = """
data = ["{data}"]
output = "{output}"
[[targets]]
name = "energy"
[[targets]]
name = "C"
unit = "GPa"
log10 = true
symmetry = "elastic"
mask_column = "trusted"
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CrystalRecord]]:
    path = tmp_path_factory.mktemp("tensors") / "made.h5"
    return path, made_tensor_dataset(path, 60, rotated=True)


@pytest.fixture(scope="module")
def stiffness(dataset: tuple[Path, list[CrystalRecord]]) -> KnownTensors:
    return known_tensors([str(dataset[0])], C, "train")


def constant_regressor(known: KnownTensors, **changes: object) -> Candidate:
    made = Candidate(KERNEL, "flat", lambda: KernelRidge(alpha=1e9), logarithms=True, parts=True)
    return dataclasses.replace(made, **changes)


def test_known_tensors_are_those_of_the_dataset(
    stiffness: KnownTensors, dataset: tuple[Path, list[CrystalRecord]]
) -> None:
    expected = [one for one in dataset[1] if one.split == "train" and one.targets["trusted"] == 1]
    assert [one.identifier for one in stiffness.records] == [one.identifier for one in expected]
    own = stiffness.space.tensors(np.einsum("nij,nj->ni", stiffness.to_own, stiffness.values))
    for tensor, record in zip(own, expected, strict=True):
        np.testing.assert_allclose(stiffness_matrix(tensor), record.targets["C"], rtol=1e-8, atol=1e-6)
    assert stiffness.score(stiffness.values).overall.frobenius < 1e-8


def test_scores_are_those_of_the_evaluation(stiffness: KnownTensors) -> None:
    """The same figures from predicted logarithms in the crystals' own frames."""
    space, rng = stiffness.space, np.random.default_rng(0)
    guess = space.log10(stiffness.values) + 0.05 * rng.normal(size=stiffness.values.shape)
    guess = np.einsum("nij,nj->ni", stiffness.allowed, guess)
    own = np.einsum("nij,nj->ni", stiffness.to_own, guess)
    expected = C.evaluate(C.physical(own), stiffness.labels, stiffness.settings).overall
    found = stiffness.score(space.exp10(guess)).overall
    assert dataclasses.astuple(found)[0] == expected.n
    for name in ("frobenius", "relative", "ewt25", "ewt10", "mae_K", "mae_G", "mae_E"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-8), name


def test_baselines_do_not_depend_on_orientations(
    dataset: tuple[Path, list[CrystalRecord]], stiffness: KnownTensors, tmp_path: Path
) -> None:
    rng, others = np.random.default_rng(2), []
    for record in dataset[1]:
        rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        rotation *= np.linalg.det(rotation)
        rotated = stiffness_matrix(rotate_tensor(unfold(record.targets["C"]), rotation))
        targets = {**record.targets, "C": rotated}
        others.append(dataclasses.replace(record, lattice=record.lattice @ rotation.T, targets=targets))
    write_crystals(tmp_path / "rotated.h5", others, units={"C": "GPa"})
    found = known_tensors([str(tmp_path / "rotated.h5")], C, "train")
    np.testing.assert_allclose(descriptors(found.records), descriptors(stiffness.records), atol=1e-9)
    np.testing.assert_allclose(found.values, stiffness.values, rtol=1e-8, atol=1e-6)
    # Figures depend on values in the reference frame, and on nothing else that rotates.
    mean = np.repeat(stiffness.values.mean(axis=0)[None], len(found), axis=0)
    assert found.score(mean).overall.frobenius == pytest.approx(stiffness.score(mean).overall.frobenius)


def test_values_up_to_the_normalizer_are_aligned(dataset: tuple[Path, list[CrystalRecord]]) -> None:
    known = known_tensors([str(dataset[0])], E, "train")
    assert known.score(known.values).overall.frobenius < 1e-8, "each is one of the equivalent labels"
    rng = np.random.default_rng(0)
    tensor = rng.normal(size=(8, 1)) + 10 * rng.normal(size=18)
    signs = rng.choice([1.0, -1.0], size=(8, 1))
    found = aligned(np.stack([signs * tensor, -signs * tensor], axis=1), ["mm2"] * 8)
    assert np.allclose(found, tensor) or np.allclose(found, -tensor)


@pytest.mark.parametrize("target", [C, E], ids=["elastic", "piezoelectric"])
def test_harmonic_parts_are_orthonormal_and_do_not_mix(target: TensorTarget) -> None:
    basis = harmonic_basis(target.space)
    np.testing.assert_allclose(basis.T @ basis, np.eye(len(target.space)), atol=1e-12)
    rotation = target.space.rotation(np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0])
    rotated = basis.T @ rotation @ basis
    if target is C:
        np.testing.assert_allclose(rotated[:2], np.eye(2, 21), atol=1e-12, err_msg="two isotropic moduli")
    np.testing.assert_allclose(rotated @ rotated.T, np.eye(len(rotated)), atol=1e-12)


@pytest.mark.parametrize("logs", [True, False])
@pytest.mark.parametrize("family", [BOOSTING, KERNEL])
def test_predictions_obey_the_point_group(stiffness: KnownTensors, family: str, logs: bool) -> None:
    flat = constant_regressor(stiffness, family=family, logarithms=logs)
    x = descriptors(stiffness.records)
    found = flat.predict(x, stiffness, x[:20], stiffness.allowed[:20])
    projected = np.einsum("nij,nj->ni", stiffness.allowed[:20], found)
    np.testing.assert_allclose(projected, found, atol=1e-9 * np.abs(found).max())
    if logs:
        assert np.isfinite(stiffness.space.log10(found)).all(), "positive definite"


def test_cross_validation_predicts_no_crystal_from_itself(stiffness: KnownTensors) -> None:
    """Another value of one crystal changes the predictions of crystals in other folds only."""
    x, flat = descriptors(stiffness.records), constant_regressor(stiffness)
    before = out_of_fold(flat, x, stiffness, 4)
    changed = dataclasses.replace(stiffness, labels=stiffness.labels.copy())
    changed.labels[7] *= 3
    moved = np.abs(out_of_fold(flat, x, changed, 4) - before).max(axis=1) > 1e-6
    assert not moved[7] and 0.7 < moved.mean() < 0.8


def test_logarithms_can_be_undone_and_rotate_with_the_crystal(dataset: tuple[Path, list[CrystalRecord]]) -> None:
    for target in (C, E):
        known = known_tensors([str(dataset[0])], target, "train")
        take, undo = logarithms(known)
        np.testing.assert_allclose(undo(take(known.values)), known.values, rtol=1e-9, atol=1e-9)
        rotation = known.space.rotation(np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0])
        np.testing.assert_allclose(take(known.values @ rotation), take(known.values) @ rotation, atol=1e-9)


def test_a_blend_is_the_mean_of_logarithms_where_there_are_some(stiffness: KnownTensors) -> None:
    values = stiffness.values
    np.testing.assert_allclose(blended([values, 4 * values], stiffness), 2 * values, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(blended([values, -3 * values], stiffness), -values, rtol=1e-9)


def test_the_command(
    dataset: tuple[Path, list[CrystalRecord]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, output = tmp_path / "run.toml", tmp_path / "found.json"
    config.write_text(CONFIG.format(data=dataset[0], output=tmp_path / "run"))
    made = {key: make for key, make in tensor_regression._regressors().items() if key[0] == KERNEL}
    monkeypatch.setattr(
        tensor_baselines,
        "candidates",
        lambda: [Candidate(*key, make, True, True) for key, make in made.items()],
    )
    done = CliRunner().invoke(tensor_baselines.main, [str(config), "-o", str(output)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(output.read_text())
    assert [row["name"] for row in found["baselines"]][:2] == ["mean", "mean of logarithms"]
    assert found["baselines"][-1]["name"] == tensor_baselines.BLEND
    assert set(found["chosen"]) == {"ewt25", "frobenius"}
    assert found["unit"] == "GPa"
    assert all(row["val"]["n"] == found["val"] for row in found["baselines"])
    assert "the stronger mean" in done.output
    wrong = CliRunner().invoke(tensor_baselines.main, [str(config), "--target", "energy"])
    assert wrong.exit_code == 2 and "it has C" in wrong.output


def test_means_are_of_the_training_split(dataset: tuple[Path, list[CrystalRecord]]) -> None:
    train, val = (known_tensors([str(dataset[0])], C, split) for split in ("train", "val"))
    rows = {row["name"]: row["val"] for row in tensor_baselines.means(train, val)}
    errors = []
    for record, known, back in zip(val.records, val.labels[:, 0], val.to_own, strict=True):
        mean = train.space.tensors(back @ train.values.mean(axis=0))
        allowed = project_tensor(mean, record, C.symmetry)
        assert allowed.relative_distance < 1e-12
        errors.append(np.linalg.norm(allowed.tensor - train.space.tensors(known)))
    assert rows["mean"]["frobenius"] == pytest.approx(np.mean(errors))
    assert rows["mean of logarithms"]["frobenius"] != rows["mean"]["frobenius"]
    signs = tensor_baselines.means(*(known_tensors([str(dataset[0])], E, split) for split in ("train", "val")))
    assert [row["name"] for row in signs] == ["mean", "mean, signs and axes aligned"]
