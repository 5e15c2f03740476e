"""Lengths and angles of a cell, from its vectors, and whether rotations keep them."""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray, IntArray


def cell_parameters(lattice: FloatArray) -> FloatArray:
    """(6,) a, b, c in Angstrom and alpha, beta, gamma in degrees of the rows of a lattice (3, 3)."""
    lengths = np.linalg.norm(lattice, axis=1)
    cosines = (lattice @ lattice.T / np.outer(lengths, lengths))[[1, 0, 0], [2, 2, 1]]
    # Right angles up to rounding are 90 degrees exactly, so that texts and cells made from them agree.
    angles = np.where(np.abs(cosines) < 1e-13, 90.0, np.rad2deg(np.arccos(np.clip(cosines, -1, 1))))
    return np.concatenate([lengths, angles])


def symmetry_misfit(metric: FloatArray, rotations: IntArray) -> float:
    """Largest change of a_i.a_j / |a_i||a_j| in a metric (3, 3) by rotations (p, 3, 3)."""
    lengths = np.sqrt(np.diag(metric))
    images = rotations.swapaxes(1, 2) @ metric @ rotations
    return float((np.abs(images - metric) / np.outer(lengths, lengths)).max())
