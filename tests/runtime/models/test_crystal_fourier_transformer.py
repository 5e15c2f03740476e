"""The Crystal Fourier Transformer of arXiv 2512.13989: exactly invariant in all 230 groups, in any batch."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, Setting, standard_settings
from runtime import Store
from runtime.models.crystal_fourier_transformer.model import (
    CrystalFourierTransformer,
    CrystalFourierTransformerConfig,
)
from runtime.models.crystal_fourier_transformer.position_encoder import lattice_features
from runtime.targets.scalar_target import ScalarTarget
from tests.support.crystals.made_records import all_atoms, made_record

TARGETS = [
    ScalarTarget("formation_energy_per_atom", "eV/atom"),
    ScalarTarget("bulk_modulus_vrh", "GPa", log10=True),
]
SMALL = CrystalFourierTransformerConfig(
    width=16, blocks=2, heads=4, feed_forward=32, encoder_hidden=24, encoder_blocks=2, head_hidden=64
)
WITH_DENSITY = dataclasses.replace(SMALL, density_sigma=1.0)


def made_model(
    store: Store, config: CrystalFourierTransformerConfig = SMALL, dtype: torch.dtype = torch.float64
) -> CrystalFourierTransformer:
    torch.manual_seed(0)
    return CrystalFourierTransformer(config, TARGETS, store).to(dtype).eval()


def predict(model: CrystalFourierTransformer, *records: CrystalRecord) -> torch.Tensor:
    with torch.no_grad():
        return model(model.prepare(records))


def tokens(model: CrystalFourierTransformer, record: CrystalRecord) -> torch.Tensor:
    """(n, width) position encodings of the sites of one crystal."""
    with torch.no_grad():
        return model.encode_positions(model.prepare([record]))


def with_sites(record: CrystalRecord, coordinates: np.ndarray) -> CrystalRecord:
    """As many sites as coordinates, all like the first site of the record."""
    n = len(coordinates)
    return dataclasses.replace(
        record,
        coordinates=np.ascontiguousarray(coordinates),
        numbers=record.numbers[:1].repeat(n),
        multiplicities=record.multiplicities[:1].repeat(n),
    )


@pytest.mark.parametrize("config", [SMALL, WITH_DENSITY], ids=["plain", "density"])
def test_every_operation_of_every_group_leaves_tokens_unchanged(
    store: Store, config: CrystalFourierTransformerConfig
) -> None:
    model = made_model(store, config)
    rng = np.random.default_rng(0)
    for setting in standard_settings():
        record = made_record(setting, rng, n_sites=1)
        images = store.basis(setting).images(torch.from_numpy(record.coordinates))[0].numpy()
        images = images + rng.integers(-2, 3, images.shape)
        encodings = tokens(model, with_sites(record, images))
        torch.testing.assert_close(encodings, encodings[:1].expand_as(encodings), atol=1e-10, rtol=0)
        elsewhere = tokens(model, with_sites(record, rng.random((1, 3))))
        assert (elsewhere - encodings[:1]).abs().max() > 1e-4, "another point has another token"


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=str)
def test_predictions_do_not_depend_on_the_description(store: Store, dtype: torch.dtype, tolerance: float) -> None:
    """Which atom stands for a site, the order of sites, the orientation of the crystal; in all 230 groups."""
    model = made_model(store, WITH_DENSITY, dtype)
    rng = np.random.default_rng(1)
    for setting in standard_settings():
        record = made_record(setting, rng)
        atoms, site = all_atoms(record)
        order = rng.permutation(len(record))
        chosen = np.array([rng.choice(np.flatnonzero(site == one)) for one in order])
        rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]  # a rotation or a reflection
        other = dataclasses.replace(
            record,
            coordinates=atoms[chosen],
            numbers=record.numbers[order],
            multiplicities=record.multiplicities[order],
            lattice=record.lattice @ rotation,
        )
        torch.testing.assert_close(predict(model, other), predict(model, record), atol=tolerance, rtol=0)


def test_asymmetric_units_give_what_full_cells_give(store: Store) -> None:
    """The paper's computation, every atom a token: the same values and the same gradients."""
    rng = np.random.default_rng(9)
    model = made_model(store)
    for setting in standard_settings()[::10]:
        record = made_record(setting, rng)
        atoms, site = all_atoms(record)
        whole = dataclasses.replace(
            record, coordinates=atoms, numbers=record.numbers[site], multiplicities=np.ones(len(atoms), np.int32)
        )
        results = []
        for one in (record, whole):
            model.zero_grad()
            values = model(model.prepare([one]))
            values.sum().backward()
            results.append((values.detach(), [parameter.grad.clone() for parameter in model.parameters()]))
        (values, gradients), (expected, expected_gradients) = results
        torch.testing.assert_close(values, expected, atol=1e-11, rtol=0)
        for gradient, other in zip(gradients, expected_gradients, strict=True):
            torch.testing.assert_close(gradient, other, atol=1e-10 * max(1.0, float(other.abs().max())), rtol=0)


def test_regression_5_coordinates_are_fractional(store: Store) -> None:
    """Lattice translations of every hexagonal group; with Cartesian frequencies they moved tokens."""
    model = made_model(store)
    rng = np.random.default_rng(2)
    reciprocal = torch.tensor([[1, 1 / math.sqrt(3), 0], [0, 2 / math.sqrt(3), 0], [0, 0, 1]], dtype=torch.float64)
    for setting in standard_settings()[142:194]:
        record = made_record(setting, rng, n_sites=1)
        images = record.coordinates + np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [2, -1, 3]])
        encodings = tokens(model, with_sites(record, images))
        torch.testing.assert_close(encodings, encodings[:1].expand_as(encodings), atol=1e-10, rtol=0)
        cartesian = torch.from_numpy(images[:2]) @ reciprocal.T
        one, other = store.basis(setting)(cartesian)
        assert (one - other).abs().max() > 0.1


@pytest.mark.parametrize("config", [SMALL, WITH_DENSITY], ids=["plain", "density"])
def test_a_crystal_has_one_value_in_every_batch(store: Store, config: CrystalFourierTransformerConfig) -> None:
    rng = np.random.default_rng(3)
    records = [made_record(setting, rng, n_sites=1 + i % 7) for i, setting in enumerate(standard_settings()[::5])]
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
        model = made_model(store, config, dtype)
        together = predict(model, *records)
        alone = torch.cat([predict(model, record) for record in records])
        torch.testing.assert_close(together, alone, atol=tolerance, rtol=0)
        assert together.dtype == dtype
        assert together.shape == (len(records), len(TARGETS))
        assert (together.std(0) > 1e-2).all()


def test_a_batch_of_one_lattice_family(store: Store) -> None:
    """The gradients of the encoder of an absent family exist and are zero, which data parallelism needs."""
    model = made_model(store, WITH_DENSITY)
    rng = np.random.default_rng(4)
    batch = model.prepare(made_record(Setting.standard(n), rng) for n in (194, 148))
    assert len(model.sites_of(batch, "orthogonal")) == 0
    assert len(model.sites_of(batch, "hexagonal")) == 6
    model(batch).sum().backward()
    assert all(not parameter.grad.any() for parameter in model.encoders["orthogonal"].parameters())
    assert any(parameter.grad.any() for parameter in model.encoders["hexagonal"].parameters())


def test_groups_without_data_get_no_parameters(store: Store) -> None:
    model = made_model(store)
    rng = np.random.default_rng(5)
    batch = model.prepare(made_record(Setting.standard(n), rng) for n in (62, 225, 194))
    model(batch).square().sum().backward()
    for encoder, seen in ((model.encoders["orthogonal"], [62, 225]), (model.encoders["hexagonal"], [194])):
        for embedding in (encoder.position_group, encoder.lattice_group):
            assert not embedding.weight.any(), "embeddings of all groups start at zero"
            assert embedding.weight.grad.any(dim=1).nonzero()[:, 0].tolist() == seen


def test_densities_are_the_structure_factors_of_gaussians(store: Store) -> None:
    """T7: the sum over all atoms of a site in the cell, each counted once."""
    model = made_model(store, WITH_DENSITY)
    rng = np.random.default_rng(6)
    for setting in standard_settings()[::9]:
        record = made_record(setting, rng)
        batch = model.prepare([record])
        atoms, site = all_atoms(record)
        family = setting.lattice_family
        _, found = model.waves_of(batch, family, model.sites_of(batch, family))
        waves = store.shared_waves(family)[: found.shape[1] // 2].numpy()
        squares = ((waves @ np.linalg.inv(record.lattice).T) ** 2).sum(-1)
        terms = np.exp(2j * np.pi * atoms @ waves.T) * np.exp(
            -2 * np.pi**2 * WITH_DENSITY.density_sigma**2 * squares
        )
        sums = np.stack([terms[site == one].sum(0) for one in range(len(record))])
        expected = torch.from_numpy(np.concatenate([sums.real, sums.imag], axis=1))
        torch.testing.assert_close(found, expected, atol=1e-9, rtol=0)
    assert found.shape[1] == 2 * 80


def test_lattice_features_are_the_rotated_cell() -> None:
    lattice = torch.from_numpy(made_record(Setting.standard(1), np.random.default_rng(0)).lattice)
    (features,) = lattice_features(lattice[None])
    triangle = torch.zeros(3, 3, dtype=torch.float64)
    rows, columns = torch.tril_indices(3, 3)
    triangle[rows, columns] = 10 * features
    torch.testing.assert_close(triangle @ triangle.T, lattice @ lattice.T, atol=1e-12, rtol=0)


def test_every_parameter_is_trained(store: Store) -> None:
    model = made_model(store, WITH_DENSITY).train()
    rng = np.random.default_rng(7)
    records = [made_record(setting, rng) for setting in standard_settings()[::3]]
    model(model.prepare(records)).square().sum().backward()
    assert all(parameter.grad.any() for parameter in model.parameters())


def test_a_batch_moves_to_another_type(store: Store) -> None:
    model = made_model(store, dtype=torch.float32)
    batch = model.prepare([made_record(Setting.standard(14), np.random.default_rng(8))])
    moved = batch.to("cpu", torch.float64)
    assert moved.lattices.dtype == torch.float64
    assert moved.groups.dtype == torch.long
    torch.testing.assert_close(model.double()(moved).float(), model.float()(batch), atol=1e-5, rtol=0)
