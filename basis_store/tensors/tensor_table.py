"""The tensors in a store: the normal forms of all invariant spaces without index symmetry, sparse.

There is one entry per orientation, that is, per set of Cartesian rotations in the frame of
:func:`basis_store.cartesian_frame`; each setting refers to its own. An orientation has eight spaces: polar
tensors of rank 1 to 4, then axial ones. Any index symmetry follows from them
(:mod:`basis_store.tensors.tensor_basis`).

    tensors hash = SHA-256( content hash of the store, newline, every column of the table )
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from basis_store.bases.schema import TENSOR_COLUMNS
from basis_store.files.integrity import table_digest
from basis_store.files.stored_arrays import ContentError
from basis_store.tables.short_repr import ShortRepr
from basis_store.tensors.exact_rows import ReducedRows
from basis_store.tensors.index_symmetry import MAX_RANK


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TensorTable(ShortRepr):
    """Invariant spaces of S settings in n orientations, with d rows of e non-zero entries altogether.

    Attributes:
        orientations: (S,) int16, the orientation of each setting of the store, numbered by first occurrence.
        dimensions: (n, 2, 4) int8, of the spaces of polar (0) and axial (1) tensors of rank 1 to 4.
        row_sizes: (d,) int8, non-zero entries of each row. Rows follow orientation after orientation, polar
            before axial, rank after rank; those of a space are its reduced row echelon form over the rationals.
        components: (e,) int8, ascending in a row: 9 i + 3 j + k for the component ijk, indices 0 to 2.
        numerators: (e,) int8, in lowest terms.
        denominators: (e,) int8, positive.
    """

    orientations: NDArray[np.int16]
    dimensions: NDArray[np.int8]
    row_sizes: NDArray[np.int8]
    components: NDArray[np.int8]
    numerators: NDArray[np.int8]
    denominators: NDArray[np.int8]

    @classmethod
    def from_spaces(cls, orientations: Sequence[int], spaces: Sequence[Sequence[ReducedRows]]) -> TensorTable:
        """The table of normal forms.

        Args:
            orientations: for each setting, the index of its orientation in ``spaces``.
            spaces: for each orientation the normal forms of polar rank 1 to 4, then of axial rank 1 to 4.

        Raises:
            OverflowError: a number does not fit into 8 bits (none is known).
        """
        columns: dict[str, list[int]] = {name: [] for name in ("sizes", "components", "above", "below")}
        for reduced in (space for one in spaces for space in one):
            for row, pivot in zip(reduced.rows, reduced.pivots.tolist(), strict=True):
                found = np.flatnonzero(row)
                divisors = np.gcd(row[found], row[pivot])
                columns["sizes"].append(len(found))
                columns["components"] += found.tolist()
                columns["above"] += (row[found] // divisors).tolist()
                columns["below"] += (row[pivot] // divisors).tolist()
        return cls(
            orientations=np.array(orientations, "<i2"),
            dimensions=_bytes([[len(space.rows) for space in one] for one in spaces]).reshape(-1, 2, MAX_RANK),
            row_sizes=_bytes(columns["sizes"]),
            components=_bytes(columns["components"]),
            numerators=_bytes(columns["above"]),
            denominators=_bytes(columns["below"]),
        )

    def __len__(self) -> int:
        """The number of orientations."""
        return len(self.dimensions)

    def space(self, orientation: int, *, rank: int, axial: bool) -> ReducedRows:
        """The normal form of one invariant space without index symmetry.

        Args:
            orientation: 0 to n - 1.
            rank: 1 to 4.
            axial: whether the tensors are axial.
        """
        block = (orientation * 2 + axial) * MAX_RANK + rank - 1
        first, last = self._row_starts[block : block + 2].tolist()
        rows = np.zeros((last - first, 3**rank), dtype=np.int64)
        pivots = np.zeros(last - first, dtype=np.int64)
        for i in range(last - first):
            entries = slice(*self._entry_starts[first + i : first + i + 2].tolist())
            below = self.denominators[entries].astype(np.int64)
            common = int(np.lcm.reduce(below))
            columns = self.components[entries]
            rows[i, columns] = self.numerators[entries] * (common // below)
            pivots[i] = columns[0]
        return ReducedRows(rows, pivots)

    def check(self) -> None:
        """Check that the numbers of a stored table lie in their ranges and fit together, so that it can be read.

        Raises:
            ContentError: naming the array and what is wrong.
        """
        for column in TENSOR_COLUMNS:
            column.check_range(getattr(self, column.name))
        if self.orientations.max(initial=-1) >= len(self):
            raise ContentError("tensors/orientations names one that tensors/dimensions does not list")
        if self._row_starts[-1] != len(self.row_sizes):
            raise ContentError("tensors/dimensions does not fit tensors/row_sizes")
        if self._entry_starts[-1] != len(self.components):
            raise ContentError("tensors/row_sizes does not fit tensors/components")
        ranks = np.tile(np.arange(1, MAX_RANK + 1), 2 * len(self)).reshape(-1, 2, MAX_RANK)
        limits = np.repeat(np.repeat(3 ** ranks.ravel(), self.dimensions.ravel()), self.row_sizes)
        if (self.components >= limits).any() or (self.dimensions > 3**ranks).any():
            raise ContentError("tensors/components names one that its rank does not have")
        if not self.numerators.all():
            raise ContentError("tensors/numerators lists a zero")

    def digest(self, content_hash: str) -> bytes:
        """The tensors hash (32 bytes) in the store that has this ``content_hash``."""
        return table_digest(content_hash, TENSOR_COLUMNS, self)

    @cached_property
    def _row_starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.dimensions, dtype=np.int64)])

    @cached_property
    def _entry_starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.row_sizes, dtype=np.int64)])


def _bytes(numbers: Sequence[int] | Sequence[Sequence[int]]) -> NDArray[np.int8]:
    wide = np.array(numbers, dtype=np.int64)
    if wide.size and int(np.abs(wide).max()) > np.iinfo(np.int8).max:
        raise OverflowError("a number of the tensor table does not fit into 8 bits")
    return wide.astype(np.int8)
