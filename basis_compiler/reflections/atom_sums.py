"""Structure factors of a crystal: sums over the atoms of its cell, site by site.

    F(k) = sum_j f_j(s) T_j(k) exp(2 pi i k.x_j)      j: atoms of the conventional cell, s = 1 / 2d
    T_j(k) = exp(-B s^2)      B = 8 pi^2 U, isotropic
           = exp(-2 pi^2 G U G^T)      anisotropic, U in Cartesian coordinates, G = k L^-T in 1/Angstrom

Only waves that the group allows are summed. For them the atoms that differ by a centring add the same, so one atom
of each is summed. The exponentials of a site are products of three tables, one for each index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_compiler.crystals.standardization import StandardCrystal
from basis_compiler.reflections.site_atoms import SiteAtoms, site_atoms
from basis_compiler.reflections.site_displacements import isotropic_part, site_tensors
from basis_store.array_types import FloatArray, IntArray

Complexes = NDArray[np.complex128]

_BLOCK = 1 << 19


def site_sum(
    atoms: SiteAtoms, waves: IntArray, tensors: FloatArray | None = None, vectors: FloatArray | None = None
) -> Complexes:
    """(n,) the sum of T exp(2 pi i k.x) over the atoms of one site, for ``waves`` (n, 3) that the group allows.

    Args:
        atoms: of the site.
        waves: Miller indices.
        tensors: (m, 3, 3) anisotropic U of each atom in Angstrom^2, in Cartesian coordinates; None for T = 1.
        vectors: (n, 3) of the waves, Cartesian, in 1/Angstrom; needed with ``tensors``.
    """
    most = np.abs(waves).max(axis=0, initial=0)
    tables = [
        np.exp(2j * np.pi * np.outer(atoms.coordinates[:, axis], np.arange(-n, n + 1)))
        for axis, n in enumerate(most.tolist())
    ]
    rows = max(1, _BLOCK // len(atoms.coordinates))
    result = np.empty(len(waves), dtype=np.complex128)
    for start in range(0, len(waves), rows):
        block = waves[start : start + rows] + most
        terms = tables[0].take(block[:, 0], axis=1)
        terms *= tables[1].take(block[:, 1], axis=1)
        terms *= tables[2].take(block[:, 2], axis=1)
        if tensors is not None and vectors is not None:
            g = vectors[start : start + rows]
            terms *= np.exp(-2 * np.pi**2 * np.einsum("ni,mij,nj->mn", g, tensors, g))
        result[start : start + rows] = terms.sum(axis=0)
    return result * atoms.weight


class StructureFactors(NamedTuple):
    """Structure factors of the conventional cell.

    Attributes:
        factors: (n,) complex.
        sites_vanish: (n,) whether the sum of every single site is 0.
        vanish: (n,) whether the sum of all is, up to rounding.
    """

    factors: Complexes
    sites_vanish: NDArray[np.bool_]
    vanish: NDArray[np.bool_]


def structure_factors(
    standard: StandardCrystal,
    waves: IntArray,
    factors: Mapping[int, Complexes],
    *,
    b_iso: float | None,
) -> StructureFactors:
    """The structure factors of waves that the group allows; see the head of this module.

    Args:
        standard: the crystal.
        waves: (n, 3) Miller indices in its standard setting.
        factors: by atomic number, (n,) scattering factors.
        b_iso: B of every atom in Angstrom^2; None for the parameters of the file, 0 for atoms without.
    """
    vectors = waves @ np.linalg.inv(standard.lattice).T
    s_squared = (vectors**2).sum(axis=1) / 4
    atoms = site_atoms(standard)
    nothing: list[FloatArray | None] = [None] * len(atoms)
    tensors = site_tensors(standard, atoms) if b_iso is None else nothing
    total = np.zeros(len(waves), dtype=np.complex128)
    largest, scale = np.zeros(len(waves)), np.zeros(len(waves))
    strengths: dict[tuple[int, float], tuple[Complexes, FloatArray]] = {}  # many sites share element and B
    for site, own, tensor in zip(standard.sites, atoms, tensors, strict=True):
        u = None if tensor is None else isotropic_part(tensor)
        b = b_iso or 0.0 if tensor is None else 8 * np.pi**2 * (u or 0.0)
        geometric = site_sum(own, waves, tensor if u is None else None, vectors)
        np.maximum(largest, np.abs(geometric) / site.multiplicity, out=largest)
        if (site.number, b) not in strengths:
            strength = factors[site.number] * np.exp(-b * s_squared)
            strengths[site.number, b] = strength, np.abs(strength)
        strength, magnitude = strengths[site.number, b]
        total += strength * geometric
        scale += site.multiplicity * magnitude
    return StructureFactors(total, largest < 1e-9, np.abs(total) < 1e-10 * scale)
