"""Displacement parameters of the sites of a crystal: those of its file, made symmetric.

The tensors U of the atoms of a site are turned back to the site's own coordinates and averaged, also over the
operations that fix the site, which a tensor has to be invariant under: U = mean of C^-1 U_atom C^-T, with the
Cartesian matrix C = L^T R L^-T of an operation (rows of L: cell vectors).
"""

from __future__ import annotations

import numpy as np

from basis_compiler.crystals.standardization import StandardCrystal
from basis_compiler.groups.spglib_database import operations
from basis_compiler.reflections.site_atoms import SiteAtoms
from basis_store.array_types import FloatArray


def site_tensors(standard: StandardCrystal, atoms: list[SiteAtoms]) -> list[FloatArray | None]:
    """For each site, (m, 3, 3) U of its ``atoms`` in Angstrom^2, Cartesian; None where the file gives none."""
    given = standard.crystal.displacements
    if given is None:
        return [None] * len(standard.sites)
    group = operations(standard.setting)
    turns = _cartesian(group.rotations, standard.lattice)
    point_turns = _cartesian(group.of_point_group.rotations, standard.lattice)
    found: list[FloatArray | None] = []
    for site, own in zip(standard.sites, atoms, strict=True):
        back = turns[standard.operation_of_atom[site.atoms]].transpose(0, 2, 1)
        tensors = back @ given[site.atoms] @ back.transpose(0, 2, 1)
        known = np.isfinite(tensors).all(axis=(1, 2))
        if not known.any():
            found.append(None)
            continue
        mean = tensors[known].mean(axis=0)
        fixing = point_turns[own.fixing]
        mean = (fixing @ mean @ fixing.transpose(0, 2, 1)).mean(axis=0)
        images = point_turns[own.operations]
        found.append(images @ mean @ images.transpose(0, 2, 1))
    return found


def isotropic_part(tensors: FloatArray) -> float | None:
    """U of tensors (m, 3, 3) that are the same in every direction; None if they are not."""
    u = float(np.trace(tensors[0])) / 3
    return u if np.abs(tensors - u * np.eye(3)).max() <= 1e-9 * max(abs(u), 1e-9) else None


def _cartesian(rotations: np.ndarray, lattice: FloatArray) -> FloatArray:
    """(g, 3, 3) matrices that turn Cartesian columns; orthogonal, since the group preserves the metric."""
    return np.asarray(lattice.T @ rotations @ np.linalg.inv(lattice.T))
