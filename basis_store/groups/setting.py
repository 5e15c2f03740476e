"""Space-group settings: a space group *and* the cell and origin in which it is written.

A space-group number alone does not say which coordinates are meant (unique axis, cell choice, origin
choice, hexagonal or rhombohedral axes). The 530 Hall numbers do. The table ``settings.csv`` next to
this file is written from spglib's database by ``python -m basis_compiler.groups.settings_table``, and a test
compares the two. So the runtime needs no crystallographic library.

Standard setting of a group: the one printed first in International Tables A and used by the Bilbao
server: unique axis b, cell choice 1; hexagonal axes for R groups; origin choice 2 (inversion centre at
the origin) for the 24 groups that have two.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Self

from basis_store.errors import SettingError
from basis_store.groups.character_symbols import CHARACTER_SYMBOLS
from basis_store.groups.group import Group, Kind, LatticeFamily
from basis_store.groups.low_dimensional.low_dimensional_names import row_of_name
from basis_store.groups.name_text import as_integer, normalised, respelled
from basis_store.groups.setting_table import (
    POINT_GROUP_ORDERS,
    SettingRow,
    did_you_mean,
    hall_number_of_symbol,
    point_group_of_symbol,
    setting_rows,
)

_NUMBERED = re.compile(
    r"(?<=\S)\s*\(?\s*(?:\bno\b\.?|#)\s*(\d+)\s*\)?$|(?<=\S)\s*\(\s*(\d\d+)\s*\)$", re.IGNORECASE
)
"""The number behind a symbol: ``(No. 62)``, ``#62``, ``(62)``; but ``P2(1)`` is P2_1."""
_STANDARD_CHOICES = frozenset({"", "b", "b1", "H", "2"})


_MAX_NAME = 100
"""Characters of the name of a setting."""


@dataclass(frozen=True, order=True, repr=False)
class Setting(Group):
    """One of the 530 Hall settings of the 230 space groups. Hashable, ordered by Hall number.

    Make one with :meth:`standard`, :meth:`from_hall` or :meth:`parse`.

    Attributes:
        hall_number: 1 to 530, in the order of Hall (1981) as numbered by spglib.

    Raises:
        SettingError: the Hall number is not an integer from 1 to 530, or a number is given without saying which:
            ``Setting(62)`` might mean a space group or a Hall number.
    """

    hall_number: int = field(kw_only=True)

    kind: ClassVar[Kind] = "space"

    def __new__(cls, *numbers: object, **named: object) -> Self:
        """Refuse a number that does not say what it counts."""
        if numbers:
            raise no_setting(numbers[0])
        return super().__new__(cls)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hall_number", _checked("Hall number", self.hall_number, 530))

    @classmethod
    def from_hall(cls, hall_number: int) -> Setting:
        """The setting with this ``hall_number`` (1 to 530).

        Raises:
            SettingError: there is no such number.
        """
        return cls(hall_number=hall_number)

    @classmethod
    def from_key(cls, key: int) -> Self:
        """The setting with this Hall number, as :meth:`from_hall`."""
        return cls(hall_number=key)

    @classmethod
    def standard(cls, number: int) -> Setting:
        """The standard setting of space group ``number``, 1 to 230.

        Unique axis b, cell choice 1; hexagonal axes; origin choice 2.

        Raises:
            SettingError: there is no such number.
        """
        return standard_settings()[_checked("space group", number, 230) - 1]

    @classmethod
    def parse(cls, text: str) -> Setting:
        """Parse the name of a setting.

        Accepted as ``text``: ``"227"`` (standard setting), ``"227:1"`` (number and spglib's setting choice), a
        Hermann-Mauguin symbol, short or full, alone or with a choice (``"Fd-3m"``, ``"Fd-3m:1"``,
        ``"P 1 21/c 1"``, ``"P21/n"``, ``"P2(1)/n"``, ``"P2_{1}/n"``; ``"Cmca"`` and ``"F m 3 m"`` as before
        1992; ``"F d -3 m Z"`` as in ICSD; ``"Pnma (62)"``; spaces, underscores and case do not matter), a symbol
        of Schoenflies (``"D2h^16"``, ``"Oh7"``), a Hall number or a Hall symbol (``"hall:525"``,
        ``"hall:F 4d 2 3 -1d"``, ``"-P 2c 2ab"``; with ``hall:`` where it is a Hermann-Mauguin symbol as well, as
        ``"P 4 2"`` is that of P4_2), a :attr:`label`; a layer or rod group by number or symbol
        (``"layer:64"``, ``"layer:p4/nmm"``, ``"rod:24"``), for the setting of its cell with vacuum, see
        :class:`SubperiodicGroup`. Without a choice, the standard setting is preferred.

        Raises:
            SettingError: nothing or more than one setting matches.
        """
        text = text.strip()
        if len(text) > _MAX_NAME:
            raise SettingError(f"{text[:40]!r}... is no space-group setting: it has {len(text)} characters")
        if row := row_of_name(text):
            if row.kind == "plane":
                raise SettingError(f"{text!r} is a plane group; a setting of a space group is needed")
            text = f"hall:{row.hall_number}"
        if match := re.fullmatch(r"hall:\s*(.+)", text, re.IGNORECASE):
            return cls._from_hall_text(match[1])
        if re.fullmatch(r"[+-]?\d+", text):
            return cls.standard(int(text))
        if match := _NUMBERED.search(text):
            setting, number = cls.parse(text[: match.start()]), int(match[1] or match[2])
            if setting.number != number:
                raise SettingError(f"{text!r} contradicts itself: that symbol is group {setting.number}")
            return setting
        by_name = settings_by_name()
        if len(labelled := by_name.get(text, ())) == 1:
            return labelled[0]
        symbol, _, choice = text.partition(":")
        choice = choice.strip().lower()
        found = [s for s in by_name.get(normalised(symbol), ()) if choice in ("", s.choice.lower())]
        if not found:
            return cls._from_other_name(text)
        if len(found) > 1 and not choice:
            # Short symbols of monoclinic groups mean unique axis b, else c: P2_1/n is b2, B2/b is -c1.
            by_axis = [[s for s in found if s.choice.lstrip("-").startswith(axis)] for axis in "bc"]
            found = [s for s in found if s.is_standard] or by_axis[0] or by_axis[1] or found
        if len(found) > 1:
            options = ", ".join(f"{s.label} ({s.name})" for s in found)
            raise SettingError(f"{text!r} is ambiguous: {options}")
        return found[0]

    @classmethod
    def of_point_group(cls, symbol: str) -> Setting:
        """The first standard setting of a crystal class: its axes are the usual ones of the class.

        Accepted as ``symbol``: that of one of the 32 point groups (``"m-3m"`` gives 221 Pm-3m), ``"m3"`` and
        ``"m3m"`` as before 1992, and the symbols of Schoenflies (``"Oh"``, ``"C2v"``).

        Raises:
            SettingError: there is no such class.
        """
        point_group = point_group_of_symbol(symbol)
        for setting in standard_settings():
            if setting.point_group == point_group:
                return setting
        raise SettingError(f"unknown point group {symbol!r}: try m-3m, 6/mmm, -42m or Oh")

    @classmethod
    def _from_hall_text(cls, text: str) -> Setting:
        if re.fullmatch(r"[+-]?\d+", text):
            return cls.from_hall(int(text))
        if hall_number := hall_number_of_symbol(text):
            return cls.from_hall(hall_number)
        raise SettingError(f"unknown Hall symbol {text!r}{did_you_mean(f'hall:{text}')}")

    @classmethod
    def _from_other_name(cls, text: str) -> Setting:
        if (spelled := respelled(text)) != text:
            return cls.parse(spelled)
        if hall_number := hall_number_of_symbol(text):
            return cls.from_hall(hall_number)
        raise SettingError(f"unknown space-group setting {text!r}{did_you_mean(text)}")

    def __repr__(self) -> str:
        return f"<Setting {self.label}, {self.name}>"

    @property
    def key(self) -> int:
        """The Hall number."""
        return self.hall_number

    @property
    def name(self) -> str:
        """Such as ``"hall:525"``."""
        return f"hall:{self.hall_number}"

    @property
    def characters(self) -> tuple[str, ...]:
        """Mulliken symbols of the characters of its point group, see :data:`CHARACTER_SYMBOLS`."""
        return CHARACTER_SYMBOLS[self.point_group]

    @property
    def number(self) -> int:
        """Space-group number, 1 to 230."""
        return self._row.number

    @property
    def choice(self) -> str:
        """Spglib's name of the cell and origin choice, such as ``"b1"``, ``"H"``, ``"2"``, ``"cab"`` or ``""``."""
        return self._row.choice

    @property
    def symbol(self) -> str:
        """Short Hermann-Mauguin symbol, such as ``"Fd-3m"``; in orthorhombic settings that of the setting."""
        return self._row.symbol

    @property
    def full_symbol(self) -> str:
        """Full Hermann-Mauguin symbol in this setting, such as ``"P 1 2_1/c 1"``."""
        return self._row.full_symbol

    @property
    def hall_symbol(self) -> str:
        """Hall's symbol of this setting, such as ``"-P 2ybc"``."""
        return self._row.hall_symbol

    @property
    def point_group(self) -> str:
        """Hermann-Mauguin symbol of the point group, such as ``"m-3m"``."""
        return self._row.point_group

    @property
    def schoenflies(self) -> str:
        """Schoenflies symbol of the space group, such as ``"Oh^7"``; the same in all of its settings."""
        return self._row.schoenflies

    @property
    def centring(self) -> str:
        """Centring letter of the cell of this setting: P A B C I F R (R: hexagonal axes, else P)."""
        return self.hall_symbol.lstrip("-")[0]

    @property
    def n_operations(self) -> int:
        """Number of operations modulo the lattice translations of the conventional cell: 1 to 192."""
        return POINT_GROUP_ORDERS[self.point_group] * {"P": 1, "R": 3, "F": 4}.get(self.centring, 2)

    @property
    def crystal_system(self) -> str:
        """One of the seven crystal systems in lower case, ``"triclinic"`` to ``"cubic"``."""
        bounds = (2, 15, 74, 142, 167, 194, 230)
        names = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")
        return next(name for bound, name in zip(bounds, names, strict=True) if self.number <= bound)

    @property
    def lattice_family(self) -> LatticeFamily:
        """Which integer norm its operations preserve (theory page, cutoffs): see wave_shells.py."""
        return "hexagonal" if 143 <= self.number <= 194 and self.choice != "R" else "orthogonal"

    @property
    def is_standard(self) -> bool:
        """Whether this is the setting that :meth:`standard` gives for its group."""
        return self.choice in _STANDARD_CHOICES

    @property
    def label(self) -> str:
        """Short readable name: ``"227:2 Fd-3m"``; :meth:`parse` reads its first word."""
        return f"{self.number}{':' * bool(self.choice)}{self.choice} {self.symbol}"

    @property
    def _row(self) -> SettingRow:
        return setting_rows()[self.hall_number - 1]


@functools.cache
def all_settings() -> tuple[Setting, ...]:
    """The 530 settings in the order of their Hall numbers."""
    return tuple(Setting(hall_number=hall_number) for hall_number in range(1, 531))


def space_group_numbers(hall_numbers: Iterable[int]) -> list[int]:
    """The space-group number of each Hall number, without making settings."""
    return [setting_rows()[hall_number - 1].number for hall_number in hall_numbers]


@functools.cache
def standard_settings() -> tuple[Setting, ...]:
    """The standard settings of groups 1 to 230, in the order of their numbers."""
    return tuple(setting for setting in all_settings() if setting.is_standard)


@functools.cache
def settings_by_name() -> dict[str, tuple[Setting, ...]]:
    """By label, and by every squeezed name, the settings that have it."""
    found: dict[str, list[Setting]] = {}
    for setting in all_settings():
        for name in {setting.label, *setting._row.names}:
            found.setdefault(name, []).append(setting)
    return {name: tuple(settings) for name, settings in found.items()}


def _checked(what: str, number: object, largest: int) -> int:
    """``number`` as a plain int, also from NumPy; SettingError unless it is from 1 to ``largest``."""
    plain = number if type(number) is int else as_integer(number)
    if plain is None or not 1 <= plain <= largest:
        raise SettingError(f"there is no {what} {number!r}: they run from 1 to {largest}")
    return plain


SettingName = Setting | str
"""What names a setting in the functions of this package: a :class:`Setting`, or a text that it parses."""


def as_setting(name: SettingName) -> Setting:
    """The setting of this name.

    Raises:
        SettingError: a text that :meth:`Setting.parse` does not read; or a bare number, or anything else.
    """
    if isinstance(name, Setting):
        return name
    if isinstance(name, str):
        return Setting.parse(name)
    raise no_setting(name)


def no_setting(value: object) -> SettingError:
    """The error for what is given where a setting is needed and does not name one, such as a bare number."""
    plain = as_integer(value)
    number = plain if plain is not None and 1 <= plain <= 230 else 62
    return SettingError(
        f"give a setting, not {value!r:.80}: for a space group Setting.standard({number}) or '{number}', for a "
        f"Hall number Setting.from_hall({number}) or 'hall:{number}', for a symbol 'Pnma'"
    )
