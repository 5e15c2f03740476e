"""Allowed origin shifts of a setting (T5), exactly, from a Smith normal form.

A translation s is allowed  <=>  (R - 1) s lies in the translation lattice T, centrings included, for all R.
With a basis B of T (columns) and s = B u this reads M u in Z^m for the integer matrix M of stacked
B^-1 (R - 1) B. The Smith form U M V = D turns it into d_i w_i in Z with u = V w:

    d_i = 1   w_i is an integer           a lattice translation
    d_i > 1   w_i in Z / d_i              a finite shift of order d_i
    d_i = 0   w_i is any real number      a continuous direction (polar groups)

The generators that the Smith form gives are replaced by a normal form that does not depend on the
algorithm: the directions as a reduced echelon basis; the finite shifts reduced to 0 on the pivots of the
directions and to the smallest representative in [0, 1) elsewhere; of these, generators are picked greedily by
order (largest first), then lexicographically.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from basis_compiler.groups.spglib_database import operations_of
from basis_store import TURN, CertificateError, Operations
from basis_store.array_types import IntArray
from basis_store.groups.generated_group import generated_group
from basis_store.groups.operations import rotation_generators, rotation_of_key
from basis_store.groups.setting import SettingName
from basis_store.tables.short_repr import ShortRepr

if TYPE_CHECKING:
    from sympy import Matrix

# sympy is imported where it is used: importing it takes a third of a second, which `sgbasis show` does not need.
Translation = tuple[Fraction, ...]


@dataclass(frozen=True, eq=False, repr=False)
class OriginShifts(ShortRepr):
    """Generators of the allowed origin shifts modulo the translation lattice.

    Attributes:
        shifts24: (s, d) finite generators in 24ths, 0 to 23.
        orders: (s,) their orders; the finite part has ``prod(orders)`` elements.
        directions: (c, d) integer directions of continuous shifts.
    """

    shifts24: IntArray
    orders: IntArray
    directions: IntArray


def origin_shifts(group: Operations | SettingName) -> OriginShifts:
    """The allowed origin shifts of a setting; see the head of this module.

    Args:
        group: a setting or its name, or its operations.

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.
        CertificateError: a shift is not a multiple of 1/24, or the generators found are not those of the group.
    """
    group = operations_of(group)
    centrings = tuple(tuple(int(entry) for entry in row) for row in group.periods24)
    return _origin_shifts(group.distinct_rotations, centrings)


@functools.cache
def _origin_shifts(
    distinct_rotations: tuple[bytes, ...], centrings24: tuple[tuple[int, ...], ...]
) -> OriginShifts:
    # 1. The whole group of allowed shifts, from the Smith form, modulo directions and lattice.
    dimension = len(rotation_of_key(distinct_rotations[0]))
    lattice = _unit(dimension) + [_fractions(row, TURN) for row in centrings24]
    generators, spanning = _smith_generators(distinct_rotations, lattice)
    echelon = _echelon(spanning)
    reduce = _Reduction(echelon, lattice)
    elements = _generated(generators, reduce)
    # 2. Generators in normal form: elements that meet the group of those chosen before in 0 only.
    chosen: list[Translation] = []
    group = {reduce.zero}
    for order, element in sorted((-_order(s, reduce), s) for s in elements - {reduce.zero}):
        multiples = {reduce(_scaled(element, n)) for n in range(-order)}
        if multiples & group == {reduce.zero}:
            chosen.append(element)
            group = _generated(chosen, reduce)
    if group != elements:
        raise CertificateError("the allowed origin shifts are not the direct sum of the chosen generators")
    return OriginShifts(
        shifts24=_in_24ths(chosen).reshape(-1, dimension),
        orders=np.array([_order(element, reduce) for element in chosen], dtype=np.int64),
        directions=np.array([_primitive(row) for row in echelon], dtype=np.int64).reshape(-1, dimension),
    )


def _unit(dimension: int) -> list[Translation]:
    return [tuple(Fraction(int(i == j)) for j in range(dimension)) for i in range(dimension)]


def _echelon(directions: list[Translation]) -> list[Translation]:
    from sympy import Matrix  # noqa: PLC0415

    return [_fractions(row) for row in Matrix(directions).rref()[0].tolist()] if directions else []


def _smith_generators(
    distinct_rotations: tuple[bytes, ...], lattice: list[Translation]
) -> tuple[list[Translation], list[Translation]]:
    """Finite generators and continuous directions from the Smith form."""
    from sympy import ZZ, Matrix  # noqa: PLC0415
    from sympy.matrices.normalforms import smith_normal_decomp  # noqa: PLC0415

    basis = _lattice_basis(lattice)
    dimension = basis.shape[0]
    rotations = rotation_generators(distinct_rotations)
    if len(rotations) == 0:
        rotations = rotation_of_key(distinct_rotations[0])[None]
    blocks = [basis.inv() * (Matrix(rotation.tolist()) - Matrix.eye(dimension)) * basis for rotation in rotations]
    diagonal, _, right = smith_normal_decomp(Matrix.vstack(*blocks), domain=ZZ)
    columns = basis * right
    finite, continuous = [], []
    for i in range(dimension):
        divisor = abs(int(diagonal[i, i]))
        column = _fractions(columns[:, i])
        if divisor == 0:
            continuous.append(column)
        elif divisor > 1:
            finite.append(tuple(entry / divisor for entry in column))
    return finite, continuous


def _lattice_basis(lattice: list[Translation]) -> Matrix:
    """Columns: a basis of the lattice with these generators (Z^d and centrings), by their Smith form."""
    from sympy import ZZ, Matrix  # noqa: PLC0415
    from sympy.matrices.normalforms import smith_normal_decomp  # noqa: PLC0415

    generators = Matrix([[TURN * entry for entry in row] for row in lattice])
    diagonal, _, right = smith_normal_decomp(generators, domain=ZZ)
    return (diagonal[: len(lattice[0]), :] * right.inv()).T / TURN


class _Reduction:
    """The canonical representative of a translation modulo continuous directions and the lattice."""

    def __init__(self, echelon: list[Translation], lattice: list[Translation]) -> None:
        self.zero: Translation = (Fraction(0),) * len(lattice[0])
        self._rows = [(next(i for i, entry in enumerate(row) if entry), row) for row in echelon]
        # The lattice projected along the directions: finitely many translations modulo 1.
        steps = [self._flat(step) for step in lattice]
        self._lattice = generated_group(self.zero, steps, lambda one, other: self._flat(_sum(one, other)))

    def __call__(self, translation: Translation) -> Translation:
        flat = self._flat(translation)
        return min(self._flat(_sum(flat, step)) for step in self._lattice)

    def _flat(self, translation: Translation) -> Translation:
        for pivot, row in self._rows:
            translation = _sum(translation, _scaled(row, -translation[pivot]))
        return tuple(entry % 1 for entry in translation)


def _generated(generators: Iterable[Translation], reduce: _Reduction) -> set[Translation]:
    elements = {reduce.zero}
    for generator in generators:
        multiples = [_scaled(generator, n) for n in range(_order(reduce(generator), reduce))]
        elements = {reduce(_sum(*pair)) for pair in itertools.product(elements, multiples)}
    return elements


def _order(element: Translation, reduce: _Reduction) -> int:
    return next(n for n in itertools.count(1) if reduce(_scaled(element, n)) == reduce.zero)


def _sum(one: Translation, other: Translation) -> Translation:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _scaled(translation: Translation, factor: Fraction | int) -> Translation:
    return tuple(entry * factor for entry in translation)


def _fractions(entries: Iterable[object], denominator: int = 1) -> Translation:
    return tuple(Fraction(str(entry)) / denominator for entry in entries)


def _primitive(row: Translation) -> list[int]:
    denominator = math.lcm(*(entry.denominator for entry in row))
    integers = [int(entry * denominator) for entry in row]
    return [entry // math.gcd(*integers) for entry in integers]


def _in_24ths(translations: list[Translation]) -> IntArray:
    scaled = [[entry * TURN for entry in row] for row in translations]
    if any(entry.denominator != 1 for row in scaled for entry in row):
        raise CertificateError(f"an allowed origin shift is not a multiple of 1/{TURN}")
    return np.array([[int(entry) for entry in row] for row in scaled], dtype=np.int64)
