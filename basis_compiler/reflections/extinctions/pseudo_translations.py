"""Translations after which a structure looks nearly the same, and the classes of indices that they make.

The Patterson function at u is the mean of I(k) cos(2 pi k.u): if it is there nearly as large as at 0, most of the
structure is repeated at u, and reflections with k.u not an integer are weak.

Source: P. H. Zwart, R. W. Grosse-Kunstleve, P. D. Adams, CCP4 Newsletter 43 (2005) (Patterson peaks as a sign of
pseudo-translations); G. Cascarano, C. Giacovazzo, M. Luic, Acta Cryst. A41, 544 (1985) (classes of indices).
"""

from __future__ import annotations

import itertools

import numpy as np

from basis_store.array_types import FloatArray, IntArray

_PARTS = 12
"""Translations are twelfths of cell vectors."""
_PEAK = 0.6
"""Patterson function, over that at 0, from which a translation counts."""


def index_classes(waves: IntArray, intensities: FloatArray, rotations: IntArray) -> IntArray | None:
    """(m,) which class each orbit of reflections belongs to, from 0; None if there are no pseudo-translations.

    Classes are told apart by how often k.u is each twelfth, over the pseudo-translations u: this is the same for
    equivalent reflections.

    Args:
        waves: (m, 3) one wave of each orbit.
        intensities: (m,) their mean intensities, over the mean of their resolution.
        rotations: (p, 3, 3) of the Laue class.
    """
    # 1. The Patterson function, from the sum of intensities of each class of indices modulo 12.
    images = (waves @ rotations) % _PARTS
    places = images @ np.array([_PARTS**2, _PARTS, 1])
    weights = np.broadcast_to(intensities, places.shape)
    sums = np.bincount(places.ravel(), weights.ravel(), minlength=_PARTS**3).reshape(3 * (_PARTS,))
    patterson = np.fft.fftn(sums).real
    neighbours = [np.roll(patterson, step, axis=(0, 1, 2)) for step in itertools.product((-1, 0, 1), repeat=3)]
    is_peak = patterson >= np.max(neighbours, axis=0)
    shifts = np.argwhere(is_peak & (patterson > _PEAK * patterson[0, 0, 0]))
    if len(shifts) < 2:
        return None
    # 2. How often k.u is each twelfth.
    turns = (waves @ shifts.T) % _PARTS
    histogram = (turns[:, :, None] == np.arange(_PARTS)).sum(axis=1)
    return np.unique(histogram, axis=0, return_inverse=True)[1].reshape(-1)
