"""Which of the equivalent descriptions of a crystal is used, so that it does not depend on how a file writes it.

A group fixes axes and origin only up to its normalizer (:mod:`basis_compiler.groups.normalizer`). Of these
descriptions the rule keeps the best by one criterion after another:

1. Cell: smallest a + b + c; then smallest a, b, c in this order (so a <= b <= c where the group allows it); then
   largest |b.c + c.a + a.b| (angles all acute or all obtuse, as in Niggli's cell), then that sum smallest
(obtuse). 2. Wyckoff letters: sites sorted by atomic number, then multiplicity; earliest letters first.
3. Origin: smallest mean distance over the sites from 0 0 0 to the nearest atom of the site.
4. Site by site, sorted by atomic number, multiplicity, letter and distance: smallest distance from 0 0 0 to the
   nearest atom, then from the points :data:`LANDMARKS`, one after the other.

Along polar directions, where any origin is allowed, an atom of the reference element is put at 0: of the
heaviest element (as is usual: Zn of ZnO, Pb of PbTiO3), the sites of lowest multiplicity, then of the earliest
letter; among their atoms, criteria 3 and 4 choose.

The quantities of 1, 3 and 4 are lengths in Angstrom that change continuously, about as fast as atoms and cell
vectors move, and not at all by operations of the group. Lengths that differ by less than the tolerance count as
equal, and the next criterion decides. So noise changes the outcome only where a difference happens to be as
large as the tolerance, to within the noise. Where everything is equal the descriptions are the same to within
the tolerance (the crystal misses a symmetry by less than that); criteria 3 and 4 then decide once more with a
tolerance of nearly 0, so that equal numbers have the same outcome in any cell.

In the style of L. M. Gelato & E. Parthe, J. Appl. Cryst. 20 (1987) 139 (STRUCTURE TIDY) and E. Parthe & L. M.
Gelato, Acta Cryst. A40 (1984) 169, who take the smallest sum of distances from the origin. They then compare
coordinates of chosen representatives, which jump; the distance to the nearest atom does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_compiler.groups.normalizer import normalizer
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.wyckoff import letters_after, wyckoff_positions
from basis_store import TURN, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.operations import rotation_key

LANDMARKS: tuple[tuple[float, float, float], ...] = (
    (0.0, 0.0, 0.0), (0.17, 0.29, 0.41), (0.37, 0.11, 0.23), (0.31, 0.73, 0.13), (0.59, 0.43, 0.83),
)  # fmt: skip
"""Fractional coordinates in the setting. All but the origin are on no special position of any group."""

_EXACT = 1e-4
"""A fraction of the tolerance: far above rounding, far below the accuracy of a structure."""

_BLOCK_ELEMENTS = 1 << 20


@dataclass(frozen=True, eq=False)
class Description:
    """x' = W x + w, from one description of a crystal to an equivalent one.

    Attributes:
        rotation: (3, 3) W.
        shift: (3,) w, in [0, 1): a multiple of 1/24 but for its components along polar directions.
        letters: new Wyckoff letters of the sites.
    """

    rotation: IntArray
    shift: FloatArray
    letters: tuple[str, ...]


def canonical_description(
    setting: Setting,
    lattice: FloatArray,
    numbers: IntArray,
    letters: Sequence[str],
    coordinates: FloatArray,
    *,
    tolerance: float,
) -> Description:
    """The change to the description that the rule chooses; see the head of this module.

    Args:
        setting: a standard setting.
        lattice: (3, 3) rows in Angstrom, of a cell as short as the setting allows up to ties.
        numbers: (s,) atomic numbers of the sites.
        letters: (s,) their Wyckoff letters in this description.
        coordinates: (s, 3) fractional, on the special positions.
        tolerance: in Angstrom, below which lengths are equal.
    """
    equivalent, positions = normalizer(setting), wyckoff_positions(setting)
    multiplicities = np.array([positions[letter].multiplicity for letter in letters])

    # 1. The changes that lead to the shortest cell, with all allowed origin shifts (criterion 1).
    changes = [
        (equivalent.rotations[i], (equivalent.translations24[i] + shift) % TURN)
        for i in _shortest(lattice, equivalent.inverse_rotations, tolerance)
        for shift in equivalent.shifts24
    ]

    # 2. Of these, the ones with the earliest Wyckoff letters (criterion 2).
    mapped = [letters_after(setting, rotation_key(w), tuple(shift.tolist())) for w, shift in changes]
    ranks = {letter: rank for rank, letter in enumerate(positions)}
    new_ranks = np.array([[ranks[names[letter]] for letter in letters] for names in mapped])
    kept = _earliest(new_ranks, multiplicities, numbers)
    rotations = np.array([changes[i][0] for i in kept])
    shifts = np.array([changes[i][1] for i in kept]) / TURN
    source = np.array(kept)

    # 3. Along polar directions, every shift that puts an atom of the reference element at 0.
    atoms, starts = _atoms(setting, coordinates)
    if len(equivalent.directions):
        heavy = np.lexsort((new_ranks[kept[0]], multiplicities, -numbers))[0]
        alike = (numbers == numbers[heavy]) & (multiplicities == multiplicities[heavy])
        sizes = np.diff([*starts, len(atoms)])
        polar = []
        for i, rotation, shift in zip(kept, rotations, shifts, strict=True):
            reference = np.repeat(alike & (new_ranks[i] == new_ranks[i, alike].min()), sizes)
            polar.append(_polar_shifts(rotation, shift, atoms[reference], equivalent.directions))
        rows = np.repeat(np.arange(len(kept)), [len(found) for found in polar])
        rotations, shifts, source = rotations[rows], np.concatenate(polar), source[rows]

    # 4. The one whose atoms are closest to 0 0 0, then to the other landmarks (criteria 3 and 4). The second round
    # is for what the tolerance does not distinguish: rewriting a file must not change the outcome.
    left = np.arange(len(source))
    for slack, (number, landmark) in itertools.product((tolerance, _EXACT * tolerance), enumerate(LANDMARKS)):
        if len(left) == 1:
            break
        distances = _distances(lattice, rotations[left], shifts[left], atoms, starts, landmark)
        if number == 0:
            nearest = _smallest(distances.mean(axis=1, keepdims=True), slack)
            left, distances = left[nearest], distances[nearest]
        columns = np.array(
            [
                row[np.lexsort((row, ranked, multiplicities, numbers))]
                for row, ranked in zip(distances, new_ranks[source[left]], strict=True)
            ]
        )
        left = left[_smallest(columns, slack)]
    best = left[0]
    names = mapped[source[best]]
    return Description(rotations[best], shifts[best], tuple(names[letter] for letter in letters))


def _shortest(lattice: FloatArray, inverse_rotations: FloatArray, tolerance: float) -> IntArray:
    """Criterion 1: the indices of the W, given as their inverses, that lead to the best cell."""
    cells = inverse_rotations.transpose(0, 2, 1) @ lattice
    lengths = np.linalg.norm(cells, axis=2)
    # As a length: the sum of the dot products divided by the size of the cell.
    size = np.cbrt(abs(np.linalg.det(lattice)))
    dots = sum((cells[:, i] * cells[:, i - 1]).sum(axis=1) for i in range(3)) / size
    return _smallest(np.column_stack([lengths.sum(axis=1), lengths, -np.abs(dots), dots]), tolerance)


def _earliest(ranks: IntArray, multiplicities: IntArray, numbers: IntArray) -> list[int]:
    """Criterion 2: the indices of the rows of ``ranks``, sorted by element and multiplicity, that come first."""
    order = np.array([np.lexsort((row, multiplicities, numbers)) for row in ranks])
    rows = np.take_along_axis(ranks, order, axis=1).tolist()
    first = min(rows)
    return [i for i, row in enumerate(rows) if row == first]


def _smallest(columns: FloatArray, tolerance: float) -> IntArray:
    """The rows that are smallest in the first column, of these in the second, and so on, within the tolerance."""
    left = np.arange(len(columns))
    for column in columns.T:
        if len(left) == 1:
            break
        values = column[left]
        left = left[values <= values.min() + tolerance]
    return left


def _atoms(setting: Setting, coordinates: FloatArray) -> tuple[FloatArray, IntArray]:
    """The atoms of the conventional cell, site after site, and the index of the first of each site."""
    group = operations(setting)
    images = np.einsum("gij,sj->sgi", group.rotations, coordinates) + group.translations24 / TURN
    parts = []
    for points in images:
        codes = (np.rint(points * 1e6).astype(np.int64) % 10**6) @ np.array([10**12, 10**6, 1])
        parts.append(points[np.unique(codes, return_index=True)[1]])
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])[:-1]


def _polar_shifts(rotation: IntArray, shift: FloatArray, atoms: FloatArray, directions: IntArray) -> FloatArray:
    """(n, 3) the shifts that put one of the atoms at 0 along the directions."""
    images = atoms @ rotation.T + shift
    shifts = np.broadcast_to(shift, images.shape)
    for direction in directions:
        pivot = int(np.flatnonzero(direction)[0])
        shifts = shifts - images[:, [pivot]] / direction[pivot] * direction
    codes = np.rint(shifts * 1e6).astype(np.int64) % 10**6
    return np.asarray(shifts[np.unique(codes, axis=0, return_index=True)[1]] % 1.0)


def _distances(
    lattice: FloatArray,
    rotations: IntArray,
    shifts: FloatArray,
    atoms: FloatArray,
    starts: IntArray,
    landmark: tuple[float, float, float],
) -> FloatArray:
    """(n, s) Angstrom from a point, given in each new description, to the nearest atom of each site."""
    # The point is transformed to the old description, where the atoms are: distances are the same in both.
    points = np.einsum("nij,nj->ni", np.linalg.inv(rotations), landmark - shifts)
    # In a reduced cell the nearest image is next to the rounded one; along an axis perpendicular to the others
    # it is the rounded one.
    metric = lattice @ lattice.T
    skew = (np.abs(metric - np.diag(np.diag(metric))) > 1e-9 * metric.max()).any(axis=1)
    steps = np.array(list(itertools.product(*((-1, 0, 1) if axis else (0,) for axis in skew))))
    found = np.empty((len(points), len(starts)))
    rows = max(1, _BLOCK_ELEMENTS // (len(atoms) * len(steps)))
    for first in range(0, len(points), rows):
        gaps = points[first : first + rows, None] - atoms[None]
        gaps -= np.rint(gaps)
        images = gaps @ lattice
        squares = ((images[:, :, None] + steps @ lattice) ** 2).sum(axis=3).min(axis=2)
        found[first : first + rows] = np.sqrt(np.minimum.reduceat(squares, starts, axis=1))
    return found
