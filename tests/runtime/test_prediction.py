"""Predictions depend on the crystal alone, not on its batch, its position in it, or the cell of its file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch

from basis_compiler import compile_crystals
from basis_store import CrystalRecord, Setting
from runtime.models import batch_sizes
from runtime.models.architectures import ARCHITECTURES
from runtime.models.batch import Batch, per
from runtime.prediction import batches, predict
from runtime.pretrained.domain import Domain, outside_domain
from tests.support.crystals.crystal_inputs import example_path
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import BULK, DOMAIN, ENERGY, tiny_model

SAME = {
    "anatase": ["anatase_origin_1"],
    "calcite": ["calcite_rhombohedral"],
    "catio3": ["catio3_pbnm"],
    "corundum": ["corundum_primitive"],
    "diamond": ["diamond_origin_1"],
    "nacl": ["nacl_primitive"],
    "quartz": ["quartz_published_origin"],
    "spinel": ["spinel_origin_1", "spinel_primitive"],
    "wurtzite": ["wurtzite_shifted"],
}


def example(name: str) -> CrystalRecord:
    (record,) = compile_crystals(example_path(name))
    return record


@pytest.fixture(scope="module")
def records() -> list[CrystalRecord]:
    rng = np.random.default_rng(0)
    return [
        made_record(Setting.standard(int(number)), rng, n_sites=int(sites))
        for number, sites in zip(rng.integers(1, 231, 24), rng.integers(1, 7, 24), strict=True)
    ]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_neither_batches_nor_order_matter(
    architecture: str, records: list[CrystalRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    kind = ARCHITECTURES[architecture]
    model = kind(kind.config_class(), [ENERGY, BULK]).double()
    together = predict(model, records)
    assert together.shape == (24, 2)
    alone = np.concatenate([predict(model, [record]) for record in records])
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-10)
    order = np.random.default_rng(1).permutation(len(records))
    np.testing.assert_allclose(predict(model, [records[i] for i in order]), together[order], rtol=1e-9, atol=1e-10)
    monkeypatch.setattr(batch_sizes, "_CPU_COST", 1)
    np.testing.assert_allclose(predict(model, records), together, rtol=1e-9, atol=1e-10)


def test_single_precision_is_stable_as_well(records: list[CrystalRecord]) -> None:
    model = tiny_model()
    alone = np.concatenate([predict(model, [record]) for record in records])
    np.testing.assert_allclose(predict(model, records), alone, rtol=1e-5)


@pytest.mark.parametrize(("name", "others"), SAME.items(), ids=SAME)
def test_cells_origins_and_axes_of_a_file_do_not_matter(name: str, others: list[str]) -> None:
    values = predict(tiny_model(), [example(one) for one in (name, *others)])
    np.testing.assert_allclose(values, np.broadcast_to(values[0], values.shape), rtol=1e-5)


def test_records_are_a_stream(records: list[CrystalRecord], monkeypatch: pytest.MonkeyPatch) -> None:
    """No more records are taken than are needed next, and finished crystals are reported."""
    monkeypatch.setattr("runtime.prediction.window", lambda _: 5)
    taken: list[int] = []
    finished: list[int] = []

    def stream() -> Iterator[CrystalRecord]:
        for i, record in enumerate(records):
            assert i <= sum(finished) + 5
            taken.append(i)
            yield record

    values = predict(tiny_model(), stream(), progress=finished.append)
    assert (len(taken), sum(finished)) == (24, 24)
    np.testing.assert_allclose(values, predict(tiny_model(), records), rtol=1e-5)


def test_no_records_no_rows() -> None:
    assert predict(tiny_model(ENERGY, BULK), []).shape == (0, 2)


def test_the_mode_of_the_model_is_left_alone(records: list[CrystalRecord]) -> None:
    model = tiny_model().train()
    model.requires_grad_(True)
    predict(model, records[:2])
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


@dataclasses.dataclass(frozen=True, eq=False)
class Costly(Batch):
    """A batch of given costs."""

    given: np.ndarray = per("crystals")

    @property
    def costs(self) -> np.ndarray:
        return self.given


def test_batches_stay_within_the_budget() -> None:
    costs = np.random.default_rng(0).integers(1, 4000, 500)
    costs[7] = 50_000
    indices = np.arange(0, 500, 2) + 1
    crystals = Costly({"sites": np.ones(500, np.int64)}, costs)
    cut = list(batches(indices, crystals, 20_000))
    assert sorted(np.concatenate(cut).tolist()) == indices.tolist()
    assert all(len(batch) == 1 or costs[batch].sum() <= 20_000 for batch in cut)
    assert all(costs[one].sum() + costs[other[0]] > 20_000 for one, other in pairwise(cut)), "none is too small"
    assert cut[-1].tolist() == [7]
    assert list(batches(indices[:0], crystals, 20_000)) == []


def test_a_crystal_of_500_sites() -> None:
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.arange(8)] * 3), -1).reshape(-1, 3)[:500] / 8
    large = dataclasses.replace(
        made_record(Setting.standard(1), rng, n_sites=1),
        lattice=24.0 * np.eye(3),
        numbers=rng.integers(1, 90, 500).astype(np.uint8),
        coordinates=grid + rng.uniform(0, 0.05, grid.shape),
        multiplicities=np.ones(500, np.int32),
        wyckoff=np.full(500, b"a", "S1"),
        images=np.zeros(500, np.int16),
    )
    assert np.isfinite(predict(tiny_model(), [example("nacl"), large, example("rutile")])).all()


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("nacl", []),
        ("spinel", ["its 3 sites are more than the 2 of any training crystal"]),
        ("rutile", ["no training crystal has Ti", "no training crystal has space group 136 P4_2/mnm"]),
        (
            "diamond",
            [
                "no training crystal has C",
                "its volume per atom of 5.7 cubic Angstrom lies outside the range trained on, 8.0 to 30.0",
            ],
        ),
    ],
)
def test_what_lies_outside_is_named(name: str, sentences: list[str]) -> None:
    assert outside_domain(example(name), DOMAIN) == sentences


def test_a_domain_contains_its_own_crystals(records: list[CrystalRecord]) -> None:
    domain = Domain.of(iter(records))
    assert not any(outside_domain(record, domain) for record in records)
    assert domain.max_sites == max(map(len, records))
    assert outside_domain(records[0], Domain.of(records[1:2]))


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("spinel_primitive", "MgAl2O4"),
        ("calcite", "CaCO3"),
        ("nacl", "NaCl"),
        ("diamond", "C"),
        ("pyrite", "FeS2"),
    ],
)
def test_formulas(name: str, formula: str) -> None:
    assert example(name).formula == formula


def test_formulas_of_noble_gases() -> None:
    record = dataclasses.replace(example("nacl"), numbers=np.array([2, 10], np.uint8))
    assert record.formula == "HeNe"
