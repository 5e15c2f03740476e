"""The leading form of the spin splitting near k = 0: polynomials of lowest degree with the right character.

    Delta(k) = E_up(k) - E_down(k),      Delta(R k) = chi(R) Delta(k)

Every such function that is smooth starts, near k = 0, with a homogeneous polynomial with this property. Its degree
is even, since the inversion has chi = 1: 2 (d wave), 4 (g wave) or 6 (i wave). Real characters of crystallographic
Laue groups need no higher one.

Rotations lie in Q(sqrt3) in the Cartesian frame of a setting (T8). With ky in units of sqrt3 where axes are
hexagonal they are rational, so the mean of chi(R) p(R k) over the group is computed in integers, for every
monomial p; its rows span all solutions, and their reduced echelon form is the basis.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from basis_compiler.magnetism.spin_laue_group import SpinLaueGroup
from basis_store import CertificateError
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.group import LatticeFamily
from basis_store.tensors.exact_rows import reduced_rows

Wave = Literal["d", "g", "i"]
_WAVES: dict[int, Wave] = {2: "d", 4: "g", 6: "i"}

# Columns: twice the vectors a, b, c of a cell of the family in the scaled frame, and the inverse of these halves.
_TWICE_AXES = np.array([[2, -1, 0], [0, 1, 0], [0, 0, 2]])
_INVERSE_AXES = np.array([[1, 1, 0], [0, 2, 0], [0, 0, 1]])

_Polynomial = dict[tuple[int, int, int], int]


class Monomial(NamedTuple):
    """A term of a polynomial in kx, ky, kz.

    Attributes:
        coefficient: an integer.
        root: whether it is multiplied by sqrt(3).
        powers: of kx, ky, kz.
    """

    coefficient: int
    root: bool
    powers: tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class SplittingForm:
    """All homogeneous polynomials of the lowest degree that the spin splitting can start with.

    Attributes:
        degree: 2, 4 or 6.
        polynomials: a basis of them, each as its terms in Cartesian k. In most groups there is one.
        frame: (3, 3) rows: the directions of kx, ky, kz in the Cartesian frame of the crystal's lattice.
        nodal_normals: (n, 3) directions [uvw] of the standard cell: the splitting vanishes on the planes through
            k = 0 that are normal to them, at all k, because a mirror exchanges the spins there.
        nodal_normals_cartesian: (n, 3) unit vectors along these, as components in ``frame``.
    """

    degree: int
    polynomials: tuple[tuple[Monomial, ...], ...]
    frame: FloatArray
    nodal_normals: IntArray
    nodal_normals_cartesian: FloatArray

    @property
    def wave(self) -> Wave:
        """``"d"``, ``"g"`` or ``"i"``."""
        return _WAVES[self.degree]

    def values(self, k: ArrayLike, coefficients: Sequence[float] | None = None) -> FloatArray:
        """The polynomial at some wave vectors.

        Args:
            k: (..., 3) components kx, ky, kz in :attr:`frame`.
            coefficients: of the basis polynomials; default, 1 for each.
        """
        points = np.asarray(k, dtype=np.float64)
        weights = [1.0] * len(self.polynomials) if coefficients is None else coefficients
        total = np.zeros(points.shape[:-1])
        for weight, terms in zip(weights, self.polynomials, strict=True):
            for term in terms:
                factor = term.coefficient * (3**0.5 if term.root else 1.0)
                total += weight * factor * (points ** np.array(term.powers)).prod(axis=-1)
        return total


def splitting_form(
    group: SpinLaueGroup, family: LatticeFamily, lattice: FloatArray, frame: FloatArray
) -> SplittingForm:
    """The leading form for a spin Laue group with a character that is not 1 everywhere.

    Args:
        group: in the standard cell of a crystal.
        family: of its standard setting.
        lattice: (3, 3) rows of the cell in Angstrom.
        frame: (3, 3) its axes e1, e2, e3, in the same Cartesian frame.

    Raises:
        CertificateError: no polynomial of degree 2, 4 or 6 has the character.
    """
    for degree in _WAVES:
        polynomials = leading_polynomials(group.rotations, group.signs, family, degree)
        if polynomials:
            normals = group.mirror_normals(-1)
            directions = normals @ lattice @ frame.T
            return SplittingForm(
                degree=degree,
                polynomials=polynomials,
                frame=frame,
                nodal_normals=normals,
                nodal_normals_cartesian=directions / np.linalg.norm(directions, axis=1, keepdims=True),
            )
    raise CertificateError(f"no polynomial of degree up to 6 has the signs of {group.spin_symbol}")


def leading_polynomials(
    rotations: IntArray, signs: IntArray, family: LatticeFamily, degree: int
) -> tuple[tuple[Monomial, ...], ...]:
    """A basis of the homogeneous polynomials with p(R k) = chi(R) p(k), in Cartesian k.

    Args:
        rotations: (l, 3, 3) R in the standard cell; a group.
        signs: (l,) chi.
        family: of the standard setting: whether its axes are hexagonal.
        degree: of the polynomials.
    """
    hexagonal = family == "hexagonal"
    doubled = _TWICE_AXES @ rotations @ _INVERSE_AXES if hexagonal else 2 * rotations
    powers = [(i, j, degree - i - j) for i in range(degree, -1, -1) for j in range(degree - i, -1, -1)]
    place = {one: i for i, one in enumerate(powers)}
    means = np.zeros((len(powers), len(powers)), dtype=np.int64)
    for matrix, sign in zip(doubled, signs, strict=True):
        images = [_powers(row, degree) for row in matrix]
        for i, (x, y, z) in enumerate(powers):
            product = _times(_times(images[0][x], images[1][y]), images[2][z])
            for one, coefficient in product.items():
                means[i, place[one]] += sign * coefficient
    return tuple(_cartesian(row, powers, hexagonal=hexagonal) for row in reduced_rows(means).rows)


def _powers(row: IntArray, degree: int) -> list[_Polynomial]:
    """The powers 0 to ``degree`` of a linear form."""
    axes = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    linear: _Polynomial = {axis: int(entry) for axis, entry in zip(axes, row, strict=True) if entry}
    return list(itertools.accumulate([linear] * degree, _times, initial={(0, 0, 0): 1}))


def _times(one: _Polynomial, other: _Polynomial) -> _Polynomial:
    product: Counter[tuple[int, int, int]] = Counter()
    for (a, b, c), first in one.items():
        for (d, e, f), second in other.items():
            product[a + d, b + e, c + f] += first * second
    return product


def _cartesian(row: IntArray, powers: Sequence[tuple[int, int, int]], *, hexagonal: bool) -> tuple[Monomial, ...]:
    """The terms of a row of coefficients, with ky for sqrt3 times the scaled coordinate."""
    terms = [(int(one), power) for one, power in zip(row, powers, strict=True) if one]
    if hexagonal:
        # v^j = ky^j / sqrt3^j; multiplied by the largest of these powers of sqrt3.
        largest = max(power[1] for _, power in terms)
        excess = [largest - power[1] for _, power in terms]
    else:
        excess = [0] * len(terms)
    factors = [one * 3 ** (more // 2) for (one, _), more in zip(terms, excess, strict=True)]
    divisor = functools.reduce(np.gcd, factors)
    return tuple(
        Monomial(int(factor // divisor), bool(more % 2), power)
        for factor, more, (_, power) in zip(factors, excess, terms, strict=True)
    )
