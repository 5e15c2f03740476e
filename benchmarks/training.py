"""Training on sites of the asymmetric unit, compared with full cells and with a CGCNN on all atoms."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from basis_store.datasets.writer import write_crystals
from benchmarks.crystal_sample import sample_records
from benchmarks.machine import Machine
from benchmarks.row import Row
from benchmarks.ways_to_train import Figures

_CRYSTALS = 1024


def rows(machine: Machine) -> list[Row]:
    """Crystals per second; each way runs in a separate process, for its peak memory.

    Raises:
        AssertionError: full cells give other predictions than sites.
    """
    records, words = sample_records(_CRYSTALS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crystals.h5"
        write_crystals(path, [replace(record, targets={}) for record in records])
        sites, cells, graphs = (_apart(way, path) for way in ("sites", "cells", "cgcnn"))
    np.testing.assert_allclose(sites.predictions, cells.predictions, rtol=1e-4)
    train = Row(
        name="train",
        what=(
            f"{words}: steps of the trainer with the default network, {sites.parameters:,} parameters, "
            f"{sites.tokens:.1f} sites per crystal"
        ),
        unit="crystals/s",
        ours=sites.rate,
        peer=cells.rate,
        peer_name=f"the same network on full cells, {cells.tokens:.1f} atoms",
        limit=1 / machine.seconds(operations=sites.operations),
        limited_by=f"matrix products, {sites.operations / 1e6:.0f} million operations per crystal",
        peak_bytes=1e6 * sites.peak,
        peer_peak_bytes=1e6 * cells.peak,
    )
    train_cgcnn = replace(
        train,
        name="train_cgcnn",
        peer=graphs.rate,
        peer_peak_bytes=1e6 * graphs.peak,
        peer_name=(
            f"CGCNN of PyTorch Geometric, {graphs.parameters:,} parameters, 12 neighbours of each of "
            f"{graphs.tokens:.1f} atoms"
        ),
    )
    return [train, train_cgcnn]


def _apart(way: str, path: Path) -> Figures:
    command = [sys.executable, "-m", "benchmarks.ways_to_train", way, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Figures(**json.loads(done.stdout))
