"""The operations of a setting as exact integers (D1), from spglib's database.

An operation acts on columns of fractional coordinates, ``x -> R x + t``; R is an integer matrix, t is kept
in 24ths. Listed are the representatives modulo the lattice translations of the conventional cell: centring
translations are operations of their own, with R = 1.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import spglib
from numpy.typing import NDArray

from basis_store import CertificateError, Setting
from basis_store.array_types import IntArray

TURN = 24
"""Phases and translations are integers in units of 1/24 turn and 1/24 cell edge (D1)."""


@dataclass(frozen=True, eq=False)
class Operations:
    """A space group in one setting, modulo the lattice translations of its cell.

    The identity comes first, the others follow in the order of the entries of R, row by row, then of t.

    Attributes:
        setting: the setting.
        rotations: (g, 3, 3) R.
        translations24: (g, 3) t in 24ths, 0 to 23.
    """

    setting: Setting
    rotations: IntArray
    translations24: IntArray

    def __len__(self) -> int:
        return len(self.rotations)

    @functools.cached_property
    def distinct_rotations(self) -> tuple[bytes, ...]:
        """The sorted distinct R, as int8 bytes: a hashable key, equal for settings that share a dual graph."""
        return tuple(sorted({rotation_key(rotation) for rotation in self.rotations}))

    @functools.cached_property
    def point_group(self) -> IntArray:
        """(p, 3, 3) the distinct R, sorted."""
        return np.unique(self.rotations, axis=0)

    @functools.cached_property
    def inverse_rotations(self) -> IntArray:
        """(g, 3, 3) the inverse of each R."""
        return np.rint(np.linalg.inv(self.rotations)).astype(np.int64)

    @functools.cached_property
    def centrings24(self) -> IntArray:
        """(c, 3) the centring translations but 0, in 24ths."""
        pure = (self.rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2))
        return np.asarray(self.translations24[pure & self.translations24.any(axis=1)])

    def translation_of(self, rotation: IntArray) -> IntArray:
        """The translation in 24ths of the first operation with this R (the others differ by centrings)."""
        index = (self.rotations == rotation).all(axis=(1, 2)).argmax()
        return np.asarray(self.translations24[index])


def rotation_key(rotation: NDArray[np.integer]) -> bytes:
    """A 3x3 integer matrix with small entries as 9 bytes."""
    return rotation.astype(np.int8).tobytes()


def rotation_of_key(key: bytes) -> IntArray:
    """Inverse of :func:`rotation_key`."""
    return np.frombuffer(key, np.int8).reshape(3, 3).astype(np.int64)


@functools.cache
def operations(setting: Setting) -> Operations:
    """The exact operations of ``setting``, checked to form a group.

    Raises:
        CertificateError: the database's entry is not exact in 24ths, or is not a group.
    """
    database = spglib.get_symmetry_from_database(setting.hall_number)
    if database is None:
        raise CertificateError(f"spglib has no operations for {setting.label}")
    scaled = np.asarray(database["translations"], dtype=np.float64) * TURN
    translations24 = np.rint(scaled).astype(np.int64)
    if np.abs(scaled - translations24).max() > 1e-6:
        raise CertificateError(f"spglib's translations of {setting.label} are not multiples of 1/{TURN}")
    # An order of our own: hashes and witnesses must not depend on spglib's.
    rotations = np.asarray(database["rotations"], dtype=np.int64)
    translations24 %= TURN
    codes = _codes(rotations, translations24)
    codes[codes == _IDENTITY_CODE] = -1
    order = np.argsort(codes)
    found = Operations(setting=setting, rotations=rotations[order], translations24=translations24[order])
    check_group(found)
    return found


def check_group(group: Operations) -> None:
    """Prove that the operations are distinct, contain the identity first, and are closed under composition.

    A finite set of invertible maps that is closed under composition contains all inverses.

    Raises:
        CertificateError: naming the setting and what fails.
    """
    rotations, translations = group.rotations, group.translations24
    codes = _codes(rotations, translations)
    if codes[0] != _IDENTITY_CODE:
        raise CertificateError(f"the first operation of {group.setting.label} is not the identity")
    if len(np.unique(codes)) != len(codes):
        raise CertificateError(f"{group.setting.label} lists an operation twice")
    products, shifts = _products(rotations, translations)
    if not np.isin(_codes(products.reshape(-1, 3, 3), shifts.reshape(-1, 3)), codes).all():
        raise CertificateError(f"the operations of {group.setting.label} are not closed under composition")


@functools.cache
def product_table(setting: Setting) -> NDArray[np.int16]:
    """(g, g) the multiplication table: entry (a, b) is the index of "first b, then a", modulo the lattice."""
    group = operations(setting)
    codes = _codes(group.rotations, group.translations24)
    order = np.argsort(codes)
    products, shifts = _products(group.rotations, group.translations24)
    found = np.searchsorted(codes, _codes(products.reshape(-1, 3, 3), shifts.reshape(-1, 3)), sorter=order)
    return order[found].reshape(len(group), len(group)).astype(np.int16)


def _products(rotations: IntArray, translations24: IntArray) -> tuple[IntArray, IntArray]:
    """(g, g, 3, 3) and (g, g, 3): (R, t)(S, u) = (R S, R u + t) for every pair."""
    products = np.einsum("aij,bjk->abik", rotations, rotations)
    return products, (np.einsum("aij,bj->abi", rotations, translations24) + translations24[:, None]) % TURN


def _codes(rotations: IntArray, translations24: IntArray) -> IntArray:
    """One integer per operation, sorted like (R row by row, t).

    Entries of R lie in {-1, 0, 1} for every setting and those of t in 0..23, so entries of products lie in
    -3..3: digits in base 8 and 32 tell them all apart.
    """
    digits = np.concatenate([rotations.reshape(-1, 9) + 3, translations24], axis=1)
    base = np.array([8] * 9 + [32] * 3, dtype=np.int64)
    weights = np.concatenate([np.cumprod(base[:0:-1])[::-1], [1]])
    return np.asarray(digits @ weights)


_IDENTITY_CODE = int(_codes(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3), np.int64))[0])


@functools.cache
def rotation_generators(distinct_rotations: tuple[bytes, ...]) -> IntArray:
    """A few rotations that generate a point group given as :attr:`Operations.distinct_rotations`; (n, 3, 3).

    Greedy and deterministic: highest order first, then the order of the keys.
    """
    candidates = sorted(distinct_rotations, key=lambda key: (-_order(rotation_of_key(key)), key))
    generators: list[IntArray] = []
    generated = {rotation_key(np.eye(3, dtype=np.int64))}
    for key in candidates:
        if key not in generated:
            generators.append(rotation_of_key(key))
            generated = _generated_group(generators)
    return np.array(generators, dtype=np.int64).reshape(-1, 3, 3)


def _order(rotation: IntArray) -> int:
    power, order = rotation, 1
    while not np.array_equal(power, np.eye(3)):
        power, order = power @ rotation, order + 1
    return order


def _generated_group(generators: list[IntArray]) -> set[bytes]:
    identity = np.eye(3, dtype=np.int64)
    group, frontier = {rotation_key(identity)}, [identity]
    while frontier:
        element = frontier.pop()
        for generator in generators:
            product = element @ generator
            if (key := rotation_key(product)) not in group:
                group.add(key)
                frontier.append(product)
    return group
