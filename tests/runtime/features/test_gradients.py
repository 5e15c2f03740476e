"""Derivatives by positions and strain: those of finite differences, and of the crystal, not of its description."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from basis_compiler import compile_crystals
from basis_store import CrystalRecord, ModelError, Setting, standard_settings
from basis_store.array_types import FloatArray
from runtime import (
    ClassTarget,
    CompositionConfig,
    CompositionModel,
    CrystalFourierTransformer,
    CrystalFourierTransformerConfig,
    CrystalModel,
    Derivatives,
    OrbitTransformer,
    OrbitTransformerConfig,
    Store,
    Target,
    columns,
    derivatives,
    predict,
    rotate_tensor,
)
from runtime.models import batch_sizes
from runtime.models.site_transformer import SiteTransformer, SiteTransformerConfig
from tests.support.crystals.crystal_inputs import example_path
from tests.support.crystals.made_records import in_p1, made_record
from tests.support.tiny_models import BULK, DIELECTRIC, ELASTIC, ENERGY, PIEZOELECTRIC

IS_METAL = ClassTarget("is_metal")
CONFIG = OrbitTransformerConfig(
    width=12, layers=2, heads=2, head_width=4, feed_forward=12, radial=8, cutoff=4.0, tensor_channels=4
)


def made_model(*targets: Target) -> CrystalModel:
    torch.manual_seed(0)
    return OrbitTransformer(CONFIG, targets).double().eval()


def made_site_model(*targets: Target) -> CrystalModel:
    torch.manual_seed(0)
    config = SiteTransformerConfig(width=12, layers=2, cutoff=4.0, tensor_channels=4)
    return SiteTransformer(config, targets).double().eval()


def of(model: CrystalModel, record: CrystalRecord) -> tuple[Derivatives, ...]:
    (found,) = derivatives(model, [record])
    return found


def value(model: CrystalModel, target: int, record: CrystalRecord) -> FloatArray:
    own = columns(model.targets)[target]
    return np.asarray(model.targets[target].physical_value(predict(model, [record])[0, own], record))


def displaced(record: CrystalRecord, step: FloatArray) -> CrystalRecord:
    """With ``step`` (n, 3) in Angstrom added to the positions of a crystal without symmetry."""
    assert (record.multiplicities == 1).all()
    coordinates = record.coordinates + step @ np.linalg.inv(record.lattice)
    return dataclasses.replace(record, coordinates=coordinates)


def strained(record: CrystalRecord, strain: FloatArray) -> CrystalRecord:
    return dataclasses.replace(record, lattice=record.lattice @ (np.eye(3) + strain))


def cartesian_images(record: CrystalRecord, store: Store) -> FloatArray:
    """(atoms, 3, 3) the rotation from each site to its atoms in the conventional cell, in the record's frame."""
    rotations = store.compiled(record.setting).rotations[record.images].astype(float)
    return np.asarray(record.lattice.T @ rotations @ np.linalg.inv(record.lattice.T))


@pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
def test_the_asymmetric_unit_says_all(setting: Setting, store: Store) -> None:
    """Equal to those of the same crystal without symmetry, atom by atom; rotated and mirrored with the crystal."""
    model = made_model(ENERGY, BULK)
    rng = np.random.default_rng(setting.number)
    record = made_record(setting, rng, n_sites=2 if setting.number < 195 else 1)
    whole = in_p1(record)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    other = dataclasses.replace(record, lattice=record.lattice @ rotation.T)
    images = cartesian_images(record, store)
    sites = np.repeat(np.arange(len(record)), record.multiplicities)
    for found, expected, rotated in zip(of(model, record), of(model, whole), of(model, other), strict=True):
        scale = max(np.abs(expected.positions).max(), np.abs(expected.strain).max())
        close = {"rtol": 0, "atol": 1e-9 * scale}
        of_atoms = np.einsum("aij,aj->ai", images, found.positions[sites])
        np.testing.assert_allclose(of_atoms, expected.positions, **close)
        np.testing.assert_allclose(found.strain, expected.strain, **close)
        np.testing.assert_allclose(rotated.positions, found.positions @ rotation.T, **close)
        np.testing.assert_allclose(rotated.strain, rotation @ found.strain @ rotation.T, **close)
        np.testing.assert_allclose(of_atoms.sum(0), 0, atol=1e-8 * scale)  # where all move, nothing changes
        np.testing.assert_allclose(found.value, expected.value, rtol=1e-10)


@pytest.mark.parametrize("number", [1, 2, 9, 62, 88, 152, 166, 186, 205, 216])
def test_finite_differences_of_numbers(number: int) -> None:
    model = made_model(ENERGY, BULK, IS_METAL) if number % 4 else made_site_model(ENERGY, BULK, IS_METAL)
    rng = np.random.default_rng(number)
    record = in_p1(made_record(Setting.standard(number), rng, n_sites=2 if number < 195 else 1))
    check_finite_differences(model, record, rng)


@pytest.mark.parametrize("name", ["quartz", "rutile", "nacl"])
@pytest.mark.parametrize("target", [ENERGY, DIELECTRIC, PIEZOELECTRIC, ELASTIC], ids=lambda one: one.name)
def test_finite_differences_of_real_crystals(name: str, target: Target, store: Store) -> None:
    """Of tensors, too, which change with changes that break the symmetry of the crystal."""
    model = made_model(target)
    (record,) = compile_crystals(example_path(name))
    whole = in_p1(record)
    found, expected = of(model, record)[0], of(model, whole)[0]
    images = cartesian_images(record, store)
    for atom, site in enumerate(np.repeat(np.arange(len(record)), record.multiplicities)):
        turned = rotate_tensor(found.positions[site], images[atom]) if found.value.ndim else None
        if turned is None:
            turned = images[atom] @ found.positions[site]
        np.testing.assert_allclose(turned, expected.positions[atom], atol=1e-9)
    np.testing.assert_allclose(found.strain, expected.strain, atol=1e-9)
    check_finite_differences(model, whole, np.random.default_rng(0))


def check_finite_differences(model: CrystalModel, record: CrystalRecord, rng: np.random.Generator) -> None:
    step = 1e-5
    moves, strain = rng.normal(size=(len(record), 3)), rng.normal(size=(3, 3))
    strain = strain + strain.T
    for target, found in enumerate(of(model, record)):
        by_moves = np.einsum("sk...,sk->...", found.positions, moves) / len(record)
        by_strain = np.einsum("ij...,ij->...", found.strain, strain)
        for expected, changed, change in ((by_moves, displaced, moves), (by_strain, strained, strain)):
            plus, minus = (value(model, target, changed(record, sign * step * change)) for sign in (1, -1))
            scale = np.abs(found.strain).max() + np.abs(found.positions).max()
            assert scale > 1e-4
            np.testing.assert_allclose((plus - minus) / (2 * step), expected, rtol=0, atol=2e-6 * scale)
        np.testing.assert_allclose(found.value, value(model, target, record), rtol=1e-8, atol=1e-12)


def test_the_site_symmetry_holds_exactly() -> None:
    model = made_model(ENERGY)
    (spinel,) = compile_crystals(example_path("spinel"))
    ((found,),) = derivatives(model, [spinel])
    by_letter = dict(zip(spinel.wyckoff.tolist(), found.positions, strict=True))
    assert np.abs(by_letter[b"a"]).max() < 1e-12  # -43m
    assert np.abs(by_letter[b"d"]).max() < 1e-12  # .-3m
    free = by_letter[b"e"]  # .3m: along a diagonal
    assert np.ptp(np.abs(free)) < 1e-12
    assert np.abs(free).max() > 1e-3
    np.testing.assert_allclose(found.strain, found.strain[0, 0] * np.eye(3), atol=1e-12)


def test_neither_batches_nor_windows_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made_model(ENERGY, DIELECTRIC).train()
    rng = np.random.default_rng(0)
    records = [made_record(Setting.standard(number), rng, n_sites=2) for number in (1, 62, 148, 2, 194, 14)]
    together = [*derivatives(model, records)]
    assert model.training
    finished: list[int] = []
    monkeypatch.setattr(batch_sizes, "_CPU_COST", 1)
    monkeypatch.setattr("runtime.features.gradients.window", lambda _: 32)
    with torch.no_grad():
        cut = [*derivatives(model, iter(records), progress=finished.append)]
    assert sum(finished) == len(records) == len(cut)
    assert all(parameter.grad is None for parameter in model.parameters())
    for found, expected in zip(cut, together, strict=True):
        for one, same in zip(found, expected, strict=True):
            for part, whole in zip(one, same, strict=True):
                np.testing.assert_allclose(part, whole, rtol=1e-9, atol=1e-10)
    assert [*derivatives(model, [])] == []


def test_single_precision() -> None:
    model = made_model(ENERGY)
    (record,) = compile_crystals(example_path("quartz"))
    (expected,) = of(model, record)
    (found,) = of(model.float(), record)
    for part, whole in zip(found, expected, strict=True):
        np.testing.assert_allclose(part, whole, atol=1e-4 * np.abs(whole).max())


@pytest.mark.parametrize(
    "model",
    [
        CompositionModel(CompositionConfig(), [ENERGY]),
        CrystalFourierTransformer(CrystalFourierTransformerConfig(), [ENERGY]),
    ],
    ids=lambda model: type(model).__name__,
)
def test_architectures_without_them(model: CrystalModel) -> None:
    (record,) = compile_crystals(example_path("nacl"))
    sentence = rf"^{type(model).__name__} has no derivatives by positions and strain: use a SiteTransformer$"
    with pytest.raises(ModelError, match=sentence):
        of(model, record)


@pytest.mark.parametrize("target", [ENERGY, BULK, IS_METAL, ELASTIC, DIELECTRIC, PIEZOELECTRIC])
def test_what_is_differentiated_is_what_is_predicted(target: Target) -> None:
    values = np.random.default_rng(0).normal(size=(5, target.n_columns))
    found = target.differentiable(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(found, target.physical(values), rtol=1e-10, atol=1e-12)
