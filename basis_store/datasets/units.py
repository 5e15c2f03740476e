"""Units of targets as text: of a quantity, of a pure number, or not known."""

from __future__ import annotations

PURE_NUMBER = "1"
"""The unit of a pure number, such as a relative permittivity: the name that SI has for it."""

TRUE_FALSE = "true/false"
"""The unit of truth values, which are stored as 1 for true and 0 for false."""

UNKNOWN_UNIT = "unknown unit"
"""Where neither a dataset nor a configuration states the unit."""


def with_unit(number: str, unit: str) -> str:
    """A number and its unit, as text: ``"3 GPa"``, ``"3"`` for a pure number, ``"3 (unknown unit)"``.

    Args:
        number: such as ``"3"`` or ``"1.0 to 2.0"``.
        unit: such as ``"GPa"``, ``"1"`` or :data:`UNKNOWN_UNIT`.
    """
    if unit == PURE_NUMBER:
        return number
    return f"{number} ({unit})" if unit == UNKNOWN_UNIT else f"{number} {unit}"


def in_unit(quantity: str, unit: str) -> str:
    """A quantity and its unit, as text: ``"K in GPa"``, ``"n"`` for a pure number, ``"K (unknown unit)"``."""
    return f"{quantity} in {unit}" if unit not in (PURE_NUMBER, UNKNOWN_UNIT) else with_unit(quantity, unit)


def log10_unit(unit: str) -> str:
    """The unit of differences between decimal logarithms of values in ``unit``: ``"log10 GPa"`` of ``"GPa"``."""
    return "log10" if unit in (PURE_NUMBER, UNKNOWN_UNIT) else f"log10 {unit}"
