"""``python -m experiments.distortions DATASET.h5``: how nearly crystals have the symmetry that their cell allows.

For crystals for training whose cell allows a larger Laue class than their own: by how much reflections differ that
are equivalent in it, for the larger class where they differ least. The unit is that of
:mod:`basis_compiler.reflections.extinctions.pseudo_symmetry`, whose shares are counted here: apart for crystals
whose cell has more symmetry than their Laue class needs, as distorted structures have, and for others, as of 4/m
in a tetragonal cell.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from basis_compiler.reflections.extinctions.groups_for import METRIC_TOLERANCE, fitting_laue_classes
from basis_compiler.reflections.extinctions.intensity_statistics import shell_means
from basis_compiler.reflections.extinctions.orbit_likelihoods import variance_of_distortion
from basis_store import CrystalRecord, open_crystals
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.reflections.reflection_data import inverse_squares
from experiments.measured_reflections import class_of, sphere, squared_factors

SMALLEST = 0.9
"""Spacing in Angstrom; larger in large cells."""
MAX_REFLECTIONS = 2_500
B_FACTOR = 0.5
WEAKEST = 1e-4
"""Mean intensity over that of all, from which reflections are compared."""
SIZES = (0.003, 0.01, 0.03, 0.1, 0.3)
MEDIAN = 0.6745
"""Of the size of a normal variable with standard deviation 1."""


def distortion(record: CrystalRecord) -> tuple[bool, float] | None:
    """Whether the cell has more symmetry than the crystal's Laue class needs, and d; None: neither is there."""
    cell, own = cell_parameters(record.lattice), class_of(record.setting).laue
    rotations = {rotation.tobytes() for rotation in own.rotations}
    fitting = fitting_laue_classes(cell, None, None, METRIC_TOLERANCE)
    larger = [one for one in fitting if rotations < {rotation.tobytes() for rotation in one.rotations}]
    if not larger:
        return None
    fewest = (4 / 3 * np.pi * record.volume / MAX_REFLECTIONS) ** (1 / 3)
    waves, _ = own.representatives(sphere(cell, max(SMALLEST, fewest)))
    squares = inverse_squares(waves, cell)
    intensities = squared_factors(waves, squares, record, B_FACTOR)
    intensities /= shell_means(intensities, squares, 60)
    found = []
    for one in larger:
        _, orbits = one.representatives(waves)
        count = np.bincount(orbits)[orbits]
        mean = np.bincount(orbits, intensities)[orbits] / count
        compared = (count > 1) & (mean > WEAKEST)
        mean, count = mean[compared], count[compared]
        expected = np.sqrt(variance_of_distortion(mean, 1.0) * (1 - 1 / count))
        if compared.any():
            found.append(float(np.median(np.abs(intensities[compared] - mean) / expected)) / MEDIAN)
    least = min(one.free_parameters for one in fitting)
    return (own.free_parameters > least, min(found)) if found else None


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(prog="python -m experiments.distortions", description=__doc__)
    parser.add_argument("dataset", help="mp_scalar.h5")
    table = open_crystals(parser.parse_args().dataset)
    places = [place for place, split in enumerate(table.splits) if split == "train"]
    found = [one for place in places if (one := distortion(table[place])) is not None]
    # Each size stands for those nearer to it than to the next, on a logarithmic scale.
    limits = [size * math.sqrt(SIZES[1] / SIZES[0]) ** sign for size in SIZES for sign in (-1, 1)]
    limits = [limits[0], *limits[1::2]]
    for of_metric in (False, True):
        values = np.array([size for more, size in found if more is of_metric])
        print(f"cell has more symmetry than needed: {of_metric}, {len(values)} crystals")
        for low, high in zip((0.0, *limits), (*limits, math.inf), strict=True):
            print(f"  {low:.4f} to {high:.4f}: {np.mean((values >= low) & (values < high)):.4f}")


if __name__ == "__main__":
    main()
