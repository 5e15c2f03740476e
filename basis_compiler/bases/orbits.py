"""Partition of waves into the orbits of a set of rotations, in the order of the format.

The order is part of the format; a change of it is a new major version:

- Orbits by (norm, root of O u -O, O before -O), roots in store order (largest first).
- The root of O u -O is its first wave in store order, and the other waves of O follow in that order. The waves
  of -O are minus those of O, the root first, so that psi_{-O} is the complex conjugate of psi_O, wave by wave.
"""

from __future__ import annotations

import numpy as np

from basis_store import WaveIndex
from basis_store.array_types import IntArray


def partition_into_orbits(generators: IntArray, index: WaveIndex) -> tuple[WaveIndex, IntArray, IntArray]:
    """Partition waves into the orbits of a set of rotations.

    Args:
        generators: (m, d, d) of the rotations.
        index: ``n`` waves, complete shells in store order.

    Returns:
        The waves, orbit after orbit; (M,) the sizes of the orbits; (M,) their parts: 0 where O = -O, else 1 for
        O and -1 for -O, which follows it.

    Raises:
        CertificateError: the waves are not closed under a rotation.
    """
    own = np.arange(len(index))
    firsts = _first_rows(index.all_images(generators))
    opposite = index.rows(-index.waves)
    partners = firsts[opposite]
    second = partners < firsts
    order = np.lexsort((np.where(second, opposite, own), second, np.minimum(firsts, partners)))
    firsts, partners = firsts[order], partners[order]
    starts = np.flatnonzero(np.diff(firsts, prepend=-1))
    sizes = np.diff(starts, append=len(firsts))
    return WaveIndex(index.waves[order]), sizes, np.sign(partners - firsts)[starts]


def _first_rows(images: IntArray) -> IntArray:
    """The first row of each row's orbit: the smallest row that images lead to."""
    firsts = np.arange(images.shape[1])
    while True:
        smallest = np.minimum(firsts, firsts[images].min(axis=0, initial=len(firsts)))
        if np.array_equal(smallest, firsts):
            return firsts
        firsts = smallest
