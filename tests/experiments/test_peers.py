"""Peers equal slow references on full cells, do not depend on a crystal's description, and can learn."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from basis_store import CrystalRecord, Setting, open_crystals
from experiments.peers.cgcnn import CGCNN, CGCNNConfig, Convolution, WeightedBatchNorm
from experiments.peers.crystalformer import Block, Crystalformer, CrystalformerConfig
from experiments.peers.element_bins import element_bins
from runtime import Store
from runtime.models.base import CrystalModel
from runtime.targets.scalar_target import ScalarTarget
from tests.support.crystals.made_datasets import GROUPS, made_dataset
from tests.support.crystals.made_records import all_atoms, made_record
from tests.support.crystals.rewritings import larger_cells, rewritings

TARGETS = [ScalarTarget("energy")]
ORDER = {number: place for place, number in enumerate(GROUPS)}


def small(kind: str) -> CrystalModel:
    torch.manual_seed(0)
    made: CrystalModel
    if kind == "CGCNN":
        made = CGCNN(CGCNNConfig(width=16, layers=2, hidden=8), TARGETS).double()
    else:
        config = CrystalformerConfig(width=16, layers=2, heads=2, feed_forward=16, cutoff=5.0)
        made = Crystalformer(config, TARGETS).double()
        for block in made.blocks:
            assert isinstance(block, Block)
            block.attention.decay_scale.fill_(20.0)  # so that widths differ
    return made


BOTH = pytest.mark.parametrize("kind", ["CGCNN", "Crystalformer"])
IN_GROUPS = pytest.mark.parametrize("number", GROUPS)


def record_of(number: int) -> CrystalRecord:
    return made_record(Setting.standard(number), np.random.default_rng(number), n_sites=2 if number < 195 else 1)


def images(record: CrystalRecord, cutoff: float) -> tuple[Tensor, list[list[tuple[float, int]]]]:
    """(atoms,) elements of the whole cell, and for each atom (distance, atom) of all near it and of itself."""
    x, site = all_atoms(record)
    cells = np.array(list(itertools.product(range(-5, 6), repeat=3)))
    found = []
    for point in x:
        vectors = (x[:, None] + cells - point) @ record.lattice
        lengths = np.linalg.norm(vectors, axis=-1)
        found.append([(float(lengths[j, n]), int(j)) for j, n in zip(*np.nonzero(lengths < cutoff), strict=True)])
    return torch.from_numpy(record.numbers.astype(np.int64)[site]), found


def normalised(rows: Tensor, norm: WeightedBatchNorm) -> Tensor:
    """Batch normalisation, in training mode."""
    return torch.nn.functional.batch_norm(rows, None, None, norm.gain, norm.shift, training=True, eps=1e-5)


def slow_cgcnn(model: CGCNN, record: CrystalRecord) -> Tensor:
    """The equations of the paper, an edge after another, on all atoms of the cell."""
    numbers, found = images(record, 8.0)
    v = model.embedding(element_bins().double()[numbers])
    edges = []
    for i, around in enumerate(found):
        nearest = sorted((round(r, 3), int(numbers[j]), r, j) for r, j in around if r > 1e-3)[:12]
        edges += [(i, j, r) for _, _, r, j in nearest]
    for layer in model.layers:
        assert isinstance(layer, Convolution)
        z = torch.stack([
            torch.cat([v[i], v[j], torch.exp(-(((r - model.centres) / 0.2) ** 2))]) for i, j, r in edges
        ])  # fmt: skip
        gate, core = normalised(z @ layer.full.weight.T, layer.edge_norm).chunk(2, dim=1)
        messages = torch.sigmoid(gate) * torch.nn.functional.softplus(core)
        summed = torch.zeros_like(v)
        for (i, _, _), message in zip(edges, messages, strict=True):
            summed[i] = summed[i] + message
        v = torch.nn.functional.softplus(v + normalised(summed, layer.site_norm))
    softplus = torch.nn.functional.softplus
    return model.head(softplus(model.hidden(softplus(v.mean(0)))))


def slow_crystalformer(model: Crystalformer, record: CrystalRecord) -> Tensor:
    """The attention of the paper: for each head and atom, a softmax over all images of all atoms."""
    config = model.config
    numbers, found = images(record, config.cutoff)
    x, d = model.element(numbers), config.width // config.heads
    for block in model.blocks:
        assert isinstance(block, Block)
        own = block.attention
        q, k, v = (part.view(-1, config.heads, d) for part in own.query_key_value(x).split(config.width, dim=1))
        rows = []
        for i, around in enumerate(found):
            r, j = torch.tensor([one[0] for one in around], dtype=torch.float64), [one[1] for one in around]
            heads = []
            for h in range(config.heads):
                a = ((q[i, h] * own.decay[h]).sum() - own.decay_mean) * own.decay_scale
                rho = a * 0.1 + 1 if a > 0 else 0.5 * (torch.exp(a * 0.1 / 0.5) - 1) + 1
                weights = torch.softmax(k[j, h] @ q[i, h] / d**0.5 - r**2 * rho / (2 * 1.4**2), dim=0)
                centres = torch.arange(1, len(own.radial[h]) + 1) * (14 / 64)
                gaussians = torch.exp(-((r[:, None] - centres) ** 2) / (2 * (14 / 64) ** 2))
                heads.append(weights @ (v[j, h] + gaussians @ own.radial[h]))
            rows.append(torch.cat(heads))
        x = x + own.output(torch.stack(rows))
        x = x + block.fall(torch.relu(block.rise(x)))
    return model.head(x.mean(0))


@BOTH
@pytest.mark.parametrize("number", [2, 166])
def test_equals_a_slow_reference_on_the_full_cell(kind: str, number: int) -> None:
    record, model = record_of(number), small(kind).train()
    slow = slow_cgcnn if isinstance(model, CGCNN) else slow_crystalformer
    found, expected = model.network(model.prepare([record]))[0], slow(model, record)  # type: ignore[arg-type, operator]
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@BOTH
@IN_GROUPS
def test_predictions_do_not_depend_on_the_description(kind: str, number: int, store: Store) -> None:
    rng, record, model = np.random.default_rng(number), record_of(number), small(kind).eval()
    with torch.no_grad():
        expected = model(model.prepare([record]))
        for what, other in (*rewritings(record, store, rng), *larger_cells(record)):
            if len(other) <= 100:
                torch.testing.assert_close(model(model.prepare([other])), expected, rtol=1e-9, atol=1e-9, msg=what)
        other = made_record(Setting.standard(number), rng, n_sites=1)
        assert abs(model(model.prepare([other])) - expected).item() > 1e-6


@BOTH
@pytest.mark.parametrize("number", [62, 194])
def test_gradients_equal_those_of_the_full_cell(kind: str, number: int) -> None:
    """Also statistics of batch normalisation: a site counts as often as it has atoms."""
    record = record_of(number)
    _, whole = next(larger_cells(record))
    found = []
    for one in (record, whole):
        model = small(kind).train()
        model(model.prepare([one])).square().sum().backward()
        found.append(torch.cat([p.grad.reshape(-1) for p in model.parameters() if p.grad is not None]))
    assert float((found[0] - found[1]).norm() / found[1].norm()) < 1e-7


@BOTH
def test_batches_do_not_mix_crystals(kind: str) -> None:
    model = small(kind).eval()
    records = [record_of(number) for number in (1, 225, 62, 2)]
    batch = model.prepare(records)
    with torch.no_grad():
        alone = torch.cat([model(model.prepare([record])) for record in records])
        torch.testing.assert_close(model(batch), alone, rtol=1e-9, atol=1e-9)
        taken = np.array([3, 0])
        torch.testing.assert_close(model(batch.take(taken)), alone[taken], rtol=1e-9, atol=1e-9)


def test_statistics_become_those_of_the_batches() -> None:
    """As those of PyTorch's own normalisation, for rows that count once."""
    torch.manual_seed(1)
    ours, theirs = WeightedBatchNorm(4), torch.nn.BatchNorm1d(4)
    for _ in range(3):
        rows = 3 * torch.randn(20, 4) + 1
        torch.testing.assert_close(ours(rows, torch.full((20,), 0.05), torch.tensor(20.0)), theirs(rows))
    torch.testing.assert_close([ours.mean, ours.variance], [theirs.running_mean, theirs.running_var])
    rows = torch.randn(5, 4)
    torch.testing.assert_close(ours.eval()(rows, rows[:, 0], rows[0, 0]), theirs.eval()(rows))


def test_lone_atoms_have_no_neighbours(store: Store) -> None:
    """Fewer neighbours than twelve, and images of nothing."""
    record = record_of(1)
    alone = [CrystalRecord(**{**vars(record), "lattice": record.lattice * scale}) for scale in (10.0, 20.0)]
    for kind in ("CGCNN", "Crystalformer"):
        model = small(kind).eval()
        values = model(model.prepare(alone))
        assert torch.isfinite(values).all()
        torch.testing.assert_close(values[0], values[1], rtol=1e-9, atol=1e-9)


def test_sizes_are_the_published_ones() -> None:
    counts = {
        "CGCNN": sum(p.numel() for p in CGCNN(CGCNNConfig(), TARGETS).parameters()),
        "Crystalformer": sum(p.numel() for p in Crystalformer(CrystalformerConfig(), TARGETS).parameters()),
    }
    # The released CGCNN has four biases of 128 more and one property of elements less; 853,000 in the paper.
    assert counts["CGCNN"] + 4 * 128 - 64 == 96_641
    assert 0.83e6 < counts["Crystalformer"] < 0.86e6


def test_calibration_gives_widths_of_unit_deviation(tmp_path: Path) -> None:
    made_dataset(tmp_path / "made.h5", 10)
    model = Crystalformer(CrystalformerConfig(), TARGETS)
    batch = model.prepare(open_crystals(tmp_path / "made.h5"))
    model.calibrate(batch)
    own = model.blocks[0]
    assert isinstance(own, Block)
    q = own.attention.query_key_value(model.element(batch.numbers))[:, :128].view(-1, 8, 16)
    decay = ((q * own.attention.decay).sum(-1) - own.attention.decay_mean) * own.attention.decay_scale
    decay = decay.detach()
    assert abs(float(decay.mean())) < 1e-4 and float(decay.std()) == pytest.approx(1, abs=1e-4)
    assert not own.attention.calibrating
