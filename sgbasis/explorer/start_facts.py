"""What the start page says: the 230 groups in their standard settings, each with its first function."""

from __future__ import annotations

from typing import Any

from basis_store import StoreReader, standard_settings
from sgbasis.explorer.function_data import function_data
from sgbasis.explorer.page_facts import setting_link

_CENTRINGS = {"P": "primitive", "A": "A face", "C": "C face", "I": "body", "F": "all faces", "R": "rhombohedral"}


def start_facts() -> dict[str, Any]:
    """The tiles of the wall, and the choices of its filters."""
    settings = standard_settings()
    systems = dict.fromkeys(one.crystal_system for one in settings)
    classes = dict.fromkeys(one.point_group for one in settings)
    return {
        "tiles": [
            {
                **setting_link(one),
                "crystal_system": one.crystal_system,
                "point_group": one.point_group,
                "centring": one.centring,
            }
            for one in settings
        ],
        # Name, label, what is not filtered, and the choices with their texts.
        "filters": [
            ("system", "Crystal system", "all systems", [(one, one) for one in systems]),
            ("class", "Point group", "all point groups", [(one, one) for one in classes]),
            (
                "centring",
                "Centring",
                "all centrings",
                [(one, f"{one}, {text}") for one, text in _CENTRINGS.items()],
            ),
        ],
    }


def wall_data(store: StoreReader) -> dict[str, Any]:
    """By space-group number, function 1 of the standard setting, as integers for the browser."""
    return {str(one.number): function_data(store.read(one), 2) for one in standard_settings()}
