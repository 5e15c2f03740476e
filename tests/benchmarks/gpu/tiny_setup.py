"""The measurements of a GPU, of little work on the CPU."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.gpu.setup import Setup, Sizes
from benchmarks.machine import Machine

SIZES = Sizes(
    points=(230, 460),
    basis_points=100,
    crystals=12,
    neighbours=8,
    checked=8,
    on_cpu=4,
    routed=23,
    steps=(4, 8),
    epochs=1,
    model={"width": 16, "layers": 1, "heads": 2, "head_width": 4, "feed_forward": 16, "radial": 6},
    repeats=1,
    at_least=0.0,
)


def tiny_setup(folder: Path, data: Path | None = None) -> Setup:
    return Setup(
        device=torch.device("cpu"),
        machine=Machine(bandwidth=2e10, flops=1e11),
        folder=folder,
        data=data,
        sizes=SIZES,
        compiled=lambda work: work,
    )
