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
Acta Cryst. A57, 47 (2001) (evidence for extinction symbols); R. J. Read, Acta Cryst. D55, 1759 (1999) (outliers).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from basis_store.array_types import BoolArray, FloatArray, IntArray

OUTLIERS = 0.03
"""eta."""
PROPORTIONAL_ERROR = 0.05
"""p, where it cannot be estimated from the data."""
_SCALES = np.array([1000, 100, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003])
_SCALE_WEIGHTS = np.array([0.001, 0.004, 0.015, 0.1, 0.25, 0.2, 0.12, 0.1, 0.08, 0.06, 0.04, 0.03])
_GROUP_SCALES = np.append(_SCALES[3:], [1e-4, 3e-5])
"""Of reflections of one kind, which may all be weak."""
_VIOLATION = 1.0
"""Largest scale of reflections that are there although they are forbidden."""
_ITERATIONS = 3
_FAR = 25.0
_ERFC = (0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
         1.00002368, -1.26551223)  # fmt: skip


Excess = Callable[[FloatArray], FloatArray]
"""The variance between equivalents beyond that of noise, of orbits with these intensities."""


class OrbitLikelihoods(NamedTuple):
    """Logarithms, for m orbits.

    Attributes:
        zero: (m,) log L0.
        present: (m,) log L1.
        violating: (m,) log L1 with a q of weak intensities: forbidden, and there nevertheless.
        scaled: (m, t) log L1 with q of one scale, for each of t scales.
        intensities: (m,) Y, fitted to measurements that are no outliers.
        uncertainties: (m,) of Y.
    """

    zero: FloatArray
    present: FloatArray
    violating: FloatArray
    scaled: FloatArray
    intensities: FloatArray
    uncertainties: FloatArray


def log_sum(values: FloatArray) -> FloatArray:
    """Logarithm of the sum of exponentials along the last axis, as logaddexp.reduce, many times faster."""
    largest = values.max(axis=-1)
    return np.asarray(largest + np.log(np.exp(values - largest[..., None]).sum(axis=-1)))


def log_present(y: FloatArray, s: FloatArray) -> FloatArray:
    """(n,) log of q, blurred by the uncertainty s, at y."""
    return log_sum(_log_half_normal(y, s, _SCALES) + np.log(_SCALE_WEIGHTS))


def _log_half_normal(y: FloatArray, s: FloatArray, scales: FloatArray) -> FloatArray:
    """(n, t) log of half-normal distributions of t scales, blurred by s, at y."""
    y, s = y[:, None], s[:, None]
    variance = scales**2 + s**2
    # Far below 0 a measurement is wrong, by how far does not matter.
    positive = _log_erfc(np.minimum(-y * scales / (s * np.sqrt(2 * variance)), _FAR))
    return np.asarray(positive - 0.5 * (y**2 / variance + np.log(2 * np.pi * variance)))


def _log_erfc(x: FloatArray) -> FloatArray:
    """Log erfc(x), to 2e-7; W. H. Press et al., Numerical Recipes (1992), section 6.2."""
    t = 1 / (1 + 0.5 * np.abs(x))
    of_size = np.log(t) - x * x + np.polyval(_ERFC, t)
    return np.where(x >= 0, of_size, np.log(2 - np.exp(np.where(x < 0, of_size, 0.0))))


def log_outlier(y: FloatArray, s: FloatArray) -> FloatArray:
    """(n,) log of eta q: what each measurement is worth as an outlier, in any orbit."""
    return np.asarray(math.log(OUTLIERS) + log_present(y, s))


def orbit_likelihoods(
    y: FloatArray, s: FloatArray, outlier: FloatArray, orbits: IntArray, proportional: float = PROPORTIONAL_ERROR
) -> OrbitLikelihoods:
    """The likelihoods of every orbit.

    Args:
        y: (n,) intensities over their shell's mean.
        s: (n,) their uncertainties, positive.
        outlier: (n,) of :func:`log_outlier`.
        orbits: (n,) which orbit each belongs to, 0 to m - 1; none is empty.
        proportional: p, by what share of the intensity equivalents differ beyond their uncertainties.
    """
    order = np.lexsort((y, orbits))
    y, s, outlier, orbits = y[order], s[order], outlier[order], orbits[order]
    s = _common_noise(s, orbits)
    zero = _sums(orbits, np.logaddexp(_log_inlier(y, s**2), outlier))
    rest, common, width = _best_fit(
        y, s, outlier, orbits, lambda fitted: (proportional * np.maximum(fitted, 0)) ** 2
    )
    scaled = rest[:, None] + _log_half_normal(common, width, _GROUP_SCALES)
    weak = scaled[:, _GROUP_SCALES <= _VIOLATION]
    violating = log_sum(weak) - math.log(weak.shape[1])
    return OrbitLikelihoods(zero, rest + log_present(common, width), violating, scaled, common, width)


def log_common(y: FloatArray, s: FloatArray, outlier: FloatArray, orbits: IntArray, size: float) -> FloatArray:
    """(m,) log L1 of every orbit alone, of reflections that differ by a distortion of this size."""
    order = np.lexsort((y, orbits))
    rest, common, width = _best_fit(
        y[order], s[order], outlier[order], orbits[order], lambda fitted: variance_of_distortion(fitted, size)
    )
    return np.asarray(rest + log_present(common, width))


def variance_of_distortion(y: FloatArray, size: float) -> FloatArray:
    """(n,) variance of reflections that would be equivalent, of intensity y over the shell's mean, but for d.

    A distortion adds amplitudes: of strong reflections it changes a share of the intensity, of weak ones more.
    """
    y = np.maximum(y, 0)
    return np.asarray(size**2 * y * (1 + y))


def _best_fit(y: FloatArray, s: FloatArray, outlier: FloatArray, orbits: IntArray, excess: Excess) -> FloatArray:
    """(3, m) of :func:`_fitted`, from the quantile that leads to the largest L1; y rise in each orbit."""
    count = np.bincount(orbits)
    start = np.cumsum(count) - count
    below, above = start + (count - 1) // 4, start + (count - 1) - (count - 1) // 4
    middle = 0.5 * (y[start + (count - 1) // 2] + y[start + count // 2])
    fits = np.stack([_fitted(y, s, orbits, outlier, first, excess) for first in (y[below], middle, y[above])])
    present = fits[:, 0] + log_present(fits[:, 1].ravel(), fits[:, 2].ravel()).reshape(len(fits), -1)
    return np.asarray(fits[present.argmax(axis=0), :, np.arange(len(count))].T)


def _common_noise(s: FloatArray, orbits: IntArray) -> FloatArray:
    """Uncertainties, those of an orbit within a factor of two of their median replaced by it.

    Counting statistics give a count that is low by chance a small uncertainty: means weighted with it are too low.
    """
    count = np.bincount(orbits)
    middle = np.cumsum(count) - count + (count - 1) // 2
    median = s[np.lexsort((s, orbits))][middle][orbits]
    return np.where(np.abs(np.log(s / median)) < math.log(2), median, s)


def _fitted(
    y: FloatArray, s: FloatArray, orbits: IntArray, outlier: FloatArray, first: FloatArray, excess: Excess
) -> FloatArray:
    """Y fitted from a first value: (3, m) log L1 but for q, Y, and its uncertainty."""
    common = first
    for step in range(_ITERATIONS + 1):
        variance = s**2 + excess(common)[orbits]
        inlier = _log_inlier(y - common[orbits], variance)
        total = np.logaddexp(inlier, outlier)
        weights = np.exp(inlier - total) / variance + 1e-12
        width = _sums(orbits, weights) ** -0.5
        if step < _ITERATIONS:
            common = _sums(orbits, weights * y) * width**2
    return np.stack([_sums(orbits, total) + np.log(width * math.sqrt(2 * math.pi)), common, width])


def _sums(orbits: IntArray, values: FloatArray) -> FloatArray:
    return np.asarray(np.bincount(orbits, values), dtype=np.float64)


def _log_inlier(residual: FloatArray, variance: FloatArray) -> FloatArray:
    return np.asarray(math.log(1 - OUTLIERS) - 0.5 * residual**2 / variance - 0.5 * np.log(2 * math.pi * variance))


def certain(observed: BoolArray) -> OrbitLikelihoods:
    """The likelihoods of what was seen to be there or not, as peaks of a powder pattern; (m,)."""
    present = np.where(observed, 0.0, -30.0)
    zero, height = np.where(observed, -30.0, 0.0), observed.astype(np.float64)
    return OrbitLikelihoods(zero, present, present, present[:, None], height, np.ones(len(height)))
