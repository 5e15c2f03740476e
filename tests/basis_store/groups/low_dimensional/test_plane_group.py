"""The 17 plane groups: names, point groups, systems and characters."""

from __future__ import annotations

import pytest

from basis_compiler import operations
from basis_store import PlaneGroup, Representation, Setting, SettingError, plane_groups
from basis_store.groups.group_names import as_group

ORDERS = {"1": 1, "2": 2, "m": 2, "2mm": 4, "4": 4, "4mm": 8, "3": 3, "3m": 6, "6": 6, "6mm": 12}
SYSTEMS = "oblique oblique" + " rectangular" * 7 + " square" * 3 + " hexagonal" * 5


def test_there_are_17_in_four_systems_with_ten_point_groups() -> None:
    groups = plane_groups()
    assert [one.number for one in groups] == list(range(1, 18))
    assert [one.crystal_system for one in groups] == SYSTEMS.split()
    assert {one.point_group for one in groups} == set(ORDERS)
    assert {one.dimension for one in groups} == {2}
    for one in groups:
        assert len(operations(one)) == ORDERS[one.point_group] * {"p": 1, "c": 2}[one.centring]


@pytest.mark.parametrize("group", plane_groups(), ids=lambda one: one.label)
def test_names_are_read_back(group: PlaneGroup) -> None:
    for name in (group.label, group.name, f"plane:{group.symbol}", f"PLANE: {group.symbol.upper()}"):
        assert as_group(name) == PlaneGroup.parse(name) == group
    for character in group.characters:
        one = Representation.of(group, character)
        assert Representation.parse(str(one)) == Representation.parse(one.label) == one


def test_the_short_and_full_symbols_of_other_books() -> None:
    other = "p1 p211 p1m1 p1g1 c1m1 pmm pmg pgg cmm p4 p4m p4g p3 p3m1 p31m p6 p6m"
    assert [as_group(f"plane:{one}") for one in other.split()] == list(plane_groups())


def test_without_the_prefix_a_symbol_is_that_of_a_space_group() -> None:
    assert as_group("p4mm") == Setting.parse("P4mm") != as_group("plane:p4mm")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plane:18", "no plane group 18: they run from 1 to 17"),
        ("plane:p5", "unknown plane group 'p5': did you mean"),
        ("plane:p6mm:E1", "unknown plane group"),
        ("plane:17 p4", "contradicts itself: plane group 17 is p6mm"),
    ],
)
def test_unknown_names_are_refused(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        as_group(text)


def test_other_kinds_are_refused() -> None:
    with pytest.raises(SettingError, match="is no plane group: try plane:17"):
        PlaneGroup.parse("layer:17")
    with pytest.raises(SettingError, match="a setting of a space group is needed"):
        Setting.parse("plane:17")
    with pytest.raises(SettingError, match="plane:17 p6mm has no one-dimensional character 'E1'"):
        Representation.of("plane:17", "E1")
    with pytest.raises(SettingError, match="no plane group 0"):
        PlaneGroup(plane_number=0)
