"""Which crystals of a dataset are the same structure, however their files describe it.

Two crystals are the same if they have the same reduced formula and the same mean distances from the atoms of each
element to their nearest atoms of each element, up to :data:`SAME` (average minimum distances, D. Widdowson,
M. M. Mosca, A. Pulido, V. Kurlin & A. I. Cooper, MATCH Commun. Math. Comput. Chem. 87 (2022) 529, here by
elements). These distances do not depend on cell, origin, orientation or handedness, and change by no more than
twice the length that the atoms move. So no description of a crystal, and no rounding, separates two copies, as
could happen with a canonical form, which jumps where two descriptions are equally good.

Sameness is passed on: what is the same as a third crystal is in one group.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from basis_compiler.crystals.record_atoms import record_atoms
from basis_store import CrystalRecord
from basis_store.array_types import FloatArray, IntArray

SAME = 0.05
"""Angstrom: five times the tolerance at which symmetry is usually found; above rounding and relaxation twice."""

_NEIGHBOURS = 20
"""Of each element: the least that tells cubic from hexagonal close packing."""

_FARTHEST = 20.0
"""Angstrom. Neighbours that are further away, as those of a rare dopant, count as being here."""

_ITSELF = 1e-4
"""Squared Angstrom: an atom and itself. Others are further apart than 0.5 Angstrom."""

_BIN = 0.0137
"""Angstrom. Distances are hashed in bins whose ends are no round numbers, as distances in files often are."""

_MARGIN = 1.3
"""Radius of the first search, in that of a sphere which holds the neighbours on average."""

_BLOCK_ELEMENTS = 1 << 21


class StructureGroup:
    """Crystals that are one structure.

    Attributes:
        rows: of the records, ascending.
        key: a text that depends on nothing but the structures in it.
    """

    def __init__(self, rows: Sequence[int], key: str) -> None:
        self.rows, self.key = rows, key


def structure_groups(records: Sequence[CrystalRecord]) -> list[StructureGroup]:
    """The records, grouped by structure; see the head of this module.

    The groups and their keys do not depend on the order of the records.

    Args:
        records: of the dataset.
    """
    groups = []
    for formula, rows in _by_formula(records).items():
        distances = np.array([mean_distances(records[row]) for row in rows])
        for members in _clusters(distances):
            keys = [f"{formula} {_bins(distances[member])}" for member in members]
            groups.append(StructureGroup([rows[member] for member in members], min(keys)))
    return groups


def same_structures(records: Sequence[CrystalRecord], parts: Sequence[str]) -> list[list[int]]:
    """Rows of records that are the same structure, where these lie in different parts.

    Args:
        records: of the dataset.
        parts: of each record; those of "" are not compared.
    """
    found = []
    for alike in _by_formula(records).values():
        rows = [row for row in alike if parts[row]]
        if len({parts[row] for row in rows}) > 1:
            clusters = _clusters(np.array([mean_distances(records[row]) for row in rows]))
            shared = ([rows[member] for member in members] for members in clusters)
            found += [members for members in shared if len({parts[row] for row in members}) > 1]
    return sorted(found)


def mean_distances(record: CrystalRecord) -> FloatArray:
    """(e * e * 20,) Angstrom: for e elements by atomic number, and for each the neighbours of each element.

    Args:
        record: the crystal.
    """
    owners, atoms = record_atoms(record)
    elements, kinds = np.unique(record.numbers, return_inverse=True)
    counts = np.bincount(kinds, weights=record.multiplicities)
    radius = _MARGIN * float(np.cbrt(3 * (_NEIGHBOURS + 1) * record.volume / (4 * math.pi * counts.min())))
    while True:
        radius = min(radius, _FARTHEST)
        nearest = _nearest(record.lattice, record.coordinates, atoms, kinds[owners], len(elements), radius)
        if radius == _FARTHEST or nearest.max() <= radius:
            break
        radius *= _MARGIN
    nearest = np.minimum(nearest, _FARTHEST)
    means = [
        np.average(nearest[kinds == kind], axis=0, weights=record.multiplicities[kinds == kind])
        for kind in range(len(elements))
    ]
    return np.concatenate(means).ravel()


def _nearest(
    lattice: FloatArray, sites: FloatArray, atoms: FloatArray, kinds: IntArray, n_kinds: int, radius: float
) -> FloatArray:
    """(sites, kinds, 20) distances to the nearest atoms of each kind; larger than ``radius`` where not found."""
    # 1. All lattice vectors that bring an atom, closest modulo the lattice, into the sphere.
    ends = np.floor(radius * np.linalg.norm(np.linalg.inv(lattice), axis=0) + 0.5).astype(int)
    steps = np.stack(np.meshgrid(*(np.arange(-end, end + 1) for end in ends), indexing="ij"), -1).reshape(-1, 3)
    vectors = steps @ lattice
    half = np.linalg.norm(lattice, axis=1).sum() / 2  # no rounded gap is longer
    vectors = vectors[(vectors**2).sum(1) <= (radius + half) ** 2]
    squares = (vectors**2).sum(1)
    found = np.full((len(sites), n_kinds, _NEIGHBOURS), np.inf)
    # 2. Some atoms and sites at a time, in bounded memory: |g + v|^2 = |g|^2 + 2 g.v + |v|^2.
    for kind in range(n_kinds):
        own = atoms[kinds == kind]
        columns = max(1, _BLOCK_ELEMENTS // len(vectors))
        rows = max(1, _BLOCK_ELEMENTS // (min(columns, len(own)) * len(vectors)))
        for i, j in itertools.product(range(0, len(sites), rows), range(0, len(own), columns)):
            gaps = own[j : j + columns] - sites[i : i + rows, None]
            gaps = (gaps - np.rint(gaps)) @ lattice
            lengths = (2 * gaps) @ vectors.T
            lengths += (gaps**2).sum(-1)[..., None] + squares
            lengths = lengths.reshape(len(gaps), -1)
            lengths[lengths < _ITSELF] = np.inf
            both = np.concatenate([found[i : i + rows, kind], lengths], axis=1)
            found[i : i + rows, kind] = np.partition(both, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
    return np.asarray(np.sqrt(np.sort(found, axis=2)))


def _by_formula(records: Sequence[CrystalRecord]) -> dict[str, list[int]]:
    """Rows by reduced formula."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(records):
        atoms = np.bincount(record.numbers, weights=record.multiplicities).astype(int)
        present = np.flatnonzero(atoms)
        common = math.gcd(*atoms[present].tolist())
        rows[" ".join(f"{number}:{atoms[number] // common}" for number in present)].append(row)
    return rows


def _clusters(distances: FloatArray) -> list[list[int]]:
    """Rows that are connected by steps of up to :data:`SAME` in every column."""
    if len(distances) == 1:
        return [[0]]
    # 1. Sorted by the column that spreads most, only neighbours in that order are candidates.
    column = distances[:, np.argmax(distances.std(axis=0))]
    order = np.argsort(column, kind="stable")
    ends = np.searchsorted(column[order], column[order] + SAME, side="right")
    values = distances[order]

    # 2. Union by root.
    roots = list(range(len(order)))

    def root(i: int) -> int:
        while roots[i] != i:
            roots[i] = i = roots[roots[i]]
        return i

    for i, end in enumerate(ends):
        near = np.abs(values[i + 1 : end] - values[i]).max(axis=1, initial=0) <= SAME
        for j in np.flatnonzero(near) + i + 1:
            roots[root(int(j))] = root(i)
    members: dict[int, list[int]] = defaultdict(list)
    for i, row in enumerate(order.tolist()):
        members[root(i)].append(row)
    return [sorted(rows) for rows in members.values()]


def _bins(distances: FloatArray) -> str:
    return hashlib.sha256(np.floor(distances / _BIN).astype("<i4").tobytes()).hexdigest()
