"""``python -m experiments.distortions DATASET.h5``: how nearly crystals have the symmetry that their cell allows.

For crystals for training whose cell allows a larger Laue class than their own: the median relative difference of
reflections that are equivalent in it, for each of these classes. The shares are those of
:mod:`basis_compiler.reflections.extinctions.pseudo_symmetry`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from basis_compiler.reflections.extinctions.groups_for import METRIC_TOLERANCE, fitting_laue_classes
from basis_store import CrystalRecord, open_crystals
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.reflections.reflection_data import inverse_squares
from experiments.measured_reflections import class_of, sphere, squared_factors

SMALLEST = 0.9
"""Spacing in Angstrom; larger in large cells."""
MAX_REFLECTIONS = 2_500
B_FACTOR = 0.5
STRONG = 0.05
"""Mean intensity over that of all, from which reflections are compared."""
LIMITS = (0.003, 0.03, 0.1, 0.3)


def distortions(record: CrystalRecord) -> Iterator[float]:
    """The median difference for each larger Laue class that the cell allows."""
    cell, own = cell_parameters(record.lattice), class_of(record.setting).laue
    rotations = {rotation.tobytes() for rotation in own.rotations}
    larger = [
        one
        for one in fitting_laue_classes(cell, None, None, METRIC_TOLERANCE)
        if rotations < {rotation.tobytes() for rotation in one.rotations}
    ]
    if not larger:
        return
    fewest = (4 / 3 * np.pi * record.volume / MAX_REFLECTIONS) ** (1 / 3)
    waves, _ = own.representatives(sphere(cell, max(SMALLEST, fewest)))
    intensities = squared_factors(waves, inverse_squares(waves, cell), record, B_FACTOR)
    for one in larger:
        _, orbits = one.representatives(waves)
        counts = np.bincount(orbits)
        mean = (np.bincount(orbits, intensities) / counts)[orbits]
        compared = (counts[orbits] > 1) & (mean > STRONG * intensities.mean())
        if compared.any():
            yield float(np.median(np.abs(intensities / np.where(compared, mean, 1) - 1)[compared]))


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(prog="python -m experiments.distortions", description=__doc__)
    parser.add_argument("dataset", help="mp_scalar.h5")
    parser.add_argument("--crystals", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=77)
    options = parser.parse_args()
    table = open_crystals(options.dataset)
    pool = np.array([place for place, split in enumerate(table.splits) if split == "train"])
    chosen = np.random.default_rng(options.seed).choice(pool, min(options.crystals, len(pool)), replace=False)
    found = [list(distortions(table[int(place)])) for place in chosen]
    values = np.array([value for one in found for value in one])
    print(f"{sum(map(bool, found))} of {len(found)} crystals, {len(values)} larger Laue classes")
    for low, high in zip((0.0, *LIMITS), (*LIMITS, np.inf), strict=True):
        print(f"{low:g} to {high:g}: {np.mean((values >= low) & (values < high)):.3f}")


if __name__ == "__main__":
    main()
