"""Regression 7. Encodings depended on the arbitrary origin: Na and Cl swapped in rock salt changed the prediction.

This is a property of the paper's model: P_k(x + s) = exp(2 pi i k.s) P_k(x) for an allowed origin shift s (T5),
and its network reads P_k itself. So the paper's model stays a baseline. The compiler chooses one description per
crystal, which makes its predictions reproducible, but not independent of the choice.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from basis_store import CrystalRecord, Setting
from runtime import Store
from runtime.models.base import CrystalModel
from runtime.models.composition import CompositionConfig, CompositionModel
from runtime.models.crystal_fourier_transformer.model import (
    CrystalFourierTransformer,
    CrystalFourierTransformerConfig,
)
from runtime.targets.scalar_target import ScalarTarget

TARGETS = [ScalarTarget("formation_energy_per_atom", "eV/atom")]
SHIFT = np.array([0, 0, 0.5])


def rock_salt() -> CrystalRecord:
    return CrystalRecord(
        identifier="NaCl",
        setting=Setting.standard(225),
        lattice=np.eye(3) * 5.64,
        change_of_basis=np.eye(3, dtype=np.int64),
        denominator=1,
        origin_shift=np.zeros(3),
        numbers=np.array([11, 17], np.uint8),
        coordinates=np.array([[0, 0, 0], SHIFT]),
        multiplicities=np.array([4, 4], np.int32),
        wyckoff=np.array([b"a", b"b"]),
        images=np.zeros(8, np.int16),  # not read by these models
    )


def prediction(model: CrystalModel, record: CrystalRecord) -> torch.Tensor:
    return model(model.prepare([record]))


def test_the_papers_model_sees_which_atom_is_at_the_origin(store: Store) -> None:
    torch.manual_seed(0)
    model = (
        CrystalFourierTransformer(CrystalFourierTransformerConfig(width=32, head_hidden=64), TARGETS, store)
        .double()
        .eval()
    )
    record = rock_salt()
    moved = dataclasses.replace(record, coordinates=(record.coordinates + SHIFT) % 1)
    assert (prediction(model, moved) - prediction(model, record)).abs() > 1e-3
    # The same sites in another order are the same crystal; the same crystal from another origin is not.
    swapped = dataclasses.replace(moved, numbers=record.numbers[::-1], coordinates=moved.coordinates[::-1])
    torch.testing.assert_close(prediction(model, swapped), prediction(model, moved), atol=1e-12, rtol=0)


def test_the_shift_is_an_allowed_origin_and_changes_waves_by_a_phase(store: Store) -> None:
    basis = store.basis(Setting.standard(225))
    assert (basis.shifts24 / 24).tolist() == [SHIFT.tolist()]
    x = torch.rand(4, 3, dtype=torch.float64)
    signs = 1 - 2 * (basis.shared_waves[:, 2] % 2)
    torch.testing.assert_close(
        basis.project(x + torch.from_numpy(SHIFT)), basis.project(x) * signs, atol=1e-12, rtol=0
    )
    assert ((basis.project(x).abs() > 1e-3).any(0) & (signs == -1)).any()


def test_a_composition_has_no_origin() -> None:
    model = CompositionModel(CompositionConfig(), TARGETS)
    record = rock_salt()
    moved = dataclasses.replace(record, coordinates=(record.coordinates + SHIFT) % 1)
    assert torch.equal(prediction(model, moved), prediction(model, record))
