"""Units of fields: which are known, what they say about the quantity, and conversions between them.

Densities are kept in e/Angstrom^3 and converted from and to e/Bohr^3; potentials keep the unit that their file
states. Values of constants: CODATA 2018.
"""

from __future__ import annotations

import re

from basis_store.errors import FieldError

BOHR = 0.529177210903
"""Angstrom."""

HARTREE = 27.211386245988
"""eV."""

DENSITY = "e/Angstrom^3"
"""The unit of densities."""

_KINDS = {
    DENSITY: ("electron density", 1.0),
    "e/Bohr^3": ("electron density", BOHR**-3),
    "eV": ("potential", 1.0),
    "Hartree": ("potential", HARTREE),
    "Rydberg": ("potential", HARTREE / 2),
    "1": ("field", 1.0),
}
"""Of each unit, the quantity that it is one of, and its size in the first unit of that quantity."""

UNITS = tuple(_KINDS)
"""Names of the units that a user may declare."""

_STATED = re.compile(r"^\W*(?P<quantity>[A-Za-z][A-Za-z -]{0,60}) \((?P<unit>[^()\s]{1,30})\)")


def known_unit(unit: str) -> str:
    """The unit of this name.

    Raises:
        FieldError: there is none.
    """
    found = next((one for one in UNITS if one.lower() == unit.lower()), None)
    if found is None:
        raise FieldError(f"unknown unit {unit!r}: {', '.join(UNITS)} are known")
    return found


def quantity_of(unit: str) -> str:
    """What is measured in this unit: ``"electron density"``, ``"potential"`` or ``"field"``."""
    return _KINDS[unit][0] if unit in _KINDS else "field"


def factor(unit: str, other: str, name: str) -> float:
    """What values in ``unit`` are multiplied by to be in an ``other``; messages call what has them ``name``.

    Raises:
        FieldError: they are not of one quantity.
    """
    if unit == other:
        return 1.0
    if unit not in _KINDS or other not in _KINDS or _KINDS[unit][0] != _KINDS[other][0]:
        raise FieldError(f"{name}: its values are in {unit}, which is no {_quantity_text(other)} in {other}")
    return _KINDS[unit][1] / _KINDS[other][1]


def _quantity_text(unit: str) -> str:
    return _KINDS[unit][0] if unit in _KINDS else "quantity"


def header_text(quantity: str, unit: str) -> str:
    """What is written into the comments of formats that do not state units, for :func:`stated` to read."""
    return f"{quantity} ({unit}), written by sgbasis"


def stated(comment: str) -> tuple[str, str] | None:
    """Quantity and unit that a comment states as :func:`header_text` writes them, or None."""
    if not comment.rstrip().endswith("written by sgbasis"):
        return None
    match = _STATED.match(comment)
    return (match["quantity"], match["unit"]) if match else None
