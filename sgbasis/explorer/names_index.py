"""The names under which the start page finds a setting: those that :meth:`Setting.parse` reads, made alike."""

from __future__ import annotations

from typing import Any

from basis_store import Setting, SettingError, all_settings
from basis_store.groups.low_dimensional.low_dimensional_names import low_dimensional_rows
from basis_store.groups.name_text import normalised
from basis_store.groups.setting import settings_by_name


def names_index() -> dict[str, Any]:
    """What ``site/src/start/names.ts`` searches.

    Returns:
        ``settings``: of each Hall number from 1 on its group, choice, symbols and whether it is standard;
        ``names``: by normalised name the Hall numbers that have it, the one that ``Setting.parse`` takes first.
    """
    found: dict[str, list[int]] = {}
    for name, settings in settings_by_name().items():
        found.setdefault(normalised(name), []).extend(one.hall_number for one in settings)
    for setting in all_settings():
        names = [f"hall:{setting.hall_number}", f"hall:{setting.hall_symbol}"]
        if setting.choice:
            names += [f"{name}:{setting.choice}" for name in (setting.number, setting.symbol, setting.full_symbol)]
        # Endings of ICSD: S and Z for the first and second origin, H and R for the axes.
        if ending := {"1": "S", "2": "Z", "H": "H", "R": "R"}.get(setting.choice):
            names += [f"{name}{ending}" for name in (setting.symbol, setting.full_symbol)]
        for name in names:
            found.setdefault(normalised(name), []).append(setting.hall_number)
    for kind in ("layer", "rod"):
        for row in low_dimensional_rows()[kind]:
            for name in (f"{kind}:{row.number}", f"{kind}:{row.symbol}"):
                found.setdefault(normalised(name), []).append(row.hall_number)
    return {
        "settings": [
            [one.number, one.choice, one.symbol, one.full_symbol, one.hall_symbol, int(one.is_standard)]
            for one in all_settings()
        ],
        "names": {name: _preferred_first(name, list(dict.fromkeys(halls))) for name, halls in found.items()},
    }


def _preferred_first(name: str, halls: list[int]) -> list[int]:
    try:
        chosen = Setting.parse(name).hall_number
    except SettingError:
        return sorted(halls)
    return sorted(halls, key=lambda hall: (hall != chosen, hall))
