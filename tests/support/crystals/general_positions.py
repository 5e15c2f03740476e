"""Crystals of any setting with atoms on general positions, as reflections without noise."""

from __future__ import annotations

import numpy as np

from basis_compiler import operations
from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_store import Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.reflections.reflection_data import inverse_squares


def symmetric_cell(laue: LaueClass, random: np.random.Generator, *, length: float = 7.0) -> FloatArray:
    """(6,) a random cell whose metric has the symmetry of a Laue class, and no more."""
    rows = np.diag(length * np.array([1.0, 1.17, 1.38])) + random.normal(scale=0.4, size=(3, 3))
    metric = (np.swapaxes(laue.rotations, 1, 2) @ (rows @ rows.T) @ laue.rotations).mean(axis=0)
    lengths = np.sqrt(np.diag(metric))
    cosines = (metric / np.outer(lengths, lengths))[[1, 0, 0], [2, 2, 1]]
    return np.concatenate([lengths, np.degrees(np.arccos(cosines))])


def half_sphere(cell: FloatArray, smallest: float) -> IntArray:
    """(n, 3) all indices up to a spacing, without 0 0 0."""
    bounds = (cell[:3] / smallest).astype(int) + 1
    hkl = np.stack(np.meshgrid(*[np.arange(-bound, bound + 1) for bound in bounds], indexing="ij"), axis=-1)
    hkl = hkl.reshape(-1, 3)
    squares = inverse_squares(hkl, cell)
    return hkl[(squares > 0) & (squares < smallest**-2)]


def general_intensities(
    setting: Setting, hkl: IntArray, random: np.random.Generator, *, sites: int = 3
) -> FloatArray:
    """(n,) |F|^2 of point atoms on general positions: a sum over every atom and its images, one by one."""
    group = operations(setting)
    factors = np.zeros(len(hkl), dtype=np.complex128)
    for weight in random.uniform(1, 2, sites):
        images = group.rotations @ random.random(3) + group.translations24 / 24
        factors += weight * np.exp(2j * np.pi * (hkl @ images.T)).sum(axis=1)
    intensities = np.abs(factors) ** 2
    intensities[intensities < 1e-18 * intensities.max()] = 0
    return intensities
