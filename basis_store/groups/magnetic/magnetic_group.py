"""The 1,651 magnetic space groups (three-dimensional black-and-white groups, grey and colourless ones included).

Each is a group of space-group operations, some of them combined with time reversal. Type I has none of these; II
(grey) has time reversal itself, so that every operation occurs with and without; III has it with half of the
operations, but with no translation; IV has it with half of the translations as well.

The cell and origin are those of the BNS setting (Belov, Neronova, Smirnova): of the standard setting of the space
group with the first part of the BNS number. For type IV this is the group of the operations without time reversal,
whose cell is larger than that of the crystal without moments.

The table ``magnetic_groups.csv`` next to this file is written by
``python -m basis_compiler.groups.magnetic_table`` from spglib's numbers and the symbols and
operations of H. T. Stokes and B. J. Campbell (ISO-MAG), and tests compare it with both.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

from basis_store.errors import SettingError
from basis_store.groups.group import Group, Kind, LatticeFamily
from basis_store.groups.name_text import as_integer
from basis_store.groups.setting import Setting

N_MAGNETIC_GROUPS = 1651
_TABLE = Path(__file__).with_name("magnetic_groups.csv")
_PREFIX = re.compile(r"(magnetic|BNS|OG|UNI)\s*:\s*", re.IGNORECASE)
_BNS_NUMBER, _OG_NUMBER = re.compile(r"\d{1,3}\.\d{1,3}"), re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,4}")
_MAX_NAME = 60
_GREY = 2


class _Row(NamedTuple):
    """A row of ``magnetic_groups.csv`` after its UNI number."""

    bns_number: str
    og_number: str
    type: int
    bns_symbol: str
    og_symbol: str
    odd: str


@dataclass(frozen=True, order=True, repr=False)
class MagneticGroup(Group):
    """One of the 1,651 magnetic space groups, in its BNS setting. Hashable, ordered by UNI number.

    Functions on it are ``even`` under time reversal, such as a charge density, or ``odd``, such as a density of
    spins that all point along one line and do not turn with the crystal (no spin-orbit coupling): of groups of
    type III and IV these are its two characters, chi = 1 and chi = -1 on the operations with time reversal. In
    type I both obey the same conditions; grey groups have no odd function.

    Make one with :meth:`parse`.

    Attributes:
        uni_number: 1 to 1651, in the order of the BNS numbers, as spglib numbers them.

    Raises:
        SettingError: the number is not one of these.
    """

    uni_number: int = field(kw_only=True)

    kind: ClassVar[Kind] = "magnetic"

    def __post_init__(self) -> None:
        plain = as_integer(self.uni_number)
        if plain is None or not 1 <= plain <= N_MAGNETIC_GROUPS:
            raise SettingError(
                f"there is no UNI number {self.uni_number!r:.40}: those of magnetic groups run from 1 to 1651"
            )
        object.__setattr__(self, "uni_number", plain)

    @classmethod
    def from_key(cls, key: int) -> Self:
        """The group with this UNI number."""
        return cls(uni_number=key)

    @classmethod
    def parse(cls, text: str) -> MagneticGroup:
        """Parse the name of a magnetic group.

        Accepted as ``text``: ``"62.446"`` (BNS number), ``"62.6.507"`` (OG number), ``"UNI:502"``, a
        :attr:`label`, the BNS symbol with a prefix (``"BNS:Pn'm'a"``) and the OG symbol with a prefix
        (``"OG:C_Pmcm'"``). ``"BNS:"``, ``"magnetic:"`` (the same) and ``"OG:"`` may precede numbers as well;
        spaces and underscores do not matter, but in P2_1' and the grey P2 1' and three more such pairs.

        Raises:
            SettingError: there is no such group; the message offers those with similar names.
        """
        text = text.strip()
        if len(text) > _MAX_NAME:
            raise SettingError(f"{text[:40]!r}... is no magnetic group: it has {len(text)} characters")
        match = _PREFIX.match(text)
        prefix = match[1].lower() if match else ""
        name = text[match.end() :] if match else text
        if prefix == "uni":
            if not name.isdecimal():
                raise SettingError(f"{text!r} is no magnetic group: a UNI number is an integer from 1 to 1651")
            return cls(uni_number=int(name))
        number, _, _ = name.partition(" ")
        if is_magnetic_name(number):  # a number, or a label, which starts with one
            return cls._of_number(text, number)
        found = _by_symbol("og" if prefix == "og" else "bns").get(_normalised(name), ())
        if len(found) > 1:  # P21' might be P2_1' or the grey group P2 1'
            found = tuple(one for one in found if ("_" in name) != (_rows()[one - 1].type == _GREY))
            if "_" not in name and not re.search(r"\s1'", name):
                raise SettingError(
                    f"{text!r} is ambiguous: write {name[:2]}_1' or {name[:2]} 1', or the BNS number"
                )
        if not found:
            raise SettingError(f"unknown magnetic group {text!r}{_offered(name, prefix)}")
        return cls(uni_number=found[0])

    @classmethod
    def _of_number(cls, text: str, number: str) -> MagneticGroup:
        try:
            return cls(uni_number=_by_number()[number])
        except KeyError:
            family = number.split(".", maxsplit=1)[0]
            rows = [row.bns_number for row in _rows() if row.bns_number.startswith(f"{family}.")]
            known = (
                f"those of space group {family} are {rows[0]} to {rows[-1]}"
                if rows
                else "BNS numbers run from 1.1 to 230.149"
            )
            raise SettingError(f"there is no magnetic group {text!r}: {known}") from None

    def __repr__(self) -> str:
        return f"<MagneticGroup {self.label}, UNI:{self.uni_number}>"

    @property
    def key(self) -> int:
        """The UNI number."""
        return self.uni_number

    @property
    def name(self) -> str:
        """Such as ``"UNI:502"``."""
        return f"UNI:{self.uni_number}"

    @property
    def bns_number(self) -> str:
        """Such as ``"62.446"``."""
        return self._row.bns_number

    @property
    def og_number(self) -> str:
        """Number of Opechowski and Guccione, such as ``"62.6.507"``; it ends with Litvin's number, 1 to 1651."""
        return self._row.og_number

    @property
    def type(self) -> int:
        """1 to 4: colourless, grey, black and white with the translations of one colour, or of two."""
        return self._row.type

    @property
    def symbol(self) -> str:
        """BNS symbol, such as ``"Pn'm'a"`` or ``"P_bnma"``."""
        return self._row.bns_symbol

    @property
    def og_symbol(self) -> str:
        """OG symbol, such as ``"C_Pmcm'"``."""
        return self._row.og_symbol

    @property
    def number(self) -> int:
        """Number of the space group whose standard setting gives the cell: the first part of the BNS number."""
        return int(self.bns_number.split(".", maxsplit=1)[0])

    @property
    def family_number(self) -> int:
        """Number of the space group of all operations, time reversal left out: that of the even functions."""
        return int(self.og_number.split(".", maxsplit=1)[0])

    @property
    def setting(self) -> Setting:
        """The standard setting whose cell and origin this group has."""
        return Setting.standard(self.number)

    @property
    def odd_character(self) -> str | None:
        """Of type III: the Mulliken symbol of the character of :attr:`setting` that is -1 under time reversal."""
        return self._row.odd if self.type == 3 else None

    @property
    def reversed_translation24(self) -> tuple[int, int, int] | None:
        """Of type IV: a translation that is combined with time reversal, in 24ths of the cell."""
        if self.type != 4:
            return None
        x, y, z = map(int, self._row.odd.split())
        return x, y, z

    @property
    def label(self) -> str:
        """Short readable name: ``"62.446 Pn'm'a"``."""
        return f"{self.bns_number} {self.symbol}"

    @property
    def point_group(self) -> str:
        """Hermann-Mauguin symbol of the point group, time reversal left out."""
        return self.setting.point_group

    @property
    def crystal_system(self) -> str:
        """That of :attr:`setting`."""
        return self.setting.crystal_system

    @property
    def lattice_family(self) -> LatticeFamily:
        """That of :attr:`setting`."""
        return self.setting.lattice_family

    @property
    def characters(self) -> tuple[str, ...]:
        """``("even", "odd")``, or ``("even",)`` where there is no other character (types I and II)."""
        return ("even", "odd") if self.type > 2 else ("even",)

    def character_number(self, symbol: str) -> int:
        """The number of ``"even"`` and ``"odd"``.

        Raises:
            SettingError: another name; or odd functions of a grey group, which has none.
        """
        if symbol.strip().lower() == "odd" and self.type <= 2:
            if self.type == 2:
                raise SettingError(
                    f"{self.label} has no odd functions: it is grey, so time reversal is one of its operations"
                )
            return 0
        return super().character_number(symbol)

    def _characters_are(self) -> str:
        return "those of magnetic groups are"

    @property
    def _row(self) -> _Row:
        return _rows()[self.uni_number - 1]


@functools.cache
def magnetic_groups() -> tuple[MagneticGroup, ...]:
    """The 1,651 magnetic groups in the order of their UNI numbers."""
    return tuple(MagneticGroup(uni_number=number) for number in range(1, N_MAGNETIC_GROUPS + 1))


def magnetic_group_numbers(uni_numbers: Iterable[int]) -> list[int]:
    """:attr:`MagneticGroup.number` of each UNI number, without making groups."""
    return [int(_rows()[uni_number - 1].bns_number.split(".", maxsplit=1)[0]) for uni_number in uni_numbers]


def is_magnetic_name(text: str) -> bool:
    """Whether a text can only be the name of a magnetic group: it has its prefix, or is a BNS or OG number."""
    text = text.strip()
    first = text.partition(" ")[0]
    return bool(_PREFIX.match(text) or _BNS_NUMBER.fullmatch(first) or _OG_NUMBER.fullmatch(first))


def _offered(name: str, prefix: str) -> str:
    import difflib  # noqa: PLC0415 - for errors alone

    known = {row.og_symbol if prefix == "og" else row.bns_symbol: None for row in _rows()}
    near = difflib.get_close_matches(name, known, n=4, cutoff=0.5)
    return f": did you mean {', '.join(near)}?" if near else ": try BNS:62.446 or BNS:Pn'm'a"


@functools.cache
def _by_number() -> dict[str, int]:
    found = {}
    for uni_number, row in enumerate(_rows(), 1):
        found[row.bns_number] = found[row.og_number] = uni_number
    return found


@functools.cache
def _by_symbol(which: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for uni_number, row in enumerate(_rows(), 1):
        symbol = _normalised(row.og_symbol if which == "og" else row.bns_symbol)
        found[symbol] = (*found.get(symbol, ()), uni_number)
    return found


def _normalised(symbol: str) -> str:
    """A symbol without what people write differently; but ``P_c`` and ``P_C`` are different groups."""
    text = symbol.replace("\u2032", "'").replace("\u2019", "'")
    return "".join(letter for letter in text if letter not in "_{}() ")


@functools.cache
def _rows() -> list[_Row]:
    with _TABLE.open(newline="", encoding="utf-8") as file:
        _, *lines = csv.reader(file)
    return list(_read(lines))


def _read(lines: Iterable[list[str]]) -> Iterable[_Row]:
    for _, bns_number, og_number, kind, bns_symbol, og_symbol, odd in lines:
        yield _Row(bns_number, og_number, int(kind), bns_symbol, og_symbol, odd)
