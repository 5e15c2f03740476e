"""What was measured of the reflections that each condition forbids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_compiler.reflections.conditions.reflection_conditions import ReflectionCondition
from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass, extinction_classes
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.counted import counted

OBSERVED = 3.0
"""I / sigma from which a reflection counts as observed."""
_WORST = 5


@dataclass(frozen=True, eq=False)
class ConditionRow:
    """One reflection condition.

    Attributes:
        condition: such as ``"h0l: l=2n"``; its equivalents under the Laue class are counted with it.
        holds: whether the first class requires it, or it follows from what it requires.
        forbidden: number of measurements that it forbids; where it does not hold, without those that the first
            class forbids anyway. If 0, the measurements do not test the condition.
        observed: how many of them are above 3 sigma.
        mean_ratio: their mean I / sigma; NaN if there are none.
        mean_intensity: their mean intensity over that of all reflections of the same resolution; NaN if there are
            none.
        worst: (w,) rows of the strongest of them above 3 sigma, at most five; of equivalents of the best Laue
            class, the strongest alone.
    """

    condition: str
    holds: bool
    forbidden: int
    observed: int
    mean_ratio: float
    mean_intensity: float
    worst: IntArray


def condition_table(
    best: ExtinctionClass,
    hkl: IntArray,
    orbits: IntArray,
    y: FloatArray,
    ratio: FloatArray,
    allowed: BoolArray,
) -> tuple[ConditionRow, ...]:
    """One row for each condition of the extinction classes of a Laue class.

    Args:
        best: the first class.
        hkl: (n, 3) indices of measurements.
        orbits: (n,) their orbits under the Laue class.
        y: (n,) intensities over their shell's mean.
        ratio: (n,) I / sigma.
        allowed: (n,) whether the first class allows them.
    """
    waves = np.array(np.meshgrid(*[np.arange(-6, 7)] * 3)).reshape(3, -1).T
    all_forbidden = ~best.allows(waves)
    conditions: dict[str, tuple[ReflectionCondition, ExtinctionClass]] = {}
    for one in extinction_classes(best.laue):
        if one.is_reverse == best.is_reverse:
            for condition in one.conditions.conditions:
                conditions.setdefault(str(condition), (condition, one))
    rows = []
    for text, (condition, source) in conditions.items():
        holds = bool(all_forbidden[_forbids(condition, waves, source)].all())
        forbidden = np.flatnonzero(_forbids(condition, hkl, source) & (allowed | holds))
        observed = forbidden[ratio[forbidden] > OBSERVED]
        strongest = observed[np.argsort(-y[observed], kind="stable")]
        _, first = np.unique(orbits[strongest], return_index=True)
        rows.append(
            ConditionRow(
                condition=text,
                holds=holds,
                forbidden=len(forbidden),
                observed=len(observed),
                mean_ratio=float(ratio[forbidden].mean()) if len(forbidden) else np.nan,
                mean_intensity=float(y[forbidden].mean()) if len(forbidden) else np.nan,
                worst=strongest[np.sort(first)][:_WORST],
            )
        )
    kinds = {"integral": 0, "zonal": 1, "serial": 2}
    rows.sort(key=lambda row: (not row.holds, kinds[conditions[row.condition][0].kind], row.condition))
    return tuple(rows)


def untested_note(rows: Sequence[ConditionRow], ratio: FloatArray) -> str:
    """What to do about conditions that no measurement tests; ``""`` if each of them is tested.

    Args:
        rows: of :func:`condition_table`.
        ratio: (n,) I / sigma of all measurements.
    """
    untested = [row for row in rows if not row.forbidden]
    if not untested:
        return ""
    number = counted(len(untested), "reflection condition")
    only = "only observed reflections" if (ratio > OBSERVED).all() else "no reflection that would be forbidden"
    return (
        f"not decided: {number}, for which the list has {only}; give those that were looked for and not observed "
        "as well, with an intensity of about 0 and its sigma"
    )


def _forbids(condition: ReflectionCondition, hkl: IntArray, source: ExtinctionClass) -> BoolArray:
    """(n,) whether a condition, or an equivalent of it, forbids each of (n, 3) indices."""
    turned = hkl * np.array([-1, -1, 1]) if source.is_reverse else hkl
    allowed = np.ones(len(hkl), dtype=bool)
    for zone in condition.zones:
        allowed &= zone.allows(turned)
    return ~allowed
