"""All 17 plane groups as wallpaper: in each, one sum of its invariant functions with random coefficients.

Coefficients are normally distributed, and long waves count more than short ones.

    python examples/seventeen_wallpapers.py plane_groups.png
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from basis_compiler import compile_setting
from basis_store import PlaneGroup, plane_groups
from runtime import Basis

CELLS = {
    "oblique": [[1, 0], [-0.25, 1.15]],
    "rectangular": [[1, 0], [0, 1.3]],
    "square": [[1, 0], [0, 1]],
    "hexagonal": [[1, 0], [-0.5, math.sqrt(0.75)]],
}


def pattern(group: PlaneGroup, points: np.ndarray, seed: int) -> torch.Tensor:
    """A random function with the symmetry of the group at Cartesian points (..., 2); long waves count more."""
    compiled = compile_setting(group, radius=4, min_functions=12)
    basis = Basis(compiled, shared_waves=compiled.waves[:0])
    lattice = np.array(CELLS[group.crystal_system])
    # Lengths of the waves in this lattice, squared: |G|^2.
    lengths = np.square(compiled.roots @ np.linalg.inv(lattice).T).sum(-1)
    weights = np.random.default_rng(seed).normal(size=len(lengths)) * np.exp(-lengths / 5) * (lengths < 14)
    x = torch.from_numpy(points @ np.linalg.inv(lattice))
    return basis(x)[..., 1:] @ torch.from_numpy(weights)


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(description="Draw patterns of the 17 plane groups.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--dpi", type=int, default=100)
    arguments = parser.parse_args()
    figure, panels = plt.subplots(3, 6, figsize=(12, 6.6))
    steps = np.linspace(0, 3.4, 240)
    points = np.stack(np.meshgrid(steps, steps), axis=-1)
    for group, axes in zip(plane_groups(), panels.flat, strict=False):
        values = pattern(group, points, arguments.seed).numpy()
        limit = np.abs(values).max()
        axes.contourf(steps, steps, values, levels=np.linspace(-limit, limit, 24), cmap="RdBu_r")
        axes.set_title(f"{group.number}  {group.symbol}", fontsize=11)
    for axes in panels.flat:
        axes.set_aspect("equal")
        axes.set_axis_off()
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.95, wspace=0.06, hspace=0.12)
    figure.savefig(arguments.output, dpi=arguments.dpi, metadata={"Software": ""})


if __name__ == "__main__":
    main()
