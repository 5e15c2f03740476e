"""The composition baseline depends on elements and their proportions, and on nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from basis_store import CrystalRecord, Setting, standard_settings
from runtime.models.composition import CompositionConfig, CompositionModel
from runtime.targets.scalar_target import ScalarTarget
from tests.support.crystals.made_records import made_record


def made_model() -> CompositionModel:
    torch.manual_seed(0)
    return CompositionModel(CompositionConfig(), [ScalarTarget("band_gap", "eV")]).eval()


def predict(model: CompositionModel, *records: CrystalRecord) -> torch.Tensor:
    with torch.no_grad():
        return model(model.prepare(records))


def formula(numbers: list[int], multiplicities: list[int]) -> CrystalRecord:
    record = made_record(Setting.standard(1), np.random.default_rng(0), n_sites=len(numbers))
    return dataclasses.replace(
        record, numbers=np.array(numbers, np.uint8), multiplicities=np.array(multiplicities, np.int32)
    )


def test_predictions_depend_on_proportions_only() -> None:
    model = made_model()
    reference = predict(model, formula([8, 22], [2, 1]))
    for same in (([22, 8], [3, 6]), ([8, 22, 8], [1, 1, 1]), ([22, 22, 8, 8, 8], [2, 2, 4, 1, 3])):
        assert torch.equal(predict(model, formula(*same)), reference)
    for other in (([8, 22], [3, 1]), ([8, 40], [2, 1]), ([8, 22, 26], [200, 100, 1])):
        assert not torch.equal(predict(model, formula(*other)), reference)


def test_predictions_do_not_depend_on_group_lattice_and_positions() -> None:
    model = made_model()
    rng = np.random.default_rng(1)
    for setting in standard_settings()[::20]:
        record = made_record(setting, rng)
        other = dataclasses.replace(
            made_record(Setting.standard(1), rng), numbers=record.numbers, multiplicities=record.multiplicities
        )
        assert torch.equal(predict(model, other), predict(model, record))


def test_padding_changes_nothing() -> None:
    model = made_model()
    rng = np.random.default_rng(2)
    records = [made_record(Setting.standard(2), rng, n_sites=1 + i % 5) for i in range(12)]
    alone = torch.cat([predict(model, record) for record in records])
    torch.testing.assert_close(predict(model, *records), alone, atol=1e-6, rtol=0)
    model.double()
    alone = torch.cat([predict(model, record) for record in records])
    torch.testing.assert_close(predict(model, *records), alone, atol=1e-14, rtol=0)


def test_every_parameter_is_trained() -> None:
    model = made_model().train()
    rng = np.random.default_rng(3)
    crystals = model.prepare(made_record(Setting.standard(2), rng, n_sites=4) for _ in range(8))
    assert crystals.counts["elements"].tolist() == [4] * 8
    model(crystals).square().sum().backward()
    assert all(parameter.grad.isfinite().all() and parameter.grad.any() for parameter in model.parameters())
