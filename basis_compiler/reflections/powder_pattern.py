"""From reflections to a powder pattern: angles, Lorentz and polarisation factors, profiles.

    lambda = 2 d sin(theta)
    I(hkl) = m |F|^2 LP(2 theta)
    LP = (1 + cos^2 2 theta) / (sin^2 theta cos theta)      X-rays, not polarised, without a monochromator
    LP = 1 / (sin^2 theta cos theta)                        neutrons and electrons

Source: International Tables for Crystallography C (2004), sections 6.2.2 and 6.2.5.
"""

from __future__ import annotations

import numpy as np

from basis_store import ReflectionError
from basis_store.array_types import FloatArray
from basis_store.reflections.radiation import Radiation

MAX_POINTS = 200_000
_REACH = 200.0
"""Half-widths at which a Lorentzian is cut: 1/40,000 of its height is left."""


def two_theta_of(d: FloatArray, wavelength: float) -> FloatArray:
    """(n,) 2 theta in degrees of spacings ``d`` (n,); NaN where the wavelength is longer than 2 d."""
    sine = wavelength / (2 * d)
    return np.asarray(2 * np.rad2deg(np.arcsin(np.where(sine <= 1, sine, np.nan))))


def lorentz_polarisation(two_theta: FloatArray, radiation: Radiation) -> FloatArray:
    """(n,) LP of reflections at ``two_theta`` (n,) degrees; NaN at 180 degrees and where an angle is."""
    theta = np.deg2rad(two_theta) / 2
    with np.errstate(divide="ignore"):
        lorentz = 1 / (np.sin(theta) ** 2 * np.cos(theta))
    lorentz = np.where(np.abs(two_theta - 180) < 1e-3, np.nan, lorentz)  # up to rounding of the wavelength
    return np.asarray(lorentz * (1 + np.cos(2 * theta) ** 2) if radiation == "xray" else lorentz)


def powder_profile(
    two_theta: FloatArray,
    intensities: FloatArray,
    *,
    fwhm: float = 0.1,
    eta: float = 0.5,
    limits: tuple[float, float] | None = None,
    step: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """A pattern on a regular grid of angles: every reflection with the same pseudo-Voigt profile.

    Args:
        two_theta: (n,) degrees; NaN is left out.
        intensities: (n,) areas of the peaks.
        fwhm: full width at half maximum, in degrees.
        eta: share of the Lorentzian, 0 (Gaussian) to 1.
        limits: first and last angle of the grid, in degrees; default, all peaks with some room.
        step: of the grid, in degrees; default, a tenth of the width.

    Returns:
        (p,) angles and (p,) intensities per degree.

    Raises:
        ReflectionError: a width that is not positive, a share that is not in [0, 1], or a grid of more than
            :data:`MAX_POINTS` points.
    """
    if not 0 < fwhm < 180 or not 0 <= eta <= 1:
        raise ReflectionError(
            f"a peak is more than 0 degrees wide and 0 to 1 Lorentzian, not {fwhm:g} and {eta:g}"
        )
    step = fwhm / 10 if step is None else step
    shown = np.isfinite(two_theta) & np.isfinite(intensities)
    angles, areas = two_theta[shown], intensities[shown]
    if limits is None:
        limits = (
            (max(0.0, float(angles.min()) - 20 * fwhm), float(angles.max()) + 20 * fwhm) if len(angles) else (0, 1)
        )
    count = (limits[1] - limits[0]) / step if step > 0 else np.inf
    if not 0 <= count < MAX_POINTS:
        raise ReflectionError(
            f"a pattern from {limits[0]:g} to {limits[1]:g} degrees in steps of {step:g} has {count:.3g} points; "
            f"at most {MAX_POINTS:,} are computed: give a larger width or step"
        )
    grid: FloatArray = limits[0] + step * np.arange(int(count + 1e-9) + 1, dtype=np.float64)
    pattern = np.zeros(len(grid))
    half = fwhm / 2
    reach = half * (_REACH if eta > 0 else 8)
    for angle, area in zip(angles.tolist(), areas.tolist(), strict=True):
        first, last = np.searchsorted(grid, [angle - reach, angle + reach])
        offset = ((grid[first:last] - angle) / half) ** 2
        gaussian = np.sqrt(np.log(2) / np.pi) / half * np.exp(-np.log(2) * offset)
        pattern[first:last] += area * (eta / (np.pi * half) / (1 + offset) + (1 - eta) * gaussian)
    return grid, pattern
