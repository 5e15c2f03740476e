"""What the start page says: the 230 groups by crystal system, and the first function of every setting."""

from __future__ import annotations

from typing import Any

from basis_store import StoreReader, all_settings, standard_settings
from sgbasis.explorer.function_data import function_data
from sgbasis.explorer.page_facts import setting_link

_CENTRINGS = {"P": "primitive", "A": "A face", "C": "C face", "I": "body", "F": "all faces", "R": "rhombohedral"}


def start_facts() -> dict[str, Any]:
    """The tiles of the wall by crystal system, and the choices of its filters."""
    settings = standard_settings()
    systems = dict.fromkeys(one.crystal_system for one in settings)
    classes = dict.fromkeys(one.point_group for one in settings)
    return {
        "systems": {
            system: [
                {**setting_link(one), "point_group": one.point_group, "centring": one.centring}
                for one in settings
                if one.crystal_system == system
            ]
            for system in systems
        },
        # Name, label, and the choices with their texts.
        "filters": [
            ("system", "Crystal system", [(one, one) for one in systems]),
            ("class", "Point group", [(one, one) for one in classes]),
            ("centring", "Centring", [(one, f"{one}, {text}") for one, text in _CENTRINGS.items()]),
        ],
    }


def wall_data(store: StoreReader) -> dict[str, Any]:
    """By Hall number, function 1 of every setting, as integers for the browser."""
    return {str(one.hall_number): function_data(store.read(one), 2) for one in all_settings()}
