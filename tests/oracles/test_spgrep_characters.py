"""spgrep as an independent oracle: one-dimensional irreps of all 230 groups at Gamma, and their spaces.

K. Shinohara, A. Togo, I. Tanaka, spgrep, *J. Open Source Softw.* **8** (2023) 5269.
"""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import dimensions, operations
from basis_store import Setting, WaveIndex, representations, standard_settings, waves_within

core = pytest.importorskip("spgrep.core", reason="spgrep is not installed")
pytestmark = pytest.mark.oracle

# Columns: a primitive cell in the vectors of the conventional one.
PRIMITIVE = {
    "P": np.eye(3),
    "A": np.array([[1, 0, 0], [0, 0.5, -0.5], [0, 0.5, 0.5]]).T,
    "C": np.array([[0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, 1]]).T,
    "I": np.array([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]]).T,
    "F": np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]).T,
    "R": np.array([[2 / 3, 1 / 3, 1 / 3], [-1 / 3, 1 / 3, 1 / 3], [-1 / 3, -2 / 3, 1 / 3]]).T,
}


def irreps(setting: Setting) -> tuple[list[np.ndarray], np.ndarray]:
    """Spgrep's irreps at Gamma, (g, d, d) each, and the (g,) operations of the setting that they are of."""
    group = operations(setting)
    _, first = np.unique(group.rotations.reshape(-1, 9), axis=0, return_index=True)
    cell = PRIMITIVE[setting.centring]
    rotations = np.linalg.solve(cell, group.rotations[first] @ cell)
    translations = group.translations24[first] / 24 @ np.linalg.inv(cell).T
    found, little = core.get_spacegroup_irreps_from_primitive_symmetry(
        np.rint(rotations).astype(int), translations, np.zeros(3)
    )
    assert len(little) == len(first)
    return found, first[little]


def key(values: np.ndarray) -> tuple[complex, ...]:
    return tuple((np.round(values, 6) + 0).tolist())


def test_one_dimensional_irreps_at_gamma() -> None:
    """The number of them, and their values on every operation, for all 230 groups."""
    for setting in standard_settings():
        found, rows = irreps(setting)
        theirs = sorted(map(repr, (key(one[:, 0, 0]) for one in found if one.shape[1] == 1)))
        phases = [operations(one).characters24[rows] / 24 for one in representations(setting)]
        assert sorted(repr(key(np.exp(2j * np.pi * one))) for one in phases) == theirs, setting


def test_their_projectors_have_as_many_dimensions() -> None:
    """The traces of spgrep's projectors on the waves of a ball, character by character, for all 230 groups."""
    for setting in standard_settings():
        found, rows = irreps(setting)
        group = operations(setting)
        waves = np.array(waves_within(setting.lattice_family, 12), dtype=int)
        allowed = waves[~((waves @ group.centrings24.T) % 24).any(axis=1)]
        index = WaveIndex(allowed)
        traces = np.empty(len(rows), complex)
        for i, row in enumerate(rows):
            fixed = index.rows(allowed @ group.rotations[row]) == np.arange(len(allowed))
            traces[i] = np.exp(2j * np.pi * (allowed[fixed] @ group.translations24[row]) / 24).sum()
        theirs = {
            key(one[:, 0, 0]): one[:, 0, 0].conj() @ traces / len(rows) for one in found if one.shape[1] == 1
        }
        for one in representations(setting):
            chi = key(np.exp(2j * np.pi * operations(one).characters24[rows] / 24))
            assert abs(theirs[chi] - sum(dimensions(one, waves).values())) < 1e-6, one
