"""Descriptors of a crystal: composition, density, symmetry and the shape of the cell."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from ase.data import atomic_masses, covalent_radii
from numpy.typing import NDArray

from basis_store import CrystalRecord, standard_settings
from basis_store.array_types import FloatArray
from runtime.models.elements import element_features

_SYSTEMS = sorted({setting.crystal_system for setting in standard_settings()})
_POINT_GROUPS = sorted({setting.point_group for setting in standard_settings()})
_LAUE = {
    "-1": ("1", "-1"),
    "2/m": ("2", "m", "2/m"),
    "mmm": ("222", "mm2", "mmm"),
    "4/m": ("4", "-4", "4/m"),
    "4/mmm": ("422", "4mm", "-42m", "4/mmm"),
    "-3": ("3", "-3"),
    "-3m": ("32", "3m", "-3m"),
    "6/m": ("6", "-6", "6/m"),
    "6/mmm": ("622", "6mm", "-6m2", "6/mmm"),
    "m-3": ("23", "m-3"),
    "m-3m": ("432", "-43m", "m-3m"),
}
_NORMS = (2, 3, 5, 7, 10)
"""Of the fractions: Ward et al., npj Comput. Mater. 2, 16028 (2016)."""

_DALTON_PER_A3 = 1.66053907
"""In g/cm^3."""


def descriptors(records: Iterable[CrystalRecord]) -> FloatArray:
    """(n, features) finite numbers; they do not depend on the orientation of a crystal."""
    return np.array([_descriptor(record) for record in records])


def _descriptor(record: CrystalRecord) -> FloatArray:
    atoms = np.bincount(record.numbers, weights=record.multiplicities).astype(np.float64)
    elements = np.flatnonzero(atoms)
    fractions = atoms[elements] / atoms.sum()
    return np.concatenate(
        [
            _composition(elements, fractions),
            _density(record, elements, atoms[elements]),
            _symmetry(record),
            _cell(record),
        ]
    )


def _composition(elements: NDArray[np.intp], fractions: FloatArray) -> FloatArray:
    """Statistics over the elements: of each column of :func:`element_features`, of masses and radii."""
    more = [atomic_masses[elements], covalent_radii[elements], elements]
    own = np.column_stack([element_features().numpy()[elements].astype(np.float64), *more])
    mean = fractions @ own
    deviation = np.sqrt(fractions @ (own - mean) ** 2)
    smallest, largest = own.min(axis=0), own.max(axis=0)
    norms = [float((fractions**power).sum() ** (1 / power)) for power in _NORMS]
    return np.concatenate([mean, deviation, smallest, largest, largest - smallest, norms, [len(elements)]])


def _density(record: CrystalRecord, elements: NDArray[np.intp], atoms: FloatArray) -> FloatArray:
    """Volume per atom, mass density, and the fraction of space that spheres of covalent radii would fill."""
    volume = record.volume / atoms.sum()
    mass = float(atoms @ atomic_masses[elements]) / record.volume * _DALTON_PER_A3
    spheres = float(atoms @ (4 / 3 * np.pi * covalent_radii[elements] ** 3)) / record.volume
    sites = [len(record), atoms.sum(), record.multiplicities.max()]
    return np.array([volume, np.log(volume), mass, spheres, *sites])


def _symmetry(record: CrystalRecord) -> FloatArray:
    """One-hot crystal system, Laue class and point group; the number of the space group."""
    group = record.setting.point_group
    return np.array(
        [
            *(record.setting.crystal_system == system for system in _SYSTEMS),
            *(group in members for members in _LAUE.values()),
            *(group == one for one in _POINT_GROUPS),
            record.setting.number,
        ],
        np.float64,
    )


def _cell(record: CrystalRecord) -> FloatArray:
    """Logarithms of edges over the cube root of the volume, edges in Angstrom, cosines of the angles."""
    edges = np.linalg.norm(record.lattice, axis=1)
    directions = record.lattice / edges[:, None]
    cosines = (directions @ directions.T)[np.triu_indices(3, 1)]
    return np.concatenate([np.log(edges / np.cbrt(record.volume)), edges, cosines])
