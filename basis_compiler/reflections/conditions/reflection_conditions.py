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

``conditions`` are those that are not implied by the conditions on larger V. International Tables list, for classes
of the crystal system, all that holds in each (00l: l = 2n next to 0kl: l = 2n): these are ``listed``. Zones that
the point group maps on each other form one condition; the one that International Tables print comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_compiler.groups.spglib_database import operations_of
from basis_compiler.reflections.conditions.listed_classes import listed_classes
from basis_compiler.reflections.conditions.reflection_congruences import (
    Congruence,
    Wave,
    contradicts_itself,
    gain_group,
    simplest_congruences,
)
from basis_compiler.reflections.conditions.wave_zones import (
    Zone,
    class_rank,
    fixed_waves,
    free_indices,
    image,
    permutable_indices,
    zone_label,
)
from basis_store import TURN, CompiledSetting, Operations
from basis_store.groups.group import LatticeFamily
from basis_store.groups.representation import RepresentationName


@dataclass(frozen=True)
class ReflectionCondition:
    """One condition and its equivalents under the point group, such as ``0kl: k+l=4n`` with h0l and hk0.

    Attributes:
        zones: the one that is printed, and its images.
        follows: whether conditions on larger classes imply it.
    """

    zones: tuple[Zone, ...]
    follows: bool = False

    @property
    def kind(self) -> str:
        """``integral`` on all indices, else ``zonal`` or ``serial``: on two free indices or one."""
        basis = self.zones[0].basis
        return "integral" if len(basis) == len(basis[0]) else ("serial", "zonal")[len(basis) - 1]

    def __str__(self) -> str:
        return str(self.zones[0])


@dataclass(frozen=True)
class ReflectionConditions:
    """The general reflection conditions of a setting.

    Attributes:
        conditions: those that do not follow from each other; integral first, then zonal, then serial ones.
        listed: as International Tables A list them: everything that holds in each class of reflections, also where
            it follows from larger classes. Of plane groups, and with another character than the trivial one, the
            same as ``conditions``.
        permutable: how equivalent zones follow from the printed one, such as ``"h, k, l permutable"``; empty
            where no condition has equivalents.
    """

    conditions: tuple[ReflectionCondition, ...]
    listed: tuple[ReflectionCondition, ...]
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
    # 2. Zones that the point group maps to each other form one condition.
    conditions = []
    while zones:
        members = _equivalents(next(iter(zones)), distinct, family)
        conditions.append(ReflectionCondition(tuple(zones.pop(member) for member in members)))
    conditions.sort(
        key=lambda one: (-len(one.zones[0].free), len(one.zones), class_rank(one.zones[0].label, family))
    )
    # 3. Everything that holds in the classes of International Tables.
    listed = list(conditions)
    if rotations.shape[-1] == 3 and not shifts[:, -1].any():
        own = {zone.basis for condition in conditions for zone in condition.zones}
        listed = []
        fixed = spaces | {fixed_waves(-rotation) for rotation in distinct}
        for basis in listed_classes(group.setting, fixed):
            members = [basis, *(one for one in _equivalents(basis, distinct, family) if one != basis)]
            complete = [zone for one in members if (zone := _zone(one, (), rotations, shifts, family))]
            if complete:
                printed = tuple(replace(one, congruences=_largest_first(one.congruences)) for one in complete)
                listed.append(ReflectionCondition(printed, follows=basis not in own))
    # Waves of real functions occur as pairs k, -k.
    real = not (2 * shifts[:, -1] % TURN).any()
    laue = np.unique(np.concatenate([distinct, -distinct]), axis=0) if real else distinct
    equivalents = any(len(condition.zones) > 1 for condition in [*conditions, *listed])
    permutable = permutable_indices(laue, family) if equivalents else ""
    return ReflectionConditions(tuple(conditions), tuple(listed), permutable)


def _equivalents(
    basis: tuple[Wave, ...], rotations: NDArray[np.int64], family: LatticeFamily
) -> list[tuple[Wave, ...]]:
    """The images of a sublattice, the one that International Tables print first."""
    images = {image(basis, rotation) for rotation in rotations}
    return sorted(images, key=lambda one: class_rank(zone_label(one, free_indices(one), family), family))


def _largest_first(congruences: tuple[Congruence, ...]) -> tuple[Congruence, ...]:
    """``k+l=4n, k,l=2n``."""
    return tuple(sorted(congruences, key=lambda one: -one.modulus))


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
    free = free_indices(basis)
    label = zone_label(basis, free, family)
    if contradicts_itself(required):
        return Zone(label, basis, free, (), absent=True)
    return Zone(label, basis, free, simplest_congruences(required, implied, free, array.shape[1]))
