"""What the GPU kernels evaluate, as integers and weights: sums of plane waves, and columns made of them.

    s_p(x) = sum_m weight_m exp(2 pi i (k_m.x + alpha_m / 24))      the members m of sum p
    column = a Re s_p + b Im s_p                                     of its sum p

Symmetrised plane waves are complex columns, two such lines with one sum: the number of their Friedel pair. Real
functions and their derivatives are real columns, a Re s_p, one sum for each.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN
from basis_store.array_types import FloatArray, IntArray
from runtime.encoding.half_orbits import HalfOrbits

_QUARTER = TURN // 4

COSINES = np.cos(np.arange(TURN) * (math.tau / TURN)) * (np.arange(TURN) % (TURN // 2) != _QUARTER)
"""cos(2 pi p / 24), exactly 0 at a quarter of a turn."""


class WaveSums(NamedTuple):
    """Sums of the waves of one setting, and the columns made of them.

    Attributes:
        sums: (m,) sum of each member.
        members: (m, 5) h, k, l, alpha in 24ths of a turn and weight.
        columns: (K,) sum of each column; any of them where the weights are 0.
        weights: (1, K) a of real columns; or (2, 2 K) for real and imaginary parts in turn, the weight of the same
            part of the sum, and of its other part.
    """

    sums: IntArray
    members: IntArray
    columns: IntArray
    weights: FloatArray

    @property
    def is_complex(self) -> bool:
        """Whether columns have an imaginary part."""
        return len(self.weights) > 1


def symmetrised_waves(orbits: HalfOrbits, n_columns: int) -> WaveSums:
    """The K complex columns P_k = exp(-i alpha_k) u / |O|, from the sums over half orbits that make u.

    Args:
        orbits: of the setting.
        n_columns: K; columns of no orbit are 0.
    """
    # A real u is twice the real part of its sum.
    real = orbits.real[orbits.pairs]
    sizes = orbits.sizes[orbits.pairs] / np.where(real, 2, 1)
    cosine, sine = COSINES[orbits.phases24] / sizes, COSINES[(orbits.phases24 - _QUARTER) % TURN] / sizes
    columns, weights = np.zeros(n_columns, np.int64), np.zeros((2, 2 * n_columns))
    for own, conjugate in orbits.written:
        sign = -1 if conjugate else 1
        columns[own] = orbits.pairs
        weights[:, 2 * own] = cosine, np.where(real, 0, sine)
        weights[:, 2 * own + 1] = np.where(real, 0, sign * cosine), -sign * sine
    members = np.column_stack([orbits.waves, orbits.phases24, np.ones_like(orbits.pairs)])
    return WaveSums(orbits.pairs, members, columns, weights)


def real_functions(terms: dict[str, NDArray[np.integer]], order: int) -> WaveSums:
    """The derivatives of real functions, all 3^order of each next to each other.

    Every derivative turns a cosine by a quarter of a turn and multiplies it by 2 pi and a component of the wave.

    Args:
        terms: of :func:`runtime.encoding.cosine_terms.cosine_terms`.
        order: of the derivatives; 0 for the functions themselves.
    """
    functions, places = np.nonzero(terms["_term_squares"])
    waves, phases24 = terms["_term_waves"][functions, places], terms["_term_phases24"][functions, places]
    axes = list(itertools.product(range(3), repeat=order))
    sums = functions[:, None] * len(axes) + np.arange(len(axes))
    factors = np.stack([waves[:, list(some)].prod(axis=1) for some in axes], axis=1)
    turned = np.repeat((phases24 + order * _QUARTER) % TURN, len(axes))
    members = np.column_stack([np.repeat(waves, len(axes), axis=0), turned, factors.ravel()])
    sizes = np.sqrt(terms["_term_squares"][:, 0] / terms["_term_counts"][:, 0]) * math.tau**order
    n_columns = len(sizes) * len(axes)
    return WaveSums(sums.ravel(), members, np.arange(n_columns), np.repeat(sizes, len(axes))[None])
