"""From a crystal in any cell to the standard setting of its space group: exact change of basis, asymmetric unit.

    x_std = P x + p        columns of fractional coordinates; x in the file's cell, x_std in the standard one
    L_std = P^-T L         rows in Angstrom, in the file's own Cartesian frame: nothing is rotated

The file's cell vectors are lattice translations of the crystal, so P is a matrix of multiples of 1, 1/2 or 1/3
(centrings of the standard cell): it is rounded to them, and an error if it is not close. The origin p is real:
it minimises the squared distances between atoms and symmetric images. It becomes a multiple of 1/24 when one
lies within the tolerance and describes the atoms as well; along polar axes it puts the reference atom at 0.

Of the equivalent descriptions that the group allows, :mod:`basis_compiler.crystals.canonical` chooses one,
independent of how the file is written. Operations of the group map it to itself; the one with axes and
origin closest to those of the file is applied.

After spglib has found the group, only exact operations are used (:mod:`basis_compiler.groups.spglib_database`);
:mod:`basis_compiler.crystals.atom_orbits` matches them with the atoms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from basis_compiler.crystals.atom_orbits import AtomOrbit, atom_orbits, best_origin
from basis_compiler.crystals.canonical import Description, canonical_description
from basis_compiler.crystals.crystal import ELEMENTS, Crystal
from basis_compiler.crystals.space_group_search import ALL_OTHERS, other_groups, spglib_dataset
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.wyckoff import wyckoff_positions
from basis_store import TURN, CrystalError, Operations, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.datasets.recipe import check_tolerance
from basis_store.tables.short_repr import ShortRepr

DEFAULT_TOLERANCE = 0.01
"""Angstrom."""

MAX_SITES = 2000
"""Of the asymmetric unit: time grows with the square of their number."""

_SAME_24TH = 1e-9
"""24ths. An origin this close to a multiple of 1/24 differs from it by rounding only."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Site(ShortRepr):
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


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StandardCrystal(ShortRepr):
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
        max_displacement: largest distance in Angstrom from an atom to its symmetric position.
        max_cell_change: largest change of a cell vector of the crystal in Angstrom, by the symmetric metric.
        notes: how it was read, how far a larger tolerance than the default moved it, and whether the group
            changes near the tolerance.
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
    """Find the space group of a crystal and transform it to the standard setting.

    Args:
        crystal: in any cell.
        tolerance: in Angstrom, up to which atoms and their images are the same; recorded in the result.

    Raises:
        CrystalError: no group is found, or the positions that the group requires are further than the tolerance
            from the atoms.
        TypeError: it is no Crystal.
        RecipeError: the tolerance is not between 0 and 0.25 Angstrom.
    """
    return standard_description(crystal, tolerance=tolerance, others=ALL_OTHERS)


def standard_description(crystal: Crystal, *, tolerance: float, others: Sequence[float] = ()) -> StandardCrystal:
    """As :func:`standardize`, but with a choice of the tolerances that are tried as well.

    Args:
        crystal: in any cell.
        tolerance: as for :func:`standardize`.
        others: multiples of it, as for :func:`basis_compiler.crystals.space_group_search.other_groups`.
    """
    check_tolerance(tolerance)
    if not isinstance(crystal, Crystal):
        raise TypeError(
            f"a Crystal is needed, not {type(crystal).__name__}: read_crystals(..) gives a list of them"
        )
    # 1. The space group, and spglib's dataset in its standard setting.
    setting, dataset = _standard_dataset(crystal, tolerance)
    group = operations(setting)
    n_sites = len(np.unique(dataset.crystallographic_orbits))
    if n_sites > MAX_SITES:
        raise CrystalError(
            f"{crystal.name}: {n_sites} atoms that differ by symmetry ({setting.label}); at most {MAX_SITES} "
            "are read"
        )

    # 2. The exact change of basis, and the lattice with a metric that the group preserves.
    numerators, denominator, measured = _exact_basis(crystal, dataset, tolerance)
    lattice = _invariant_lattice(measured, group)

    # 3. The orbits of the atoms, and the origin at which they are most symmetric.
    points = crystal.coordinates @ (numerators / denominator).T + dataset.origin_shift
    orbits = atom_orbits(crystal, points, group, lattice, measured)
    step, exact, moved = best_origin(orbits, dataset.origin_shift, group, lattice, tolerance)
    if moved > tolerance:
        raise CrystalError(
            f"{crystal.name}: the positions that {setting.label} requires are up to {moved:.4f} Angstrom from the "
            f"atoms, more than the tolerance of {tolerance:g}; lower it to find a smaller group, or raise it"
        )
    origin = dataset.origin_shift + step

    # 4. The canonical description, with axes and origin as close to those of the file as possible.
    chosen = canonical_description(
        setting,
        lattice,
        np.array([crystal.numbers[orbit.atoms[0]] for orbit in orbits]),
        [str(dataset.wyckoffs[orbit.atoms[0]]) for orbit in orbits],
        np.array([orbit.position(step) for orbit in orbits]),
        tolerance=tolerance,
    )
    rotation, shift = _least_change(group, numerators / denominator, origin, chosen)
    numerators, origin = rotation @ numerators, rotation @ origin + shift
    exact = exact and bool(np.abs(origin * TURN - np.rint(origin * TURN)).max() < _SAME_24TH)
    inverse = np.rint(np.linalg.inv(rotation)).T
    lattice, measured = inverse @ lattice, inverse @ measured

    # 5. The orbits in this description: the sites, and the place of every atom among them.
    change = numerators / denominator
    orbits = atom_orbits(crystal, crystal.coordinates @ change.T + origin, group, lattice, measured)
    site_of_atom = np.empty(len(crystal), dtype=np.int64)
    operation_of_atom = np.empty(len(crystal), dtype=np.int64)
    for i, orbit in enumerate(orbits):
        site_of_atom[orbit.atoms] = i
        operation_of_atom[orbit.atoms] = orbit.operations
    cell_change = float(np.linalg.norm(change.T @ (lattice - measured), axis=1).max())
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
        max_cell_change=cell_change,
        notes=(
            *crystal.notes,
            *_movements(moved, cell_change, tolerance),
            *other_groups(crystal, setting, tolerance, others, moved=max(moved, cell_change)),
        ),
    )


def _movements(moved: float, cell_change: float, tolerance: float) -> Iterator[str]:
    """A note if more is moved than is usual: by a larger tolerance than the default."""
    parts = (("atoms", moved), ("cell vectors", cell_change))
    if any(size > DEFAULT_TOLERANCE for _, size in parts):
        sizes = " and ".join(f"{what} by up to {size:.4f} Angstrom" for what, size in parts)
        yield f"the symmetry that was found moves {sizes} (tolerance {tolerance:g})"


def _standard_dataset(crystal: Crystal, tolerance: float) -> tuple[Setting, Any]:
    """The standard setting of the space group, and spglib's dataset in it."""
    found = spglib_dataset(crystal, tolerance)
    if found is None:
        raise CrystalError(f"{crystal.name}: spglib finds no space group at {tolerance:g} Angstrom")
    setting = Setting.standard(int(found.number))
    standard = found.hall_number == setting.hall_number
    dataset = found if standard else spglib_dataset(crystal, tolerance, setting.hall_number)
    if dataset is None or dataset.number != setting.number:
        raise CrystalError(
            f"{crystal.name}: spglib finds {setting.label} at {tolerance:g} Angstrom, not its standard setting: "
            "try another tolerance"
        )
    return setting, dataset


def _exact_basis(crystal: Crystal, dataset: Any, tolerance: float) -> tuple[IntArray, int, FloatArray]:
    """P as integers over a denominator, and the rows of the standard cell as measured."""
    sixths = np.rint(dataset.transformation_matrix * 6).astype(np.int64)
    if round(np.linalg.det(sixths)) == 0:
        raise CrystalError(f"{crystal.name}: spglib's change of basis is singular")
    lattice = np.linalg.solve(sixths.T / 6, crystal.lattice)
    # Compared as lengths: the errors of the crystal's own cell vectors.
    residual = np.linalg.norm((dataset.transformation_matrix - sixths / 6).T @ lattice, axis=1).max()
    if residual > tolerance:
        raise CrystalError(
            f"{crystal.name}: the cell is {residual:.4f} Angstrom away from one made of lattice translations "
            f"(tolerance {tolerance:g})"
        )
    if np.linalg.det(lattice) <= 0:
        raise CrystalError(
            f"{crystal.name}: the change of basis to {dataset.international} makes the cell left-handed"
        )
    common = math.gcd(6, *(int(entry) for entry in sixths.flat))
    return sixths // common, 6 // common, lattice


def _invariant_lattice(lattice: FloatArray, group: Operations) -> FloatArray:
    """The lattice with the metric averaged over the point group, by a pure strain (no rotation)."""
    rotations = group.point_group
    metric = np.einsum("gji,jk,gkl->il", rotations, lattice @ lattice.T, rotations) / len(rotations)
    inverse = np.linalg.inv(lattice)
    squares, axes = np.linalg.eigh(inverse @ metric @ inverse.T)
    return np.asarray(lattice @ (axes * np.sqrt(squares)) @ axes.T)


def _least_change(
    group: Operations, change: FloatArray, origin: FloatArray, chosen: Description
) -> tuple[IntArray, FloatArray]:
    """The chosen change followed by the proper operation with axes, then origin, closest to those of the file."""
    proper = np.linalg.det(group.rotations) > 0
    rotations = group.rotations[proper] @ chosen.rotation
    shifts = group.rotations[proper] @ chosen.shift + group.translations24[proper] / TURN
    origins = rotations @ origin + shifts
    axes_moved = np.abs(rotations @ change - np.eye(3)).sum(axis=(1, 2))
    origin_moved = np.linalg.norm(origins - np.rint(origins), axis=1)
    best = np.lexsort((np.rint(origin_moved * 1e6), np.rint(axes_moved * 6)))[0]
    return rotations[best], shifts[best]


def _site(crystal: Crystal, setting: Setting, orbit: AtomOrbit, letter: str) -> Site:
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
    """Coordinates in [0, 1); multiples of 1/24 up to rounding become exact, so that 1 - 1e-17 is 0."""
    units = np.rint(coordinates * TURN)
    exact = np.abs(coordinates - units / TURN) < 1e-12
    return np.asarray(np.where(exact, (units % TURN) / TURN, coordinates % 1.0))
