"""What has a basis: a setting together with a one-dimensional character of its group (T9)."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from basis_store.errors import SettingError
from basis_store.groups.character_symbols import CHARACTER_SYMBOLS
from basis_store.groups.setting import Setting, SettingName, as_setting

if TYPE_CHECKING:
    from basis_store.groups.operations import Operations

_MULLIKEN = re.compile(r"[12]?[ABET]\d?[gu]?'{0,2}")
"""What cannot be the choice of a setting, which has lower-case letters, H or R."""


@dataclass(frozen=True, order=True, repr=False)
class Representation:
    """A setting and a one-dimensional character: the functions with f(g x) = chi(g) f(x) for all operations g.

    Hashable; ordered by setting, then as the symbols of :data:`CHARACTER_SYMBOLS`. Make one with :meth:`of` or
    :meth:`parse`. With operations at hand, :meth:`operations` gives the integer c of each of them,
    ``chi(g) = exp(2 pi i c/24)``.

    Attributes:
        setting: the setting.
        number: of the character in :data:`CHARACTER_SYMBOLS`; 0 is the trivial one, with the invariant functions.

    Raises:
        SettingError: there is no character of this number.
    """

    setting: Setting
    number: int = field(default=0)

    def __post_init__(self) -> None:
        if not 0 <= self.number < len(CHARACTER_SYMBOLS[self.setting.point_group]):
            raise SettingError(f"{self.setting.label} has no character of number {self.number}")

    @classmethod
    def of(cls, setting: SettingName, character: str | None = None) -> Representation:
        """The representation of a setting with the character of this Mulliken symbol; default, the trivial one.

        Args:
            setting: a setting, or its name as :meth:`Setting.parse` reads it.
            character: such as ``"B1g"``, ``"A''"`` or ``"1E"``; ``"1e"`` and ``"b1G"`` are read as well.

        Raises:
            SettingError: there is no such setting, or its point group has no such character; the message lists
                those that it has.
        """
        setting = as_setting(setting)
        if character is None:
            return cls(setting)
        symbols = CHARACTER_SYMBOLS[setting.point_group]
        wanted = _normalised(character)
        for number, symbol in enumerate(symbols):
            if symbol.lower() == wanted:
                return cls(setting, number)
        raise SettingError(
            f"{setting.label} has no one-dimensional character {character!r:.40}: those of its point group "
            f"{setting.point_group} are {', '.join(symbols)}"
        )

    @classmethod
    def parse(cls, text: str) -> Representation:
        """Parse the name of a representation: that of a setting, a colon, and a Mulliken symbol.

        Accepted as ``text``: ``"136:B1g"``, ``"P4_2/mnm:B1g"``, ``"227:1:A2u"``; a :attr:`label`; and the name of
        a setting alone for its trivial character. Symbols are read with their case here: ``"3:b"`` is the setting
        P2 with unique axis b, and ``"3:B"`` the character B of group 3.

        Raises:
            SettingError: there is no such setting, or its point group has no such character.
        """
        name, _, character = text.strip().rpartition(":")
        character, _, _ = character.partition(" ")  # of a label, such as "136:B1g P4_2/mnm"
        if name and _MULLIKEN.fullmatch(character) and name.lower() != "hall":
            try:
                return cls.of(name, character)
            except SettingError:
                with contextlib.suppress(SettingError):  # "5:A1" is P2 with unique axis a: 2 has no A1
                    return cls(Setting.parse(text))
                raise
        return cls(Setting.parse(text))

    @property
    def character(self) -> str:
        """The Mulliken symbol of the character, such as ``"B1g"``."""
        return CHARACTER_SYMBOLS[self.setting.point_group][self.number]

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
        """Short readable name: that of the setting, or ``"136:B1g P4_2/mnm"``; :meth:`parse` reads it."""
        if self.is_trivial:
            return self.setting.label
        name, _, symbol = self.setting.label.partition(" ")
        return f"{name}:{self.character} {symbol}"

    def operations(self, group: Operations) -> Operations:
        """The operations of the setting with the c of this character.

        Args:
            group: the operations of :attr:`setting`.

        Raises:
            CertificateError: their rotations are no crystallographic point group.
        """
        from basis_store.groups.characters import characters24  # noqa: PLC0415 - for names, numpy is not needed

        return replace(group, characters24=characters24(group.rotations, self.character))

    def __str__(self) -> str:
        return f"{self.setting.label.partition(' ')[0]}:{self.character}"

    def __repr__(self) -> str:
        return f"<Representation {self.label}, hall:{self.setting.hall_number}>"


RepresentationName = Representation | SettingName
"""What names a representation: itself, a setting for its trivial character, or a text that it parses."""


def as_representation(name: RepresentationName) -> Representation:
    """The representation of this name.

    Raises:
        SettingError: a text that :meth:`Representation.parse` does not read; or a bare number, or anything else.
    """
    if isinstance(name, Representation):
        return name
    return Representation.parse(name) if isinstance(name, str) else Representation(as_setting(name))


def representations(setting: SettingName) -> tuple[Representation, ...]:
    """A setting with each of its characters that are 1 on lattice translations, the trivial one first."""
    setting = as_setting(setting)
    count = len(CHARACTER_SYMBOLS[setting.point_group])
    return tuple(Representation(setting, number) for number in range(count))


def _normalised(symbol: str) -> str:
    """A Mulliken symbol without what people write differently: ``b1g``, ``B_{1g}``, ``^1E``, ``A"``."""
    text = symbol.strip().replace('"', "''").replace("\u2033", "''").replace("\u2032", "'").replace("\u2019", "'")
    return "".join(letter for letter in text if letter not in "_{}^ ").lower()
