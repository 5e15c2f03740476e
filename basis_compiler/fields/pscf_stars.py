"""The basis of PSCF on a mesh: its stars, their order, and the phases of their waves.

PSCF expands fields in real functions of *stars*, orbits of the waves of a discrete Fourier transform, on which
waves that differ by the mesh are one. With the action of this project (D2, D3) on the finite group of these waves:

- A star is balanced or *cancelled* as in T1; only balanced ones carry functions.
- Indices of a wave are those of its shortest alias; of several, of the greatest, compared index by index.
- Stars are ordered by ``|G|^2`` (equal within 1e-8, lengths as in the file, with 2 pi); within that by their first
  wave on the mesh, indices from 0 to N - 1; but an open star (``O != -O``) is followed by its partner ``-O``.
- The characteristic wave is the greatest of a star; of a partner, minus that of the star before it.
- Coefficients of a star have modulus ``|O|^{-1/2}``. That of the characteristic wave is real and positive in an
  open star. In a closed star it makes the function real, with a real part that is not negative; if it is
  imaginary, its imaginary part is negative. This is the real phase of T2, in [-1/4, 1/4) turns.
- The functions of a pair are ``sqrt2 Re phi`` and ``sqrt2 Im phi`` of the first star's ``phi``.

Source: the manual of PSCF (D. C. Morse et al., https://pscfpp.readthedocs.io, pages "Symmetrized Basis Field Data
Format" and "Symmetry-Adapted Basis"), in whose terms this is written.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from basis_store import TURN, Operations
from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError
from basis_store.groups.cell_parameters import symmetry_misfit

_EPSILON = 1e-8
"""Of squared lengths of waves, (2 pi / length)^2: PSCF's own bound."""

_CELL_FITS = 1e-4
"""Largest change of a product of cell vectors, over their lengths."""

MAX_MESH = 256**3
"""Points."""


@dataclass(frozen=True, eq=False)
class StarBasis:
    """The functions of a setting on a mesh of ``n`` points, in PSCF's order.

    Waves of the mesh are numbered with the last index fastest, as in numpy's FFT.

    Attributes:
        mesh: (N1, N2, N3).
        indices: (n, 3) of each wave of the mesh.
        waves: (b, 3) characteristic wave of each function.
        sizes: (b,) waves of its star.
        inversion: (b,) 0: closed; 1: open; -1: its partner.
        function: (n,) the function of the star of each wave; -1: it is cancelled.
        phase24: (n,) phase of the coefficient of each wave in its star, in 24ths of a turn.
    """

    mesh: tuple[int, int, int]
    indices: IntArray
    waves: IntArray
    sizes: IntArray
    inversion: IntArray
    function: IntArray
    phase24: IntArray

    def __len__(self) -> int:
        return len(self.waves)

    @cached_property
    def coefficients(self) -> FloatArray:
        """(n,) complex: coefficient of each wave in the function of its star; 0 if it is cancelled."""
        phases = np.exp(2j * np.pi * self.phase24 / TURN) / np.sqrt(self.sizes[self.function])
        return np.where(self.function < 0, 0, phases)

    def expand(self, values: FloatArray) -> FloatArray:
        """(b,) coefficients of the functions in a field (N1, N2, N3): those of its invariant part."""
        transform = np.fft.fftn(values).ravel() / values.size
        present = self.function >= 0
        products = transform[present] * self.coefficients[present].conj()
        count = len(self)
        of_star = self.function[present]
        sums = np.bincount(of_star, products.real, count) + 1j * np.bincount(of_star, products.imag, count)
        found = sums.real.copy()
        first = np.flatnonzero(self.inversion == 1)
        found[first] = np.sqrt(2) * sums.real[first]
        found[first + 1] = -np.sqrt(2) * sums.imag[first]
        return np.asarray(found)

    def evaluate(self, coefficients: FloatArray) -> FloatArray:
        """(N1, N2, N3) the field with these coefficients (b,) of the functions."""
        of_star = coefficients.astype(np.complex128)
        first = np.flatnonzero(self.inversion == 1)
        real, imaginary = coefficients[first] / np.sqrt(2), coefficients[first + 1] / np.sqrt(2)
        of_star[first], of_star[first + 1] = real - 1j * imaginary, real + 1j * imaginary
        transform = np.where(self.function < 0, 0, of_star[self.function] * self.coefficients)
        return np.asarray(np.fft.ifftn(transform.reshape(self.mesh)).real * transform.size)

    def numbers(self, waves: IntArray) -> IntArray:
        """(w,) the numbers of waves (w, 3), or of their aliases on the mesh."""
        return _numbers(np.asarray(waves).T, self.mesh)


def star_basis(group: Operations, mesh: tuple[int, int, int], lattice: FloatArray) -> StarBasis:
    """The basis of a setting on a mesh.

    Args:
        group: its operations.
        mesh: points along each axis.
        lattice: (3, 3) rows; its unit matters only where lengths of waves are nearly equal.

    Raises:
        FieldError: the group does not map the mesh to itself, or it is too large; the cell does not fit the group.
    """
    check_mesh(group, mesh)
    check_cell(group, lattice)
    n = int(np.prod(mesh))
    grid = np.indices(mesh).reshape(3, -1)
    # 1. Stars, named by their first wave: the orbits under the rotations.
    name = np.arange(n)
    for rotation in group.point_group:
        np.minimum(name, _numbers(rotation.T @ grid, mesh), out=name)
    roots = np.flatnonzero(name == np.arange(n))
    # 2. Phases along each star from its root (D3); a contradiction cancels it (T1).
    phase24 = np.full(n, -1)
    cancelled = np.zeros(n, dtype=bool)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        images = _numbers(rotation.T @ grid[:, roots], mesh)
        phases = translation @ grid[:, roots] % TURN
        known = phase24[images]
        cancelled[roots[(known >= 0) & (known != phases)]] = True
        phase24[images] = np.where(known < 0, phases, known)
    # 3. Indices of the shortest aliases; characteristic waves.
    short, squares = _shortest(grid, mesh, lattice)
    greatest = _greatest(short, name, roots)
    opposite = name[_numbers(-grid[:, roots], mesh)]
    is_open = opposite != roots
    is_second = opposite < roots
    of_root = np.zeros(n, dtype=np.int64)
    of_root[roots] = np.arange(len(roots))
    partner = of_root[opposite]
    minus = _numbers(-grid, mesh)
    greatest[is_second] = minus[greatest[partner[is_second]]]
    # 4. Order: lists of equal length, then pairs by their first wave.
    lists = _lists(squares[roots])
    order = np.lexsort((roots, np.minimum(roots, opposite), lists))
    order = order[~cancelled[roots[order]]]
    # 5. Phases that make the characteristic wave what it has to be.
    start24 = phase24[greatest]
    across24 = (phase24[minus[greatest]] - start24 + TURN // 2 - 1) % TURN - (TURN // 2 - 1)  # -11 to 12
    half24 = np.where(is_open, 0, across24 // 2)
    star = of_root[name]
    phase24 = (phase24 - start24[star] - half24[star]) % TURN
    function_of_star = np.full(len(roots), -1)
    function_of_star[order] = np.arange(len(order))
    sizes = np.bincount(star, minlength=len(roots))
    inversion = np.where(is_open, np.where(is_second, -1, 1), 0)
    return StarBasis(
        mesh=mesh,
        indices=short.T,
        waves=short[:, greatest[order]].T.copy(),
        sizes=sizes[order],
        inversion=inversion[order],
        function=function_of_star[star],
        phase24=phase24,
    )


def check_mesh(group: Operations, mesh: tuple[int, int, int]) -> None:
    """Raise :class:`FieldError` unless every operation maps the points of the mesh to points of the mesh."""
    text = " x ".join(str(one) for one in mesh)
    if int(np.prod(np.array(mesh, dtype=float))) > MAX_MESH:
        raise FieldError(f"a mesh of {text} points is more than are read ({MAX_MESH:,})")
    points = np.array(mesh)
    skewed = (group.rotations * points[:, None] % points[None, :]).any()
    moved = (group.translations24 * points % TURN).any()
    if skewed or moved:
        raise FieldError(f"{group.setting.label} does not map a mesh of {text} points to itself")


def check_cell(group: Operations, lattice: FloatArray) -> None:
    """Raise :class:`FieldError` unless every rotation keeps the lengths and angles of the cell, to 1e-4."""
    if symmetry_misfit(lattice @ lattice.T, group.rotations) > _CELL_FITS:
        raise FieldError(f"the cell does not have the shape that {group.setting.label} needs")


def _numbers(waves: IntArray, mesh: tuple[int, int, int]) -> IntArray:
    """(n,) numbers of waves (3, n) on the mesh."""
    first, second, third = (row % size for row, size in zip(waves, mesh, strict=True))
    return np.asarray((first * mesh[1] + second) * mesh[2] + third)


def _shortest(grid: IntArray, mesh: tuple[int, int, int], lattice: FloatArray) -> tuple[IntArray, FloatArray]:
    """(3, n) indices of the shortest alias of each wave, the greatest of several, and their squared lengths."""
    reciprocal = 2 * np.pi * np.linalg.inv(lattice)
    metric = reciprocal.T @ reciprocal
    best = grid.copy()
    squares = _squares(best, metric)
    # In ascending order, so that of equally short aliases the last is the greatest.
    span = range(-2, 3) if np.abs(metric - np.diag(np.diag(metric))).max() > 1e-12 * metric.max() else range(-1, 1)
    for steps in itertools.product(span, repeat=3):
        other = grid + (np.array(steps) * np.array(mesh))[:, None]
        length = _squares(other, metric)
        better = length < squares - _EPSILON
        equal = ~better & (length < squares + _EPSILON) & _is_greater(other, best)
        chosen = better | equal
        best[:, chosen] = other[:, chosen]
        squares[chosen] = length[chosen]
    return best, squares


def _squares(waves: IntArray, metric: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("in,ij,jn->n", waves, metric, waves))


def _is_greater(one: IntArray, other: IntArray) -> IntArray:
    first, second, third = one - other
    return np.asarray((first > 0) | ((first == 0) & ((second > 0) | ((second == 0) & (third > 0)))))


def _greatest(short: IntArray, name: IntArray, roots: IntArray) -> IntArray:
    """(s,) the number of the greatest wave of each star."""
    order = np.lexsort((short[2], short[1], short[0], name))
    ends = np.searchsorted(name[order], roots, side="right") - 1
    return np.asarray(order[ends])


def _lists(squares: FloatArray) -> IntArray:
    """(s,) the number of the list of equally long waves that each star belongs to."""
    order = np.argsort(squares, kind="stable")
    ascending = squares[order]
    lists = np.zeros(len(squares), dtype=np.int64)
    start, number = 0, 0
    while start < len(ascending):
        end = int(np.searchsorted(ascending, ascending[start] + _EPSILON, side="right"))
        lists[order[start:end]] = number
        start, number = end, number + 1
    return lists
