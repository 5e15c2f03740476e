"""From a crystal in any cell to a prediction: spglib, the change of basis, the store's operations, the model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_compiler import Crystal, compile_crystal
from basis_store import CrystalRecord, Setting, standard_settings
from runtime.models.orbit_transformer import OrbitTransformer, OrbitTransformerConfig
from runtime.targets.scalar_target import ScalarTarget
from tests.support.crystals.made_crystals import PRIMITIVE, made_crystal, rewritten

TARGETS = [ScalarTarget(f"t{i}") for i in range(6)]
CONFIG = OrbitTransformerConfig(width=24, layers=2, heads=4, head_width=8, feed_forward=24, cutoff=4.0)


@pytest.fixture(scope="module")
def double() -> OrbitTransformer:
    torch.manual_seed(0)
    return OrbitTransformer(CONFIG, TARGETS).double().eval()


@pytest.fixture(scope="module")
def single(double: OrbitTransformer) -> OrbitTransformer:
    model = OrbitTransformer(CONFIG, TARGETS).eval()
    model.load_state_dict(double.state_dict())
    return model


def record_of(crystal: Crystal) -> CrystalRecord:
    return compile_crystal(crystal, identifier="made")


@torch.no_grad()
def predict(model: OrbitTransformer, record: CrystalRecord) -> torch.Tensor:
    return model(model.prepare([record]))[0]


def conventional(crystal: Crystal, setting: Setting) -> Crystal:
    """A crystal in the primitive cell of tests.support.crystals.made_crystals, written in the conventional one."""
    basis = PRIMITIVE[setting.centring]
    cells = np.array(np.meshgrid(*[range(-3, 4)] * 3)).reshape(3, -1).T @ basis
    cells = cells[((cells > -1e-6) & (cells < 1 - 1e-6)).all(axis=1)]
    coordinates = (crystal.coordinates @ basis + cells[:, None]).reshape(-1, 3)
    return Crystal(
        lattice=np.linalg.inv(basis) @ crystal.lattice,
        numbers=np.tile(crystal.numbers, len(cells)),
        coordinates=coordinates,
    )


@pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
def test_every_description_of_a_crystal_has_one_prediction(
    setting: Setting, double: OrbitTransformer, single: OrbitTransformer
) -> None:
    rng = np.random.default_rng(setting.number)
    crystal, _ = made_crystal(setting, rng)
    plain, doubled = (rewritten(crystal, rng, doubled=twice)[0] for twice in (False, True))
    reflected = Crystal(lattice=-plain.lattice, numbers=plain.numbers, coordinates=plain.coordinates)
    expected = record_of(crystal)
    assert expected.setting == setting
    descriptions = {
        "conventional": conventional(crystal, setting),
        "another primitive cell, rotated, shifted, shuffled": plain,
        "twice the cell": doubled,
        "reflected": reflected,
    }
    for what, description in descriptions.items():
        record = record_of(description)
        for model, limit in ((double, 1e-10), (single, 1e-5)):
            value, reference = predict(model, record), predict(model, expected)
            difference = float((value - reference).norm() / reference.norm())
            assert difference < limit, f"{what}: {difference:.1e}"
