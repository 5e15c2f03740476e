"""Generated crystals of exactly a given space group, and the same crystal in another cell."""

from __future__ import annotations

import numpy as np

from basis_compiler import Crystal, operations
from basis_compiler.crystals.crystal import closest_pair
from basis_store import Setting
from basis_store.array_types import FloatArray

# Rows: a primitive basis in the axes of the conventional cell.
PRIMITIVE = {
    "P": np.eye(3),
    "A": np.array([[1, 0, 0], [0, 0.5, -0.5], [0, 0.5, 0.5]]),
    "C": np.array([[0.5, -0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]),
    "I": np.array([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]]),
    "F": np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
    "R": np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) / 3,
}


def made_crystal(setting: Setting, rng: np.random.Generator) -> tuple[Crystal, np.ndarray]:
    """Two elements on general positions and, where there is one, a third on a special position.

    Returns:
        A crystal in its primitive cell, and for each atom the number of its orbit.
    """
    group = operations(setting)
    basis = PRIMITIVE[setting.centring]
    lattice = _lattice(setting, rng, volume=35.0 * 3 * len(group))
    for _ in range(200):
        points = [rng.random(3), rng.random(3)]
        special = _special_point(setting, rng)
        if special is not None:
            points.append(special)
        orbits = []
        for point in points:
            images = (group.rotations @ point + group.translations24 / 24) @ np.linalg.inv(basis)
            orbits.append(np.unique(np.rint(images * 1e7).astype(np.int64) % 10**7, axis=0) / 1e7)
        coordinates = np.concatenate(orbits)
        if closest_pair(basis @ lattice, coordinates, 0.7) is None:
            break
    orbit = np.repeat(np.arange(len(points)), [len(one) for one in orbits])
    crystal = Crystal(lattice=basis @ lattice, numbers=np.array([8, 14, 26])[orbit], coordinates=coordinates)
    return crystal, orbit


def rewritten(
    crystal: Crystal, rng: np.random.Generator, *, doubled: bool = True, noise: float = 0.0
) -> tuple[Crystal, np.ndarray, FloatArray]:
    """The same crystal in another cell, origin, orientation and order of atoms.

    Args:
        crystal: any.
        rng: of the random choices.
        doubled: whether the new cell is twice as large.
        noise: standard deviation of a displacement of each atom, in Angstrom.

    Returns:
        The crystal, for each of its atoms the index in the old one, and the rotation (r_new = r_old Q).
    """
    change = np.eye(3, dtype=int)
    for _ in range(4):
        i, j = rng.permutation(3)[:2]
        change[i] += rng.choice([-1, 1]) * change[j]
    size = 2 if doubled else 1
    coordinates = crystal.coordinates @ np.linalg.inv(change) / [size, 1, 1]
    steps = np.arange(size)[:, None] / [size, np.inf, np.inf]
    coordinates = (coordinates + steps[:, None]).reshape(-1, 3) + rng.random(3)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    lattice = np.diag([size, 1, 1]) @ change @ crystal.lattice @ rotation
    coordinates += rng.normal(scale=noise or 0.0, size=coordinates.shape) @ np.linalg.inv(lattice)
    order = rng.permutation(len(coordinates))
    source = np.tile(np.arange(len(crystal)), size)[order]
    written = Crystal(lattice=lattice, numbers=crystal.numbers[source], coordinates=coordinates[order])
    return written, source, rotation


def _lattice(setting: Setting, rng: np.random.Generator, volume: float) -> FloatArray:
    """A random cell whose metric the group preserves, and no larger group does."""
    rotations = operations(setting).rotations
    start = np.diag([1.0, 1.27, 1.61]) + 0.12 * rng.normal(size=(3, 3))
    metric = np.einsum("gji,jk,gkl->il", rotations, start @ start.T, rotations) / len(rotations)
    lattice = np.linalg.cholesky(metric)
    return lattice * np.cbrt(volume / np.linalg.det(lattice))


def _special_point(setting: Setting, rng: np.random.Generator) -> FloatArray | None:
    """A random point that some operation but the identity fixes, modulo the lattice."""
    group = operations(setting)
    for index in rng.permutation(np.arange(1, len(group)))[:20]:
        difference = group.rotations[index] - np.eye(3)
        target = rng.integers(-1, 2, 3) - group.translations24[index] / 24
        start = rng.random(3)
        point = start + np.linalg.lstsq(difference, target - difference @ start, rcond=None)[0]
        if np.abs(difference @ point - target).max() < 1e-9:
            return point
    return None
