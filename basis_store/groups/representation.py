"""What has a basis: a group in one setting together with one of its one-dimensional characters (T9)."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from basis_store.errors import SettingError
from basis_store.groups.group import Group
from basis_store.groups.group_names import GroupName, as_group
from basis_store.groups.setting import Setting
from basis_store.tables.html_table import Markup, facts_html, symbol_html

if TYPE_CHECKING:
    from basis_store.groups.operations import Operations

_CHARACTER = re.compile(r"[12]?[ABET]\d?[gu]?'{0,2}|even|odd")
"""What cannot be the choice of a setting: that has other lower-case letters, H or R."""


@dataclass(frozen=True, order=True, repr=False)
class Representation:
    """A group and a one-dimensional character: the functions with f(g x) = chi(g) f(x) for all operations g.

    Hashable; ordered by group, then by character. Make one with :meth:`of` or :meth:`parse`. With the operations
    of a space group at hand, :meth:`operations` gives the c of each of them, ``chi(g) = exp(2 pi i c/24)``.

    Attributes:
        setting: the setting of a space group, a magnetic group or a plane group.
        number: of the character among those of the group; 0 is the trivial one, with the invariant functions.

    Raises:
        SettingError: there is no character of this number.
    """

    setting: Group
    number: int = field(default=0)

    def __post_init__(self) -> None:
        if not 0 <= self.number < len(self.setting.characters):
            raise SettingError(f"{self.setting.label} has no character of number {self.number}")

    @classmethod
    def of(cls, setting: GroupName, character: str | None = None) -> Representation:
        """The representation of a group with the character of this symbol; default, the trivial one.

        Args:
            setting: a setting, a magnetic group, or the name of one.
            character: such as ``"B1g"``, ``"A''"`` or ``"1E"``; ``"1e"`` and ``"b1G"`` are read as well. Of
                magnetic groups ``"even"`` or ``"odd"``.

        Raises:
            SettingError: there is no such group, or it has no such character; the message lists those that it has.
        """
        group = as_group(setting)
        return cls(group) if character is None else cls(group, group.character_number(character))

    @classmethod
    def parse(cls, text: str) -> Representation:
        """Parse the name of a representation: that of a group, a colon, and the symbol of a character.

        Accepted as ``text``: ``"136:B1g"``, ``"P4_2/mnm:B1g"``, ``"227:1:A2u"``, ``"62.446:odd"``; a
        :attr:`label`; and the name of a group alone for its trivial character. Symbols are read with their case
        here: ``"3:b"`` is the setting P2 with unique axis b, and ``"3:B"`` the character B of group 3.

        Raises:
            SettingError: there is no such group, or it has no such character.
        """
        name, _, character = text.strip().rpartition(":")
        character, _, _ = character.partition(" ")  # of a label, such as "136:B1g P4_2/mnm"
        if name and _CHARACTER.fullmatch(character) and name.lower() != "hall":
            try:
                return cls.of(name, character)
            except SettingError:
                with contextlib.suppress(SettingError):  # "5:A1" is P2 with unique axis a: 2 has no A1
                    return cls(Setting.parse(text))
                raise
        return cls(as_group(text))

    @property
    def character(self) -> str:
        """Symbol of the character: ``"B1g"`` (Mulliken); of magnetic groups ``"even"`` or ``"odd"``."""
        return self.setting.characters[self.number]

    @property
    def space_setting(self) -> Setting:
        """The setting, of a space group.

        Raises:
            SettingError: this is a representation of a magnetic group.
        """
        if not isinstance(self.setting, Setting):
            raise SettingError(
                f"{self.label} is a {self.setting.kind} group; a setting of a space group is needed"
            )
        return self.setting

    @property
    def is_trivial(self) -> bool:
        """Whether the character is 1 everywhere: the functions are the invariant ones."""
        return self.number == 0

    @property
    def is_real(self) -> bool:
        """Whether the character is 1 or -1 everywhere; otherwise it has complex functions only."""
        return "E" not in self.character

    @property
    def label(self) -> str:
        """Short readable name: that of the group, or ``"136:B1g P4_2/mnm"``; :meth:`parse` reads it."""
        if self.is_trivial:
            return self.setting.label
        name, _, symbol = self.setting.label.partition(" ")
        return f"{name}:{self.character} {symbol}"

    def operations(self, group: Operations) -> Operations:
        """The operations of a space group with the c of this character.

        Args:
            group: the operations of :attr:`setting`, which is not a magnetic group.

        Raises:
            CertificateError: their rotations are no crystallographic point group.
        """
        from basis_store.groups.characters import characters24  # noqa: PLC0415 - for names, numpy is not needed

        return replace(group, characters24=characters24(group.rotations, self.character))

    def __str__(self) -> str:
        return f"{self.setting.label.partition(' ')[0]}:{self.character}"

    def _repr_html_(self) -> str:
        facts = (
            ("group", symbol_html(f"{self.setting.label}, {self.setting.name}")),
            ("character", self.character),
            ("functions", "real" if self.is_real else "complex"),
        )
        return facts_html(Markup(f"Representation {symbol_html(self.label)}"), facts)

    def __repr__(self) -> str:
        return f"<Representation {self.label}, {self.setting.name}>"


RepresentationName = Representation | GroupName
"""What names a representation: itself, a group for its trivial character, or a text that it parses."""


def as_representation(name: RepresentationName) -> Representation:
    """The representation of this name.

    Raises:
        SettingError: a text that :meth:`Representation.parse` does not read; or a bare number, or anything else.
    """
    if isinstance(name, Representation):
        return name
    return Representation.parse(name) if isinstance(name, str) else Representation(as_group(name))


def representations(setting: GroupName) -> tuple[Representation, ...]:
    """A group with each of its characters, the trivial one first; those of space groups are 1 on translations.

    Args:
        setting: a setting, or its name as :meth:`Setting.parse` reads it; or a magnetic group or its name.

    Raises:
        SettingError: there is none of this name, or it is a bare number.
    """
    group = as_group(setting)
    return tuple(Representation(group, number) for number in range(len(group.characters)))
