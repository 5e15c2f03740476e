"""Crystals as graphs of PyTorch Geometric, our transforms, and the worked example."""

from __future__ import annotations

import dataclasses
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from basis_compiler import compile_crystals
from basis_store import CrystalError, CrystalRecord, Setting, standard_settings
from basis_store.files.locations import data_folder
from runtime import Store
from runtime.features.atoms import sites_of_atoms
from runtime.features.pair_kernel import PairKernel
from runtime.features.site_encoding import SiteEncoding
from tests.support.command_line import PIP
from tests.support.crystals.made_records import made_record

pytest.importorskip("torch_geometric", reason="PyTorch Geometric is not installed")

from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import CGConv, global_add_pool
from torch_geometric.transforms import Compose

from runtime.features.pyg.graph import CrystalData, record_to_data
from runtime.features.pyg.transforms import SgbasisEncoding, SgbasisPairKernel

ROOT = Path(__file__).resolve().parents[3]
STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
CUTOFF = 4.0


@pytest.fixture(scope="module")
def encoding(store: Store) -> SiteEncoding:
    return SiteEncoding(g_max=0.4, shells=4, degree=1, store=store)


@pytest.fixture(scope="module")
def kernel(store: Store) -> PairKernel:
    return PairKernel(cutoff=CUTOFF, radial=4, g_max=0.4, shells=4, store=store)


def made(number: int, n_sites: int = 3) -> CrystalRecord:
    return made_record(Setting.standard(number), np.random.default_rng(number), n_sites)


def test_a_graph_contains_all_atoms_of_a_primitive_cell(store: Store) -> None:
    (record,) = compile_crystals(data_folder() / "crystals" / "spinel.cif")
    data = record_to_data(record, store, CUTOFF)
    assert data.num_nodes == 14
    assert torch.bincount(data.z)[[8, 12, 13]].tolist() == [8, 2, 4]
    assert abs(torch.linalg.det(data.cell[0])) * 4 == pytest.approx(record.volume, rel=1e-5)
    senders, receivers = data.edge_index
    images = data.pos[receivers] + data.edge_vector
    steps = (images - data.pos[senders]) @ torch.linalg.inv(data.cell[0])
    assert (steps - steps.round()).abs().max() < 1e-4
    torch.testing.assert_close(data.edge_vector.norm(dim=1, keepdim=True), data.edge_attr)
    assert data.edge_attr.max() < CUTOFF
    assert data.weight.sum() == pytest.approx(1)
    assert data.crystal is record
    assert data.validate()


@STANDARD
def test_nodes_of_sites_equal_those_of_all_atoms(
    setting: Setting, encoding: SiteEncoding, kernel: PairKernel, store: Store
) -> None:
    """A CGCNN with our features has the same node values and the same output on sites as on all atoms."""
    record = made_record(setting, np.random.default_rng(setting.number), 2)
    transform = Compose([SgbasisEncoding(encoding, "x"), SgbasisPairKernel(kernel, None)])
    atoms, sites = (transform(record_to_data(record, store, CUTOFF, nodes=nodes)) for nodes in ("atoms", "sites"))
    torch.manual_seed(0)
    width = encoding.n_features
    layers = [CGConv(width, dim=1 + kernel.n_features).double() for _ in range(2)]

    def run(data: Data) -> torch.Tensor:
        x = data.x.double()
        for layer in layers:
            x = layer(x, data.edge_index, data.edge_attr.double()) / 10
        return x

    with torch.no_grad():
        on_atoms, on_sites = run(atoms), run(sites)
    torch.testing.assert_close(on_atoms, on_sites[atoms.site], rtol=1e-4, atol=1e-4)
    pooled = [(x * data.weight[:, None]).sum(0) for x, data in ((on_atoms, atoms), (on_sites, sites))]
    torch.testing.assert_close(pooled[0], pooled[1], rtol=1e-4, atol=1e-4)


def test_transforms_add_the_output_of_the_modules(
    encoding: SiteEncoding, kernel: PairKernel, store: Store
) -> None:
    record = made(225)
    data = record_to_data(record, store, CUTOFF)
    before = set(data.keys())
    done = Compose([SgbasisEncoding(encoding), SgbasisPairKernel(kernel)])(data)
    assert set(data.keys()) == before, "a transform does not change its argument"
    assert torch.equal(done.sgbasis_encoding, encoding(record)[data.site])
    senders, receivers = data.site[data.edge_index]
    assert torch.equal(done.sgbasis_pair_kernel, kernel(record)[receivers, senders])


def test_without_a_name_features_are_concatenated(
    encoding: SiteEncoding, kernel: PairKernel, store: Store
) -> None:
    data = record_to_data(made(62), store, CUTOFF)
    n = encoding.n_features
    alone = SgbasisEncoding(encoding, attr_name=None)(data)
    assert alone.x.shape == (data.num_nodes, n)
    for x in (torch.ones(data.num_nodes), torch.ones(data.num_nodes, 2)):
        data.x = x
        both = SgbasisEncoding(encoding, attr_name=None)(data).x
        assert torch.equal(both[:, -n:], alone.x)
        assert (both[:, :-n] == 1).all()
    edges = SgbasisPairKernel(kernel, attr_name=None)(data).edge_attr
    assert edges.shape == (data.num_edges, 1 + kernel.n_features)
    assert torch.equal(edges[:, :1], data.edge_attr)


def test_batches(encoding: SiteEncoding, kernel: PairKernel, store: Store) -> None:
    transform = Compose([SgbasisEncoding(encoding), SgbasisPairKernel(kernel)])
    records = [made(number) for number in (1, 62, 227, 194, 225)]
    graphs = [transform(record_to_data(record, store, CUTOFF)) for record in records]
    (batch,) = DataLoader(graphs, batch_size=5)
    assert torch.equal(batch.sgbasis_encoding, torch.cat([graph.sgbasis_encoding for graph in graphs]))
    assert torch.equal(batch.sgbasis_pair_kernel, torch.cat([graph.sgbasis_pair_kernel for graph in graphs]))
    assert batch.crystal == records
    assert batch.site.unique().tolist() == list(range(15)), "no two crystals share a site"
    assert torch.equal(batch.sgbasis_encoding, encoding(*records)[batch.site])
    assert global_add_pool(batch.weight, batch.batch).tolist() == pytest.approx([1] * 5)
    for one, graph in zip(batch.to_data_list(), graphs, strict=True):
        assert isinstance(one, CrystalData)
        assert torch.equal(one.site, graph.site)
        assert torch.equal(one.edge_index, graph.edge_index)
    with pytest.raises(CrystalError, match="before batching"):
        SgbasisEncoding(encoding)(batch)


def test_graphs_of_other_libraries(encoding: SiteEncoding, kernel: PairKernel, store: Store) -> None:
    """A graph made from ASE's atoms, in their order and cell, with our features."""
    from ase.build import bulk

    atoms = bulk("GaAs", "zincblende", a=5.65).repeat((2, 1, 1))
    (record,) = compile_crystals(atoms)
    data = Data(z=torch.tensor(atoms.numbers), pos=torch.tensor(atoms.positions), crystal=record)
    data.edge_index = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    compiled = store.compiled(record.setting)
    data.site = torch.tensor(sites_of_atoms(record, compiled, atoms.get_scaled_positions()))
    done = SgbasisPairKernel(kernel)(SgbasisEncoding(encoding)(data))
    assert torch.equal(done.sgbasis_encoding[0], done.sgbasis_encoding[2])
    row = [record.numbers.tolist().index(number) for number in atoms.numbers]
    assert torch.equal(done.sgbasis_encoding, encoding(record)[row])
    assert done.sgbasis_pair_kernel.shape == (4, kernel.n_features)


def test_invalid_graphs_raise(encoding: SiteEncoding, store: Store) -> None:
    transform = SgbasisEncoding(encoding)
    record = made(2)
    for data in (Data(pos=torch.rand(3, 3)), Data(crystal=record), Data(site=torch.arange(3))):
        with pytest.raises(CrystalError, match="record_to_data"):
            transform(data)
    for site in (torch.tensor([0, 3]), torch.tensor([-1, 0])):
        with pytest.raises(CrystalError, match="0 to 2"):
            transform(Data(crystal=record, site=site))
    with pytest.raises(ValueError, match="bonds"):
        record_to_data(record, store, nodes="bonds")  # type: ignore[arg-type]


def test_atoms_without_neighbours_are_nodes(kernel: PairKernel, store: Store) -> None:
    record = made(1, n_sites=1)
    record = dataclasses.replace(record, lattice=np.eye(3) * 30)
    for nodes in ("atoms", "sites"):
        data = SgbasisPairKernel(kernel)(record_to_data(record, store, CUTOFF, nodes=nodes))
        assert (data.num_nodes, data.num_edges) == (1, 0)
        assert data.sgbasis_pair_kernel.shape == (0, kernel.n_features)


def test_only_pyg_needs_pytorch_geometric() -> None:
    script = """
import sys
sys.modules["torch_geometric"] = None
from basis_store import MissingDependencyError
import runtime.features
try:
    import runtime.features.pyg
except MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    text = "runtime.features.pyg needs torch_geometric, which is not installed"
    assert done.stdout == f"{text}: {PIP} torch_geometric\n"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cgcnn_pyg", ROOT / "examples" / "cgcnn_pyg.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_runs(example: ModuleType) -> None:
    records = [
        dataclasses.replace(made(number), targets={"modulus": np.array(value)}, split=split)
        for number, value, split in [
            (2, 10.0, "train"), (62, 100.0, "train"), (225, 1e3, "train"), (14, 0.0, "train"), (12, 50.0, "val"),
        ]
    ]  # fmt: skip
    parts = example.graphs(records, "modulus")
    assert {part: len(graphs) for part, graphs in parts.items()} == {"train": 3, "val": 1}, "no logarithm of 0"
    for ours in (False, True):
        torch.manual_seed(0)
        model = example.CGCNN(parts["train"], 8, encoding=ours, pairs=ours)
        assert np.isfinite(example.validation_error(parts, model, epochs=2, seed=0))
        first = model(Batch.from_data_list(parts["val"]))
        assert torch.isfinite(first).all()
