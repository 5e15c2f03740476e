"""Reflection conditions of a setting, exactly, in the notation of International Tables A (T1).

A wave k may be present <=> k.t is an integer for every operation with kR = k. The waves that a rotation fixes form
a sublattice V of the waves: all of them (hkl; R = 1), a plane through 0 (0kl, hhl ...; a reflection) or a line
(h00, 00l, hhh ...; a rotation). Intersections of these are again such lines: two reflections that fix a line
multiply to a rotation that fixes it. On V the operations whose R fixes all of it require

    k.t integer for those t   <=>   a few congruences  a h + b k + c l = m n,

integral (hkl), zonal (planes) and serial (lines) conditions. Since k.(R u + t) = k.u + k.t there, the t act
through a finite abelian group, and congruences are chosen from it as International Tables choose them: as few
generators as possible, lowest modulus and shortest first, plus others that are exactly as simple (k, l = 2n, not
just k = 2n where l = 2n follows from the centring).

The waves of functions with another character (T9) fulfil k.t - c integer instead: h = 2n+1, or no wave of a
sublattice is present.

Only what is not implied by the conditions on larger V is listed. International Tables repeat some implied ones
(00l: l = 2n next to 0kl: l = 2n). Zones that the point group maps on each other form
one condition; the one that International Tables print comes first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_compiler.groups.reflection_congruences import (
    Congruence,
    Wave,
    contradicts_itself,
    gain_group,
    linear_text,
    simplest_congruences,
    spread,
)
from basis_compiler.groups.spglib_database import operations_of
from basis_store import TURN, CompiledSetting, Operations
from basis_store.groups.group import LatticeFamily
from basis_store.groups.representation import RepresentationName

# The member that represents an equivalent set, and the order of sets: as in International Tables.
_PREFERRED: dict[LatticeFamily, tuple[str, ...]] = {
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
        by_right = itertools.groupby(self.congruences, lambda congruence: congruence.right)
        parts = [f"{','.join(one.left for one in group)}={right}" for right, group in by_right]
        return f"{self.label}: {', '.join(parts)}"


@dataclass(frozen=True)
class ReflectionCondition:
    """One condition and its equivalents under the point group, such as ``0kl: k+l=4n`` with h0l and hk0."""

    zones: tuple[Zone, ...]

    @property
    def kind(self) -> str:
        """``integral`` on all indices, else ``zonal`` or ``serial``: on two free indices or one."""
        basis = self.zones[0].basis
        return "integral" if len(basis) == len(basis[0]) else ("serial", "zonal")[len(basis) - 1]

    def __str__(self) -> str:
        return str(self.zones[0])


@dataclass(frozen=True)
class ReflectionConditions:
    """All general reflection conditions of a setting that do not follow from each other.

    Attributes:
        conditions: integral first, then zonal, then serial ones.
        permutable: how equivalent zones follow from the printed one, such as ``"h, k, l permutable"``; empty
            where no condition has equivalents.
    """

    conditions: tuple[ReflectionCondition, ...]
    permutable: str

    def allows(self, waves: ArrayLike) -> NDArray[np.bool_]:
        """Whether each of ``waves`` (n, d) may be present; (n,). The others are systematic absences."""
        array = np.asarray(waves, dtype=np.int64)
        array = array.reshape(-1, array.shape[-1] or 3)
        allowed = np.ones(len(array), dtype=bool)
        for condition in self.conditions:
            for zone in condition.zones:
                allowed &= zone.allows(array)
        return allowed


def reflection_conditions(group: Operations | CompiledSetting | RepresentationName) -> ReflectionConditions:
    """The reflection conditions of a setting; see the head of this module.

    Args:
        group: a setting or its name; or its operations, or what was compiled for it. A representation, or
            operations with a character, for the conditions on the waves of its functions (T9).

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.

    Source:
        T1; International Tables for Crystallography A (2016), section 1.6.3 and the space-group tables.
    """
    group = group if isinstance(group, CompiledSetting) else operations_of(group)
    rotations = np.asarray(group.rotations, dtype=np.int64)
    # Rows (t, c): what an operation requires of the waves that it fixes is k.t = c.
    shifts = np.column_stack([group.translations24, group.characters24]).astype(np.int64)
    family = group.setting.lattice_family
    # 1. The sublattices that rotations fix, and those with conditions of their own.
    distinct = np.unique(rotations, axis=0)
    spaces = {basis for rotation in distinct if (basis := fixed_waves(rotation))}
    zones = {basis: zone for basis in spaces if (zone := _zone(basis, spaces, rotations, shifts, family))}
    preferred = _PREFERRED[family]

    def rank(zone: Zone) -> tuple[int, str]:
        return (preferred.index(zone.label) if zone.label in preferred else len(preferred)), zone.label

    # 2. Zones that the point group maps to each other form one condition.
    conditions = []
    while zones:
        basis = next(iter(zones))
        images = {_image(basis, rotation) for rotation in distinct}
        members = sorted((zones.pop(image) for image in images), key=rank)
        conditions.append(ReflectionCondition(tuple(members)))
    conditions.sort(key=lambda one: (-len(one.zones[0].free), len(one.zones), rank(one.zones[0])))
    equivalents = any(len(condition.zones) > 1 for condition in conditions)
    # Waves of real functions occur as pairs k, -k.
    real = not (2 * shifts[:, -1] % TURN).any()
    laue = np.unique(np.concatenate([distinct, -distinct]), axis=0) if real else distinct
    return ReflectionConditions(tuple(conditions), _permutable(laue, family) if equivalents else "")


def fixed_waves(rotation: NDArray[np.int64]) -> tuple[Wave, ...]:
    """Basis of the waves with kR = k: the unit matrix in the columns of its free indices; empty if only k = 0."""
    unit = np.eye(len(rotation), dtype=np.int64)
    columns = (rotation - unit).T
    normals = columns[columns.any(axis=1)]
    if len(normals) == 0:
        return _normal_form(unit)
    if not (normals[:, :, None] * normals[0] - normals[0][:, None] * normals[:, None]).any():
        # A reflection, all normals are parallel: the plane k.normal = 0 (in the plane, that line).
        normal = normals[0] // np.gcd.reduce(normals[0])
        bound = int(np.flatnonzero(np.abs(normal) == 1)[-1])
        plane = np.delete(unit, bound, axis=0)
        plane[:, bound] = -normal[bound] * np.delete(normal, bound)
        return _normal_form(plane)
    if len(unit) == 2:
        return ()
    crosses = np.cross(normals[:, None], normals[None]).reshape(-1, 3)
    crosses = crosses[crosses.any(axis=1)]
    line = crosses[0] // np.gcd.reduce(crosses[0])
    return _normal_form(line[None]) if not (normals @ line).any() else ()


def _normal_form(basis: NDArray[np.int64]) -> tuple[Wave, ...]:
    """The basis that is the unit matrix in the first columns where it can be; all those of settings can."""
    for free in itertools.combinations(range(basis.shape[1]), len(basis)):
        block = basis[:, free]
        if abs(round(np.linalg.det(block))) == 1:
            inverse = np.rint(np.linalg.inv(block)).astype(np.int64)
            return tuple(map(tuple, (inverse @ basis).tolist()))
    raise ValueError(f"no unimodular block in {basis.tolist()}")


def _image(basis: tuple[Wave, ...], rotation: NDArray[np.int64]) -> tuple[Wave, ...]:
    return _normal_form(np.array(basis) @ rotation)


def _free(basis: tuple[Wave, ...]) -> tuple[int, ...]:
    array, unit = np.array(basis), np.eye(len(basis))
    choices = itertools.combinations(range(array.shape[1]), len(basis))
    return next(free for free in choices if (array[:, free] == unit).all())


def _zone(
    basis: tuple[Wave, ...],
    spaces: Iterable[tuple[Wave, ...]],
    rotations: NDArray[np.int64],
    shifts24: NDArray[np.int64],
    family: LatticeFamily,
) -> Zone | None:
    """The zone on the sublattice with this basis, or None if larger sublattices imply all its conditions."""
    array = np.array(basis)
    fixing = (array @ rotations == array).all(axis=(1, 2))
    larger = [np.array(space) for space in spaces if len(space) > len(basis)]
    inherited = np.zeros(len(rotations), dtype=bool)
    for space in larger:
        # A larger V contains this one <=> whatever fixes it fixes this one.
        over = (space @ rotations == space).all(axis=(1, 2))
        if not (over & ~fixing).any():
            inherited |= over
    required, implied = (
        gain_group(np.column_stack([shifts24[which, :-1] @ array.T, shifts24[which, -1]]))
        for which in (fixing, inherited)
    )
    if required == implied or contradicts_itself(implied):
        return None
    free = _free(basis)
    label = _label(basis, free, family)
    if contradicts_itself(required):
        return Zone(label, basis, free, (), absent=True)
    return Zone(label, basis, free, simplest_congruences(required, implied, free, array.shape[1]))


def _label(basis: tuple[Wave, ...], free: tuple[int, ...], family: LatticeFamily) -> str:
    columns = np.array(basis).T
    dimension = len(columns)
    indices = [linear_text(spread(tuple(column), free, dimension)) for column in columns.tolist()]
    if family == "hexagonal" and dimension == 3:
        third = spread(tuple((-columns[0] - columns[1]).tolist()), free, dimension)
        indices.insert(2, "i" if {0, 1} <= set(free) else linear_text(third))
    return "".join(indices)


def _permutable(rotations: NDArray[np.int64], family: LatticeFamily) -> str:
    """Which permutations of indices a group of rotations contains, in words."""
    dimension = rotations.shape[1]
    if family == "hexagonal":
        swaps = np.array([[[0, 1, 0], [1, 0, 0], [0, 0, s]] for s in (1, -1)])[:, :dimension, :dimension]
        mirrored = any((rotations == swap).all(axis=(1, 2)).any() for swap in swaps)
        return "h, k, i permutable" if mirrored else "h, k, i cyclically permutable"
    keys = {rotation.tobytes() for rotation in rotations}
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
