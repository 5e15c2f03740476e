"""Regression 6. A group *number* was applied to whatever cell the file had: primitive, other origin, other axes.

Equivalent atoms of spinel, anatase, corundum, quartz and the Pnma perovskite then got different encodings.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_compiler import read_crystals, standardize
from basis_store import all_settings
from runtime import Store
from tests.support.crystals.crystal_inputs import example_path

TRAPS = [
    "spinel_primitive", "spinel_origin_1", "anatase_origin_1", "corundum_primitive", "quartz_published_origin",
    "catio3_pbnm", "calcite_rhombohedral", "diamond_origin_1",
]  # fmt: skip


def largest_spread(values: np.ndarray, site_of_atom: np.ndarray) -> float:
    """The largest difference between the encodings of two atoms of one site."""
    return max(float(np.ptp(values[site_of_atom == site], axis=0).max()) for site in set(site_of_atom.tolist()))


@pytest.mark.parametrize("name", TRAPS)
def test_the_number_alone_splits_equivalent_atoms_and_the_setting_does_not(name: str, store: Store) -> None:
    (crystal,) = read_crystals(example_path(name))
    standard = standardize(crystal)
    basis = store.basis(standard.setting)
    # The bug: the functions of the group's standard setting, at the coordinates as the file has them.
    bug = basis.evaluate(torch.tensor(crystal.coordinates)).numpy()
    right = basis.evaluate(torch.from_numpy(standard.to_standard(crystal.coordinates))).numpy()
    assert largest_spread(bug, standard.site_of_atom) > 0.5
    # The file's own digits (five), not symmetrised, at functions of a few waves per cell.
    assert largest_spread(right, standard.site_of_atom) < 5e-3
    exact = basis.evaluate(torch.from_numpy(standard.atom_coordinates())).numpy()
    assert largest_spread(exact, standard.site_of_atom) < 1e-10


def test_two_origin_choices_are_two_settings() -> None:
    two = sorted({setting.number for setting in all_settings() if setting.choice == "1"})
    assert two == [
        48, 50, 59, 68, 70, 85, 86, 88, 125, 126, 129, 130, 133, 134, 137, 138, 141, 142,
        201, 203, 222, 224, 227, 228,
    ]  # fmt: skip
