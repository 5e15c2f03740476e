"""One wave of every orbit of a real lattice up to a cutoff in |G|; the store's orbits fill a ball of indices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_store import TURN, CompiledSetting, point_group_operations
from basis_store.array_types import FloatArray, IntArray
from basis_store.bases.schema import check_compiled

_BLOCK = 1 << 15
"""Waves tested at a time, so that memory does not grow with the cell."""

_FEW = 4
"""Rotations that rule out most waves before the others are tested."""


class OrbitRepresentatives(NamedTuple):
    """Orbits of waves k != 0 under the point group and under k -> -k.

    Attributes:
        waves: (M, 3) the representative of each: the last of its waves in lexicographic order.
        sizes: (M,) number of waves of each.
    """

    waves: IntArray
    sizes: IntArray


def orbit_representatives(compiled: CompiledSetting, lattice: FloatArray, g_cutoff: float) -> OrbitRepresentatives:
    """All orbits with |G| <= ``g_cutoff`` that are not systematically absent (T1), in order of representatives.

    They fill an ellipsoid of indices. Which waves form an orbit and which are absent is decided in integers.

    Args:
        compiled: the setting.
        lattice: (3, 3) rows in Angstrom, of the setting's metric.
        g_cutoff: largest |G| in 1/Angstrom, without 2 pi.
    """
    check_compiled(compiled)
    group = point_group_operations(compiled.operations)
    # G.a_i = k_i for the cell vectors a_i, so |k_i| <= |G| |a_i|.
    extents = np.floor(g_cutoff * np.linalg.norm(lattice, axis=1) + 1e-9)
    widths = 2 * extents + 1
    # Integers are held as floats, exactly, because products of floats are faster. A wave k has the place k.strides
    # in the lexicographic order of this box; 0 has the place 0, and -k minus the place of k.
    strides = np.array([widths[1] * widths[2], widths[2], 1.0])
    last = int(widths.prod()) // 2
    rotated = group.rotations @ strides  # k R has the place k.rotated[R]
    reciprocal = np.linalg.inv(lattice)
    found = [(np.zeros((3, 0)), np.zeros(0, np.int64))]
    for start in range(1, last + 1, _BLOCK):
        # 1. The waves of a block of places, of one half of the box: one of each k, -k.
        places = np.arange(start, min(start + _BLOCK, last + 1), dtype=np.float64)
        waves = np.empty((3, len(places)))
        waves[0] = np.rint(places / strides[0])
        waves[2] = places - waves[0] * strides[0]
        waves[1] = np.rint(waves[2] / strides[1])
        waves[2] -= waves[1] * strides[1]
        # 2. Within the cutoff, and last of their orbit under a few rotations.
        vectors = reciprocal @ waves
        kept = np.einsum("ik,ik->k", vectors, vectors) <= g_cutoff * g_cutoff
        kept &= (np.abs(rotated[group.half[:_FEW]] @ waves) <= places).all(axis=0)
        waves, places = waves[:, kept], places[kept]
        # 3. Last under all rotations, and not absent: k.t is an integer wherever k R = k.
        onto = rotated @ waves
        kept = (np.abs(onto) <= places).all(axis=0)
        kept &= (group.centrings24 @ waves % TURN == 0).all(axis=0)
        kept &= ((onto != places) | (group.translations24 @ waves % TURN == 0)).all(axis=0)
        # 4. Sizes, from the number of rotations that fix a wave.
        fixed = (np.abs(onto[group.half]) == places).sum(axis=0)
        found.append((waves[:, kept], 2 * len(group.half) // fixed[kept]))
    waves, sizes = (np.concatenate(part, axis=-1) for part in zip(*found, strict=True))
    return OrbitRepresentatives(waves.T.astype(np.int64), sizes)
