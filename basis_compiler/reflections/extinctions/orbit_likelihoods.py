"""How well the measurements of equivalent reflections agree with intensity 0, and with any intensity.

Intensities y are in units of the mean intensity of their resolution shell, with uncertainties s. Of an orbit of
equivalent reflections with the intensity Y every measurement is

    y ~ N(Y, s^2 + (p Y)^2)     or, with probability eta, an outlier: y ~ q (multiple scattering, a bad spot),

with p for what differs between equivalents but noise (absorption, scaling). q is the distribution of intensities
that are not 0: a mixture of half-normal ones over many scales, for a crystal may have weak reflections of any kind
(superlattices, pseudo-translations), and Wilson's distribution would take those for absences. Then

    log L0 = sum log[(1 - eta) N(y; 0, s^2) + eta q(y)]                      the orbit is absent
    log L1 = log of the integral over Y of q(Y) times the same with Y        it is not

The integral is Laplace's: Y is fitted with the outliers down-weighted (EM, from three quantiles of the orbit), and
q is integrated exactly over the Gaussian of its uncertainty. For a single measurement this is exact.

Source: A. J. C. Wilson, Acta Cryst. 2, 318 (1949); A. J. Markvardsen, W. I. F. David, J. C. Johnson, K. Shankland,
    Acta
Cryst. A57, 47 (2001) (evidence for extinction symbols); R. J. Read, Acta Cryst. D55, 1759 (1999) (outliers).
"""

from __future__ import annotations

import math

import numpy as np

from basis_store.array_types import BoolArray, FloatArray, IntArray

OUTLIERS = 0.03
"""eta."""
PROPORTIONAL_ERROR = 0.05
"""p, where it cannot be estimated from the data."""
_SCALES = np.array([3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003])
_SCALE_WEIGHTS = np.array([0.1, 0.25, 0.2, 0.13, 0.1, 0.08, 0.06, 0.05, 0.03])
_ITERATIONS = 3
_erfc = np.frompyfunc(math.erfc, 1, 1)


def log_present(y: FloatArray, s: FloatArray) -> FloatArray:
    """(n,) log of q, blurred by the uncertainty s, at y."""
    total = np.full(len(y), 1e-300)
    for scale, weight in zip(_SCALES, _SCALE_WEIGHTS, strict=True):
        variance = scale**2 + s**2
        ratio = y * scale / (s * np.sqrt(2 * variance))
        positive = _erfc(-np.clip(ratio, -25, 25)).astype(np.float64)
        total += weight * positive * np.exp(-0.5 * y**2 / variance) / np.sqrt(2 * np.pi * variance)
    return np.asarray(np.log(total))


def log_outlier(y: FloatArray, s: FloatArray) -> FloatArray:
    """(n,) log of eta q: what each measurement is worth as an outlier, in any orbit."""
    return np.asarray(math.log(OUTLIERS) + log_present(y, s))


def orbit_likelihoods(
    y: FloatArray, s: FloatArray, outlier: FloatArray, orbits: IntArray, proportional: float = PROPORTIONAL_ERROR
) -> tuple[FloatArray, FloatArray]:
    """(m,) log L0 and (m,) log L1 of every orbit.

    Args:
        y: (n,) intensities over their shell's mean.
        s: (n,) their uncertainties, positive.
        outlier: (n,) of :func:`log_outlier`.
        orbits: (n,) which orbit each belongs to, 0 to m - 1; none is empty.
        proportional: p, by what share of the intensity equivalents differ beyond their uncertainties.
    """
    order = np.lexsort((y, orbits))
    y, s, outlier, orbits = y[order], s[order], outlier[order], orbits[order]
    count = np.bincount(orbits)
    start = np.cumsum(count) - count
    zero = _sums(orbits, np.logaddexp(_log_inlier(y, s**2), outlier))
    present = np.full(len(count), -np.inf)
    below, above = start + (count - 1) // 4, start + (count - 1) - (count - 1) // 4
    for first in (y[below], 0.5 * (y[start + (count - 1) // 2] + y[start + count // 2]), y[above]):
        present = np.maximum(present, _fitted(y, s, orbits, outlier, first, proportional))
    return zero, present


def _fitted(
    y: FloatArray, s: FloatArray, orbits: IntArray, outlier: FloatArray, first: FloatArray, proportional: float
) -> FloatArray:
    """(m,) log L1 with Y fitted from a first value."""
    common = first
    for _ in range(_ITERATIONS):
        variance = s**2 + (proportional * np.maximum(common, 0)[orbits]) ** 2
        inlier = _log_inlier(y - common[orbits], variance)
        weights = np.exp(inlier - np.logaddexp(inlier, outlier)) / variance + 1e-12
        total = np.bincount(orbits, weights)
        common = np.bincount(orbits, weights * y) / total
    variance = s**2 + (proportional * np.maximum(common, 0)[orbits]) ** 2
    inlier = _log_inlier(y - common[orbits], variance)
    fit = _sums(orbits, np.logaddexp(inlier, outlier))
    weights = np.exp(inlier - np.logaddexp(inlier, outlier)) / variance + 1e-12
    width = _sums(orbits, weights) ** -0.5
    return np.asarray(fit + log_present(common, width) + np.log(width * math.sqrt(2 * math.pi)))


def _sums(orbits: IntArray, values: FloatArray) -> FloatArray:
    return np.asarray(np.bincount(orbits, values), dtype=np.float64)


def _log_inlier(residual: FloatArray, variance: FloatArray) -> FloatArray:
    return np.asarray(math.log(1 - OUTLIERS) - 0.5 * residual**2 / variance - 0.5 * np.log(2 * math.pi * variance))


_NODES = np.linspace(-10, 10, 81)
_SHARES = 1 / (1 + np.exp(-_NODES))
"""Shares f of orbits that are not 0, at which their integral is summed."""
Mixture = tuple[tuple[float, float, float], ...]
"""Weights of beta distributions, and their two parameters."""
ABSENT_PRIOR: Mixture = ((1.0, 0.5, 20.0),)
"""Of f where all are forbidden: a few per cent are there nevertheless."""
PRESENT_PRIOR: Mixture = ((0.985, 8.0, 0.5), (0.01, 1.0, 1.0), (0.005, 0.5, 20.0))
"""Of f where none is forbidden: nearly all are there; seldom any share, or none (atoms on special positions).

In 700 crystals of the Materials Project, 0.3 % of the groups of reflections that their space group allows are 0.
"""


def group_evidence(
    zero: FloatArray, present: FloatArray, groups: IntArray, if_present: Mixture = PRESENT_PRIOR
) -> tuple[FloatArray, FloatArray]:
    """(g,) log evidence of groups of orbits if all orbits of the group are forbidden, and if none is.

    The share f of the orbits that are not 0 is unknown: integrated over its distribution, in groups that are
    forbidden and in those that are not.

    Args:
        zero: (m,) log L0 of orbits.
        present: (m,) log L1.
        groups: (m,) which group each belongs to, from 0; none is empty.
        if_present: the distribution of f where none is forbidden.
    """
    sums = np.zeros((int(groups.max(initial=-1)) + 1, len(_NODES)))
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(len(sums)))
    for place, share in enumerate(_SHARES):
        mixed = np.logaddexp(zero + math.log1p(-share), present + math.log(share))
        sums[:, place] = np.add.reduceat(mixed[order], starts)
    return _integrated(sums, ABSENT_PRIOR), _integrated(sums, if_present)


PEAK_PRIOR: Mixture = ((0.6, 4.0, 1.0), (0.4, 1.0, 1.0))
"""Of f for peaks of a powder pattern where none is forbidden: weak ones are not seen."""


def certain(observed: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Likelihoods L0 and L1, as logarithms, of what was seen to be there or not, as peaks of a powder pattern."""
    return np.where(observed, -30.0, 0.0), np.where(observed, 0.0, -30.0)


def _integrated(sums: FloatArray, prior: Mixture) -> FloatArray:
    # df = f (1 - f) du for f = 1 / (1 + exp(-u)).
    log_weights = np.full(len(_SHARES), -np.inf)
    for weight, one, other in prior:
        density = one * np.log(_SHARES) + other * np.log1p(-_SHARES)
        log_weights = np.logaddexp(log_weights, math.log(weight) + density - np.logaddexp.reduce(density))
    return np.asarray(np.logaddexp.reduce(sums + log_weights, axis=1))
