"""The 17 plane groups: the symmetry of wallpaper patterns, and of functions of two coordinates.

Cells, axes and origins are those of International Tables A. Operations are 2 x 2 matrices with two translations,
and waves have two indices (h, k): those of the space-group setting :attr:`PlaneGroup.setting` without its third
coordinate, which its operations leave alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import ClassVar, Self

from basis_store.errors import SettingError
from basis_store.groups.character_symbols import CHARACTER_SYMBOLS
from basis_store.groups.group import Group, Kind, LatticeFamily
from basis_store.groups.low_dimensional.low_dimensional_names import (
    N_GROUPS,
    LowDimensionalRow,
    low_dimensional_rows,
    row_of_name,
)
from basis_store.groups.name_text import as_integer
from basis_store.groups.setting import Setting

_LAST_OBLIQUE, _LAST_RECTANGULAR, _LAST_SQUARE = 2, 9, 12


@dataclass(frozen=True, order=True, repr=False)
class PlaneGroup(Group):
    """One of the 17 plane groups. Hashable, ordered by number.

    Make one with :meth:`parse`. Names need the prefix ``plane:``: without it ``"p4mm"`` is read as the space group
    P4mm, because case does not matter in symbols.

    Attributes:
        plane_number: 1 to 17, in International Tables A.

    Raises:
        SettingError: the number is not one of these.
    """

    plane_number: int = field(kw_only=True)

    kind: ClassVar[Kind] = "plane"
    dimension: ClassVar[int] = 2

    def __post_init__(self) -> None:
        plain = as_integer(self.plane_number)
        if plain is None or not 1 <= plain <= N_GROUPS["plane"]:
            raise SettingError(f"there is no plane group {self.plane_number!r:.40}: they run from 1 to 17")
        object.__setattr__(self, "plane_number", plain)

    @classmethod
    def from_key(cls, key: int) -> Self:
        """The plane group with this number."""
        return cls(plane_number=key)

    @classmethod
    def parse(cls, text: str) -> PlaneGroup:
        """Parse the name of a plane group.

        Accepted as ``text``: ``"plane:17"``, ``"plane:p6mm"``, a :attr:`label`; also full symbols
        (``"plane:p1g1"``) and the short ones that are common elsewhere (``"plane:p6m"``, ``"plane:pgg"``).
        Spaces and case do not matter.

        Raises:
            SettingError: there is no such group; the message offers those with similar symbols.
        """
        row = row_of_name(text)
        if row is None or row.kind != "plane":
            raise SettingError(f"{text!r:.60} is no plane group: try plane:17 or plane:p6mm")
        return cls(plane_number=row.number)

    def __repr__(self) -> str:
        return f"<PlaneGroup {self.label}>"

    @property
    def key(self) -> int:
        """The number of the plane group."""
        return self.plane_number

    @property
    def name(self) -> str:
        """Such as ``"plane:17"``."""
        return f"plane:{self.plane_number}"

    @property
    def number(self) -> int:
        """The number of the plane group."""
        return self.plane_number

    @property
    def symbol(self) -> str:
        """Hermann-Mauguin symbol, such as ``"p6mm"``."""
        return self._row.symbol

    @property
    def label(self) -> str:
        """Short readable name: ``"plane:17 p6mm"``; :meth:`parse` reads it."""
        return f"{self.name} {self.symbol}"

    @property
    def centring(self) -> str:
        """Centring letter of the cell: p or c."""
        return self.symbol[0]

    @property
    def setting(self) -> Setting:
        """The setting of a space group with these operations and a coordinate z that none of them changes."""
        return Setting.from_hall(self._row.hall_number)

    @property
    def point_group(self) -> str:
        """Hermann-Mauguin symbol of the point group, one of ten: 1 2 m 2mm 4 4mm 3 3m 6 6mm."""
        symbol = self.setting.point_group
        return "2mm" if symbol == "mm2" else symbol

    @property
    def crystal_system(self) -> str:
        """One of the four crystal systems in two dimensions: oblique, rectangular, square, hexagonal."""
        bounds = {"oblique": _LAST_OBLIQUE, "rectangular": _LAST_RECTANGULAR, "square": _LAST_SQUARE}
        return next((name for name, last in bounds.items() if self.number <= last), "hexagonal")

    @property
    def lattice_family(self) -> LatticeFamily:
        """Which integer norm its operations preserve: 3(h2 + k2), or 4(h2 + hk + k2) in the hexagonal system."""
        return self.setting.lattice_family

    @property
    def characters(self) -> tuple[str, ...]:
        """Mulliken symbols of the characters of its point group, as in :attr:`setting`."""
        return CHARACTER_SYMBOLS[self.setting.point_group]

    @property
    def _row(self) -> LowDimensionalRow:
        return low_dimensional_rows()["plane"][self.plane_number - 1]


@functools.cache
def plane_groups() -> tuple[PlaneGroup, ...]:
    """The 17 plane groups in the order of their numbers."""
    return tuple(PlaneGroup(plane_number=number) for number in range(1, N_GROUPS["plane"] + 1))
