"""The waves that a certificate is about: proved to be complete shells, and looked up with proof.

A :class:`~basis_store.WaveIndex` only says where an image should be. Every row it gives is compared here with the
wave that was looked for, so a wrong table cannot make a proof succeed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_compiler.proof import require
from basis_store import CompiledSetting, WaveIndex, wave_norm
from basis_store.array_types import IntArray
from basis_store.groups.group import Group
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE, number_of_waves


class CompleteShells:
    """All waves of a setting with norm up to a limit but 0, each once.

    Args:
        setting: whose lattice family it is.
        waves: (n, d), d the dimension of the setting.
        norm_limit: of the shells.

    Attributes:
        columns: (d, n) the waves.
        codes: (n,) their codes.
        norms: (n,) their invariant norms.
        identity: (d, d) the unit matrix.

    Raises:
        CertificateError: they are not those waves.
    """

    def __init__(self, setting: Group, waves: NDArray[np.integer], norm_limit: int) -> None:
        self._setting = setting
        self.norms = wave_norm(waves, setting.lattice_family)
        # The right number, and all within the limit. Before a table is made, whose size depends on them.
        self.identity = np.eye(setting.dimension, dtype=np.int64)
        complete = waves.shape == (
            number_of_waves(setting.lattice_family, norm_limit, setting.dimension),
            setting.dimension,
        ) and bool(((self.norms > 0) & (self.norms <= norm_limit)).all())
        self._require_complete(complete, norm_limit)
        self._index = WaveIndex(waves)
        self.columns = self._index.columns
        self.codes = dot_columns(self.columns, CODE[: setting.dimension])
        # No wave occurs twice: a table has one row for each wave.
        own_rows = self.images(self.identity)
        self._require_complete(np.array_equal(own_rows, np.arange(len(waves))), norm_limit)

    def images(self, matrix: IntArray) -> IntArray:
        """(n,) the rows of k R for every wave k; all of them are in the list."""
        rows = self._index.candidate_rows(matrix)
        require(
            np.array_equal(self.codes[rows], dot_columns(self.columns, matrix @ CODE[: len(matrix)])),
            self._setting,
            "an operation or k -> -k leads out of the listed waves",
        )
        return rows

    def _require_complete(self, holds: bool, norm_limit: int) -> None:
        statement = f"the waves are not the complete shells up to norm {norm_limit}"
        require(holds, self._setting, statement)


class OrbitListing(CompleteShells):
    """The waves of a compiled setting, balanced orbits before absent ones.

    Attributes:
        sizes, starts: (M + A,) of all orbits.
        orbits: (n,) index of the orbit of each wave.
    """

    def __init__(self, compiled: CompiledSetting) -> None:
        waves = np.concatenate([compiled.waves, compiled.absent_waves])
        super().__init__(compiled.setting, waves, compiled.norm_limit)
        self.sizes = np.concatenate([compiled.orbit_sizes, compiled.absence_sizes]).astype(np.int64)
        self.starts = np.cumsum(self.sizes) - self.sizes
        require(
            bool((self.sizes > 0).all())
            and compiled.orbit_starts[-1] == len(compiled.waves)
            and compiled.absence_starts[-1] == len(compiled.absent_waves),
            compiled.setting,
            "the sizes of the orbits do not fit the waves",
        )
        self.orbits = np.repeat(np.arange(len(self.sizes)), self.sizes)
