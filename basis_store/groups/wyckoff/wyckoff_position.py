"""One Wyckoff position of a setting, by one of its points; all others are images of it under the group.

The point is written in its own coordinates, as International Tables do,  (x, y, z) -> M (x, y, z) + s/24,  with a
column of zeros in M for each coordinate that is not free. So M M = M and M s = 0, and y lies in that plane, on
that line or at that point, up to a lattice translation, if and only if  (1 - M)(y - s/24)  are integers.
"""

from __future__ import annotations

from dataclasses import dataclass

from basis_store.array_types import IntArray

LETTERS = "abcdefghijklmnopqrstuvwxyzA"
"""Of the positions of a setting, in this order; no group has more positions than group 47, whose last is A."""


@dataclass(frozen=True, kw_only=True, eq=False)
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
