"""Orbits of the atoms of a crystal under the operations of its space group, and the origin at which they fit best.

For an atom j of an orbit with first atom i, the pairs (j, g) with g x_i = x_j modulo the lattice are a left coset
of the stabiliser of x_i. The mean of g^-1 x_j over all pairs is therefore fixed by the stabiliser (exactly, up to
rounding), and is the point closest to all atoms of the orbit at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.groups.origin_shifts import origin_shifts
from basis_store import TURN, CrystalError, Operations
from basis_store.array_types import FloatArray, IntArray
from basis_store.datasets.recipe import MAX_TOLERANCE

_ROUNDING = 1e-4
"""Angstrom. What a crystal may lose in accuracy for an exact origin: five digits of a coordinate in a file."""


@dataclass(frozen=True, eq=False)
class AtomOrbit:
    """Pairs (atom, operation) of an orbit: the operation maps the first atom to that atom, up to a gap.

    With the origin shifted by s, the displacement of the first atom by a pair is ``gaps + gap_changes s``.

    Attributes:
        first: (3,) fractional coordinates of the first atom.
        atoms: (m,) indices of the atoms of the crystal.
        operations: (m,) for each of them, the first operation that maps the first atom to it.
        gaps: (pairs, 3) from the first atom to the preimage of the atom of each pair, fractional.
        gap_changes: (pairs, 3, 3) derivative of the gaps with respect to a shift of the origin.
        multiplicity: atoms of the orbit in the conventional cell.
    """

    first: FloatArray
    atoms: IntArray
    operations: IntArray
    gaps: FloatArray
    gap_changes: FloatArray
    multiplicity: int

    def displacement(self, step: FloatArray) -> FloatArray:
        """(3,) the mean over the pairs: from ``first + step`` to the symmetric position."""
        return np.asarray((self.gaps + self.gap_changes @ step).mean(axis=0))

    def position(self, step: FloatArray) -> FloatArray:
        """(3,) the symmetric position of the first atom."""
        return np.asarray(self.first + step + self.displacement(step))

    def residuals(self, step: FloatArray) -> FloatArray:
        """(pairs, 3) fractional vectors from the symmetric position to the preimage of each pair."""
        moved = self.gaps + self.gap_changes @ step
        return np.asarray(moved - moved.mean(axis=0))


def atom_orbits(
    crystal: Crystal, points: FloatArray, group: Operations, lattice: FloatArray, measured: FloatArray
) -> list[AtomOrbit]:
    """The orbits of all atoms, in the order of their first atoms.

    Args:
        crystal: in its own cell.
        points: (n, 3) coordinates of its atoms in the cell of the group.
        group: its space group.
        lattice: (3, 3) rows of the cell of the group in Angstrom, with the metric that the group preserves.
        measured: (3, 3) the same cell as measured.

    Raises:
        CrystalError: the operations do not map an atom onto a whole set of atoms.
    """
    rotations, translations = group.rotations.astype(np.float64), group.translations24 / TURN
    cells = crystal.volume / abs(np.linalg.det(measured))
    free = np.ones(len(points), dtype=bool)
    orbits = []
    for first in range(len(points)):
        if not free[first]:
            continue
        # 1. Images of the first atom that lie on free atoms of the same element.
        images = rotations @ points[first] + translations
        same = np.flatnonzero(free & (crystal.numbers == crystal.numbers[first]))
        gaps = points[same][:, None] - images[None]
        # This is right for short vectors: spglib's standard cell is reduced as far as the setting allows.
        gaps -= np.rint(gaps)
        vectors = gaps @ lattice
        hits = np.einsum("agi,agi->ag", vectors, vectors) < MAX_TOLERANCE**2
        rows, ops = np.nonzero(hits)
        hit = hits.any(axis=1)
        atoms = same[hit]

        # 2. They are a whole orbit, hit equally often.
        stabiliser = int(hits[np.searchsorted(same, first)].sum())
        multiplicity = len(group) // stabiliser
        whole = len(rows) == stabiliser * len(atoms) and round(multiplicity * cells, 6) == len(atoms)
        if not whole:
            raise CrystalError(
                f"{crystal.name}: the operations of {group.setting.label} do not map {crystal.labels[first]} "
                "onto whole sets of atoms: try another tolerance"
            )
        free[atoms] = False

        # 3. Gaps, mapped back to the first atom.
        back = group.inverse_rotations[ops]
        orbits.append(
            AtomOrbit(
                first=points[first],
                atoms=atoms,
                operations=hits[hit].argmax(axis=1),
                gaps=np.einsum("pij,pj->pi", back, gaps[rows, ops]),
                gap_changes=(back - np.eye(3, dtype=np.int64)).astype(np.float64),
                multiplicity=multiplicity,
            )
        )
    return orbits


def best_origin(
    orbits: list[AtomOrbit], origin: FloatArray, group: Operations, lattice: FloatArray, tolerance: float
) -> tuple[FloatArray, bool, float]:
    """The step from ``origin`` to the best one, whether that is exact in 24ths, and the largest displacement.

    Args:
        orbits: of the crystal.
        origin: (3,) the shift at which their gaps were measured.
        group: its space group.
        lattice: (3, 3) rows of the cell of the group in Angstrom.
        tolerance: in Angstrom, within which an exact origin is preferred.

    Returns:
        The (3,) step, fractional; whether ``origin + step`` is a multiple of 1/24; Angstrom.
    """
    # 1. Least squares: the shift that minimises the residuals of all pairs.
    metric = lattice @ lattice.T
    normal, right = np.zeros((3, 3)), np.zeros(3)
    for orbit in orbits:
        changes = orbit.gap_changes - orbit.gap_changes.mean(axis=0)
        normal += np.einsum("pji,jk,pkl->il", changes, metric, changes)
        right -= np.einsum("pji,jk,pk->i", changes, metric, orbit.residuals(np.zeros(3)))
    step = np.linalg.pinv(normal, rcond=1e-9, hermitian=True) @ right

    # 2. Any origin along a polar axis is allowed (T5): that of the file, until a description is chosen.
    for direction in origin_shifts(group).directions:
        pivot = int(np.flatnonzero(direction)[0])
        step = step - (origin + step)[pivot] / direction[pivot] * direction
    moved = _max_residual(orbits, step, lattice)

    # 3. A multiple of 1/24 instead, if it describes the atoms as well.
    snapped = np.rint((origin + step) * TURN) / TURN - origin
    if np.linalg.norm((snapped - step) @ lattice) <= tolerance:
        moved_too = _max_residual(orbits, snapped, lattice)
        # Close by accident is not enough: with one free coordinate that happens for one crystal in thirty.
        if moved_too <= min(tolerance, 2 * moved + _ROUNDING):
            return snapped, True, moved_too
    return step, False, moved


def _max_residual(orbits: list[AtomOrbit], step: FloatArray, lattice: FloatArray) -> float:
    return max(float(np.linalg.norm(orbit.residuals(step) @ lattice, axis=1).max()) for orbit in orbits)
