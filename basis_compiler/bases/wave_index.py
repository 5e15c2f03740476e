"""Finding waves by their integer Miller indices: exact, by direct addressing, never by coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store import CertificateError
from basis_store.array_types import IntArray


class WaveIndex:
    """A set of waves with a lookup table: wave -> row.

    Args:
        waves: (n, 3) distinct integer waves.
    """

    def __init__(self, waves: NDArray[np.integer]) -> None:
        self.waves = np.asarray(waves, dtype=np.int64)
        self._reach = int(np.abs(self.waves).max(initial=0))
        self._side = 2 * self._reach + 1
        self._table = np.full(self._side**3, -1, dtype=np.int64)
        self._table[self._address(self.waves)] = np.arange(len(self.waves))

    def __len__(self) -> int:
        return len(self.waves)

    def rows(self, waves: NDArray[np.integer]) -> IntArray:
        """Rows of ``waves`` (n, 3) in this set, -1 for those that are not in it."""
        waves = np.asarray(waves, dtype=np.int64)
        if not len(waves) or np.abs(waves).max() <= self._reach:
            return np.asarray(self._table[self._address(waves)])
        within = (np.abs(waves) <= self._reach).all(axis=1)
        rows = np.full(len(waves), -1, dtype=np.int64)
        rows[within] = self._table[self._address(waves[within])]
        return rows

    def images(self, rotation: IntArray) -> IntArray:
        """Rows of ``k R`` for every wave k of the set.

        Raises:
            CertificateError: the set is not closed under this rotation.
        """
        rows = self.rows(self.waves @ rotation)
        if (rows < 0).any():
            raise CertificateError(
                f"a set of {len(self)} waves is not closed under R = {rotation.tolist()}: "
                f"{self.waves[rows.argmin()].tolist()} leaves it"
            )
        return rows

    def all_images(self, rotations: IntArray) -> IntArray:
        """(m, n) the :meth:`images` of ``rotations`` (m, 3, 3)."""
        rows = [self.images(rotation) for rotation in rotations]
        return np.array(rows, dtype=np.int64).reshape(len(rotations), len(self))

    def _address(self, waves: NDArray[np.integer]) -> IntArray:
        weights = np.array([self._side * self._side, self._side, 1])
        return np.asarray(waves @ weights + self._reach * weights.sum())
