"""Which waves a grid tells apart, and whether the operations of a setting map the grid to itself (T12).

Waves of the setting that differ by a vector of the *alias lattice* A have the same values at every grid point. The
rows of A are ``diag(N) P^-1`` for a grid of N points in a cell with the change P. Of all waves that look the same,
the shortest by the integer norm of the setting stand for them: those in the closed Voronoi cell of A. Waves on its
faces are the Nyquist waves of the grid: several, equally short, share one coefficient.

Symmetric fields on the grid need rotations that preserve A. Then the Voronoi cell is preserved as well. Operations
map grid points to grid points if also their translations, seen from the origin of the cell, are steps of the grid.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, CharacterError, FieldError, MagneticGroup, Operations, Representation
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.fields.cell_change import CellChange
from basis_store.groups.group import LatticeFamily
from basis_store.groups.magnetic.magnetic_operations import magnetic_operations
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE, MAX_RADIUS
from runtime.bases.store import load_store

_SAME_POINT = 1e-6
"""Steps of a grid. Origins are exact to many digits more."""
_BLOCK = 1 << 13
"""Waves at a time."""
_SEARCH = 12
"""How many points more or less per axis the shapes have that are suggested."""
_NORM_FORMS: dict[LatticeFamily, list[list[int]]] = {
    "orthogonal": [[3, 0, 0], [0, 3, 0], [0, 0, 3]],
    "hexagonal": [[4, 2, 0], [2, 4, 0], [0, 0, 3]],
}
"""norm(k) = k G k^T."""


@functools.cache
def operations_of(representation: Representation) -> Operations:
    """The operations of a setting, as the store that ships has them, or of a magnetic group; with a character.

    Raises:
        CharacterError: the character is complex, and fields are real.
        FieldError: the group does not act on three-dimensional space.
    """
    group = representation.setting
    if not representation.is_real:
        raise CharacterError(
            f"{representation.label} has complex functions only, because its character is complex, and fields are "
            "real: take a real character"
        )
    if isinstance(group, MagneticGroup):
        return magnetic_operations(group, operations_of(Representation(group.setting)), representation.number)
    if group.dimension != 3:
        raise FieldError(f"fields are on grids of three axes, and {group.label} has {group.dimension} dimensions")
    stored = load_store().compiled(Representation(group)).operations
    return stored if representation.is_trivial else representation.operations(stored)


class GridLattice:
    """The alias lattice of a grid under a group; see the head of this module.

    Args:
        shape: (N1, N2, N3) of the grid.
        cell: of the grid.
        group: the operations of the setting.

    Attributes:
        shape, cell, group: as given.
        alias: (3, 3) int64, the rows of A, in indices of the setting.
        closed: whether every operation maps the grid to itself.
        faces: (f, 3) the vectors of A whose halves are the centres of the faces of its Voronoi cell, one of v, -v.
        form: (3, 3) of the norm.

    Raises:
        FieldError: rotations do not preserve the grid; it has a step longer than a translation of the setting; it
            is too fine; or functions with the character change their sign after a vector of the cell.
    """

    def __init__(self, shape: tuple[int, int, int], cell: CellChange, group: Operations) -> None:
        self.shape, self.cell, self.group = shape, cell, group
        self.form: IntArray = np.array(_NORM_FORMS[group.setting.lattice_family])
        _check_periods(cell, group)
        alias = _alias_lattice(shape, cell)
        if alias is None:
            raise FieldError(
                f"a grid of {text_of(shape)} points does not have the translations of {group.setting.label}: its "
                "numbers of points are no multiples of the lattice translations along the axes of its cell"
            )
        if not _preserved(alias, group.point_group):
            raise FieldError(self._unfit())
        self.alias = alias
        self.closed = _closed(shape, cell, group)
        self._reduced = _pairwise_reduced(alias, self.form)
        near: IntArray = np.array(list(itertools.product(range(-2, 3), repeat=3))) @ self._reduced
        self.faces = _faces(near, self._reduced, self.form)
        # A wave of the cell is as short as that plus v only where v/2 is in the cell.
        within = (np.abs(near @ self.form @ self.faces.T) <= _norm(self.faces, self.form)).all(axis=1)
        one_of_each = near @ CODE > 0  # of v, -v
        self._shifts = near[within & one_of_each]
        if self.extent > MAX_RADIUS:
            raise FieldError(f"a grid of {text_of(shape)} points is too fine: indices go up to {MAX_RADIUS}")

    @property
    def extent(self) -> int:
        """Upper bound of the indices of all waves of the grid."""
        # norm >= 3 k_i^2, and the norm in a Voronoi cell is at most a quarter of the sum of those of any basis.
        return math.isqrt(int(_norm(self._reduced, self.form).sum()) // 12)

    def ties(self, waves: NDArray[np.signedinteger]) -> IntArray:
        """(n,) how many waves as short look the same on the grid, for waves (n, 3) of the Voronoi cell."""
        count = np.ones(len(waves), np.int64)
        for start in range(0, len(waves), _BLOCK):
            columns = np.ascontiguousarray(waves[start : start + _BLOCK].T, dtype=np.int64)
            on_face = np.any([_halfway(columns, face, self.form) for face in self.faces], axis=0)
            if on_face.any():
                some = columns[:, on_face]
                count[start + np.flatnonzero(on_face)] += sum(
                    _halfway(some, shift, self.form) for shift in self._shifts
                )
        return count

    def _unfit(self) -> str:
        here, setting = text_of(self.shape), self.group.setting
        shapes = list(itertools.islice(compatible_shapes(self.shape, self.cell, self.group), 3))
        if not shapes:
            return (
                f"the operations of {setting.label} do not map a grid of {here} points to itself, or one near it: "
                "give the field in a primitive or conventional cell"
            )
        return (
            f"the operations of {setting.label} do not map a grid of {here} points to itself; grids near it that "
            f"they do: {', '.join(map(text_of, shapes))}"
        )


def compatible_shapes(
    shape: tuple[int, int, int], cell: CellChange, group: Operations
) -> Iterator[tuple[int, int, int]]:
    """Shapes of grids that every operation maps to itself, those nearest to ``shape`` first.

    Args:
        shape: (N1, N2, N3).
        cell: of the grid.
        group: the operations.
    """
    ranges = [range(max(1, n - _SEARCH), n + _SEARCH + 1) for n in shape]
    distances = [{n: abs(n - given) for n in axis} for axis, given in zip(ranges, shape, strict=True)]
    candidates = sorted(
        itertools.product(ranges[0], ranges[1], ranges[2]),
        key=lambda one: (sum(axis[n] for axis, n in zip(distances, one, strict=True)), one[0] < shape[0]),
    )
    for one in candidates:
        alias = _alias_lattice(one, cell)
        if alias is not None and _preserved(alias, group.point_group) and _closed(one, cell, group):
            yield one


def text_of(shape: tuple[int, ...]) -> str:
    """``"18 x 18 x 18"``."""
    return " x ".join(map(str, shape))


def _check_periods(cell: CellChange, group: Operations) -> None:
    vectors, denominator = TURN * cell.numerators.T, cell.denominator
    for shift in group.translations24[group.are_centrings & (group.characters24 != 0)]:
        if (((vectors - denominator * shift) % (TURN * denominator)) == 0).all(axis=1).any():
            raise FieldError(
                f"a vector of the cell is a translation after which odd functions of {group.setting.label} change "
                "their sign: no field in this cell does"
            )


def _alias_lattice(shape: tuple[int, int, int], cell: CellChange) -> IntArray | None:
    """diag(N) P^-1, or None if it is no integer matrix."""
    adjugate = _adjugate(cell.numerators)
    determinant = int((cell.numerators[0] * adjugate[:, 0]).sum())
    rows = np.array(shape)[:, None] * adjugate * cell.denominator
    return None if (rows % determinant).any() else rows // determinant


def _adjugate(matrix: IntArray) -> IntArray:
    rows = [np.cross(matrix[(i + 1) % 3], matrix[(i + 2) % 3]) for i in range(3)]
    return np.array(rows).T


def _preserved(alias: IntArray, rotations: IntArray) -> bool:
    adjugate = _adjugate(alias)
    determinant = int((alias[0] * adjugate[:, 0]).sum())
    return not ((alias @ rotations @ adjugate) % determinant).any()


def _closed(shape: tuple[int, int, int], cell: CellChange, group: Operations) -> bool:
    origin = np.asarray(cell.origin)
    shifts: FloatArray = group.rotations @ origin + group.translations24 / TURN - origin
    steps = np.linalg.solve(cell.matrix, shifts[..., None])[..., 0] * np.array(shape)
    return bool((np.abs(steps - np.rint(steps)) < _SAME_POINT).all())


def _halfway(columns: IntArray, shift: IntArray, form: IntArray) -> BoolArray:
    """(n,) whether one of k + v, k - v is as short as k, for waves (3, n)."""
    return np.asarray(np.abs(dot_columns(columns, 2 * form @ shift)) == shift @ form @ shift)


def _norm(vectors: IntArray, form: IntArray) -> IntArray:
    return np.asarray((vectors @ form * vectors).sum(axis=-1))


def _pairwise_reduced(basis: IntArray, form: IntArray) -> IntArray:
    """A basis of the same lattice with short vectors: each is shortened by the others until none gets shorter."""
    basis = basis.copy()
    while True:
        before = _norm(basis, form).sum()
        for i, j in itertools.permutations(range(3), 2):
            product, square = int(basis[i] @ form @ basis[j]), int(basis[j] @ form @ basis[j])
            basis[i] -= (2 * product + square) // (2 * square) * basis[j]
        if _norm(basis, form).sum() >= before:
            return basis


def _faces(near: IntArray, basis: IntArray, form: IntArray) -> IntArray:
    """Voronoi: v is the centre of a face if v and -v alone are the shortest in their class modulo 2 A."""
    coefficients = np.rint(near @ np.linalg.inv(basis)).astype(np.int64) % 2
    norms = _norm(near, form)
    faces = []
    for parity in itertools.product((0, 1), repeat=3):
        members = near[(coefficients == parity).all(axis=1)]
        if any(parity):
            lengths = norms[(coefficients == parity).all(axis=1)]
            shortest = members[lengths == lengths.min()]
            if len(shortest) == 2:
                faces.append(max(shortest.tolist()))
    return np.array(faces)
