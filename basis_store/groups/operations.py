"""The operations of a space-group setting as exact integers (D1).

An operation acts on columns of fractional coordinates, ``x -> R x + t``, and on rows of Miller indices,
``k -> k R``; R is an integer matrix, t is kept in 24ths. Listed are the representatives modulo the lattice
translations of the conventional cell: centring translations are operations of their own, with R = 1.

    (R, t)(S, u) = (R S, R u + t)        first (S, u), then (R, t)

Each operation carries an integer c, 0 unless another character than the trivial one is meant (T9):

    f((R, t) x) = exp(2 pi i c / 24) f(x)

The same holds in two dimensions; d is the dimension below.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import BoolArray, IntArray
from basis_store.errors import CertificateError
from basis_store.groups.generated_group import generated_group
from basis_store.groups.group import Group
from basis_store.tables.short_repr import ShortRepr

TURN = 24
"""Phases and translations are integers in units of 1/24 turn and 1/24 cell edge (D1)."""


@dataclass(frozen=True, eq=False, repr=False)
class Operations(ShortRepr):
    """A group in one setting, modulo the lattice translations of its cell.

    The identity comes first, the others follow in the order of the entries of R, row by row, then of t.

    Attributes:
        setting: the setting of a space group, or a group of another kind.
        rotations: (g, d, d) R.
        translations24: (g, d) t in 24ths, 0 to 23.
        characters24: (g,) c in 24ths of a turn, 0 to 23; default, all 0.
    """

    setting: Group
    rotations: IntArray
    translations24: IntArray
    characters24: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        if not len(self.characters24):
            object.__setattr__(self, "characters24", np.zeros(len(self.rotations), np.int64))

    def __len__(self) -> int:
        return len(self.rotations)

    @property
    def dimension(self) -> int:
        """Of the space that the group acts on."""
        return int(self.rotations.shape[-1])

    @functools.cached_property
    def distinct_rotations(self) -> tuple[bytes, ...]:
        """The sorted distinct R, as int8 bytes: a hashable key, equal for settings that share a dual graph."""
        return tuple(sorted({rotation_key(rotation) for rotation in self.rotations}))

    @functools.cached_property
    def point_group(self) -> IntArray:
        """(p, d, d) the distinct R, sorted."""
        return np.unique(self.rotations, axis=0)

    @functools.cached_property
    def inverse_rotations(self) -> IntArray:
        """(g, d, d) the inverse of each R."""
        return np.rint(np.linalg.inv(self.rotations)).astype(np.int64)

    @functools.cached_property
    def are_centrings(self) -> BoolArray:
        """(g,) which operations are translations other than 0."""
        pure = (self.rotations == _identity(self.dimension)).all(axis=(1, 2))
        return np.asarray(pure & self.translations24.any(axis=1))

    @functools.cached_property
    def centrings24(self) -> IntArray:
        """(c, d) the centring translations other than 0, in 24ths."""
        return np.asarray(self.translations24[self.are_centrings])

    @functools.cached_property
    def periods24(self) -> IntArray:
        """(p, d) the centring translations with c = 0, in 24ths: periods of every function with this character."""
        return np.asarray(self.translations24[self.are_centrings & (self.characters24 == 0)])

    @functools.cached_property
    def product_table(self) -> NDArray[np.int16]:
        """(g, g) the multiplication table: entry (a, b) is the index of "first b, then a", modulo the lattice.

        Raises:
            CertificateError: this is not a group.
        """
        return product_table(self.rotations, self.translations24).astype(np.int16)

    @functools.cached_property
    def of_point_group(self) -> PointGroupOperations:
        """See :func:`point_group_operations`."""
        return _point_group_operations(self)

    @property
    def is_real(self) -> bool:
        """Whether the character is real: c is 0 or half a turn everywhere."""
        return not (2 * self.characters24 % TURN).any()

    def gains24(self, columns: IntArray) -> IntArray:
        """(g, n) the gain k.t - c of each operation at each wave, in 24ths, 0 to 23 (D3, T9).

        Args:
            columns: (d, n) the waves.
        """
        return np.asarray((self.translations24 @ columns - self.characters24[:, None]) % TURN)

    def translation_of(self, rotation: IntArray) -> IntArray:
        """(d,) in 24ths, of the first operation with this ``rotation`` (d, d); others differ by centrings."""
        index = (self.rotations == rotation).all(axis=(1, 2)).argmax()
        return np.asarray(self.translations24[index])


class PointGroupOperations(NamedTuple):
    """The operations of a setting, one for each of the ``p`` rotations of its point group, the identity first.

    Attributes:
        rotations: (p, d, d) R.
        translations24: (p, d) t in 24ths.
        characters24: (p,) c in 24ths of a turn.
        centrings24: (c, d) pure translations in 24ths, 0 among them; the group has p c operations.
        centring_characters24: (c,) c of these, 0 unless functions change sign from cell to cell.
        products: (p, p) the index of the rotation R_i R_j.
        inversion: the index of the rotation -1, or None.
        half: (h,) indices of rotations, one of each R, -R, the identity first.
    """

    rotations: IntArray
    translations24: IntArray
    characters24: IntArray
    centrings24: IntArray
    centring_characters24: IntArray
    products: IntArray
    inversion: int | None
    half: IntArray


def point_group_operations(group: Operations) -> PointGroupOperations:
    """The first operation of each rotation, in the order of ``group``; computed once for each group.

    Raises:
        CertificateError: the rotations are not closed under composition.
    """
    return group.of_point_group


def _point_group_operations(group: Operations) -> PointGroupOperations:
    codes = _codes(group.rotations, np.zeros_like(group.translations24))
    first = np.sort(np.unique(codes, return_index=True)[1])
    rotations = group.rotations[first]
    products = product_table(rotations, np.zeros((len(rotations), group.dimension), np.int64))
    minus = np.flatnonzero((rotations == -_identity(group.dimension)).all(axis=(1, 2)))
    numbers = np.arange(len(rotations))
    return PointGroupOperations(
        rotations=rotations,
        translations24=group.translations24[first],
        characters24=group.characters24[first],
        centrings24=group.translations24[codes == codes[0]],
        centring_characters24=group.characters24[codes == codes[0]],
        products=products,
        inversion=int(minus[0]) if len(minus) else None,
        half=numbers[numbers < products[minus[0]]] if len(minus) else numbers,
    )


def rotation_key(rotation: NDArray[np.integer]) -> bytes:
    """An integer matrix with small entries as bytes: 9 in three dimensions, 4 in two."""
    return rotation.astype(np.int8).tobytes()


def rotation_of_key(key: bytes) -> IntArray:
    """Inverse of :func:`rotation_key`."""
    dimension = math.isqrt(len(key))
    return np.frombuffer(key, np.int8).reshape(dimension, dimension).astype(np.int64)


def operation_order(rotations: IntArray, translations24: IntArray) -> NDArray[np.intp]:
    """(g,) indices that put operations in the order of :class:`Operations`: the identity first."""
    codes = _codes(rotations, translations24)
    codes[codes == _identity_code(rotations.shape[-1])] = -1
    return np.argsort(codes)


def check_group(group: Operations) -> None:
    """Prove that the operations of ``group`` are distinct, start with the identity, and form a group.

    Closure suffices: a finite set of invertible maps that is closed under composition contains all inverses.
    Its ``characters24`` are proved to be those of a homomorphism, on all pairs of operations.

    Raises:
        CertificateError: naming the setting and what fails.
    """
    codes = _codes(group.rotations, group.translations24)
    if codes[0] != _identity_code(group.dimension):
        raise CertificateError(f"the first operation of {group.setting.label} is not the identity")
    if len(np.unique(codes)) != len(codes):
        raise CertificateError(f"{group.setting.label} lists an operation twice")
    if not np.isin(_product_codes(group.rotations, group.translations24), codes).all():
        raise CertificateError(f"the operations of {group.setting.label} are not closed under composition")
    c = group.characters24
    if c.any() and ((c[:, None] + c - c[group.product_table]) % TURN).any():
        raise CertificateError(f"a character of {group.setting.label} is not a homomorphism (T9)")


def product_table(rotations: IntArray, translations24: IntArray) -> IntArray:
    """(g, g) the multiplication table of a group: the index of (R_a, t_a)(R_b, t_b), modulo the lattice.

    Args:
        rotations: (g, d, d).
        translations24: (g, d) in 24ths, 0 to 23; all 0 for the table of a point group.

    Raises:
        CertificateError: the operations are not closed under composition.
    """
    codes = _codes(rotations, translations24)
    order = np.argsort(codes)
    products = _product_codes(rotations, translations24)
    found = order[np.searchsorted(codes, products, sorter=order).clip(max=len(codes) - 1)]
    if not np.array_equal(codes[found], products):
        raise CertificateError("operations that are not closed under composition form no group")
    return np.asarray(found)


def _product_codes(rotations: IntArray, translations24: IntArray) -> IntArray:
    """(g, g) the codes of the products of all pairs."""
    n, dimension = translations24.shape
    products = np.einsum("aij,bjk->abik", rotations, rotations).reshape(-1, dimension, dimension)
    shifts = (np.einsum("aij,bj->abi", rotations, translations24) + translations24[:, None]) % TURN
    return _codes(products, shifts.reshape(-1, dimension)).reshape(n, n)


def _codes(rotations: IntArray, translations24: IntArray) -> IntArray:
    """One integer per operation, sorted like (R row by row, t).

    Entries of R lie in {-1, 0, 1} for every setting and those of t in 0..23, so entries of products lie in
    -3..3: digits in base 8 and 32 tell them all apart.
    """
    dimension = translations24.shape[1]
    digits = np.concatenate([rotations.reshape(-1, dimension**2) + 3, translations24], axis=1)
    base = np.array([8] * dimension**2 + [32] * dimension, dtype=np.int64)
    weights = np.concatenate([np.cumprod(base[:0:-1])[::-1], [1]])
    return np.asarray(digits @ weights)


def _identity(dimension: int) -> IntArray:
    return np.eye(dimension, dtype=np.int64)


@functools.cache
def _identity_code(dimension: int) -> int:
    return int(_codes(_identity(dimension)[None], np.zeros((1, dimension), np.int64))[0])


@functools.cache
def rotation_generators(distinct_rotations: tuple[bytes, ...]) -> IntArray:
    """A few rotations that generate a point group given as :attr:`Operations.distinct_rotations`; (n, d, d).

    Greedy and deterministic: highest order first, then the order of the keys.
    """
    candidates = sorted(distinct_rotations, key=lambda key: (-_order(rotation_of_key(key)), key))
    dimension = math.isqrt(len(distinct_rotations[0]))
    identity = rotation_key(_identity(dimension))
    generators: list[bytes] = []
    generated = {identity}
    for key in candidates:
        if key not in generated:
            generators.append(key)
            generated = generated_group(identity, generators, _product_of_keys)
    found = [rotation_of_key(key) for key in generators]
    return np.array(found, dtype=np.int64).reshape(-1, dimension, dimension)


def _product_of_keys(one: bytes, other: bytes) -> bytes:
    return rotation_key(rotation_of_key(one) @ rotation_of_key(other))


def _order(rotation: IntArray) -> int:
    power, order = rotation, 1
    while not np.array_equal(power, _identity(len(rotation))):
        power, order = power @ rotation, order + 1
    return order
