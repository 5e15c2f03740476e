"""Batches: any crystals can be taken, joined and padded, and a model gives the same for each of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, Setting
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import CrystalModel
from runtime.models.batch import Batch
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import ELASTIC, ENERGY

EVERY = pytest.mark.parametrize("architecture", ARCHITECTURES)


@pytest.fixture(scope="module")
def records() -> list[CrystalRecord]:
    rng = np.random.default_rng(0)
    kinds = [(225, 1), (1, 7), (62, 3), (194, 2), (2, 4), (166, 1), (14, 5)]
    return [made_record(Setting.standard(number), rng, n_sites=sites) for number, sites in kinds]


def made_model(architecture: str) -> CrystalModel:
    torch.manual_seed(0)
    kind = ARCHITECTURES[architecture]
    targets = [ENERGY, ELASTIC] if "tensor" in kind.kinds else [ENERGY]
    return kind(kind.config_class(), targets).double().eval()


def values_of(model: CrystalModel, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(batch)
    return found


@EVERY
def test_taken_crystals_are_those_that_are_prepared_alone(architecture: str, records: list[CrystalRecord]) -> None:
    model = made_model(architecture)
    whole = model.prepare(records)
    alone = torch.cat([values_of(model, model.prepare([record])) for record in records])
    for rows in ([3], [6, 0, 3], [5, 4, 3, 2, 1, 0], [2, 2]):
        taken = whole.take(np.array(rows))
        assert len(taken) == len(rows)
        torch.testing.assert_close(values_of(model, taken), alone[rows], rtol=1e-10, atol=1e-10)
        again = model.prepare([records[row] for row in rows])
        for name, tensor in again.tensors().items():
            torch.testing.assert_close(taken.tensors()[name], tensor, rtol=0, atol=1e-12)
    assert len(whole.take(np.zeros(0, np.int64))) == 0


@EVERY
def test_joined_batches_are_one_batch(architecture: str, records: list[CrystalRecord]) -> None:
    model = made_model(architecture)
    parts = [model.prepare(some) for some in (records[:3], [], records[3:4], records[4:])]
    joined, whole = parts[0].join(parts), model.prepare(records)
    assert len(joined) == len(records)
    for name, tensor in whole.tensors().items():
        torch.testing.assert_close(joined.tensors()[name], tensor, rtol=0, atol=1e-12)
    torch.testing.assert_close(values_of(model, joined), values_of(model, whole), rtol=1e-10, atol=1e-10)


@EVERY
def test_costs_are_those_of_each_crystal(architecture: str, records: list[CrystalRecord]) -> None:
    batch = made_model(architecture).prepare(records)
    assert batch.costs.shape == (len(records),)
    assert (batch.costs > 0).all()
    assert np.array_equal(batch.take(np.array([4, 1])).costs, batch.costs[[4, 1]])


def test_padding_changes_nothing(records: list[CrystalRecord]) -> None:
    """Neither values nor gradients: what CUDA graphs of a few sizes rely on."""
    model = made_model("OrbitTransformer")
    batch = model.prepare(records)
    exact = {axis: batch.size(axis) for axis in ("crystals", *batch.counts)}

    def values_and_gradients(some: Batch) -> list[torch.Tensor]:
        model.zero_grad()
        values: torch.Tensor = model(some)
        assert values.isfinite().all()
        values[: len(records)].square().sum().backward()
        gradients = [parameter.grad for parameter in model.parameters()]
        return [values[: len(records)].detach(), *(one.clone() for one in gradients if one is not None)]

    expected = values_and_gradients(batch)
    for more in (dict.fromkeys(exact, 1), {"crystals": 3, "sites": 40, "pairs": 2, "images": 900}):
        padded = batch.padded({axis: size + more[axis] for axis, size in exact.items()})
        assert {axis: padded.size(axis) for axis in exact} == {
            axis: size + more[axis] for axis, size in exact.items()
        }
        for found, right in zip(values_and_gradients(padded), expected, strict=True):
            torch.testing.assert_close(found, right, rtol=1e-10, atol=1e-10)


def test_batches_move_with_their_arrays(records: list[CrystalRecord]) -> None:
    batch = made_model("CrystalFourierTransformer").prepare(records)
    moved = batch.to("meta")
    assert moved.device.type == "meta"
    assert len(moved) == len(batch)
    assert moved.n_bytes == batch.n_bytes > 0
