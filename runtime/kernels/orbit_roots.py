"""One wave of every orbit of a real lattice, as far as is asked: the store's own orbits fill a ball only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import CompiledSetting
from runtime.kernels.representatives import representatives

_BLOCK = 1 << 15
"""Waves looked at at once, so that a cell of any size needs a bounded amount of memory."""

_FEW = 4
"""Rotations that sort out most waves before the others are tried."""


class OrbitRoots(NamedTuple):
    """Orbits of waves k != 0 under the point group and under k -> -k.

    Attributes:
        waves: (M, 3) the root of each: of all waves of the orbit the last in lexicographic order.
        sizes: (M,) how many waves the orbit has.
    """

    waves: NDArray[np.int64]
    sizes: NDArray[np.int64]


def orbit_roots(compiled: CompiledSetting, lattice: NDArray[np.float64], reach: float) -> OrbitRoots:
    """All orbits with |G| <= ``reach`` that are not systematically absent (T1), in lexicographic order of roots.

    They fill an ellipsoid of indices. Which waves belong together and which are absent is decided in integers.

    Args:
        compiled: the setting.
        lattice: (3, 3) rows in Angstrom, of the setting's metric.
        reach: greatest |G| in 1/Angstrom, without 2 pi.
    """
    group = representatives(compiled)
    # G.a_i = k_i for the cell vectors a_i, so |k_i| <= |G| |a_i|.
    extents = np.floor(reach * np.linalg.norm(lattice, axis=1) + 1e-9)
    widths = 2 * extents + 1
    # Integers as floats, exactly: they are multiplied faster. The place k.strides of a wave in this box is its
    # lexicographic order; 0 has the place 0, and -k minus that of k.
    strides = np.array([widths[1] * widths[2], widths[2], 1.0])
    last = int(widths.prod()) // 2
    rotated = group.rotations @ strides  # k R has the place k.turned[R]
    reciprocal = np.linalg.inv(lattice)
    found = [(np.zeros((3, 0)), np.zeros(0, np.int64))]
    for start in range(1, last + 1, _BLOCK):
        places = np.arange(start, min(start + _BLOCK, last + 1), dtype=np.float64)
        waves = np.empty((3, len(places)))
        waves[0] = np.rint(places / strides[0])
        waves[2] = places - waves[0] * strides[0]
        waves[1] = np.rint(waves[2] / strides[1])
        waves[2] -= waves[1] * strides[1]
        vectors = reciprocal @ waves
        kept = np.einsum("ik,ik->k", vectors, vectors) <= reach * reach
        kept &= (np.abs(rotated[group.half[:_FEW]] @ waves) <= places).all(axis=0)
        waves, places = waves[:, kept], places[kept]
        onto = rotated @ waves
        kept = (np.abs(onto) <= places).all(axis=0)
        kept &= (group.centrings24 @ waves % 24 == 0).all(axis=0)
        kept &= ((onto != places) | (group.translations24 @ waves % 24 == 0)).all(axis=0)
        fixed = (np.abs(onto[group.half]) == places).sum(axis=0)
        found.append((waves[:, kept], 2 * len(group.half) // fixed[kept]))
    waves, sizes = (np.concatenate(part, axis=-1) for part in zip(*found, strict=True))
    return OrbitRoots(waves.T.astype(np.int64), sizes)
