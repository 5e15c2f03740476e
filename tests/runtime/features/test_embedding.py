"""Embeddings belong to a crystal and its sites: not to a cell, an order, a batch or a path to the crystal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import sgbasis
from basis_compiler import compile_crystals
from basis_store import CrystalRecord, ModelError, Setting, open_crystals
from runtime import CompositionConfig, CompositionModel, CrystalModel, Store, embed
from runtime.models import batch_sizes
from tests.support.crystals.crystal_inputs import example_path
from tests.support.crystals.made_datasets import made_dataset
from tests.support.crystals.made_records import in_p1, made_record
from tests.support.crystals.rewritings import rewritings
from tests.support.tiny_models import BULK, ENERGY, save_tiny, tiny_model

GROUPS = (1, 2, 5, 14, 43, 62, 88, 122, 148, 160, 178, 194, 199, 216, 230)


@pytest.fixture(scope="module")
def model() -> CrystalModel:
    return tiny_model(ENERGY, BULK).double()


@pytest.fixture(scope="module")
def records() -> list[CrystalRecord]:
    rng = np.random.default_rng(0)
    return [made_record(Setting.standard(number), rng, n_sites=1 + number % 4) for number in GROUPS]


@pytest.mark.parametrize("number", GROUPS)
def test_embeddings_do_not_depend_on_the_description(number: int, model: CrystalModel, store: Store) -> None:
    rng = np.random.default_rng(number)
    record = made_record(Setting.standard(number), rng)
    expected = embed(model, [record])
    for what, other in rewritings(record, store, rng):
        found = embed(model, [other])
        order = np.array([np.flatnonzero(other.numbers == number)[0] for number in record.numbers])  # all differ
        torch.testing.assert_close(found.crystals, expected.crystals, rtol=1e-9, atol=1e-10, msg=what)
        torch.testing.assert_close(found.sites[order], expected.sites, rtol=1e-9, atol=1e-10, msg=what)
    whole = embed(model, [in_p1(record)])
    torch.testing.assert_close(whole.crystals, expected.crystals, rtol=1e-9, atol=1e-10)
    of_atoms = expected.sites[np.repeat(np.arange(len(record)), record.multiplicities)]
    torch.testing.assert_close(whole.sites, of_atoms, rtol=1e-9, atol=1e-10)


def test_neither_batches_nor_windows_matter(
    model: CrystalModel, records: list[CrystalRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = embed(model, records)
    assert together.crystals.shape == (len(records), 16)
    assert together.sites.shape == (sum(map(len, records)), 16)
    alone = [embed(model, [record]) for record in records]
    finished: list[int] = []
    monkeypatch.setattr(batch_sizes, "_CPU_COST", 2000)
    monkeypatch.setattr("runtime.features.embedding.window", lambda _: 7)
    cut = embed(model, iter(records), progress=finished.append)
    assert sum(finished) == len(records)
    for found in (cut, type(cut)(*(torch.cat(parts) for parts in zip(*alone, strict=True)))):
        torch.testing.assert_close(found.crystals, together.crystals, rtol=1e-9, atol=1e-10)
        torch.testing.assert_close(found.sites, together.sites, rtol=1e-9, atol=1e-10)


def test_means_over_atoms_are_those_of_sites(model: CrystalModel, records: list[CrystalRecord]) -> None:
    found, start = embed(model, records), 0
    for row, record in zip(found.crystals, records, strict=True):
        sites = found.sites[start : start + len(record)]
        weights = torch.from_numpy(record.multiplicities / record.multiplicities.sum())
        torch.testing.assert_close(weights @ sites, row, rtol=1e-9, atol=1e-10)
        start += len(record)


def test_they_are_the_input_of_the_head_and_can_be_learnt_from(records: list[CrystalRecord]) -> None:
    model = tiny_model().train()
    found = embed(model, records)
    assert model.training and not found.crystals.requires_grad
    torch.nn.Linear(16, 1)(found.crystals).sum().backward()  # tensors of inference mode could not
    batch = model.eval().prepare(records)
    scalars = model.head(found.crystals) + model._tokens(batch)[-1](model.element_energy(batch.numbers))
    torch.testing.assert_close(scalars, model.network(batch), rtol=1e-5, atol=1e-6)


def test_of_nothing(model: CrystalModel) -> None:
    found = embed(model, [])
    assert (found.crystals.shape, found.sites.shape, found.sites.dtype) == ((0, 16), (0, 16), torch.float64)
    found = sgbasis.embed([], model)
    assert (len(found), found.crystals.shape, found.sites) == (0, (0, 16), ())


def test_from_whatever_holds_the_crystals(tmp_path: Path) -> None:
    from ase.io import read

    folder, path = save_tiny(tmp_path / "model"), example_path("spinel")
    found = sgbasis.embed(path, folder)
    (record,) = found.records
    assert found.sources == (str(path),)
    assert [one.shape for one in found.sites] == [(3, 16)]
    letters = record.wyckoff.tolist()
    assert dict(zip(letters, record.numbers.tolist(), strict=True)) == {b"a": 12, b"d": 13, b"e": 8}
    written = made_dataset(tmp_path / "set.h5", 12)
    table = open_crystals(tmp_path / "set.h5")
    for given in (read(path), compile_crystals(path), [path, example_path("nacl")]):
        again = sgbasis.embed(given, folder)
        np.testing.assert_allclose(again.crystals[0], found.crystals[0], rtol=1e-4, atol=1e-5)
    with pytest.raises(TypeError, match=r"is needed, not int$"):
        sgbasis.embed(3, folder)
    datasets = [sgbasis.embed(given, tiny_model()) for given in (tmp_path / "set.h5", table, written)]
    for one in datasets:
        assert len(one) == len(one.sites) == 12
        np.testing.assert_allclose(one.crystals, datasets[0].crystals, rtol=1e-5, atol=1e-6)


def test_an_architecture_without_them() -> None:
    model = CompositionModel(CompositionConfig(), [ENERGY])
    with pytest.raises(ModelError, match=r"^CompositionModel has no embedding of sites: use a SiteTransformer$"):
        sgbasis.embed(example_path("nacl"), model)
