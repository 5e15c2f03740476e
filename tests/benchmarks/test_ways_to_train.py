"""The three ways of training that are compared: the same crystals, networks of equal size, equal predictions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, Setting
from benchmarks import ways_to_train
from benchmarks.peers.cgcnn import graph
from benchmarks.ways_to_train import WAYS, full_cell
from runtime import load_store
from runtime.features.atoms import primitive_cell
from runtime.site_kernels.neighbours import periodic_neighbours
from tests.support.crystals.made_records import made_record


@pytest.fixture(scope="module")
def records() -> list[CrystalRecord]:
    rng = np.random.default_rng(0)
    return [made_record(Setting.standard(number), rng, n_sites=2) for number in (5, 62, 166, 225)]


def test_ways_agree(records: list[CrystalRecord], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways_to_train, "STEP", 2)
    found = {way: train(records) for way, train in WAYS.items()}
    assert found["cells"].predictions == pytest.approx(found["sites"].predictions, rel=1e-4)
    assert found["sites"].tokens == 2
    atoms = [len(full_cell(record)) for record in records]
    assert found["cells"].tokens == np.mean(atoms)
    assert found["cgcnn"].tokens == np.mean(atoms)
    assert found["sites"].parameters == found["cells"].parameters
    assert found["cgcnn"].parameters == pytest.approx(found["sites"].parameters, rel=0.02)
    assert all(one.rate > 0 for one in found.values())
    assert found["sites"].operations > 1e6


def test_graphs_hold_the_nearest_neighbours(records: list[CrystalRecord]) -> None:
    for record in records:
        cell, atoms, sites = primitive_cell(record, load_store().compiled(record.setting))
        found = periodic_neighbours(atoms, atoms, sites, cell, 8.0)
        data = graph(record, 1.0)
        for atom in range(len(atoms)):
            expected = np.sort(found.vectors[found.receivers == atom].norm(dim=1).numpy())[:12]
            lengths = data.edge_attr[data.edge_index[1] == atom, 0]
            np.testing.assert_allclose(np.sort(lengths.numpy()), expected, rtol=1e-5)
    assert torch.equal(data.y, torch.tensor([1.0]))
