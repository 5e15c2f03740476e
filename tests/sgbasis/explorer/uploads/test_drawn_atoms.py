"""The atoms of a picture: those of the cell, at the distances that they have in the crystal."""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import standardize
from basis_store import Setting
from basis_store.groups.cell_parameters import cell_parameters
from sgbasis.explorer.uploads.drawn_atoms import drawn_atoms
from tests.support.crystals.made_crystals import made_crystal


@pytest.mark.parametrize("number", [2, 15, 62, 148, 167, 194, 227])
def test_drawn_atoms_are_those_of_the_cell(number: int) -> None:
    crystal, _ = made_crystal(Setting.standard(number), np.random.default_rng(number))
    standard = standardize(crystal)
    drawn = drawn_atoms(standard)
    # 1. The cell: that of the setting, turned.
    lattice = np.array(drawn["lattice"])
    np.testing.assert_allclose(cell_parameters(lattice), cell_parameters(standard.lattice))
    assert np.linalg.det(lattice) > 0
    np.testing.assert_allclose(lattice[[2, 2, 0], [0, 1, 1]], 0, atol=1e-9)
    # 2. The atoms: each of the cell once, and images on faces.
    x = np.array(drawn["coordinates"])
    assert ((x >= -1e-4) & (x <= 1 + 1e-4)).all()
    inside = (x < 1 - 1e-4).all(axis=1)
    expected = standard.atom_coordinates()
    assert inside.sum() == sum(site.multiplicity for site in standard.sites)
    for point in expected:
        gaps = x[inside] - point
        assert np.linalg.norm((gaps - np.rint(gaps)) @ lattice, axis=1).min() < 1e-4
    for point in x[~inside]:
        gaps = x[inside] - point
        assert np.abs(gaps - np.rint(gaps)).max(axis=1).min() < 1e-4
    # 3. The bonds: as long as the radii allow, and as in the file.
    distances = np.linalg.norm((x[:, None] - x[None]) @ lattice, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert distances.min() > 0.5
    radii = np.array([drawn["elements"][str(number)]["radius"] for number in drawn["numbers"]])
    bonded = distances < 1.15 * (radii[:, None] + radii[None])
    assert {tuple(one) for one in drawn["bonds"]} == {(i, j) for i, j in np.argwhere(bonded).tolist() if i < j}
