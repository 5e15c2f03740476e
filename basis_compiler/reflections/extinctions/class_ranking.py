"""What is found about the groups of reflections, and how extinction classes are ranked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_compiler.reflections.extinctions.condition_table import ConditionRow
from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass
from basis_compiler.reflections.extinctions.group_evidence import PRESENT_PRIOR, Mixture, group_evidence
from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_compiler.reflections.extinctions.orbit_likelihoods import OrbitLikelihoods
from basis_store import ReflectionData
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.tables.short_repr import ShortRepr

_SAME = 1e-6
_NAMED = 5
_STRAY, _STRAY_ZERO = 0.01, 0.05
"""Shares of orbits that are there although they are forbidden, and 0 although they are not."""


@dataclass(frozen=True, eq=False)
class LaueRow:
    """What equivalents say of a Laue class.

    Attributes:
        laue: the class.
        log_evidence: natural logarithm, relative to the best.
        r_merge: sum |I - mean| / sum I over orbits that were measured more than once; NaN if there are none.
        repeated: number of measurements in such orbits.
    """

    laue: LaueClass
    log_evidence: float
    r_merge: float
    repeated: int


@dataclass(frozen=True, eq=False)
class RankedClass:
    """An extinction class and how well it fits.

    Attributes:
        extinction: the class.
        rank: from 1, by probability; equally probable classes have the same.
        log_evidence: natural logarithm, of the reflections alone, relative to the first class.
        probability: among all that were compared; common classes are more probable beforehand, unless the data are
            peaks.
    """

    extinction: ExtinctionClass
    rank: int
    log_evidence: float
    probability: float


@dataclass(frozen=True)
class PeakLine:
    """Lines of a cell that a powder pattern does not separate.

    Attributes:
        d: spacing of the first in Angstrom.
        hkl: (3,) its indices.
        observed: whether there is a peak.
        allowed: whether the first class allows a line of it.
    """

    d: float
    hkl: tuple[int, ...]
    observed: bool
    allowed: bool


@dataclass(frozen=True, eq=False, repr=False)
class GroupsFor(ShortRepr):
    """What :func:`groups_for` finds.

    Attributes:
        classes: extinction classes, the best first.
        laue: Laue classes that the cell allows, the best first.
        conditions: the reflection conditions of all classes of the best Laue class: what was measured of the
            reflections that each forbids.
        against: (n,) rows of the reflections that the first class forbids and that were observed above 3 sigma,
            the strongest first.
        reflections: the data that were used.
        unique: number of reflections that are not equivalent in the best Laue class.
        mean_e2: mean of ``|E^2 - 1|`` over the general reflections of the best Laue class, each once: 0.97 is
            expected of centrosymmetric crystals, 0.74 of others, if atoms are many and lie anywhere; NaN for peak
            lists and if there are fewer than 60 such reflections.
        notes: what was decided.
        lines: of a peak list, what could have been seen, the largest spacing first.
    """

    classes: tuple[RankedClass, ...]
    laue: tuple[LaueRow, ...]
    conditions: tuple[ConditionRow, ...]
    against: IntArray
    reflections: ReflectionData
    unique: int
    mean_e2: float
    notes: tuple[str, ...]
    lines: tuple[PeakLine, ...] = ()

    @property
    def best(self) -> ExtinctionClass:
        """The first class."""
        return self.classes[0].extinction


def evidence_of_absences(
    absent: BoolArray,
    likelihoods: OrbitLikelihoods,
    if_present: Mixture = PRESENT_PRIOR,
    index_classes: IntArray | None = None,
) -> FloatArray:
    """(c,) log evidence of classes that forbid ``absent`` (c, m) of m observations.

    ``index_classes`` (m,) are those of pseudo-translations, None without.
    """
    patterns, groups = np.unique(absent, axis=1, return_inverse=True)
    if_forbidden, if_not = group_evidence(likelihoods, groups.reshape(-1), if_present, index_classes)
    return np.asarray(np.where(patterns, if_forbidden, if_not).sum(axis=1))


def agreement(absent: BoolArray, likelihoods: OrbitLikelihoods) -> float:
    """Log evidence that the reflections of each of m orbits are equivalent.

    That of the best of c classes, with shares of orbits that are 0 that do not depend on groups of reflections,
    since these differ from one Laue class to another.

    Args:
        absent: (c, m) which orbits each class forbids.
        likelihoods: of the orbits.
    """
    zero, present, *_ = likelihoods
    if_forbidden = np.logaddexp(zero + math.log1p(-_STRAY), present + math.log(_STRAY))
    if_not = np.logaddexp(zero + math.log(_STRAY_ZERO), present + math.log1p(-_STRAY_ZERO))
    return float(if_not.sum() + (absent @ (if_forbidden - if_not)).max())


def ranked_classes(found: Sequence[tuple[ExtinctionClass, float, float]]) -> tuple[RankedClass, ...]:
    """Classes with their log evidence and the logarithm of how common they are, ranked by the sum."""
    order = sorted(found, key=lambda one: (-round(one[1] + one[2], 6), one[0].settings[0].hall_number))
    values = np.array([evidence + frequency for _, evidence, frequency in order])
    probabilities = np.exp(values - np.logaddexp.reduce(values))
    ranked: list[RankedClass] = []
    for place, (extinction, evidence, _) in enumerate(order):
        same = place > 0 and abs(values[place] - values[place - 1]) < _SAME
        rank = ranked[-1].rank if same else place + 1
        ranked.append(RankedClass(extinction, rank, float(evidence - order[0][1]), float(probabilities[place])))
    return tuple(ranked)


def class_notes(ranked: Sequence[RankedClass]) -> list[str]:
    """Sentences on the first classes."""
    notes = []
    first, *others = [one.extinction for one in ranked if abs(one.log_evidence) < _SAME]
    if others:
        several = any(one.laue is not first.laue for one in others)
        name, *equal = [f"{one.symbol} ({one.laue.name})" if several else one.symbol for one in (first, *others)]
        names = ", ".join(equal[:_NAMED]) + (" ..." if len(equal) > _NAMED else "")
        why = "; it is first because it is more common" if ranked[1].rank > 1 else ""
        notes.append(f"these reflections do not tell {name} from {names}{why}")
    if ranked[0].extinction.is_reverse:
        notes.append("the indices are of the reverse setting: conditions are those of -h, -k, l, the obverse one")
    return notes
