"""``python -m benchmarks.ways_to_train WAY FILE``: train on a dataset in one of three ways, print figures.

All ways make optimizer steps of 64 crystals, in single precision, with gradients clipped.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from basis_store import CrystalArrays, CrystalRecord, Setting
from basis_store.array_types import FloatArray
from basis_store.datasets.reader import open_crystals
from runtime import load_store
from runtime.features.atoms import primitive_cell
from runtime.models.base import CrystalModel, Crystals
from runtime.models.batch_sizes import batch_cost
from runtime.models.orbit_transformer import OrbitTransformer, OrbitTransformerConfig
from runtime.prediction import batches
from runtime.targets.scalar_target import ScalarTarget
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData
from runtime.training.trainer import Trainer

STEP = 64
_EPOCHS = 3
_SLOW_STEPS = 3
"""Steps of the ways that take much longer; each has other crystals."""

_COMPARED = 8


@dataclass(frozen=True)
class Figures:
    """Results of one way.

    Attributes:
        rate: crystals per second, median.
        tokens: sites or atoms per crystal.
        parameters: of the network.
        peak: of the memory of the process, in megabytes, PyTorch and prepared crystals included.
        operations: of matrix products per crystal, forward and backward, without padding; 0 if not counted.
        predictions: of the untrained network, for the first crystals.
    """

    rate: float
    tokens: float
    parameters: int
    peak: float
    operations: float = 0.0
    predictions: tuple[float, ...] = ()


def on_sites(records: Sequence[CrystalRecord]) -> Figures:
    """The trainer of ``sgbasis train``; the first epoch warms up."""
    model = default_model()
    data, predictions = split_data(model, records), _predictions(model, records)
    with tempfile.TemporaryDirectory() as folder:
        config = TrainingConfig(("given",), model.targets, folder, epochs=1 + _EPOCHS, batch_size=STEP)
        trainer = Trainer(config, model, data, split_data(model, records[:1]))
        rates = [report.crystals_per_second for report in trainer.epochs()]
        peak = _memory()
    return Figures(
        rate=statistics.median(rates[1:]),
        tokens=float(data.crystals.counts["sites"].mean()),
        parameters=n_parameters(model),
        peak=peak,
        operations=n_operations(model, data),
        predictions=predictions,
    )


def on_cells(records: Sequence[CrystalRecord]) -> Figures:
    """The same network with a site for every atom."""
    model = default_model()
    cells = [full_cell(record) for record in records[: _SLOW_STEPS * STEP]]
    data, predictions = split_data(model, cells), _predictions(model, cells)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)

    def loss(step: int) -> Tensor:
        rows = np.arange(step * STEP, min((step + 1) * STEP, len(data)))
        values: Tensor = model(data.crystals.take(rows))
        return (values - data.label_tensor(rows)[:, 0]).abs().mean()

    seconds = [_step(model, optimizer, loss, step) for step in range(-(-len(data) // STEP))]
    return Figures(
        rate=min(STEP, len(data)) / statistics.median(seconds),
        tokens=float(data.crystals.counts["sites"].mean()),
        parameters=n_parameters(model),
        peak=_memory(),
        predictions=predictions,
    )


def cgcnn(records: Sequence[CrystalRecord]) -> Figures:
    """A CGCNN of as many parameters on all atoms, by PyG's loader; the first step warms up."""
    from torch_geometric.loader import DataLoader

    from benchmarks.peers.cgcnn import graph, network

    some = records[: (1 + _SLOW_STEPS) * STEP]
    labels = learned(CrystalArrays.of(some)).tolist()
    graphs = [graph(record, label) for record, label in zip(some, labels, strict=True)]
    torch.manual_seed(0)
    model = network(graphs, n_parameters(default_model()))
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    loader = DataLoader(graphs, batch_size=STEP, shuffle=True)
    stream = iter(loader)

    def loss(_: int) -> Tensor:
        batch = next(stream)
        errors: Tensor = model(batch) - batch.y
        return errors.abs().mean()

    seconds = [_step(model, optimizer, loss, step) for step in range(len(loader))]
    return Figures(
        rate=min(STEP, len(graphs)) / statistics.median(seconds[1:] or seconds),
        tokens=statistics.mean(len(one.z) for one in graphs),
        parameters=n_parameters(model),
        peak=_memory(),
    )


def default_model(**sizes: Any) -> CrystalModel:
    """The default network, for one property; or one of other sizes (:class:`OrbitTransformerConfig`)."""
    torch.manual_seed(0)
    return OrbitTransformer(OrbitTransformerConfig(**sizes), [ScalarTarget("property")])


def full_cell(record: CrystalRecord) -> CrystalRecord:
    """All atoms of the primitive cell, no symmetry."""
    cell = primitive_cell(record, load_store().compiled(record.setting))
    n = len(cell.sites)
    return replace(
        record,
        setting=Setting.standard(1),
        lattice=cell.lattice,
        change_of_basis=np.eye(3, dtype=np.int64),
        denominator=1,
        origin_shift=np.zeros(3),
        numbers=record.numbers[cell.sites],
        coordinates=cell.coordinates,
        multiplicities=np.ones(n, np.int32),
        wyckoff=np.full(n, b"a", "S1"),
        images=np.zeros(n, np.int16),
    )


def learned(crystals: CrystalArrays) -> FloatArray:
    """(N,) something to learn: the mean atomic number."""
    of_sites = np.repeat(np.arange(len(crystals)), crystals.site_counts)
    sums = np.bincount(of_sites, crystals.numbers * crystals.multiplicities.astype(float), len(crystals))
    return np.asarray(sums / crystals.atom_counts / 50)


def split_data(model: CrystalModel, crystals: Crystals) -> SplitData:
    """Crystals prepared for a model, with something to learn."""
    arrays = CrystalArrays.of(crystals)
    settings, places = arrays.settings()
    values = learned(arrays)[:, None]
    groups = np.array([setting.number for setting in settings])[places]
    return SplitData(model.prepare(arrays), values, values[:, None], groups)


def n_parameters(model: nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in model.parameters())


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Callable[[int], Tensor], step: int) -> float:
    start = time.perf_counter()
    optimizer.zero_grad()
    loss(step).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return time.perf_counter() - start


def _predictions(model: CrystalModel, records: Sequence[CrystalRecord]) -> tuple[float, ...]:
    with torch.no_grad():
        batch = model.prepare(records[:_COMPARED])
        return tuple(model(batch).flatten().tolist())


def n_operations(model: CrystalModel, data: SplitData, *, backward: bool = True) -> float:
    """Of matrix products per crystal, forward and, unless told otherwise, backward."""
    with FlopCounterMode(display=False) as counter:
        for rows in batches(np.arange(len(data)), data.crystals, batch_cost(torch.device("cpu"))):
            values = model(data.crystals.take(rows)).sum()
            if backward:
                values.backward()
    return float(counter.get_total_flops() / len(data))


def _memory() -> float:
    """Maximum so far of this process, in MB; ``ru_maxrss`` would count that of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


WAYS = {"sites": on_sites, "cells": on_cells, "cgcnn": cgcnn}


def main() -> None:
    """One way, in this process."""
    way, path = sys.argv[1:]
    print(json.dumps(asdict(WAYS[way](list(open_crystals(path))))))


if __name__ == "__main__":
    main()
