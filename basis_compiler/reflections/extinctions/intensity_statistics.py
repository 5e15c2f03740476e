"""Statistics of intensities: their mean at each resolution, and what <|E^2 - 1|> says of a centre of symmetry.

    E^2 = I / (epsilon <I>)        <I> the mean of the intensities at this resolution

Many atoms anywhere in the cell give <|E^2 - 1|> = 2 / e = 0.736 for acentric reflections, whose intensities are
exponentially distributed, and sqrt(8 / pi e) = 0.968 for centric ones (Wilson's distributions). Which reflections
are centric, and epsilon, depend on the point group, which is not known yet. Of general reflections, those that no
rotation of the Laue class but 1 leaves as they are, neither does: epsilon is 1 in every group of the class, and
all are centric if the group has a centre, none if it has not. So they alone are averaged, each once, after its
equivalents are merged.

Source: International Tables for Crystallography B (2008), section 2.1.
"""

from __future__ import annotations

import math

import numpy as np

from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.reflections.reflection_data import inverse_squares

MIN_GENERAL = 60
"""General reflections of which <|E^2 - 1|> is computed, at least: its uncertainty is 0.1 then."""
_SHELL = 30
"""General reflections of a resolution shell, at least: a mean of fewer would follow single intensities."""


def shell_means(intensities: FloatArray, squares: FloatArray, size: int) -> FloatArray:
    """(n,) the mean intensity at the resolution of each reflection, continuous in 1/d^2.

    Equivalent reflections have the same 1/d^2 and must have the same mean: it is interpolated between shells.

    Args:
        intensities: (n,) of which some are positive.
        squares: (n,) 1/d^2.
        size: reflections of a shell, at least; there are up to 20 shells.
    """
    count = max(1, min(20, len(intensities) // size))
    order = np.argsort(squares, kind="stable")
    parts = np.array_split(order, count)
    overall = float(intensities[intensities > 0].mean())
    means = np.maximum([intensities[part].mean() for part in parts], 1e-2 * overall)
    centres = [squares[part].mean() for part in parts]
    return np.asarray(np.exp(np.interp(squares, centres, np.log(means))))


def mean_e2(intensities: FloatArray, hkl: IntArray, cell: FloatArray, laue: LaueClass, absent: BoolArray) -> float:
    """The mean of |E^2 - 1| over the general reflections of a Laue class, each once; NaN if they are too few.

    Args:
        intensities: (n,) of measurements, equivalent ones merged or not.
        hkl: (n, 3) their indices.
        cell: (6,) a, b, c in Angstrom, angles in degrees.
        laue: the class.
        absent: (n,) whether a reflection is left out, since it is systematically absent.
    """
    waves, orbits = laue.representatives(hkl)
    merged = np.bincount(orbits, intensities) / np.bincount(orbits)
    kept = np.bincount(orbits, absent) == 0
    for rotation in laue.rotations:
        if not np.array_equal(rotation, np.eye(3)):
            kept &= (waves @ rotation != waves).any(axis=1)
    merged = merged[kept]
    if len(merged) < MIN_GENERAL or not (merged > 0).any():
        return math.nan
    scaled = merged / shell_means(merged, inverse_squares(waves[kept], cell), _SHELL)
    return float(np.abs(scaled / scaled.mean() - 1).mean())
