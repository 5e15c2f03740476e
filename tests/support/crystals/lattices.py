"""Random lattices that have the symmetry of a setting, in random orientations."""

from __future__ import annotations

import numpy as np

from basis_compiler import operations
from basis_store import Setting


def random_rotation(draw: np.random.Generator) -> np.ndarray:
    """A proper rotation, (3, 3)."""
    orthogonal, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    return orthogonal * np.linalg.det(orthogonal)


def random_lattice(setting: Setting, draw: np.random.Generator, *, left_handed: bool = False) -> np.ndarray:
    """Rows a, b, c, (3, 3), with a metric that every rotation of the setting preserves."""
    rows = np.eye(3) + draw.uniform(-0.35, 0.35, size=(3, 3))
    rotations = operations(setting).point_group
    metric = (rotations.transpose(0, 2, 1) @ (rows @ rows.T) @ rotations).mean(axis=0)
    lattice = 4 * np.linalg.cholesky(metric) @ random_rotation(draw)
    return -lattice if left_handed else lattice


def cartesian_operations(setting: Setting, lattice: np.ndarray) -> np.ndarray:
    """(p, 3, 3) the rotations of the setting in the Cartesian coordinates of the lattice."""
    return lattice.T @ operations(setting).point_group @ np.linalg.inv(lattice.T)
