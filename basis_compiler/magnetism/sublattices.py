"""Quotients of lattices of integer vectors, and their representatives.

A lattice is given by three rows of integers in some unit that all lattices share (24ths of a cell here).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from basis_store.array_types import IntArray
from basis_store.groups.generated_group import generated_lattice


@dataclass(frozen=True, eq=False)
class Quotient:
    """The finite group of a lattice modulo a sublattice.

    Attributes:
        lattice: (3, 3) rows.
        sublattice: (3, 3) rows, integer combinations of those of ``lattice``.
        form: (3, 3) Hermite form of the sublattice in the basis of the lattice.
    """

    lattice: IntArray
    sublattice: IntArray
    form: IntArray

    @classmethod
    def of(cls, lattice: IntArray, sublattice: IntArray) -> Quotient:
        """The quotient of a lattice by a sublattice."""
        return cls(lattice, sublattice, generated_lattice(coordinates(sublattice, lattice)))

    def __len__(self) -> int:
        return int(np.diag(self.form).prod())

    def representatives(self) -> IntArray:
        """(q, 3) one vector of each coset, in the order of :meth:`numbers`; the first is 0."""
        steps = np.array(list(itertools.product(*map(range, np.diag(self.form).tolist()))), dtype=np.int64)
        return np.asarray(steps @ self.lattice)

    def numbers(self, vectors: IntArray) -> IntArray:
        """(...) the number of the coset of each vector (..., 3) of the lattice."""
        steps = coordinates(vectors, self.lattice)
        for axis in range(3):
            factor = steps[..., axis] // self.form[axis, axis]
            steps = steps - factor[..., None] * self.form[axis]
        _, middle, last = np.diag(self.form)
        return np.asarray((steps[..., 0] * middle + steps[..., 1]) * last + steps[..., 2])


def coordinates(vectors: IntArray, lattice: IntArray) -> IntArray:
    """Integer coordinates (..., 3) of vectors of a lattice in its basis."""
    adjugate, determinant = _adjugate(lattice)
    return np.asarray(vectors @ adjugate // determinant)


def contains(lattice: IntArray, vectors: IntArray) -> bool:
    """Whether all of some integer vectors (..., 3) belong to a lattice."""
    adjugate, determinant = _adjugate(lattice)
    return not ((vectors @ adjugate) % determinant).any()


def _adjugate(lattice: IntArray) -> tuple[IntArray, int]:
    """The inverse of integer rows, times their determinant."""
    a, b, c = lattice
    columns = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    return columns, int(a @ columns[:, 0])
