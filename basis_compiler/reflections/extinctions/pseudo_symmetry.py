"""Evidence for a Laue class of structures that a slight distortion makes of more symmetric ones.

Intensities that a Laue class L allows to differ are often nearly equal: those that a larger class P has as
equivalents, if the structure nearly has the symmetry of P. Taken as independent, all of these equalities would be
accidents, and P would win over L even where they fail significantly. So the orbits of L in an orbit of P, with
intensities Y_o and uncertainties w_o, are compared with

    Y_o ~ N(Y, w_o^2 + d^2 Y (1 + Y))

as in :mod:`orbit_likelihoods`, for several sizes d of the distortion, beside independent ones. Y is in units of
the mean intensity: a distortion adds amplitudes, so that it changes weak reflections by more of their intensity.

Shares were counted of crystals of the Materials Project whose cell allows a larger Laue class than their own
(``python -m experiments.distortions``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from basis_compiler.reflections.extinctions.class_ranking import agreement
from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_compiler.reflections.extinctions.orbit_likelihoods import (
    OUTLIERS,
    OrbitLikelihoods,
    log_common,
    log_outlier,
    log_present,
    log_sum,
)
from basis_store.array_types import BoolArray, FloatArray, IntArray


class Shares(NamedTuple):
    """How nearly structures of a Laue class have the symmetry of a larger one.

    Attributes:
        invisible: share of those that nobody can tell from the larger class: d < 0.0016.
        sizes: for sizes d, the shares of structures that have them or the like.
        independent: share of those whose intensities are not those of the larger class, not even nearly.
    """

    invisible: float
    sizes: dict[float, float]
    independent: float


OF_LAUE_CLASS = Shares(0.004, {0.003: 0.004, 0.01: 0.004, 0.03: 0.006, 0.1: 0.086, 0.3: 0.273}, 0.623)
"""Of structures whose cell has the metric that every cell of their Laue class has, as of 4/m."""
OF_METRIC = Shares(0.005, {0.003: 0.018, 0.01: 0.048, 0.03: 0.101, 0.1: 0.304, 0.3: 0.379}, 0.145)
"""Of structures whose cell has more symmetry than their Laue class needs: most are distorted ones."""
NEARLY_MORE = 0.005
"""Share of structures in which nearly all reflections are 0 that another class forbids besides."""
_VISIBLE = 0.03
"""d from which reflections are seen that the larger class forbids."""
_NEVER = -1e300
_EXCEPTIONS = 0.1
"""Share of orbits that a distortion changes more, over that of outliers among measurements."""
_CORRECTION = math.log1p(-_EXCEPTIONS * OUTLIERS) - math.log1p(-OUTLIERS)


def _distorted(likelihoods: OrbitLikelihoods, larger: IntArray, size: float) -> OrbitLikelihoods:
    """Likelihoods of the orbits of a larger Laue class, from those of a smaller one, if equivalents differ by d.

    Args:
        likelihoods: of the m orbits of the smaller class.
        larger: (m,) which orbit of the larger class each is in, from 0; none is empty.
        size: d.
    """
    y, s = likelihoods.intensities, likelihoods.uncertainties
    common = log_common(y, s, log_outlier(y, s) + math.log(_EXCEPTIONS), larger, size)
    # What the measurements of each orbit say of one another, whatever its intensity is.
    rest = np.bincount(larger, likelihoods.present - log_present(y, s) + _CORRECTION)
    alone = np.bincount(larger) == 1
    present = np.where(alone, np.bincount(larger, likelihoods.present), common + rest)
    zero = np.asarray(np.bincount(larger, likelihoods.zero), dtype=np.float64)
    return likelihoods._replace(zero=zero, present=present)


@dataclass(frozen=True, eq=False)
class FittedLaueClass:
    """A Laue class and its orbits.

    Attributes:
        laue: the class.
        waves: (m, 3) one of each orbit.
        orbits: (n,) the orbit of each measurement.
        likelihoods: of the orbits.
        absent: (c, m) which orbits each of its extinction classes forbids.
        agreement: log evidence that the measurements of each orbit are equivalent, its intensity independent of
            others.
    """

    laue: LaueClass
    waves: IntArray
    orbits: IntArray
    likelihoods: OrbitLikelihoods
    absent: BoolArray
    agreement: float


def with_distortions(fit: FittedLaueClass, others: Sequence[FittedLaueClass]) -> float:
    """Log evidence of a Laue class, whose structures may be distorted ones of the best of the larger classes."""
    own = {rotation.tobytes() for rotation in fit.laue.rotations}
    larger = [one for one in others if own < {rotation.tobytes() for rotation in one.laue.rotations}]
    if not larger:
        return fit.agreement
    best = max(larger, key=lambda one: one.agreement)
    fewest = min(one.laue.free_parameters for one in others)
    shares = OF_METRIC if fit.laue.free_parameters > fewest else OF_LAUE_CLASS
    _, orbits = best.laue.representatives(fit.waves)
    terms = [fit.agreement + math.log(shares.independent), best.agreement + math.log(shares.invisible)]
    order = np.argsort(orbits, kind="stable")
    counts = np.bincount(orbits)
    absent = np.logical_and.reduceat(fit.absent[:, order], np.cumsum(counts) - counts, axis=1)
    both = np.concatenate([absent, best.absent])
    # Without distortion the evidence is that of the larger class: errors of the two steps cancel.
    undistorted = agreement(both, _distorted(fit.likelihoods, orbits, 0.0))
    for size, share in shares.sizes.items():
        # What the larger class forbids is of the order d^2 then.
        forbidden = both if size < _VISIBLE else absent
        change = agreement(forbidden, _distorted(fit.likelihoods, orbits, size)) - undistorted
        terms.append(best.agreement + change + math.log(share))
    return float(np.logaddexp.reduce(terms))


def with_accidents(absent: BoolArray, evidence: FloatArray, frequencies: FloatArray) -> FloatArray:
    """(c,) log evidence of extinction classes whose structures may nearly belong to one that forbids more.

    A pseudo-translation or pseudo-glide plane is one accident, though it makes several groups of reflections weak.

    Args:
        absent: (c, m) which orbits each class forbids.
        evidence: (c,) log evidence without that.
        frequencies: (c,) logarithms of how common the classes are.
    """
    sizes = absent.sum(axis=1)
    more = (absent.astype(np.float64) @ absent.T == sizes[:, None]) & (sizes > sizes[:, None])
    weights = np.where(more, frequencies, _NEVER)
    weights -= log_sum(weights)[:, None]
    accidents = log_sum(np.where(more, weights + evidence, _NEVER))
    return np.logaddexp(evidence + math.log1p(-NEARLY_MORE), accidents + math.log(NEARLY_MORE))
