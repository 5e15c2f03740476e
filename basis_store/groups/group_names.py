"""Names of groups of every kind: which kind a text names, and the classes by kind."""

from __future__ import annotations

from basis_store.groups.group import Group, Kind
from basis_store.groups.low_dimensional.low_dimensional_names import row_of_name
from basis_store.groups.low_dimensional.plane_group import PlaneGroup, plane_groups
from basis_store.groups.magnetic.magnetic_group import (
    MagneticGroup,
    is_magnetic_name,
    magnetic_group_numbers,
    magnetic_groups,
)
from basis_store.groups.setting import Setting, all_settings, no_setting, space_group_numbers

KINDS: dict[Kind, type[Group]] = {one.kind: one for one in (Setting, MagneticGroup, PlaneGroup)}

GroupName = Group | str
"""What names a group: itself, or a text that :func:`as_group` parses."""


def as_group(name: GroupName) -> Group:
    """The group of this name: a setting as :meth:`Setting.parse` reads it, ``"BNS:62.446"`` or ``"plane:17"``.

    Raises:
        SettingError: there is none of this name; or a bare number, or anything else.
    """
    if isinstance(name, Group):
        return name
    if isinstance(name, str):
        if is_magnetic_name(name):
            return MagneticGroup.parse(name)
        row = row_of_name(name)
        return PlaneGroup.from_key(row.number) if row and row.kind == "plane" else Setting.parse(name)
    raise no_setting(name)


def groups_of_kind(kind: Kind) -> tuple[Group, ...]:
    """All groups of a kind, in the order of their keys."""
    return {"space": all_settings, "magnetic": magnetic_groups, "plane": plane_groups}[kind]()


def numbers_of_keys(kind: Kind, keys: list[int]) -> list[int]:
    """The number in International Tables of each key, without making groups."""
    if kind == "plane":
        return keys
    return space_group_numbers(keys) if kind == "space" else magnetic_group_numbers(keys)
