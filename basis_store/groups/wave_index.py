"""Finding waves by their integer Miller indices: exact, by direct addressing, never by coordinates.

The table is a cube of side ``2 max_index + 1``, flattened in C order; the wave (h, k, l) has the address
``(h, k, l) . weights + offset``. So the image k R is found without computing it: its address is k . (R weights)
+ offset. In two dimensions it is a square, and waves are (h, k).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import IntArray
from basis_store.errors import CertificateError

_Integer = TypeVar("_Integer", bound=np.integer)


class WaveIndex:
    """A set of waves with a lookup table: wave -> row.

    Args:
        waves: (n, d) distinct integer waves, d = 3 or 2.

    Attributes:
        waves: (n, d) the waves.
        columns: (d, n) the same, each index contiguous.
        max_index: the largest absolute value of an index.
        table: (side^d,) row of the wave at each address, -1 where there is none; ``side = 2 max_index + 1``.
    """

    def __init__(self, waves: NDArray[np.integer]) -> None:
        self.waves = np.asarray(waves, dtype=np.int64)
        self.columns: IntArray = np.ascontiguousarray(self.waves.T)
        self.max_index = int(np.abs(self.columns).max(initial=0))
        side = 2 * self.max_index + 1
        dimension = len(self.columns)
        self._weights = side ** np.arange(dimension - 1, -1, -1)
        self._offset = self.max_index * int(self._weights.sum())
        self.table: IntArray = np.full(side**dimension, -1, dtype=np.int64)
        self.table[self._addresses(self.columns)] = np.arange(len(self.waves))

    def __len__(self) -> int:
        return len(self.waves)

    def rows(self, waves: NDArray[np.integer]) -> IntArray:
        """Rows of ``waves`` (n, d) in this set, -1 for those that are not in it."""
        columns = np.asarray(waves, dtype=np.int64).T
        within = (np.abs(columns) <= self.max_index).all(axis=0)
        if within.all():
            return np.asarray(self.table[self._addresses(columns)])
        rows = np.full(len(waves), -1, dtype=np.int64)
        rows[within] = self.table[self._addresses(columns[:, within])]
        return rows

    def candidate_rows(self, matrix: IntArray) -> IntArray:
        """(n,) for every wave k of the set, the only row where ``k @ matrix`` can be; ``matrix`` (d, d).

        Whether that row is ``k @ matrix`` must be compared: outside the table, addresses mean nothing.
        """
        addresses = dot_columns(self.columns, matrix @ self._weights) + self._offset
        return np.asarray(self.table.take(addresses, mode="clip"))

    def images(self, rotation: IntArray) -> IntArray:
        """(n,) the row of ``k R`` for every wave k of the set; R is ``rotation`` (d, d).

        Raises:
            CertificateError: the set is not closed under this rotation.
        """
        rows = self.candidate_rows(rotation)
        images = rotation.T @ self.columns
        found = (self.columns.take(rows, axis=1) == images).all(axis=0)
        if not found.all():
            raise CertificateError(
                f"a set of {len(self)} waves is not closed under R = {rotation.tolist()}: "
                f"{self.waves[found.argmin()].tolist()} leaves it"
            )
        return rows

    def all_images(self, rotations: IntArray) -> IntArray:
        """(m, n) the :meth:`images` of ``rotations`` (m, d, d)."""
        rows = [self.images(rotation) for rotation in rotations]
        return np.array(rows, dtype=np.int64).reshape(len(rotations), len(self))

    def _addresses(self, columns: IntArray) -> IntArray:
        return dot_columns(columns, self._weights) + self._offset


def dot_columns(columns: NDArray[_Integer], vector: IntArray) -> NDArray[_Integer]:
    """(n,) k . v for waves given as (d, n) columns; many times as fast as a product of integer matrices."""
    total = None
    for column, factor in zip(columns, vector.tolist(), strict=True):
        if factor:
            term = column * factor
            total = term if total is None else np.add(total, term, out=total)
    return np.zeros_like(columns[0]) if total is None else np.asarray(total)
