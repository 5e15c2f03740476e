"""Whether the points of a Wyckoff position add to 0 at a wave for every value of its free coordinates: exactly.

    S(k) = sum_j exp(2 pi i k.(M_j p + s_j/24))      p: free coordinates, j: points of the position

is 0 for all p <=> for each row vector v the sum over the points with k M_j = v of the roots of unity
exp(2 pi i k.s_j/24) is 0. Sums of 24th roots of unity w^n are integers in the basis 1, w, ... w^7 of Z[w], where
w^8 = w^4 - 1.

On a sublattice V of waves (all of them, a zone or a row) a pair of points has equal k M_j everywhere or almost
nowhere, so that on V, but for smaller sublattices, the answer is periodic.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from basis_compiler.reflections.conditions.reflection_congruences import Wave
from basis_store import TURN, Operations, WyckoffPosition, wyckoff_points
from basis_store.array_types import BoolArray, IntArray

_DEGREE = 8


def _roots_of_unity() -> NDArray[np.int64]:
    """(24, 8) each power of w in the basis 1, w, ... w^7."""
    powers = np.zeros((TURN, _DEGREE), np.int64)
    powers[0, 0] = 1
    for exponent in range(1, TURN):
        powers[exponent, 1:] = powers[exponent - 1, :-1]
        powers[exponent, 4] += powers[exponent - 1, -1]
        powers[exponent, 0] -= powers[exponent - 1, -1]
    return powers


_ROOTS = _roots_of_unity()


class SpecialSums:
    """The sums of one Wyckoff position, see the head of this module.

    Attributes:
        parts: (u, 3, 3) the distinct M_j.
    """

    def __init__(self, group: Operations, position: WyckoffPosition) -> None:
        """Of a position of the setting of ``group``."""
        points = wyckoff_points(group, position)
        # Points that differ by centrings add the same at waves that the lattice allows.
        matrices, self._shifts24 = points.matrices[points.firsts], points.shifts24[points.firsts]
        parts, self._part_of = np.unique(matrices.reshape(-1, 9), axis=0, return_inverse=True)
        self.parts: IntArray = parts.reshape(-1, 3, 3)
        self._centrings24 = group.centrings24

    def vanish(self, waves: IntArray) -> BoolArray:
        """Whether S is 0 for all values of the free coordinates, at each of (n, 3) waves; (n,)."""
        vectors = np.einsum("ni,uij->nuj", waves, self.parts)
        same = (vectors[:, :, None] == vectors[:, None]).all(axis=3)
        return ~self._any(same, waves)

    def vanish_almost_everywhere(self, basis: tuple[Wave, ...], free: IntArray) -> BoolArray:
        """The same on a sublattice but for smaller ones, at (n, d) values of its free indices; (n,).

        Args:
            basis: of the sublattice.
            free: coefficients of the rows of ``basis``; of any size, only the residues matter.
        """
        rows = np.array(basis)
        return ~self._any(self._coincidences(rows), free @ rows)

    def period(self, basis: tuple[Wave, ...]) -> int:
        """A number N such that what vanishes almost everywhere on a sublattice has the period N."""
        rows = np.array(basis)
        one, other = np.nonzero(self._coincidences(rows)[self._part_of][:, self._part_of])
        gaps = np.vstack([self._shifts24[one] - self._shifts24[other], self._centrings24]) @ rows.T
        return TURN // math.gcd(TURN, *np.unique(gaps).tolist())

    def _coincidences(self, basis: IntArray) -> BoolArray:
        """(u, u) whether k M is the same for all k of a sublattice."""
        vectors = np.einsum("di,uij->udj", basis, self.parts)
        return np.asarray((vectors[:, None] == vectors[None]).all(axis=(2, 3)))

    def _any(self, same: BoolArray, waves: IntArray) -> BoolArray:
        """(n,) whether any sum over parts that are the same differs from 0, and the lattice allows the wave."""
        phases = waves @ self._shifts24.T % TURN
        sums = np.zeros((len(waves), len(self.parts), _DEGREE), np.int64)
        for point, part in enumerate(self._part_of.ravel().tolist()):
            sums[:, part] += _ROOTS[phases[:, point]]
        allowed = (waves @ self._centrings24.T % TURN == 0).all(axis=1)
        return np.asarray((same.astype(np.int64) @ sums).any(axis=(1, 2)) & allowed)
