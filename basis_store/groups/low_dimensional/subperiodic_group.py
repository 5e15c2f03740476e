"""The 80 layer groups and 75 rod groups: the symmetry of a slab and of a chain.

A calculation puts a slab or a chain into a cell with vacuum, which is periodic in three dimensions. What has a
Fourier basis is the space group of that cell: the operations of the layer or rod group together with the
translations that it lacks. Axes are those of International Tables E:

    layer    periodic along a and b; c leads through the vacuum (1/c = 0 in the limit of a single slab)
    rod      periodic along c; a and b lead through the vacuum

The setting of the space group has these axes as well, with unique axis a or c where a slab needs it: layer group
p2_111 is P 2_1 1 1, not P 1 2_1 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from basis_store.errors import SettingError
from basis_store.groups.low_dimensional.low_dimensional_names import (
    N_GROUPS,
    LowDimensionalRow,
    low_dimensional_rows,
    row_of_name,
)
from basis_store.groups.setting import Setting, SettingName, as_setting
from basis_store.tables.html_table import Markup, facts_html, symbol_html


@dataclass(frozen=True, order=True, repr=False)
class SubperiodicGroup:
    """A layer group or a rod group, and the setting of a space group with its operations and axes.

    Make one with :meth:`parse`, or find those of a setting with :meth:`of_setting`. Hashable and ordered.

    Attributes:
        kind: ``"layer"`` or ``"rod"``.
        number: in International Tables E: 1 to 80, 1 to 75.

    Raises:
        SettingError: there is no such group.
    """

    kind: Literal["layer", "rod"]
    number: int

    def __post_init__(self) -> None:
        if self.kind not in ("layer", "rod"):
            raise SettingError(f"a sub-periodic group is a 'layer' or a 'rod' group, not {self.kind!r:.40}")
        if not 1 <= self.number <= N_GROUPS[self.kind]:
            raise SettingError(
                f"there is no {self.kind} group {self.number}: they run from 1 to {N_GROUPS[self.kind]}"
            )

    @classmethod
    def parse(cls, text: str) -> SubperiodicGroup:
        """Parse the name of a layer or rod group.

        Accepted as ``text``: ``"layer:55"``, ``"rod:12"``, a symbol such as ``"layer:p4/nmm"``, a :attr:`label`.

        Raises:
            SettingError: there is no such group; the message offers those with similar symbols.
        """
        row = row_of_name(text)
        if row is None or row.kind == "plane":
            raise SettingError(f"{text!r:.60} is no layer or rod group: try layer:64, layer:p4/nmm or rod:24")
        return cls(row.kind, row.number)

    @classmethod
    def of_setting(cls, setting: SettingName) -> tuple[SubperiodicGroup, ...]:
        """The layer group and the rod group with the operations and axes of a setting; none, one or both.

        Raises:
            SettingError: there is no setting of this name, or it is a bare number.
        """
        hall_number = as_setting(setting).hall_number
        kinds: tuple[Literal["layer", "rod"], ...] = ("layer", "rod")
        rows = low_dimensional_rows()
        return tuple(
            cls(kind, row.number) for kind in kinds for row in rows[kind] if row.hall_number == hall_number
        )

    @property
    def symbol(self) -> str:
        """The symbol of International Tables E, such as ``"p4/nmm"``."""
        return self._row.symbol

    @property
    def label(self) -> str:
        """Short readable name: ``"layer:64 p4/nmm"``; :meth:`parse` reads it."""
        return f"{self.kind}:{self.number} {self.symbol}"

    @property
    def setting(self) -> Setting:
        """The setting of a space group with these operations and axes, for a cell with vacuum."""
        return Setting.from_hall(self._row.hall_number)

    @property
    def periodic_axes(self) -> tuple[str, ...]:
        """``("a", "b")`` of a layer group, ``("c",)`` of a rod group."""
        return ("a", "b") if self.kind == "layer" else ("c",)

    @property
    def origin24(self) -> tuple[int, int, int]:
        """The origin of International Tables E in coordinates of :attr:`setting`, in 24ths of its cell.

        0 but for the layer groups 20 and 54 and the rod groups 31, 33 and 72, whose origin no setting has: a point
        with the coordinates x there has x + origin24/24 in the setting.
        """
        return self._row.origin24

    def _repr_html_(self) -> str:
        facts = (
            ("symbol", symbol_html(self.symbol)),
            ("periodic along", ", ".join(self.periodic_axes)),
            ("setting of a cell with vacuum", symbol_html(f"{self.setting.label}, {self.setting.name}")),
        )
        return facts_html(Markup(f"SubperiodicGroup {symbol_html(self.label)}"), facts)

    def __repr__(self) -> str:
        return f"<SubperiodicGroup {self.label}, {self.setting.name}>"

    @property
    def _row(self) -> LowDimensionalRow:
        return low_dimensional_rows()[self.kind][self.number - 1]
