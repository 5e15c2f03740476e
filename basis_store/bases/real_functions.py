"""The real functions of a setting as data: sums of cosines with integer waves and phases in 24ths (T2).

    f(x) = sqrt(q) sum_k cos(2 pi (k.x + p_k / 24))

    f_0 = 1                k = 0                           p = 0              q = 1
    O = -O                 one k of each pair k, -k        p = theta + phi    q = 4/|O|
    sqrt2 Re psi_O         all k of O                      p = theta          q = 2/|O|
    sqrt2 Im psi_O         all k of O                      p = theta - 6      q = 2/|O|

where phi is the phase that makes psi_O real. Half of the waves suffice: the others are their opposites. With a
complex character (T9) psi_O has no real form; sqrt2 Re psi_O and sqrt2 Im psi_O are then sums over all k of O.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import IntArray
from basis_store.groups.operations import TURN
from basis_store.groups.wave_shells import is_leading
from basis_store.tables.short_repr import ShortRepr

if TYPE_CHECKING:  # exact amplitudes are seldom asked for, and importing them takes time
    from fractions import Fraction

_QUARTER = TURN // 4


@dataclass(frozen=True, eq=False, repr=False)
class RealFunction(ShortRepr):
    """One real function of a setting: ``sqrt(amplitude_squared) sum_k cos(2 pi (k.x + p_k / 24))``.

    Attributes:
        number: one per orbit, numbered as in :meth:`runtime.Basis.evaluate`; 0 is the constant 1, if any.
        part: 0 where O = -O; 1 for sqrt2 Re psi_O and -1 for sqrt2 Im psi_O of a pair O, -O.
        orbit_size: |O|; 1 for the constant.
        waves: (n, 3) int64 k ((n, 2) of plane groups), one of each pair k, -k, the root of O first.
        phases24: (n,) int64 p_k in 24ths of a turn, 0 to 23.
        amplitude_squared: q.
    """

    number: int
    part: int
    orbit_size: int
    waves: IntArray
    phases24: IntArray
    amplitude_squared: Fraction

    @property
    def n_plane_waves(self) -> int:
        """How many exp(2 pi i k.x) the function consists of: two for each cosine, one for the constant."""
        return 2 * len(self.waves) if self.waves.any() else 1


class CosineTerms(NamedTuple):
    """Several real functions as sums of cosines, term after term.

    Attributes:
        functions: (t,) index of the function of each term, ascending from 0.
        waves: (t, 3) k; (t, 2) of plane groups.
        phases24: (t,) p_k in 24ths of a turn, 0 to 23.
        numerators: (F,) of q: 1, 2 or 4.
        orbit_sizes: (F,) |O|, the denominator of q.
    """

    functions: IntArray
    waves: IntArray
    phases24: IntArray
    numerators: IntArray
    orbit_sizes: IntArray


def constant_term(dimension: int) -> CosineTerms:
    """The constant function of 3 or 2 coordinates."""
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    return CosineTerms(
        functions=zero, waves=np.zeros((1, dimension), np.int64), phases24=zero, numerators=one, orbit_sizes=one
    )


def terms_of_orbits(
    orbit_sizes: NDArray[np.integer],
    parts: NDArray[np.integer],
    real_phases24: NDArray[np.integer],
    waves: NDArray[np.integer],
    phases24: NDArray[np.integer],
) -> CosineTerms:
    """The functions of some successive orbits, without the constant; columns of a compiled setting."""
    orbits = np.repeat(np.arange(len(orbit_sizes)), orbit_sizes)
    part = parts[orbits]
    # sqrt2 Im psi_O = sum of sin(2 pi (k.x + theta)) over O, whose waves and phases are minus those listed for -O.
    sign = np.where(part == -1, -1, 1)
    signed_waves = waves.astype(np.int64) * sign[:, None]
    signed_phases = (phases24.astype(np.int64) + real_phases24[orbits]) * sign - np.where(part == -1, _QUARTER, 0)
    used = np.flatnonzero(is_leading(signed_waves) | (part != 0))
    return CosineTerms(
        functions=orbits[used],
        waves=signed_waves[used],
        phases24=signed_phases[used] % TURN,
        numerators=np.where(parts == 0, 4, 2),
        orbit_sizes=orbit_sizes.astype(np.int64),
    )


def parts_of_orbits(
    orbit_sizes: NDArray[np.integer], waves: NDArray[np.integer], phases24: NDArray[np.integer]
) -> CosineTerms:
    """For every orbit sqrt2 Re psi_O, then sqrt2 Im psi_O: two functions each. Columns of a compiled setting."""
    orbits = np.repeat(np.arange(len(orbit_sizes)), orbit_sizes)
    functions = np.concatenate([2 * orbits, 2 * orbits + 1])
    order = np.argsort(functions, kind="stable")
    phases = np.concatenate([phases24.astype(np.int64), phases24.astype(np.int64) - _QUARTER]) % TURN
    return CosineTerms(
        functions=functions[order],
        waves=np.tile(waves.astype(np.int64), (2, 1))[order],
        phases24=phases[order],
        numerators=np.full(2 * len(orbit_sizes), 2),
        orbit_sizes=np.repeat(orbit_sizes.astype(np.int64), 2),
    )


def joined_terms(one: CosineTerms, other: CosineTerms) -> CosineTerms:
    """The functions of ``one``, then those of ``other``."""
    shifted = other._replace(functions=other.functions + len(one.numerators))
    return CosineTerms(*(np.concatenate(pair) for pair in zip(one, shifted, strict=True)))
