"""A basis of the vector fields of a group, as data: sums of plane waves with exact vectors as coefficients (T10).

    m_j(x) = sum over the terms of j of v exp(2 pi i k.x),     v in Z[zeta]^3, zeta = exp(2 pi i/24)

A field has components along the cell axes, m = m_1 a + m_2 b + m_3 c. It obeys m(g x) = s_g R m(x) with
s_g = chi(g), or chi(g) det(R) for axial fields; chi is 1, or -1 on operations with time reversal for odd fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import IntArray
from basis_store.groups.operations import TURN
from basis_store.groups.representation import Representation
from basis_store.tables.short_repr import ShortRepr


@dataclass(frozen=True, eq=False, repr=False)
class VectorBasis(ShortRepr):
    """Real vector fields with the symmetry of a group: all of them up to a norm, see the head of this module.

    Both k and -k are among the terms of a function, with complex conjugate vectors. Functions are in the order of
    the norms of their waves and of their roots; constant fields come first. Functions of different orbits of waves
    are orthogonal in every lattice of the group; the one to six functions of an orbit and its opposite are
    linearly independent.

    Attributes:
        representation: the group, and the character chi.
        axial: whether reflections act with an additional sign.
        norm_limit: every wave up to this norm is taken into account.
        roots: (F, 3) int64 the first wave of each function.
        norms: (F,) int64 of its waves.
        functions: (t,) int64 the function of each term, ascending.
        waves: (t, 3) int64 k.
        coefficients: (t, 3, 8) int64 v: component i is the sum of ``coefficients[t, i, p] zeta^p``.
    """

    representation: Representation
    axial: bool
    norm_limit: int
    roots: IntArray
    norms: IntArray
    functions: IntArray
    waves: IntArray
    coefficients: IntArray

    def __len__(self) -> int:
        return len(self.roots)

    @property
    def vectors(self) -> NDArray[np.complex128]:
        """(t, 3) the vectors v as complex numbers, along the cell axes."""
        powers = np.exp(2j * np.pi * np.arange(8) / TURN)
        return np.asarray(self.coefficients @ powers)
