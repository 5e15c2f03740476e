"""Sublattices of waves on which conditions are stated: all waves, zones and rows, with their labels.

A sublattice V of rank d is given by a primitive basis in a normal form: rows that are the unit matrix in the
columns of its free indices. ``0kl`` is a plane with k and l free, ``hhl`` one with h and l free.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_compiler.reflections.conditions.reflection_congruences import Congruence, Wave, linear_text, spread
from basis_store.groups.group import LatticeFamily

# The member that represents an equivalent set, and the order of sets: as in International Tables.
PREFERRED: dict[LatticeFamily, tuple[str, ...]] = {
    "orthogonal": (
        *("hkl", "0kl", "h0l", "hk0", "hhl", "h-hl", "hkh", "hkk", "hk-h", "hk-k"),
        *("h00", "0k0", "00l", "hhh", "hh0", "h-h0", "h0", "0k"),
    ),
    "hexagonal": ("hkil", "hki0", "hh-2hl", "h-h0l", "000l", "hh-2h0", "h-h00"),
}


@dataclass(frozen=True)
class Zone:
    """The congruences on one sublattice of waves.

    Attributes:
        label: pattern of indices, ``0kl``, ``hhl``; in hexagonal axes with the index i = -(h + k), ``h-h0l``.
        basis: primitive basis of the sublattice; the unit matrix in the columns ``free``.
        free: which of h, k, l (0, 1, 2) run freely.
        congruences: on the free indices.
        absent: whether no wave of the sublattice is present, because of a character (T9); no congruences then.
    """

    label: str
    basis: tuple[Wave, ...]
    free: tuple[int, ...]
    congruences: tuple[Congruence, ...]
    absent: bool = False

    def contains(self, waves: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of ``waves`` (n, d) lie in the sublattice; (n,)."""
        return np.asarray((waves[:, list(self.free)] @ np.array(self.basis) == waves).all(axis=1))

    def allows(self, waves: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of ``waves`` (n, d) lie outside the sublattice or fulfil the congruences; (n,)."""
        fulfilled = np.full(len(waves), not self.absent)
        for one in self.congruences:
            fulfilled &= (waves @ np.array(one.coefficients) - one.remainder) % one.modulus == 0
        return np.asarray(fulfilled | ~self.contains(waves))

    def __str__(self) -> str:
        if self.absent:
            return f"{self.label}: absent"
        return f"{self.label}: {congruences_text(self.congruences, ', ')}"


def fixed_waves(rotation: NDArray[np.int64]) -> tuple[Wave, ...]:
    """Basis of the waves with kR = k: the unit matrix in the columns of its free indices; empty if only k = 0."""
    return _fixed_waves(tuple(map(tuple, rotation.tolist())))


@functools.cache
def _fixed_waves(rotation: tuple[Wave, ...]) -> tuple[Wave, ...]:
    unit = np.eye(len(rotation), dtype=np.int64)
    columns = (np.array(rotation) - unit).T
    normals = columns[columns.any(axis=1)]
    if len(normals) == 0:
        return normal_form(unit)
    if not (normals[:, :, None] * normals[0] - normals[0][:, None] * normals[:, None]).any():
        # A reflection, all normals are parallel: the plane k.normal = 0 (in the plane, that line).
        normal = normals[0] // np.gcd.reduce(normals[0])
        bound = int(np.flatnonzero(np.abs(normal) == 1)[-1])
        plane = np.delete(unit, bound, axis=0)
        plane[:, bound] = -normal[bound] * np.delete(normal, bound)
        return normal_form(plane)
    if len(unit) == 2:
        return ()
    crosses = np.cross(normals[:, None], normals[None]).reshape(-1, 3)
    crosses = crosses[crosses.any(axis=1)]
    line = crosses[0] // np.gcd.reduce(crosses[0])
    return normal_form(line[None]) if not (normals @ line).any() else ()


def normal_form(basis: NDArray[np.int64]) -> tuple[Wave, ...]:
    """The basis that is the unit matrix in the first columns where it can be; all those of settings can."""
    return _normal_form(tuple(map(tuple, basis.tolist())))


@functools.cache
def _normal_form(rows: tuple[Wave, ...]) -> tuple[Wave, ...]:
    basis = np.array(rows)
    for free in itertools.combinations(range(basis.shape[1]), len(basis)):
        block = basis[:, free]
        if abs(round(np.linalg.det(block))) == 1:
            inverse = np.rint(np.linalg.inv(block)).astype(np.int64)
            return tuple(map(tuple, (inverse @ basis).tolist()))
    raise ValueError(f"no unimodular block in {basis.tolist()}")


def image(basis: tuple[Wave, ...], rotation: NDArray[np.int64]) -> tuple[Wave, ...]:
    """The sublattice that waves of another one have their images k R in, by its basis."""
    return normal_form(np.array(basis) @ rotation)


@functools.cache
def free_indices(basis: tuple[Wave, ...]) -> tuple[int, ...]:
    """Which of h, k, l (0, 1, 2) run freely: the columns where the basis is the unit matrix."""
    array, unit = np.array(basis), np.eye(len(basis))
    choices = itertools.combinations(range(array.shape[1]), len(basis))
    return next(free for free in choices if (array[:, free] == unit).all())


@functools.cache
def zone_label(basis: tuple[Wave, ...], free: tuple[int, ...], family: LatticeFamily) -> str:
    """How International Tables name a sublattice: ``0kl``, ``hhl``, ``h-h0l`` in hexagonal axes."""
    columns = np.array(basis).T
    dimension = len(columns)
    indices = [linear_text(spread(tuple(column), free, dimension)) for column in columns.tolist()]
    if family == "hexagonal" and dimension == 3:
        third = spread(tuple((-columns[0] - columns[1]).tolist()), free, dimension)
        indices.insert(2, "i" if {0, 1} <= set(free) else linear_text(third))
    return "".join(indices)


def congruences_text(congruences: Iterable[Congruence], conjunction: str) -> str:
    """``k,l=2n, k+l=4n``: those with the same right side together, joined by ``conjunction``."""
    by_right: dict[str, list[Congruence]] = {}
    for one in congruences:
        by_right.setdefault(one.right, []).append(one)
    parts = (
        (",".join(one.left for one in sorted(group, key=_single)), right) for right, group in by_right.items()
    )
    return conjunction.join(f"{left}={right}" for left, right in parts)


def _single(congruence: Congruence) -> bool:
    return sum(entry != 0 for entry in congruence.coefficients) == 1


def class_rank(label: str, family: LatticeFamily) -> tuple[int, str]:
    """Where International Tables print a class of waves among its images: sort by this."""
    preferred = PREFERRED[family]
    return (preferred.index(label) if label in preferred else len(preferred)), label


def permutable_indices(rotations: NDArray[np.int64], family: LatticeFamily) -> str:
    """Which permutations of indices a group of rotations contains, in words."""
    dimension = rotations.shape[1]
    if family == "hexagonal":
        swaps = np.array([[[0, 1, 0], [1, 0, 0], [0, 0, s]] for s in (1, -1)])[:, :dimension, :dimension]
        mirrored = any((rotations == swap).all(axis=(1, 2)).any() for swap in swaps)
        return "h, k, i permutable" if mirrored else "h, k, i cyclically permutable"
    # Signs do not count: 4/m takes h, k to k, -h, and no condition tells l from -l then.
    keys = {np.abs(rotation).tobytes() for rotation in rotations}
    found = [
        order
        for order in itertools.permutations(range(dimension))
        if np.eye(dimension, dtype=np.int64)[list(order)].tobytes() in keys
    ]
    if len(found) == 6:
        return "h, k, l permutable"
    if len(found) == 3:
        return "h, k, l cyclically permutable"
    moved = ["hkl"[axis] for axis in range(dimension) if any(order[axis] != axis for order in found)]
    return f"{', '.join(moved)} permutable" if moved else ""
