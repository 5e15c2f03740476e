"""Which element a symbol or an atom's label means: the same rules for every file format.

    type symbol    an element, an isotope of hydrogen (D, T) or an ion: ``Fe``, ``fe``, ``D``, ``Fe3+``, ``O2-``,
    ``Cl1-`` label          an element, followed by nothing, a digit, a bracket or a quote: ``Ca1``, ``C(12)``,
    ``O1'`` or one of the usual names of water and hydroxyl: ``Ow``, ``OW``, ``Hw``, ``HW``, ``OH``

Nothing else is an element. ``Wat1`` is a water molecule and not tungsten, ``Dum1`` a dummy atom and not hydrogen,
``Fe/Mn`` a mixed site and not iron; whoever reads a file must say so instead of taking the first letters for a
symbol.

Source: IUCr core dictionary, _atom_site_type_symbol and _atom_site_label,
https://www.iucr.org/resources/cif/dictionaries/cif_core
"""

from __future__ import annotations

import re

from basis_compiler.crystals.crystal import ELEMENTS
from basis_store import CrystalError

_NUMBERS = {symbol: number for number, symbol in enumerate(ELEMENTS) if number} | {"D": 1, "T": 1}

_CHARGE = re.compile(r"(\d{0,2}(\.\d+)?[+-]|[+-]\d{1,2}(\.\d+)?|0)?")
"""``3+``, ``+3``, ``+``, ``2.5+``, or ``0`` and ``0+`` of ICSD; or nothing."""

_MOLECULES = ("CN", "NH", "NO")
"""In capitals more likely a group of two atoms than copernicium, nihonium or nobelium."""

_MOLECULE_LABEL = re.compile(r"[HDhd][23][Oo]([^a-z]|$)")
_HEAVIEST = 103
"""Of elements with more protons there are no crystals."""

_WATER = {"OW": 8, "HW": 1, "OH": 8}
"""By convention the oxygen and the hydrogen of water, and the oxygen of a hydroxyl group."""


def element_of_type(symbol: str) -> int:
    """The atomic number of a type symbol; 0 if it is none. Case does not matter: ``CS`` is caesium."""
    match = re.match("[A-Za-z]{1,2}", symbol)
    if match is None or not _CHARGE.fullmatch(symbol[match.end() :]) or match[0] in _MOLECULES:
        return 0
    return _NUMBERS.get(match[0].capitalize(), 0)


def element_of_label(label: str) -> int:
    """The atomic number of an atom's label; 0 if it names no element, or might name two.

    ``CO1`` may be a carbon atom named O1 or cobalt: capitals count as one symbol only where the first letter is no
    element itself. ``T1`` is a tetrahedral site and not tritium, ``Cn1`` and ``Rg1`` are centres of rings.
    """
    match = re.match("[A-Za-z]+", label)
    if match is None or not re.match(r"$|[\d()\[\]{}'\"*]", label[match.end() :]):
        return 0
    letters, rest = match[0], label[match.end() :]
    # H2O is a molecule, or a hydrogen atom of O; Fe1/Mn1 and Fe1Mn1 are mixed sites.
    if _MOLECULE_LABEL.match(label) or re.search("[/,;&|+]", rest.rstrip("+-")) or _names_element(rest):
        return 0
    if letters.upper() in _WATER and letters[0].isupper():
        return _WATER[letters.upper()]
    if letters == "T" or (len(letters) == 2 and letters.isupper() and letters[0] in _NUMBERS):
        return 0
    number = _NUMBERS.get(letters.capitalize(), 0) if len(letters) <= 2 else 0
    return number if number <= _HEAVIEST else 0


def _names_element(text: str) -> bool:
    """Whether a text has a symbol of two letters."""
    return any(word in _NUMBERS for word in re.findall("[A-Z][a-z]", text))


def is_water_label(label: str) -> bool:
    """Whether :func:`element_of_label` reads a label by the convention for water and hydroxyl."""
    match = re.match("[A-Za-z]+", label)
    return match is not None and match[0].upper() in _WATER


def unknown_element(name: str, atom: int, symbol: object) -> CrystalError:
    """The error for atom number ``atom`` (from 1) of a crystal whose type symbol is none."""
    return CrystalError(
        f"{name}: atom {atom} is of no known element ({symbol!r}): give one element per site, no dummy atoms"
    )
