"""The equivalent descriptions of a setting: changes of axes and origin after which all operations look the same.

    x' = W x + w      W in SL(3, Z), w in 24ths;     (W, w) G (W, w)^-1 = G

These (W, w) form the normalizer of G, restricted to det W = +1: the handedness of the axes is kept, so a crystal
is never replaced by its mirror image. Elements of G itself change nothing and are divided out.

An operation (R, t) becomes (R', W t + w - R' w) with R' = W R W^-1, so for given W the shift w solves

    (1 - R') w = t' - W t   modulo the translation lattice, for generators (R, t), where (R', t') is in G.

All grid points in 24ths are tried; the solutions of one W differ by the allowed origin shifts (T5). So the
descriptions are the pairs of one (W, w) per coset of W modulo the rotations of G with an allowed origin shift.

Which W are tried:

    orthorhombic, tetragonal, cubic    the 24 proper signed permutations: all there are
    trigonal, hexagonal                the 12 proper rotations of the hexagonal lattice family: all there are
    monoclinic (unique axis b)         b -> b or -b, entries up to 2 in the plane of a and c
    triclinic                          entries up to 1

The last two leave the shape of the cell open, and infinitely many W exist. Those listed lead from a cell with
shortest vectors to every other one, also when vectors are equally long (a metric of higher symmetry than the
group); that is what choosing among descriptions needs. From a cell that is not reduced they need not lead to one
that is: spglib reduces it first.

Source: International Tables A, chapter on normalizers (Euclidean normalizers, tables 3.5.2.3 to 3.5.2.5 in the
2016 edition, 15.2.1.3 and 15.2.1.4 before). The indices there count improper changes as well.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_compiler.groups.origin_shifts import origin_shifts
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CertificateError, Operations, Setting
from basis_store.array_types import IntArray
from basis_store.groups.operations import rotation_generators, rotation_key

_IDENTITY = np.eye(3, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Normalizer:
    """The equivalent descriptions of a setting, modulo its operations; the identity comes first.

    Every one is (W, w + s + continuous), W and w from one row, s from :attr:`shifts24`.

    Attributes:
        rotations: (n, 3, 3) W, one for each coset modulo the proper rotations of the group.
        translations24: (n, 3) w in 24ths, 0 along the directions.
        shifts24: (s, 3) all finite allowed origin shifts, in 24ths, 0 first.
        directions: (c, 3) integer directions along which any shift is allowed.
    """

    rotations: IntArray
    translations24: IntArray
    shifts24: IntArray
    directions: IntArray

    @property
    def index(self) -> int:
        """Number of descriptions up to continuous shifts: of those with the listed W, where W is not finite."""
        return len(self.rotations) * len(self.shifts24)

    @functools.cached_property
    def inverse_rotations(self) -> NDArray[np.float64]:
        """(n, 3, 3) the inverse of each W."""
        return np.linalg.inv(self.rotations)


@functools.cache
def normalizer(setting: Setting) -> Normalizer:
    """The equivalent descriptions of a standard setting; see the head of this module."""
    group = operations(setting)
    shifts = origin_shifts(group)
    proper = [rotation for rotation in group.point_group if round(np.linalg.det(rotation)) == 1]
    seen: set[bytes] = set()
    rotations, translations = [], []
    # Smallest change first, so that the identity stands for the group itself.
    for change in sorted(_changes(setting), key=lambda w: (np.abs(w - _IDENTITY).sum(), (-w).tolist())):
        if rotation_key(change) in seen:
            continue
        seen |= {rotation_key(rotation @ change) for rotation in proper}
        translation = _shift_for(change, group, shifts.directions)
        if translation is not None:
            rotations.append(change)
            translations.append(translation)
    finite = np.zeros((1, 3), dtype=np.int64)
    for shift, order in zip(shifts.shifts24, shifts.orders, strict=True):
        finite = (finite[:, None] + np.arange(order)[:, None] * shift).reshape(-1, 3) % TURN
    found = Normalizer(np.array(rotations), np.array(translations), finite, shifts.directions)
    if found.rotations[0].tolist() != _IDENTITY.tolist() or found.translations24[0].any():
        raise CertificateError(f"the first equivalent description of {setting.label} is not the setting itself")
    return found


def _changes(setting: Setting) -> list[IntArray]:
    """The W that are tried."""
    if setting.crystal_system == "triclinic":
        entries = np.array(list(itertools.product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
        return list(entries[np.rint(np.linalg.det(entries)) == 1])
    if setting.crystal_system == "monoclinic":
        planes = np.array(list(itertools.product(range(-2, 3), repeat=4))).reshape(-1, 2, 2)
        signs = np.rint(np.linalg.det(planes)).astype(np.int64)
        changes = np.zeros((len(planes), 3, 3), dtype=np.int64)
        changes[:, ::2, ::2] = planes
        changes[:, 1, 1] = signs
        return list(changes[np.abs(signs) == 1])
    if setting.lattice_family == "hexagonal":
        sixfold = np.array([[1, -1, 0], [1, 0, 0], [0, 0, 1]])
        across = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
        about_c = [np.linalg.matrix_power(sixfold, n) for n in range(6)]
        return about_c + [rotation @ across for rotation in about_c]
    signed = [
        np.diag(signs)[list(order)]
        for order in itertools.permutations(range(3))
        for signs in itertools.product((1, -1), repeat=3)
    ]
    return [change for change in signed if round(np.linalg.det(change)) == 1]


def _shift_for(change: IntArray, group: Operations, directions: IntArray) -> IntArray | None:
    """A w in 24ths with (W, w) in the normalizer, 0 along the directions; None when there is none."""
    inverse = np.rint(np.linalg.inv(change)).astype(np.int64)
    own = set(group.distinct_rotations)
    generators = rotation_generators(group.distinct_rotations)
    rotated = change @ generators @ inverse
    if not all(np.abs(one).max() <= 1 and rotation_key(one) in own for one in rotated):
        return None
    in_lattice = _in_lattice(group)
    # A pure translation of the lattice must stay one.
    if not all(in_lattice[tuple(change @ centring % TURN)] for centring in group.centrings24):
        return None
    pivots = tuple(int(np.flatnonzero(direction)[0]) for direction in directions)
    for grid in (np.zeros((1, 3), dtype=np.int64), _grid(pivots)):
        candidates = grid
        for rotation, image in zip(generators, rotated, strict=True):
            target = group.translation_of(image) - change @ group.translation_of(rotation)
            gaps = (candidates @ (_IDENTITY - image).T - target) % TURN
            candidates = candidates[in_lattice[tuple(gaps.T)]]
        if len(candidates):
            return np.asarray(candidates[0])
    return None


def _in_lattice(group: Operations) -> np.ndarray[tuple[int, int, int], np.dtype[np.bool_]]:
    """(24, 24, 24) whether a translation in 24ths belongs to the lattice."""
    found = np.zeros((TURN,) * 3, dtype=bool)
    found[tuple(np.vstack([np.zeros((1, 3), np.int64), group.centrings24]).T)] = True
    return found


@functools.cache
def _grid(pivots: tuple[int, ...]) -> IntArray:
    """(n, 3) the translations in 24ths that are 0 on the pivots."""
    return np.array(list(itertools.product(*([0] if i in pivots else range(TURN) for i in range(3)))))
