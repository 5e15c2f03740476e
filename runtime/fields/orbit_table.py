"""Orbits of a grid's waves and their Fourier coefficients, brought from the order of roots to that of the store.

The store orders by norm, then the lexicographically largest first, which is how roots are listed. So what is left
is a stable sort by norm. A sparse matrix with a row for each norm and a column for each wave does it in linear
time: its conversion from triplets to rows is a counting sort that takes the values along.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from basis_store import TURN, point_group_operations
from basis_store.array_types import BoolArray
from basis_store.groups.wave_index import dot_columns
from runtime.fields.grid_lattice import GridLattice
from runtime.fields.root_runs import RootRuns, Roots
from runtime.fields.wave_orbits import WaveOrbits, real_phases24

_Value = TypeVar("_Value", bound=np.generic)

_BLOCK = 1 << 14
"""Orbits at a time."""


class OrbitTable:
    """A table of the orbits of a grid's waves, which takes their coefficients block after block.

    Args:
        lattice: of the grid.

    Attributes:
        lattice: as given.
        runs: the roots in the order in which they have to be added.
    """

    def __init__(self, lattice: GridLattice) -> None:
        self.lattice, self.runs = lattice, RootRuns(lattice)
        self._group = point_group_operations(lattice.group)
        self._norms = np.empty(len(self.runs), np.int32)
        self._numbers: NDArray[np.signedinteger] = np.empty(len(self.runs), self.runs.type)
        self._values = np.empty(len(self.runs), np.complex128)
        self._special: list[tuple[NDArray[Any], ...]] = []
        self._length = 0

    def add(self, roots: Roots, coefficients: NDArray[np.complex128]) -> None:
        """Add those of some waves that are roots of balanced orbits, with their coefficients (n,)."""
        kept, special = roots.kept, roots.special[roots.kept]
        self._special.append((roots.numbers[special], roots.norms[special], *roots.orbits.take(kept)[1:]))
        rows: BoolArray | slice = slice(None)
        if not kept.all():
            rows = np.ones(len(coefficients), bool)
            rows[roots.special[~kept]] = False
        norms = roots.norms[rows]
        added = slice(self._length, self._length + len(norms))
        self._norms[added], self._numbers[added] = norms, roots.numbers[rows]
        self._values[added] = coefficients[rows]
        self._length = added.stop

    def in_store_order(self) -> tuple[WaveOrbits, NDArray[np.complex128]]:
        """The orbits and their coefficients, 0 first; the table is empty afterwards."""
        numbers, coefficients = self._sorted()
        # 1. What is the same for all orbits of the general kind.
        group, count = self._group, len(numbers)
        columns = np.empty((3, count), np.int16)
        phases = np.zeros(count, np.int8)
        inversion, character = None, 0
        if group.inversion is not None:
            inversion, character = group.translations24[group.inversion], group.characters24[group.inversion]
        on_wall = []
        for start in range(0, count, _BLOCK):
            some = slice(start, start + _BLOCK)
            self.runs.read(numbers[some], columns[:, some])
            on_wall.append(start + np.flatnonzero((numbers[some] & 1).astype(bool)))
            if inversion is not None and (inversion.any() or character):
                waves = columns[:, some].astype(np.int64)
                phases[some] = real_phases24((dot_columns(waves, inversion) - character) % TURN)
        sizes = np.full(count, len(group.rotations), np.int16)
        paired = np.full(count, inversion is None)
        # 2. The others, in the same order.
        if not count:
            return WaveOrbits(columns.T, sizes, paired, phases), coefficients
        number, norm, *facts = (np.concatenate(column) for column in zip(*self._special, strict=True))
        special, (_, order) = np.concatenate(on_wall), _by_norm(norm, number, np.arange(len(norm)))
        for column, fact in zip([sizes, paired, phases], facts, strict=True):
            column[special] = fact[order]
        return WaveOrbits(columns.T, sizes, paired, phases), coefficients

    def _sorted(self) -> tuple[NDArray[np.signedinteger], NDArray[np.complex128]]:
        """The numbers of the roots and their coefficients."""
        rows = slice(self._length)
        norms, numbers, values = self._norms[rows], self._numbers[rows], self._values[rows]
        del self._norms, self._numbers, self._values
        return _by_norm(norms, numbers, values)


def _by_norm(
    norms: NDArray[np.signedinteger], numbers: NDArray[np.signedinteger], values: NDArray[_Value]
) -> tuple[NDArray[np.signedinteger], NDArray[_Value]]:
    """Ascending ``numbers`` (n,) and their ``values`` (n,), by ``norms`` (n,) and then in the given order."""
    shape = int(norms.max(initial=0)) + 1, int(numbers.max(initial=0)) + 1
    matrix = scipy.sparse.coo_array((values, (norms, numbers)), shape=shape).tocsr()
    return matrix.indices, matrix.data
