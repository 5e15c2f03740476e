"""What every kind of group has that bases are compiled for: a key, a label, a lattice family, and characters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, Self

from basis_store.errors import SettingError
from basis_store.tables.html_table import Markup, facts_html, symbol_html

LatticeFamily = Literal["orthogonal", "hexagonal"]
Kind = Literal["space", "magnetic", "plane"]


_FACTS = {
    "symbol": "Hermann-Mauguin symbol",
    "full_symbol": "full symbol",
    "hall_symbol": "Hall symbol",
    "hall_number": "Hall number",
    "bns_number": "BNS number",
    "og_number": "OG number",
    "og_symbol": "OG symbol",
    "uni_number": "UNI number",
    "point_group": "point group",
    "crystal_system": "crystal system",
    "centring": "centring",
    "n_operations": "operations in the cell",
    "is_standard": "standard setting",
    "characters": "one-dimensional characters",
}
"""Attributes that notebooks show of the groups that have them."""


class Group(ABC):
    """A group in one cell: a :class:`Setting` of a space group, a :class:`MagneticGroup` or a :class:`PlaneGroup`.

    Hashable, and ordered by key among groups of one kind.
    """

    kind: ClassVar[Kind]
    """What a store of such groups is called in its recipe."""
    dimension: ClassVar[int] = 3
    """Of the space that it acts on."""

    @classmethod
    @abstractmethod
    def from_key(cls, key: int) -> Self:
        """The group with this :attr:`key`.

        Raises:
            SettingError: there is none.
        """

    @property
    @abstractmethod
    def key(self) -> int:
        """The number of the group among those of its kind, from 1; stores name it by this."""

    @property
    @abstractmethod
    def name(self) -> str:
        """A name that says what the key counts, such as ``"hall:525"``."""

    @property
    @abstractmethod
    def number(self) -> int:
        """The number of the group in International Tables, without its setting."""

    @property
    @abstractmethod
    def symbol(self) -> str:
        """Hermann-Mauguin symbol."""

    @property
    @abstractmethod
    def label(self) -> str:
        """Short readable name; its first word is parsed."""

    @property
    @abstractmethod
    def point_group(self) -> str:
        """Hermann-Mauguin symbol of the point group."""

    @property
    @abstractmethod
    def crystal_system(self) -> str:
        """In lower case, such as ``"cubic"``."""

    @property
    @abstractmethod
    def lattice_family(self) -> LatticeFamily:
        """Which integer norm its operations preserve (theory page, cutoffs): see wave_shells.py."""

    @property
    @abstractmethod
    def characters(self) -> tuple[str, ...]:
        """Symbols of its one-dimensional characters, the trivial one first."""

    def _repr_html_(self) -> str:
        return facts_html(
            Markup(f"{type(self).__name__} {symbol_html(self.label)}"),
            [(name, _shown(one, getattr(self, one))) for one, name in _FACTS.items() if hasattr(self, one)],
        )

    def character_number(self, symbol: str) -> int:
        """The place of a character among :attr:`characters`, by its symbol; ``"1e"``, ``"b1G"`` are read as well.

        Raises:
            SettingError: it has no such character; the message lists those that it has.
        """
        wanted = _normalised(symbol)
        for number, one in enumerate(self.characters):
            if one.lower() == wanted:
                return number
        raise SettingError(
            f"{self.label} has no one-dimensional character {symbol!r:.40}: {self._characters_are()} "
            f"{', '.join(self.characters)}"
        )

    def _characters_are(self) -> str:
        return f"those of its point group {self.point_group} are"


def _shown(name: str, value: object) -> object:
    if name in ("symbol", "full_symbol", "point_group", "og_symbol"):
        return symbol_html(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else value


def _normalised(symbol: str) -> str:
    """A Mulliken symbol without what people write differently: ``b1g``, ``B_{1g}``, ``^1E``, ``A"``."""
    text = symbol.strip().replace('"', "''").replace("\u2033", "''").replace("\u2032", "'").replace("\u2019", "'")
    return "".join(letter for letter in text if letter not in "_{}^ ").lower()
