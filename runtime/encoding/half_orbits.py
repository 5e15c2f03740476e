"""Half of the waves of every orbit, as integers: the other half are their complex conjugates.

All P_k of an orbit come from one sum over it (T4), for which one of each k, -k suffices:

    O = -O     u = 2 Re sum_{k in half of O} exp(i alpha_k) e_k,   alpha = theta + the phase that makes psi_O real
    O != -O    u = sum_{k in O} exp(i alpha_k) e_k,                alpha = theta

    P_k = exp(-i alpha_k) u / |O|,    P_{-k} = conj P_k

O and -O together are one Friedel pair, also where O = -O. At a point it has one number u, real or complex.

With a complex character (T9), P_{-k} is not the conjugate of P_k, but that of the conjugate character. Then every
orbit stands for itself, with all of its waves:

    u = sum_{k in O} exp(i alpha_k) e_k,    alpha = theta,    P_k = exp(-i alpha_k) u / |O|
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, CompiledSetting, WaveIndex
from basis_store.array_types import BoolArray, IntArray
from basis_store.groups.wave_shells import is_leading, wave_norm


class HalfOrbits(NamedTuple):
    """The F Friedel pairs O, -O of one setting and their m member waves, one of each k, -k.

    With a complex character the F orbits, and all of their waves.

    Attributes:
        pairs: (m,) Friedel pair of each member, ascending.
        waves: (m, 3) the members k.
        phases24: (m,) alpha_k in 24ths of a turn, 0 to 23.
        columns: (m, 2) rows of k and of -k in the list of waves.
        real: (F,) whether O = -O, so that u is real.
        sizes: (F,) |O|.
        conjugate: whether P_{-k} is the complex conjugate of P_k: the character is real.
    """

    pairs: IntArray
    waves: IntArray
    phases24: IntArray
    columns: IntArray
    real: BoolArray
    sizes: IntArray
    conjugate: bool

    @property
    def written(self) -> list[tuple[IntArray, bool]]:
        """The columns (m,) that get the P of each member, and whether they get its complex conjugate."""
        k, minus = self.columns.T
        return [(k, False), (minus, True)] if self.conjugate else [(k, False)]


def half_orbits(compiled: CompiledSetting, waves: NDArray[np.integer]) -> HalfOrbits:
    """The Friedel pairs of a setting on a list of waves.

    Args:
        compiled: the setting.
        waves: (K, 3) a ball of its family without 0, no larger than what is compiled, in the order of the store.
    """
    # Orbits are stored by norm: those of the ball are a prefix.
    n_orbits = int(
        np.searchsorted(compiled.norms, wave_norm(waves[-1], compiled.setting.lattice_family), side="right")
    )
    orbits = np.repeat(np.arange(n_orbits), compiled.orbit_sizes[:n_orbits])
    k, parts = compiled.waves[: len(orbits)].astype(np.int64), compiled.parts[orbits]
    real = compiled.representation.is_real
    kept = np.flatnonzero((parts == 1) | ((parts == 0) & is_leading(k))) if real else np.arange(len(k))
    heads, pairs = np.unique(orbits[kept], return_inverse=True)
    index = WaveIndex(waves)
    return HalfOrbits(
        pairs=pairs,
        waves=k[kept],
        phases24=(compiled.phases24[kept].astype(np.int64) + compiled.real_phases24[orbits[kept]]) % TURN,
        columns=np.stack([index.rows(k[kept]), index.rows(-k[kept])], axis=1),
        real=(compiled.parts[heads] == 0) & real,
        sizes=compiled.orbit_sizes[heads].astype(np.int64),
        conjugate=real,
    )
