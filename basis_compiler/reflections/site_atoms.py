"""The atoms of the sites of a crystal in its conventional cell, one of each set that differs by centrings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_compiler.crystals.standardization import StandardCrystal
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CrystalError
from basis_store.array_types import FloatArray, IntArray

_SAME = 1e-3
"""Angstrom. Sites lie on their special positions up to rounding, and atoms are far apart."""


class SiteAtoms(NamedTuple):
    """The atoms of one site in the conventional cell, one for each set that differs by centrings.

    Attributes:
        coordinates: (m, 3) fractional.
        operations: (m,) of the point group's operations: which takes the site there.
        fixing: of the point group's operations, those that leave the site where it is, modulo centrings.
        weight: how many atoms each stands for.
    """

    coordinates: FloatArray
    operations: IntArray
    fixing: IntArray
    weight: int


def site_atoms(standard: StandardCrystal) -> list[SiteAtoms]:
    """The atoms of every site; see :class:`SiteAtoms`.

    Raises:
        CrystalError: the number of atoms of a site differs from its multiplicity.
    """
    group = operations(standard.setting).of_point_group
    x = standard.coordinates
    images = np.einsum("gij,sj->sgi", group.rotations, x) + group.translations24 / TURN
    found = []
    for site, points, own in zip(standard.sites, images, x, strict=True):
        gaps = (points - own)[:, None] - group.centrings24 / TURN
        gaps -= np.rint(gaps)
        fixing = (np.linalg.norm(gaps @ standard.lattice, axis=2) < _SAME).any(axis=1)
        cosets = np.unique(group.products[:, fixing].min(axis=1))
        weight = len(group.centrings24)
        if len(cosets) * weight != site.multiplicity:
            raise CrystalError(
                f"{standard.crystal.name}: the operations of {standard.setting.label} map {site.label} to "
                f"{len(cosets) * weight} atoms, but its multiplicity is {site.multiplicity}: try another tolerance"
            )
        found.append(SiteAtoms(points[cosets], cosets, np.flatnonzero(fixing), weight))
    return found
