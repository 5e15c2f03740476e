"""Evidence that all reflections of a kind are forbidden, and that none is.

A *group* of orbits are those that the same extinction classes forbid: a class decides about all of them together.
The share f of its orbits that are not 0 is unknown and integrated over its distribution:

    if forbidden      f near 0; those that are there are weak, as multiple scattering and half the wavelength make
                      them
    if not            a mixture of: f near 1, each orbit of any intensity; f near 1, all of one unknown scale; f
                      near 0, from atoms on special positions; and the intensities of other orbits of the same
                      index class

The last is for pseudo-translations. If parts of a structure differ by a translation u but for little, reflections
with k.u not an integer are weak, those on zones among them, and say nothing about glide planes and screw axes as
long as noise hides them. What their general members show tells what to expect.
"""

from __future__ import annotations

import math

import numpy as np

from basis_compiler.reflections.extinctions.orbit_likelihoods import OrbitLikelihoods, log_sum
from basis_store.array_types import BoolArray, FloatArray, IntArray

Mixture = tuple[tuple[float, float, float], ...]
"""Weights of beta distributions, and their two parameters."""
ABSENT_PRIOR: Mixture = ((1.0, 0.2, 60.0),)
"""Of f where all are forbidden: few are there nevertheless, in all measurements of an orbit."""
PRESENT_PRIOR: Mixture = ((0.95, 8.0, 0.5), (0.045, 1.0, 1.0), (0.005, 0.5, 40.0))
"""Of f where none is forbidden: nearly all are there; seldom any share, or none (atoms on special positions).

In 700 crystals of the Materials Project, 0.3 % of the groups of reflections that their space group allows are 0.
"""
PEAK_PRIOR: Mixture = ((0.6, 4.0, 1.0), (0.4, 1.0, 1.0))
"""Of f for peaks of a powder pattern where none is forbidden: weak ones are not seen."""
_NODES = np.linspace(-10, 10, 81)
_SHARES = 1 / (1 + np.exp(-_NODES))
"""Shares f of orbits that are not 0, at which their integral is summed."""
_WEAK_KIND = 0.1
"""Prior that the reflections of a group are of one scale, such as all weak, rather than each of any."""
_KIND_SHARE = 0.97
"""How many of them are there."""
_LIKE_OTHERS = 0.8
"""Prior that they are like the others of their index class, if there is a pseudo-translation."""
_PSEUDO_COUNT = 1.0
"""Orbits that the scales of an index class are worth before any is seen."""
_STEPS = 20


def group_evidence(
    likelihoods: OrbitLikelihoods,
    groups: IntArray,
    if_present: Mixture = PRESENT_PRIOR,
    index_classes: IntArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """(g,) log evidence of groups of orbits if all orbits of the group are forbidden, and if none is.

    Args:
        likelihoods: of m orbits.
        groups: (m,) which group each belongs to, from 0; none is empty.
        if_present: the distribution of f where none is forbidden.
        index_classes: (m,) which class each belongs to, from 0; None if there are no pseudo-translations.
    """
    zero, present, violating, scaled, *_ = likelihoods
    count = int(groups.max(initial=-1)) + 1
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(count))

    def summed(values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values[order], starts, axis=0))

    # 1. At each share f: if forbidden, and if not.
    absent_sums, present_sums = (summed(_mixed(zero, there)) for there in (violating, present))
    any_kind = _integrated(present_sums, if_present)
    # 2. All of one scale.
    weak = zero + math.log1p(-_KIND_SHARE)
    kinds = summed(np.logaddexp(weak[:, None], scaled + math.log(_KIND_SHARE))) - math.log(scaled.shape[1])
    one_kind = log_sum(kinds)
    not_forbidden = np.logaddexp(any_kind + math.log1p(-_WEAK_KIND), one_kind + math.log(_WEAK_KIND))
    # 3. Like the others of their index class.
    if index_classes is not None:
        for group in range(count):
            shared, known = _like_others(likelihoods, groups == group, index_classes)
            weight = _LIKE_OTHERS * known
            not_forbidden[group] = np.logaddexp(
                not_forbidden[group] + math.log1p(-weight), shared + math.log(weight + 1e-300)
            )
    return _integrated(absent_sums, ABSENT_PRIOR), np.asarray(not_forbidden)


def _mixed(zero: FloatArray, there: FloatArray) -> FloatArray:
    """(m, s) log of (1 - f) exp(zero) + f exp(there) for all shares f."""
    largest = np.maximum(zero, there)[:, None]
    mixed = np.exp(zero[:, None] - largest) * (1 - _SHARES) + np.exp(there[:, None] - largest) * _SHARES
    return np.asarray(largest + np.log(mixed))


def _like_others(likelihoods: OrbitLikelihoods, inside: BoolArray, index_classes: IntArray) -> tuple[float, float]:
    """Log evidence of a group if its orbits are like the others of their index class; how sure these are there."""
    values = np.column_stack([likelihoods.zero, likelihoods.scaled])
    total, known = 0.0, 1.0
    for index_class in np.unique(index_classes[inside]).tolist():
        own = index_classes == index_class
        weights = _fitted_weights(values[own & ~inside])
        known = min(known, 1 - weights[0])
        weights[0] = 1 - _KIND_SHARE
        weights[1:] *= _KIND_SHARE / max(weights[1:].sum(), 1e-300)
        total += float(log_sum(values[own & inside] + np.log(weights + 1e-300)).sum())
    return total, known


def _fitted_weights(values: FloatArray) -> FloatArray:
    """(t,) weights of the components of a mixture, from (n, t) log likelihoods, by EM."""
    prior = np.full(values.shape[1], 0.5 / (values.shape[1] - 1))
    prior[0] = 0.5
    weights = prior
    ratios = np.exp(values - values.max(axis=1, initial=-np.inf)[:, None])
    for _ in range(_STEPS):
        shares = weights * ((1 / (ratios @ weights)) @ ratios)
        weights = (shares + _PSEUDO_COUNT * prior) / (len(values) + _PSEUDO_COUNT)
    return np.asarray(weights)


def _integrated(sums: FloatArray, prior: Mixture) -> FloatArray:
    # df = f (1 - f) du for f = 1 / (1 + exp(-u)).
    log_weights = np.full(len(_SHARES), -np.inf)
    for weight, one, other in prior:
        density = one * np.log(_SHARES) + other * np.log1p(-_SHARES)
        log_weights = np.logaddexp(log_weights, math.log(weight) + density - np.logaddexp.reduce(density))
    return log_sum(sums + log_weights)
