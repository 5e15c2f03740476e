"""Special reflection conditions of Wyckoff positions, exactly, in the notation of International Tables A.

The atoms of a position scatter nothing into a wave k if their sum is 0 for all values of the free coordinates
(special_sums.py). The waves where it is not are stated as rules on all waves (hkl) and, where these and the
general conditions do not say it yet, on zones (0kl, hhl ...). Rows of waves never need a rule of their own, nor do
zones that no operation of the Laue class fixes; a test shows this for every position of the 530 settings.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from basis_compiler.reflections.conditions.reflection_congruences import Wave
from basis_compiler.reflections.conditions.residue_rules import Alternative, Residues, simplest_rule
from basis_compiler.reflections.conditions.special_sums import SpecialSums
from basis_compiler.reflections.conditions.wave_zones import (
    class_rank,
    fixed_waves,
    free_indices,
    image,
    normal_form,
    zone_label,
)
from basis_store import Operations, WyckoffPosition
from basis_store.array_types import BoolArray
from basis_store.groups.group import LatticeFamily


@dataclass(frozen=True)
class SpecialCondition:
    """What a Wyckoff position requires of a class of reflections beyond the general conditions.

    Attributes:
        label: of the class, ``"hkl"``, ``"0kl"``; its images under the point group have the same condition.
        basis: of the class, as of :class:`wave_zones.Zone`.
        alternatives: one of them holds; empty where there is no simple rule, see ``residues``.
        period: of the condition in each free index.
        residues: the free indices of allowed waves modulo ``period``, where there is no simple rule.
    """

    label: str
    basis: tuple[Wave, ...]
    alternatives: tuple[Alternative, ...]
    period: int
    residues: tuple[Wave, ...] = ()

    def __str__(self) -> str:
        if self.residues:
            listed = " ".join("".join(map(str, residue)) for residue in self.residues)
            return f"{self.label}: residues modulo {self.period}: {listed}"
        texts = list(map(str, self.alternatives))
        several = any(" and " in text or " in " in text for text in texts)
        return f"{self.label}: {(', or ' if several else ' or ').join(texts)}"


@dataclass(frozen=True, eq=False)
class SpecialConditions:
    """The reflection conditions of one Wyckoff position.

    Attributes:
        sums: over its points, which decide.
        conditions: beyond the general ones, as International Tables print them; empty if there are none.
    """

    sums: SpecialSums
    conditions: tuple[SpecialCondition, ...]

    def allows(self, waves: ArrayLike) -> BoolArray:
        """Whether atoms on the position contribute to each of ``waves`` (n, 3), decided exactly; (n,).

        False where they add to 0 for all values of the free coordinates, also where the group forbids the wave.
        """
        return ~self.sums.vanish(np.asarray(waves, dtype=np.int64).reshape(-1, 3))

    def __str__(self) -> str:
        return "; ".join(map(str, self.conditions)) or "no extra conditions"


def special_conditions(group: Operations, position: WyckoffPosition) -> SpecialConditions:
    """The special reflection conditions of a Wyckoff position; see the head of this module.

    Args:
        group: the operations of a setting, such as ``store.read(setting).operations``.
        position: of this setting, such as ``store.wyckoff_positions(setting)["a"]``.

    Source:
        International Tables for Crystallography A (2016), section 1.6.3 and the space-group tables.
    """
    sums = SpecialSums(group, position)
    if position.matrix.trace() == 3:
        return SpecialConditions(sums, ())
    whole = normal_form(np.eye(3, dtype=np.int64))
    zones = _zones(group.distinct_rotations, group.setting.lattice_family)
    found = [_condition(group, sums, basis, whole) for basis in (whole, *zones)]
    return SpecialConditions(sums, tuple(one for one in found if one))


@functools.cache
def _zones(point_group: tuple[bytes, ...], family: LatticeFamily) -> tuple[tuple[Wave, ...], ...]:
    """The planes of waves that operations of the Laue class fix, one of each set of images, in order."""
    rotations = [np.frombuffer(one, np.int8).reshape(3, 3).astype(np.int64) for one in point_group]
    planes = {fixed_waves(sign * rotation) for rotation in rotations for sign in (1, -1)}

    def rank(basis: tuple[Wave, ...]) -> tuple[int, str]:
        return class_rank(zone_label(basis, free_indices(basis), family), family)

    chosen: list[tuple[Wave, ...]] = []
    seen: set[tuple[Wave, ...]] = set()
    for basis in sorted((basis for basis in planes if len(basis) == 2), key=rank):
        if basis not in seen:
            chosen.append(basis)
            seen |= {image(basis, rotation) for rotation in rotations}
    return tuple(chosen)


def _condition(
    group: Operations, sums: SpecialSums, basis: tuple[Wave, ...], whole: tuple[Wave, ...]
) -> SpecialCondition | None:
    """What holds on a sublattice beyond the general conditions and what holds for all waves; None if nothing."""
    rows = np.array(basis)
    fixing = (rows @ group.rotations == rows).all(axis=(1, 2))
    gains24 = group.translations24[fixing] @ rows.T
    period = int(np.lcm(sums.period(basis), sums.period(whole)))
    free = np.array(list(itertools.product(range(period), repeat=len(basis))))
    allowed = ~sums.vanish_almost_everywhere(basis, free)
    left = (free @ gains24.T % 24 == 0).all(axis=1)
    if basis != whole:
        left &= ~sums.vanish_almost_everywhere(whole, free @ rows)
    if (allowed == left).all():
        return None
    indices = free_indices(basis)
    label = zone_label(basis, indices, group.setting.lattice_family)
    permutable = basis == whole and group.setting.crystal_system == "cubic"
    rule = simplest_rule(Residues(period, allowed, left, gains24, indices, permutable))
    if rule is None:
        return SpecialCondition(label, basis, (), period, tuple(map(tuple, free[allowed].tolist())))
    return SpecialCondition(label, basis, rule, period)
