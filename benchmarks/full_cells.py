"""``python -m benchmarks.full_cells FILE.jsonl.gz``: what asymmetric units save, on real crystals.

The same network in steps of 64 crystals, two ways in one run: sites of the asymmetric unit, batched by length
within a budget, as the trainer does it; and all atoms of the (primitive) cell as the file has them, padded to the
longest of the step. Each in a process of its own, for its peak memory.
"""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from basis_compiler import Crystal, compile_crystal
from basis_store import CrystalRecord, Setting
from runtime.models import CrystalFourierTransformer, CrystalFourierTransformerConfig, Target
from runtime.prediction import batches

CRYSTALS, STEP, PAIR_BUDGET = 1024, 64, 32_000


def crystals(path: Path) -> list[Crystal]:
    """A random sample of the training split, always the same."""
    with gzip.open(path, "rt") as file:
        lines = [line for line in file if '"split": "train"' in line or '"split":"train"' in line]
    rows = np.random.default_rng(0).permutation(len(lines))[:CRYSTALS]
    entries = [json.loads(lines[row]) for row in rows]
    return [
        Crystal(
            lattice=np.array(entry["lattice"]),
            numbers=np.array(entry["species"]),
            coordinates=np.array(entry["frac_coords"]),
            name=entry["id"],
        )
        for entry in entries
    ]


def full_cell(crystal: Crystal) -> CrystalRecord:
    """All atoms of the crystal's own cell, no symmetry."""
    n = len(crystal)
    return CrystalRecord(
        identifier=crystal.name,
        setting=Setting.standard(1),
        lattice=crystal.lattice,
        change_of_basis=np.eye(3, dtype=np.int64),
        denominator=1,
        origin_shift=np.zeros(3),
        numbers=crystal.numbers.astype(np.uint8),
        coordinates=crystal.coordinates,
        multiplicities=np.ones(n, np.int32),
        wyckoff=np.full(n, b"a", "S1"),
        images=np.zeros(n, np.int16),
    )


def measure(way: str, path: Path) -> dict[str, float]:
    """Crystals per second over one pass, the mean prediction, and the peak memory beyond that before it."""
    torch.manual_seed(0)
    model = CrystalFourierTransformer(CrystalFourierTransformerConfig(), [Target("property")])
    optimizer = torch.optim.AdamW(model.parameters())
    sample = crystals(path)
    if way == "units":
        records = [compile_crystal(crystal, identifier=crystal.name) for crystal in sample]
    else:
        records = [full_cell(crystal) for crystal in sample]
    samples = [model.prepare(record) for record in records]
    lengths = np.array([one.n_tokens for one in samples])
    with torch.no_grad():
        first = float(model(model.collate(samples[:8])).double().mean())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    steps = np.arange(CRYSTALS).reshape(-1, STEP)
    if way == "units":  # windows of like length, as epoch_steps makes them
        steps = np.argsort(lengths, kind="stable").reshape(-1, STEP)
    for step in steps:
        optimizer.zero_grad()
        for piece in batches(step, lengths, PAIR_BUDGET) if way == "units" else [step]:
            (model(model.collate([samples[i] for i in piece])).abs().sum() / STEP).backward()
        optimizer.step()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "crystals_per_second": CRYSTALS / seconds,
        "tokens": float(lengths.mean()),
        "pairs": float((lengths.astype(float) ** 2).mean()),
        "peak_MB": (after - before) / 1e3,
        "mean_prediction": first,
    }


def main() -> None:
    """Both ways, and their ratio."""
    path = Path(sys.argv[1])
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], path)))
        return
    found = {}
    for way in ("units", "cells"):
        command = [sys.executable, "-m", "benchmarks.full_cells", str(path), way]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[way] = json.loads(done.stdout)
        print(way, {name: round(value, 6) for name, value in found[way].items()})
    ratio = found["units"]["crystals_per_second"] / found["cells"]["crystals_per_second"]
    print(f"asymmetric units are {ratio:.1f} times as fast as padded full cells")


if __name__ == "__main__":
    main()
