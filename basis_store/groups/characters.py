"""The one-dimensional characters of the 32 point groups, exactly, with their Mulliken symbols (T9).

    chi(g) = exp(2 pi i c_g / 24),      c_{gh} = c_g + c_h  (mod 24)

A character of the point group is one of the space group that is 1 on all lattice translations. Its values are
roots of unity of order 1, 2, 3, 4 or 6, so every c is even, as gains are (D1). They are found as all homomorphisms
to the integers modulo 24: what the generators become decides what all else becomes, and the whole multiplication
table is checked. (A character of another order would need a larger ``TURN``, everywhere at once.)

Symbols are those of R. S. Mulliken, *J. Chem. Phys.* **23** (1955) 1997, and of S. L. Altmann and P. Herzig,
*Point-Group Theory Tables* (1994). With "axis" for the axis of highest order, which -4 and -6 also have:

    A, B, E   1, -1 or complex on the rotation about the axis; on +-90 degrees with a reflection in -4; on the
              threefold rotation of -6 and -6m2. In 222 and mmm, A is 1 on all twofold axes. In m, always A.
    1, 2      with A and B: 1, -1 on the twofold axes across the axis, or else on the mirrors along it; where
              these have two kinds of directions, on those of the vectors of the cell (of mirrors, the normals).
              In cubic groups: 1, -1 on 4, or else -4.
    B1 B2 B3  of 222 and mmm: 1 on the twofold axis along z, y, x
    A1 B1     of mm2: 1 on the mirror whose normal precedes the axis in the cycle x y z: y where the axis is z
    E1, E2    of 6 and 6/m: -1, 1 on the twofold rotation about the axis
    1E, 2E    -i, i on the rotation by +90 degrees, with a reflection in -4; where there is one by +120 degrees,
              exp(-2 pi i/3), exp(2 pi i/3) on that; about [111] in cubic groups
    g, u      1, -1 on the inversion
    ', ''     1, -1 on the mirror across the axis, in m, -6 and -6m2

Directions are those of the setting: in Pnma and Pbnm, B1g means different functions.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np

from basis_store.array_types import IntArray
from basis_store.errors import CertificateError
from basis_store.groups.generated_group import generated_group
from basis_store.groups.operations import TURN, product_table

_PRIMES = ("'", "''")


class _Rotation(NamedTuple):
    """What a matrix of a point group does.

    Attributes:
        improper: whether it is -1 times a rotation.
        order: of that rotation: 1, 2, 3, 4 or 6.
        axis: of that rotation, in lowest terms, first entry other than 0 positive; (0, 0, 0) for the identity.
        positive: whether that rotation is by less than half a turn, right-handed about ``axis``.
    """

    improper: bool
    order: int
    axis: tuple[int, ...]
    positive: bool

    @property
    def along_edge(self) -> bool:
        """Whether the axis is along a vector of the cell."""
        return sum(map(bool, self.axis)) == 1


_INVERSION = _Rotation(True, 1, (0, 0, 0), False)


@functools.cache
def named_characters(rotations: bytes) -> dict[str, IntArray]:
    """The characters of a point group by their Mulliken symbols: (p,) c in 24ths of a turn, 0 to 23.

    Args:
        rotations: (p, 3, 3) int8 matrices of the group, the identity first, as bytes.

    Raises:
        CertificateError: the matrices are no crystallographic point group.
    """
    matrices = np.frombuffer(rotations, np.int8).reshape(-1, 3, 3).astype(np.int64)
    kinds = [_kind(matrix) for matrix in matrices]
    found = homomorphisms(matrices)
    named = {_symbol(dict(zip(kinds, values.tolist(), strict=True))): values for values in found}
    return {symbol: named[symbol] for symbol in sorted(named, key=_in_table)}


def characters24(rotations: IntArray, symbol: str) -> IntArray:
    """(g,) c of operations with these rotations (g, 3, 3), for the character with this symbol.

    Raises:
        CertificateError: the rotations are no crystallographic point group.
    """
    distinct, numbers = np.unique(rotations.reshape(-1, 9), axis=0, return_inverse=True)
    one = (distinct == np.eye(3, dtype=np.int64).ravel()).all(axis=1)
    order = np.argsort(~one, kind="stable")  # the identity first
    values = np.empty(len(distinct), np.int64)
    values[order] = named_characters(distinct[order].astype(np.int8).tobytes())[symbol]
    return np.asarray(values[numbers.ravel()])


def homomorphisms(matrices: IntArray) -> IntArray:
    """(n, p) all homomorphisms of a finite group of matrices (p, 3, 3) to the integers modulo 24.

    There are as many as elements of the group modulo its commutators.

    Raises:
        CertificateError: the matrices are no group, or one has another order than a crystallographic one.
    """
    products = product_table(matrices, np.zeros((len(matrices), 3), np.int64))
    # 1. Generators, and every element as a word in them: after the element ``parent`` the generator ``step``.
    generators: list[int] = []
    reached = {0}
    for element in range(len(matrices)):
        if element not in reached:
            generators.append(element)
            reached = generated_group(0, generators, lambda one, other: int(products[one, other]))
    words, found = [], [0]
    for parent in found:
        for i, generator in enumerate(generators):
            if (child := int(products[parent, generator])) not in found:
                found.append(child)
                words.append((child, parent, i))
    # 2. Every choice of a root of unity for each generator, extended along the words.
    choices = [range(0, TURN, TURN // _order(products, generator)) for generator in generators]
    chosen = list(itertools.product(*choices))
    values = np.zeros((len(chosen), len(matrices)), dtype=np.int64)
    for child, parent, i in words:
        values[:, child] = (values[:, parent] + [one[i] for one in chosen]) % TURN
    # 3. Those that respect the whole multiplication table.
    broken = (values[:, :, None] + values[:, None, :] - values[:, products]) % TURN
    return np.asarray(values[~broken.any(axis=(1, 2))])


def _order(products: IntArray, element: int) -> int:
    power, order = element, 1
    while power:
        power, order = int(products[power, element]), order + 1
    if TURN % order:
        raise CertificateError(f"a rotation of order {order} is not crystallographic")
    return order


def _kind(matrix: IntArray) -> _Rotation:
    proper = matrix * round(np.linalg.det(matrix))
    order = {3: 1, -1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(proper))]
    improper = not np.array_equal(proper, matrix)
    if order == 1:
        return _Rotation(improper, 1, (0, 0, 0), False)
    # The sum of all powers projects on the axis: its columns are multiples of it.
    projector = np.sum([np.linalg.matrix_power(proper, n) for n in range(order)], axis=0)
    axis = projector[:, np.abs(projector).sum(axis=0).argmax()]
    axis //= np.gcd.reduce(axis) * np.sign(axis[axis.nonzero()[0][0]])
    # Right-handed: the axis, any other vector and its image. Half a turn has no sense.
    handed = [np.linalg.det([axis, across, proper @ across]) for across in np.eye(3)]
    return _Rotation(improper, order, tuple(axis.tolist()), order > 2 and max(handed, key=abs) > 0)


def _symbol(value: dict[_Rotation, int]) -> str:
    """The Mulliken symbol of the character with these values on the rotations of a point group."""
    highest = max(one.order for one in value)
    axis = min((one for one in value if one.order == highest), key=lambda one: one.improper).axis
    # 1. The last letter, or primes.
    inversion, across = value.get(_INVERSION), value.get(_Rotation(True, 2, axis, False))
    primed = inversion is None and across is not None
    suffix = _PRIMES[across != 0] if primed else "" if inversion is None else "gu"[inversion != 0]
    # 2. Groups with several axes of the highest order.
    if sum(one.order == 3 and one.positive and not one.improper for one in value) > 1:
        return _cubic(value) + suffix
    twofold, mirrors = (
        [one for one in value if one.order == 2 and one.improper == improper and one.axis != axis]
        for improper in (False, True)
    )
    if highest == 2 and twofold:
        signs = [value[_Rotation(False, 2, along, False)] for along in ((0, 0, 1), (0, 1, 0), (1, 0, 0))]
        return (f"B{signs.index(0) + 1}" if any(signs) else "A") + suffix
    # 3. The first letter. -6 and -6m2 have a threefold axis and a mirror, m has a mirror alone.
    order = {6: 3, 2: 1}[highest] if primed else highest
    turning = _turning(value, order, axis)
    if turning not in (0, TURN // 2):
        number = "" if order != 6 else "1" if value[_Rotation(False, 2, axis, False)] else "2"
        sense = turning if order == 4 else _turning(value, 3, axis)
        return f"{1 if sense > TURN // 2 else 2}E{number}{suffix}"
    letter = "B" if turning else "A"
    # 4. Its subscript.
    second = sorted(twofold or mirrors, key=lambda one: not one.along_edge)
    if not second:
        return letter + suffix
    if highest == 2:  # mm2
        first = _Rotation(True, 2, axis[1:] + axis[:1], False)
        return f"{letter}{1 if value[first] == 0 else 2}"
    return f"{letter}{1 if value[second[0]] == 0 else 2}{suffix}"


def _cubic(value: dict[_Rotation, int]) -> str:
    if about_111 := _turning(value, 3, (1, 1, 1)):
        return "1E" if about_111 > TURN // 2 else "2E"
    fourfold = min((one for one in value if one.order == 4), key=lambda one: one.improper, default=None)
    return "A" if fourfold is None else "A1" if value[fourfold] == 0 else "A2"


def _turning(value: dict[_Rotation, int], order: int, axis: tuple[int, ...]) -> int:
    """The value on the rotation of this order about the axis, positive; with a reflection across it if need be."""
    if order == 1:
        return 0
    # -1 times the rotation by -90 degrees is the rotation by +90 degrees with a reflection.
    proper, improper = _Rotation(False, order, axis, order > 2), _Rotation(True, order, axis, False)
    return value[proper if proper in value else improper]


def _in_table(symbol: str) -> tuple[bool, bool, str, str]:
    """The order of character_symbols.py: g and ' first, A before B before E, 1 before 2."""
    letter = symbol.lstrip("12")
    return symbol.endswith(("u", "''")), letter[0] == "E", letter, symbol
