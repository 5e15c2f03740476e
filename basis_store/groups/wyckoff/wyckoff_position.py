"""One Wyckoff position of a setting, by one of its points; all others are images of it under the group.

The point is written in its own coordinates, as International Tables do,  (x, y, z) -> M (x, y, z) + s/24,  with a
column of zeros in M for each coordinate that is not free. So M M = M and M s = 0, and y lies in that plane, on
that line or at that point, up to a lattice translation, if and only if  (1 - M)(y - s/24)  are integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from basis_store.array_types import IntArray
from basis_store.tables.data_frame import data_frame
from basis_store.tables.html_table import rows_html, symbol_html

if TYPE_CHECKING:
    from pandas import DataFrame

LETTERS = "abcdefghijklmnopqrstuvwxyzA"
"""Of the positions of a setting, in this order; no group has more positions than group 47, whose last is A."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WyckoffPosition:
    """One Wyckoff position of a setting.

    Attributes:
        letter: of International Tables A: ``"a"`` to ``"z"``, then ``"A"``.
        multiplicity: number of its points in the conventional cell.
        site_symmetry: oriented symbol, such as ``".-3m"``.
        matrix: (3, 3) integers M.
        shift24: (3,) s in 24ths, 0 to 23: one of its points is ``M (x, y, z) + s/24`` for any x, y and z.
    """

    letter: str
    multiplicity: int
    site_symmetry: str
    matrix: IntArray
    shift24: IntArray

    @property
    def point(self) -> str:
        """The point that it is named by, as International Tables print it: ``"x, -x, 1/4"``."""
        return ", ".join(map(_coordinate, self.matrix.tolist(), self.shift24.tolist()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.multiplicity}{self.letter} {self.site_symmetry}: {self.point}>"


class WyckoffPositions(dict[str, WyckoffPosition]):
    """The Wyckoff positions of a setting by letter, ``"a"`` first and the general position last."""

    def to_dataframe(self) -> DataFrame:
        """A table of pandas: letter, multiplicity, site_symmetry, point and degrees_of_freedom of each position.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        return data_frame(
            {
                "letter": list(self),
                "multiplicity": [one.multiplicity for one in self.values()],
                "site_symmetry": [one.site_symmetry for one in self.values()],
                "point": [one.point for one in self.values()],
                "degrees_of_freedom": [int(one.matrix.diagonal().sum()) for one in self.values()],
            }
        )

    def _repr_html_(self) -> str:
        rows = [
            (f"{one.multiplicity}{one.letter}", symbol_html(one.site_symmetry), one.point) for one in self.values()
        ]
        return rows_html(("position", "site symmetry", "one of its points"), rows, left=(0, 1, 2))


def _coordinate(row: list[int], shift24: int) -> str:
    """``x-y+1/4`` of a row of M and its shift."""
    text = "".join(f"{factor:+d}{name}" for factor, name in zip(row, "xyz", strict=True) if factor)
    text = text.replace("+1", "+").replace("-1", "-")
    number = str(Fraction(shift24, 24)) if shift24 else ""
    joined = f"{text}+{number}" if text and number else text + number
    return joined.removeprefix("+") or "0"
