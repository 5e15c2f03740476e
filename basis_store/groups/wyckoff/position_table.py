"""The Wyckoff positions in a store: flat columns, setting after setting, the positions in the order of letters.

Wyckoff hash = SHA-256( content hash of the store, newline, every column of the table )
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from basis_store.bases.schema import WYCKOFF_COLUMNS
from basis_store.files.integrity import table_digest
from basis_store.files.stored_arrays import ContentError
from basis_store.groups.wyckoff.wyckoff_position import LETTERS, WyckoffPosition, WyckoffPositions
from basis_store.tables.short_repr import ShortRepr

_SYMBOL_WIDTH = 8
_SYMBOL_CHARACTERS = np.frombuffer(b"-./12346m", np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WyckoffTable(ShortRepr):
    """The Wyckoff positions of S settings, W altogether; a setting has them in the order of their letters.

    Attributes:
        position_counts: (S,) int8, the number of positions of each setting of the store.
        letters: (W,) uint8, ASCII: a, b, ... z, A in each setting.
        multiplicities: (W,) int16, points in the conventional cell.
        site_symmetries: (W, 8) uint8, ASCII symbols, filled up with zeros.
        matrices: (W, 3, 3) int8, M of one of its points, see :class:`basis_store.WyckoffPosition`.
        shifts24: (W, 3) int8, s of that point in 24ths.
    """

    position_counts: NDArray[np.int8]
    letters: NDArray[np.uint8]
    multiplicities: NDArray[np.int16]
    site_symmetries: NDArray[np.uint8]
    matrices: NDArray[np.int8]
    shifts24: NDArray[np.int8]

    @classmethod
    def from_positions(cls, settings: Iterable[Sequence[WyckoffPosition]]) -> WyckoffTable:
        """The table of the positions of some settings.

        Args:
            settings: of each the positions in the order of their letters.
        """
        listed = [list(positions) for positions in settings]
        every = [position for positions in listed for position in positions]
        symbols = "".join(one.site_symmetry.ljust(_SYMBOL_WIDTH, "\0") for one in every)
        return cls(
            position_counts=np.array(list(map(len, listed)), np.int8),
            letters=np.frombuffer("".join(one.letter for one in every).encode(), np.uint8),
            multiplicities=np.array([one.multiplicity for one in every], "<i2"),
            site_symmetries=np.frombuffer(symbols.encode(), np.uint8).reshape(-1, _SYMBOL_WIDTH),
            matrices=np.array([one.matrix for one in every], np.int8).reshape(-1, 3, 3),
            shifts24=np.array([one.shift24 for one in every], np.int8).reshape(-1, 3),
        )

    def positions(self, row: int) -> WyckoffPositions:
        """The positions of setting number ``row`` of the table, by letter."""
        return WyckoffPositions(
            (
                chr(self.letters[i]),
                WyckoffPosition(
                    letter=chr(self.letters[i]),
                    multiplicity=int(self.multiplicities[i]),
                    site_symmetry=self.site_symmetries[i].tobytes().rstrip(b"\0").decode("ascii"),
                    matrix=self.matrices[i].astype(np.int64),
                    shift24=self.shifts24[i].astype(np.int64),
                ),
            )
            for i in range(self._starts[row], self._starts[row + 1])
        )

    def check(self) -> None:
        """Check that the numbers of a stored table lie in their ranges and fit together.

        Raises:
            ContentError: naming the array and what is wrong.
        """
        for column in WYCKOFF_COLUMNS:
            column.check_range(getattr(self, column.name))
        if self._starts[-1] != len(self.letters):
            raise ContentError("wyckoff/position_counts does not fit wyckoff/letters")
        within = np.arange(len(self.letters)) - np.repeat(self._starts[:-1], self.position_counts)
        if (self.letters != np.frombuffer(LETTERS.encode(), np.uint8)[within]).any():
            raise ContentError("wyckoff/letters is not in the order a, b, ... z, A in each setting")
        filled = self.site_symmetries != 0
        known = np.isin(self.site_symmetries, _SYMBOL_CHARACTERS) | ~filled
        if not known.all() or not filled[:, 0].all() or (np.diff(filled.astype(np.int8), axis=1) > 0).any():
            raise ContentError("wyckoff/site_symmetries has a text that is no symbol of a point group")
        # Free coordinates have rows of the unit matrix and no shift; the columns of the others are 0.
        free = np.diagonal(self.matrices, axis1=1, axis2=2) != 0
        rows, columns = (self.matrices - np.eye(3, dtype=np.int8))[free], self.matrices.swapaxes(1, 2)[~free]
        if rows.any() or columns.any() or self.shifts24[free].any():
            raise ContentError("wyckoff/matrices has a point that is not written in its own coordinates")

    def digest(self, content_hash: str) -> bytes:
        """The Wyckoff hash (32 bytes) in the store that has this ``content_hash``."""
        return table_digest(content_hash, WYCKOFF_COLUMNS, self)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.position_counts, dtype=np.int64)])
