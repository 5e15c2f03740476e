"""The ring Z[zeta], zeta = exp(2 pi i/24): integer rows (8,) of 1, zeta .. zeta^7, where zeta^8 = zeta^4 - 1.

Everything that operations of crystallography do to coefficients stays in it: sums, factors zeta^p, and complex
conjugates. There is a ring homomorphism from it to the integers modulo a prime of the form 24 n + 1, which takes
zeta to a number of order 24; rows that are independent there are independent in Q(zeta).
"""

from __future__ import annotations

import numpy as np

from basis_store import TURN
from basis_store.array_types import IntArray

PRIME = 1_000_000_009
"""= 1 modulo 24; products of two residues are within 64 bits."""


def _powers_of_zeta() -> IntArray:
    powers = np.zeros((TURN, 8), dtype=np.int64)
    powers[0, 0] = 1
    for p in range(1, TURN):
        powers[p, 1:] = powers[p - 1, :-1]
        powers[p, 4] += powers[p - 1, 7]
        powers[p, 0] -= powers[p - 1, 7]
    return powers


POWERS_OF_ZETA = _powers_of_zeta()
"""(24, 8): zeta^p."""
TIMES_ZETA: IntArray = np.array([[POWERS_OF_ZETA[(p + q) % TURN] for q in range(8)] for p in range(TURN)])
"""(24, 8, 8): ``row @ TIMES_ZETA[p]`` is the row times zeta^p."""
CONJUGATE: IntArray = np.array([POWERS_OF_ZETA[-q % TURN] for q in range(8)])
"""(8, 8): ``row @ CONJUGATE`` is the complex conjugate."""
_RESIDUES: IntArray = np.array(
    next(
        powers
        for base in range(2, 100)
        if (root := pow(base, (PRIME - 1) // TURN, PRIME))
        and (powers := [pow(root, q, PRIME) for q in range(9)])
        and (powers[8] - powers[4] + 1) % PRIME == 0
    )[:8]
)
"""(8,) zeta^q modulo PRIME: a root of the 24th cyclotomic polynomial."""


def residues(rows: IntArray) -> IntArray:
    """(...,) the numbers ``rows`` (..., 8) modulo PRIME, by the homomorphism that takes zeta to an integer."""
    return np.asarray((rows % PRIME * _RESIDUES % PRIME).sum(axis=-1) % PRIME)


class IndependentRows:
    """Rows of residues modulo PRIME that are collected as long as they are independent.

    Rows that are independent modulo PRIME are independent over Q(zeta): a relation between them could be written
    without a common divisor, and would be one modulo PRIME.
    """

    def __init__(self) -> None:
        self._reduced: list[tuple[int, list[int]]] = []

    def __len__(self) -> int:
        return len(self._reduced)

    def add(self, row: IntArray) -> bool:
        """Whether a row (n,) is independent of those before; then it is kept."""
        left = [int(one) for one in row]
        for pivot, kept in self._reduced:
            if factor := left[pivot]:
                left = [(one - factor * other) % PRIME for one, other in zip(left, kept, strict=True)]
        pivot = next((place for place, one in enumerate(left) if one), -1)
        if pivot < 0:
            return False
        inverse = pow(left[pivot], -1, PRIME)
        self._reduced.append((pivot, [one * inverse % PRIME for one in left]))
        return True
