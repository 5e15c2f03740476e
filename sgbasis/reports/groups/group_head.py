"""What stands at the head of a page about a group, and the same as plain values: its names, system and cell."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from basis_store import TURN, MagneticGroup, PlaneGroup, Setting, SubperiodicGroup
from basis_store.groups.group import Group

_CENTRINGS = {
    "P": "primitive", "A": "A face", "B": "B face", "C": "C face", "I": "body", "F": "all faces",
    "R": "rhombohedral, hexagonal axes",
}  # fmt: skip
_TYPES = {
    1: "I: no operation is combined with time reversal; even and odd functions obey the same conditions",
    2: "II, grey: time reversal is an operation; no function is odd",
    3: "III: half of the operations are combined with time reversal, and no translation",
    4: "IV: half of the operations are combined with time reversal, half of the translations among them",
}


def group_rows(group: Group) -> dict[str, str]:
    """The rows of the head of a page, by name."""
    if isinstance(group, MagneticGroup):
        return {
            "magnetic group": f"{group.label}  (BNS; {group.name})",
            "OG symbol": f"{group.og_number} {group.og_symbol}",
            "type": _TYPES[group.type],
            "cell": f"that of {group.setting.label}",
            "point group": f"{group.point_group}, {group.crystal_system}, without time reversal",
        }
    if isinstance(group, PlaneGroup):
        return {
            "plane group": f"{group.number}  {group.symbol}",
            "in space": f"{group.setting.label} ({group.setting.name}), whose operations leave z as it is",
            "point group": f"{group.point_group}, {group.crystal_system}",
            "centring": f"{group.centring}, {'primitive' if group.centring == 'p' else 'centred'}",
        }
    assert isinstance(group, Setting)
    standard = "standard setting" if group.is_standard else "not the standard setting"
    return {
        "space group": f"{group.number}  {group.symbol}",
        "full symbol": group.full_symbol,
        "Schoenflies": group.schoenflies,
        "Hall symbol": f"{group.hall_symbol}  ({group.name})",
        "setting": f"{group.choice}  ({standard})" if group.choice else standard,
        "point group": f"{group.point_group}, {group.crystal_system}",
        "centring": f"{group.centring}, {_CENTRINGS[group.centring]}",
        **{f"{one.kind} group": _embedded(one) for one in SubperiodicGroup.of_setting(group)},
    }


def group_facts(group: Group) -> dict[str, Any]:
    """What :func:`group_rows` says, as plain values for JSON."""
    if isinstance(group, MagneticGroup):
        return {
            "bns_number": group.bns_number,
            "bns_symbol": group.symbol,
            "og_number": group.og_number,
            "og_symbol": group.og_symbol,
            "uni_number": group.uni_number,
            "type": group.type,
            "cell_of": group.setting.label,
            "point_group": group.point_group,
            "crystal_system": group.crystal_system,
        }
    if isinstance(group, PlaneGroup):
        return {
            "plane_group": group.number,
            "symbol": group.symbol,
            "operations_of": group.setting.label,
            "point_group": group.point_group,
            "crystal_system": group.crystal_system,
            "centring": group.centring,
        }
    assert isinstance(group, Setting)
    return {
        "number": group.number,
        "hall_number": group.hall_number,
        "choice": group.choice,
        "standard": group.is_standard,
        "symbol": group.symbol,
        "full_symbol": group.full_symbol,
        "schoenflies": group.schoenflies,
        "hall_symbol": group.hall_symbol,
        "point_group": group.point_group,
        "crystal_system": group.crystal_system,
        "centring": group.centring,
        "subperiodic_groups": [
            {
                "kind": one.kind,
                "number": one.number,
                "symbol": one.symbol,
                "periodic_axes": one.periodic_axes,
                "origin24": one.origin24,
            }
            for one in SubperiodicGroup.of_setting(group)
        ],
    }


def _embedded(group: SubperiodicGroup) -> str:
    """What a layer or rod group is to the setting that has its operations."""
    vacuum = "a slab, vacuum along c" if group.kind == "layer" else "a chain along c, vacuum along a and b"
    x, y, z = (str(Fraction(entry, TURN)) for entry in group.origin24)
    origin = f"; its origin is at {x} {y} {z} here" if any(group.origin24) else ""
    return f"{group.number}  {group.symbol}  ({vacuum}{origin})"
