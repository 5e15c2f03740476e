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
        "crystal_systems": list(dict.fromkeys(one.crystal_system for one in settings)),
        "point_groups": list(dict.fromkeys(one.point_group for one in settings)),
        "centrings": list(_CENTRINGS.items()),
    }


def wall_data(store: StoreReader) -> dict[str, Any]:
    """By space-group number, function 1 of the standard setting, as integers for the browser."""
    return {str(one.number): function_data(store.read(one), 2) for one in standard_settings()}
