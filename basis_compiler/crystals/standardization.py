"""From a crystal in any cell to the standard setting of its space group: exact change of basis, asymmetric unit.

    x_std = P x + p        columns of fractional coordinates; x in the file's cell, x_std in the standard one
    L_std = P^-T L         rows in Angstrom, in the file's own Cartesian frame: nothing is rotated

The file's cell vectors are lattice translations of the crystal, so P is a matrix of multiples of 1, 1/2 or 1/3
(centrings of the standard cell): it is concluded exactly, and an inexact one is an error. The origin p is real:
it minimises the squared distances between atoms and symmetric images. It becomes a multiple of 1/24 when one
lies within the tolerance and describes the atoms as well; along polar axes it puts the reference atom at 0.

Of the equivalent descriptions that the group allows, :mod:`basis_compiler.crystals.canonical` chooses one,
however the file is written. Operations of the group lead from it to itself; the one that leaves the file's axes
and origin most alone is applied.

Everything after spglib has named the group uses exact operations (:mod:`basis_compiler.groups.spglib_database`).
For an atom j of an orbit with first atom i, the pairs (j, g) with g x_i = x_j modulo the lattice are a left coset
of the stabiliser of x_i. The mean of g^-1 x_j over all pairs is therefore fixed by the stabiliser (exactly, up to
rounding), and is the point closest to all atoms of the orbit at once.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import spglib

from basis_compiler.crystals.canonical import Description, canonical_description
from basis_compiler.crystals.crystal import ELEMENTS, MIN_DISTANCE, Crystal
from basis_compiler.groups.origin_shifts import origin_shifts
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.wyckoff import wyckoff_positions
from basis_store import TURN, CrystalError, Operations, Setting
from basis_store.array_types import FloatArray, IntArray

_ROUNDING = 1e-4
"""Angstrom. What a crystal may lose in accuracy for an exact origin: five digits of a coordinate in a file."""

_SAME_24TH = 1e-9
"""24ths. An origin this close to a multiple of 1/24 differs from it by rounding only."""

_REACH = MIN_DISTANCE / 2
"""Angstrom. Atoms are MIN_DISTANCE apart, so an image this close to an atom belongs to no other atom."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """One site of the asymmetric unit: an orbit of atoms, given by one of them.

    Attributes:
        number: atomic number.
        coordinates: (3,) fractional, in the standard cell, in [0, 1), exactly on its special position.
        multiplicity: atoms of this orbit in the standard (conventional) cell.
        wyckoff: letter of the Wyckoff position (International Tables A).
        site_symmetry: oriented symbol of the site-symmetry group, such as ``".-3m"``.
        atoms: (m,) indices of the crystal's atoms that belong to this site.
        label: the crystal's own name of the first of them.
    """

    number: int
    coordinates: FloatArray
    multiplicity: int
    wyckoff: str
    site_symmetry: str
    atoms: IntArray
    label: str

    @property
    def element(self) -> str:
        """Chemical symbol."""
        return ELEMENTS[self.number]


@dataclass(frozen=True, kw_only=True, eq=False)
class StandardCrystal:
    """A crystal in the standard setting of its space group; see the head of this module.

    Attributes:
        crystal: what it was made from.
        setting: the standard setting.
        change_of_basis: (3, 3) integers; P times :attr:`denominator`.
        denominator: 1, 2, 3 or 6.
        origin_shift: (3,) p, in [0, 1).
        origin_shift24: (3,) p in 24ths when it is exact, else None.
        lattice: (3, 3) rows of the standard cell in Angstrom, in the crystal's own Cartesian frame, with the
            metric that the operations preserve (so that the waves of one orbit have one length, T6).
        sites: the asymmetric unit, in the order of its first atoms.
        site_of_atom: (n,) index into ``sites`` for each atom of the crystal.
        operation_of_atom: (n,) index of the operation that takes the site's coordinates to that atom.
        tolerance: in Angstrom, at which the group was found.
        max_displacement: greatest distance in Angstrom from an atom to its symmetric position.
        max_cell_change: greatest change of a cell vector of the crystal in Angstrom, by the symmetric metric.
        notes: how it was read, and whether the group changes near the tolerance.
    """

    crystal: Crystal
    setting: Setting
    change_of_basis: IntArray
    denominator: int
    origin_shift: FloatArray
    origin_shift24: IntArray | None
    lattice: FloatArray
    sites: tuple[Site, ...]
    site_of_atom: IntArray
    operation_of_atom: IntArray
    tolerance: float
    max_displacement: float
    max_cell_change: float
    notes: tuple[str, ...]

    @property
    def coordinates(self) -> FloatArray:
        """(s, 3) fractional coordinates of the sites."""
        return np.array([site.coordinates for site in self.sites])

    def to_standard(self, coordinates: FloatArray) -> FloatArray:
        """P x + p: fractional coordinates (..., 3) of the crystal's own cell to the standard cell, not reduced."""
        return np.asarray(coordinates @ self.change_of_basis.T / self.denominator + self.origin_shift)

    def atom_coordinates(self) -> FloatArray:
        """(n, 3) symmetric positions of the crystal's atoms in the standard cell, in [0, 1)."""
        group = operations(self.setting)
        x, g = self.coordinates[self.site_of_atom], self.operation_of_atom
        return _wrapped(np.einsum("nij,nj->ni", group.rotations[g], x) + group.translations24[g] / TURN)


def standardize(crystal: Crystal, *, tolerance: float = 0.01) -> StandardCrystal:
    """Find the space group of a crystal and carry it to the standard setting.

    Args:
        crystal: in any cell.
        tolerance: in Angstrom, up to which atoms and their images are the same; recorded in the result.

    Raises:
        CrystalError: no group is found, or the positions that the group asks for are further than the tolerance
            from the atoms.
        ValueError: the tolerance is not between 0 and 0.25 Angstrom.
    """
    found = standard_description(crystal, tolerance=tolerance)
    return replace(found, notes=(*found.notes, *_other_groups(crystal, found.setting, tolerance)))


def standard_description(crystal: Crystal, *, tolerance: float) -> StandardCrystal:
    """As :func:`standardize`, but does not try other tolerances, which takes as long as all the rest."""
    if not 0 < tolerance <= _REACH:
        raise ValueError(f"the tolerance must lie between 0 and {_REACH} Angstrom, not {tolerance}")
    found = _dataset(crystal, tolerance)
    if found is None:
        raise CrystalError(f"{crystal.name}: spglib finds no space group at {tolerance:g} Angstrom")
    setting = Setting.standard(int(found.number))
    standard = found.hall_number == setting.hall_number
    dataset = found if standard else _dataset(crystal, tolerance, setting.hall_number)
    if dataset is None or dataset.number != setting.number:
        raise CrystalError(
            f"{crystal.name}: spglib finds {setting.label} at {tolerance:g} Angstrom, not its standard setting: "
            "try another tolerance"
        )
    group = operations(setting)
    numerators, denominator, measured = _exact_basis(crystal, dataset, tolerance)
    lattice = _invariant_lattice(measured, group)
    change = numerators / denominator
    points = crystal.coordinates @ change.T + dataset.origin_shift
    orbits = _orbits(crystal, points, group, lattice, measured)
    step, exact, moved = _best_origin(orbits, dataset.origin_shift, group, lattice, tolerance)
    if moved > tolerance:
        raise CrystalError(
            f"{crystal.name}: the positions that {setting.label} asks for are up to {moved:.4f} Angstrom from the "
            f"atoms, more than the tolerance of {tolerance:g}; lower it to find a smaller group, or raise it"
        )
    chosen = canonical_description(
        setting,
        lattice,
        np.array([crystal.numbers[orbit.atoms[0]] for orbit in orbits]),
        [str(dataset.wyckoffs[orbit.atoms[0]]) for orbit in orbits],
        np.array([orbit.position(step) for orbit in orbits]),
        tolerance=tolerance,
    )
    turn, shift = _least_change(group, numerators / denominator, dataset.origin_shift + step, chosen)
    numerators, origin = turn @ numerators, turn @ (dataset.origin_shift + step) + shift
    exact = exact and bool(np.abs(origin * TURN - np.rint(origin * TURN)).max() < _SAME_24TH)
    back = np.rint(np.linalg.inv(turn)).T
    lattice, measured = back @ lattice, back @ measured
    change = numerators / denominator
    orbits = _orbits(crystal, crystal.coordinates @ change.T + origin, group, lattice, measured)
    site_of_atom = np.empty(len(crystal), dtype=np.int64)
    operation_of_atom = np.empty(len(crystal), dtype=np.int64)
    for i, orbit in enumerate(orbits):
        site_of_atom[orbit.atoms] = i
        operation_of_atom[orbit.atoms] = orbit.operations
    return StandardCrystal(
        crystal=crystal,
        setting=setting,
        change_of_basis=numerators,
        denominator=denominator,
        origin_shift=_wrapped(origin),
        origin_shift24=np.rint(origin * TURN).astype(np.int64) % TURN if exact else None,
        lattice=lattice,
        sites=tuple(
            _site(crystal, setting, orbit, letter) for orbit, letter in zip(orbits, chosen.letters, strict=True)
        ),
        site_of_atom=site_of_atom,
        operation_of_atom=operation_of_atom,
        tolerance=tolerance,
        max_displacement=moved,
        max_cell_change=float(np.linalg.norm(change.T @ (lattice - measured), axis=1).max()),
        notes=crystal.notes,
    )


def _dataset(crystal: Crystal, tolerance: float, hall_number: int = 0) -> Any:
    """Spglib's dataset, or None; its releases differ in how they report failure."""
    cell = (crystal.lattice, crystal.coordinates, crystal.numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return spglib.get_symmetry_dataset(cell, symprec=tolerance, hall_number=hall_number)
        except Exception:
            return None


def _other_groups(crystal: Crystal, setting: Setting, tolerance: float) -> list[str]:
    """Whether a ten times smaller or greater tolerance gives another group."""
    notes = []
    for other in (tolerance / 10, tolerance * 10):
        found = _dataset(crystal, other)
        if found is None:
            notes.append(
                f"the space group is {setting.label} at {tolerance:g} Angstrom; none is found at {other:g}"
            )
        elif found.number != setting.number:
            notes.append(
                f"the space group is {setting.label} at {tolerance:g} Angstrom but "
                f"{Setting.standard(int(found.number)).label} at {other:g}: choose the tolerance knowingly"
            )
    return notes


def _exact_basis(crystal: Crystal, dataset: Any, tolerance: float) -> tuple[IntArray, int, FloatArray]:
    """P as integers over a denominator, and the rows of the standard cell as measured."""
    sixths = np.rint(dataset.transformation_matrix * 6).astype(np.int64)
    if round(np.linalg.det(sixths)) == 0:
        raise CrystalError(f"{crystal.name}: spglib's change of basis is singular")
    lattice = np.linalg.solve(sixths.T / 6, crystal.lattice)
    # Compared as lengths: how far the crystal's own cell vectors would be off.
    residual = np.linalg.norm((dataset.transformation_matrix - sixths / 6).T @ lattice, axis=1).max()
    if residual > tolerance:
        raise CrystalError(
            f"{crystal.name}: the cell is {residual:.4f} Angstrom away from one made of lattice translations "
            f"(tolerance {tolerance:g})"
        )
    if np.linalg.det(lattice) <= 0:
        raise CrystalError(
            f"{crystal.name}: the change of basis to {dataset.international} turns the cell left-handed"
        )
    common = math.gcd(6, *(int(entry) for entry in sixths.flat))
    return sixths // common, 6 // common, lattice


def _invariant_lattice(lattice: FloatArray, group: Operations) -> FloatArray:
    """The lattice with the metric averaged over the point group, reached by a pure strain (no rotation)."""
    rotations = group.point_group
    metric = np.einsum("gji,jk,gkl->il", rotations, lattice @ lattice.T, rotations) / len(rotations)
    inverse = np.linalg.inv(lattice)
    squares, axes = np.linalg.eigh(inverse @ metric @ inverse.T)
    return np.asarray(lattice @ (axes * np.sqrt(squares)) @ axes.T)


@dataclass(frozen=True, eq=False)
class _Orbit:
    """Pairs (atom, operation) that carry the first atom to all of the orbit, and what each says of its place.

    With the origin moved by s, the pair says that the first atom is displaced by ``gaps + turns s``.
    """

    first: FloatArray
    atoms: IntArray
    operations: IntArray
    gaps: FloatArray
    turns: FloatArray
    multiplicity: int

    def displacement(self, step: FloatArray) -> FloatArray:
        """(3,) the mean over the pairs: where the orbit's symmetric position is, from ``first + step``."""
        return np.asarray((self.gaps + self.turns @ step).mean(axis=0))

    def position(self, step: FloatArray) -> FloatArray:
        """(3,) the symmetric position of the first atom."""
        return np.asarray(self.first + step + self.displacement(step))

    def residuals(self, step: FloatArray) -> FloatArray:
        """(pairs, 3) fractional vectors from the symmetric position to what each pair says."""
        said = self.gaps + self.turns @ step
        return np.asarray(said - said.mean(axis=0))


def _orbits(
    crystal: Crystal, points: FloatArray, group: Operations, lattice: FloatArray, measured: FloatArray
) -> list[_Orbit]:
    rotations, translations = group.rotations.astype(np.float64), group.translations24 / TURN
    cells = crystal.volume / abs(np.linalg.det(measured))
    free = np.ones(len(points), dtype=bool)
    orbits = []
    for first in range(len(points)):
        if not free[first]:
            continue
        images = rotations @ points[first] + translations
        same = np.flatnonzero(free & (crystal.numbers == crystal.numbers[first]))
        gaps = points[same][:, None] - images[None]
        # Right for short vectors: spglib's standard cell is reduced as far as the setting allows.
        gaps -= np.rint(gaps)
        vectors = gaps @ lattice
        hits = np.einsum("agi,agi->ag", vectors, vectors) < _REACH**2
        rows, ops = np.nonzero(hits)
        hit = hits.any(axis=1)
        atoms = same[hit]
        stabiliser = int(hits[np.searchsorted(same, first)].sum())
        multiplicity = len(group) // stabiliser
        whole = len(rows) == stabiliser * len(atoms) and round(multiplicity * cells, 6) == len(atoms)
        if not whole:
            raise CrystalError(
                f"{crystal.name}: the operations of {group.setting.label} do not map {crystal.labels[first]} "
                "onto whole sets of atoms: try another tolerance"
            )
        free[atoms] = False
        back = group.inverse_rotations[ops]
        orbits.append(
            _Orbit(
                first=points[first],
                atoms=atoms,
                operations=hits[hit].argmax(axis=1),
                gaps=np.einsum("pij,pj->pi", back, gaps[rows, ops]),
                turns=(back - np.eye(3, dtype=np.int64)).astype(np.float64),
                multiplicity=multiplicity,
            )
        )
    return orbits


def _best_origin(
    orbits: list[_Orbit], origin: FloatArray, group: Operations, lattice: FloatArray, tolerance: float
) -> tuple[FloatArray, bool, float]:
    """The step from ``origin`` to the best one, whether that is exact in 24ths, and the greatest displacement."""
    metric = lattice @ lattice.T
    normal, right = np.zeros((3, 3)), np.zeros(3)
    for orbit in orbits:
        turns = orbit.turns - orbit.turns.mean(axis=0)
        normal += np.einsum("pji,jk,pkl->il", turns, metric, turns)
        right -= np.einsum("pji,jk,pk->i", turns, metric, orbit.residuals(np.zeros(3)))
    step = np.linalg.pinv(normal, rcond=1e-9, hermitian=True) @ right
    # Any origin along a polar axis is allowed (T5): the file's own, until a description is chosen.
    for direction in origin_shifts(group).directions:
        pivot = int(np.flatnonzero(direction)[0])
        step = step - (origin + step)[pivot] / direction[pivot] * direction
    moved = _greatest(orbits, step, lattice)
    snapped = np.rint((origin + step) * TURN) / TURN - origin
    if np.linalg.norm((snapped - step) @ lattice) <= tolerance:
        moved_too = _greatest(orbits, snapped, lattice)
        # Near by accident is not enough: an origin along one free coordinate is so for one crystal in thirty.
        if moved_too <= min(tolerance, 2 * moved + _ROUNDING):
            return snapped, True, moved_too
    return step, False, moved


def _greatest(orbits: list[_Orbit], step: FloatArray, lattice: FloatArray) -> float:
    return max(float(np.linalg.norm(orbit.residuals(step) @ lattice, axis=1).max()) for orbit in orbits)


def _least_change(
    group: Operations, change: FloatArray, origin: FloatArray, chosen: Description
) -> tuple[IntArray, FloatArray]:
    """The chosen change followed by the proper operation that leaves axes, then origin, closest to the file's."""
    proper = np.linalg.det(group.rotations) > 0
    turns = group.rotations[proper] @ chosen.rotation
    shifts = group.rotations[proper] @ chosen.shift + group.translations24[proper] / TURN
    origins = turns @ origin + shifts
    axes_moved = np.abs(turns @ change - np.eye(3)).sum(axis=(1, 2))
    origin_moved = np.linalg.norm(origins - np.rint(origins), axis=1)
    best = np.lexsort((np.rint(origin_moved * 1e6), np.rint(axes_moved * 6)))[0]
    return turns[best], shifts[best]


def _site(crystal: Crystal, setting: Setting, orbit: _Orbit, letter: str) -> Site:
    first = int(orbit.atoms[0])
    return Site(
        number=int(crystal.numbers[first]),
        coordinates=_wrapped(orbit.position(np.zeros(3))),
        multiplicity=orbit.multiplicity,
        wyckoff=letter,
        site_symmetry=wyckoff_positions(setting)[letter].site_symmetry,
        atoms=orbit.atoms,
        label=crystal.labels[first],
    )


def _wrapped(coordinates: FloatArray) -> FloatArray:
    """Coordinates in [0, 1); what is a multiple of 1/24 up to rounding becomes one, so that 1 - 1e-17 is 0."""
    units = np.rint(coordinates * TURN)
    exact = np.abs(coordinates - units / TURN) < 1e-12
    return np.asarray(np.where(exact, (units % TURN) / TURN, coordinates % 1.0))
