"""Layer and rod groups: names, axes, and what operations of a slab and of a chain cannot do."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from basis_compiler import operations
from basis_store import Representation, Setting, SettingError, SubperiodicGroup
from basis_store.groups.low_dimensional.low_dimensional_names import N_GROUPS

KINDS: tuple[Literal["layer", "rod"], ...] = ("layer", "rod")
GROUPS = [SubperiodicGroup(kind, number) for kind in KINDS for number in range(1, N_GROUPS[kind] + 1)]


def test_there_are_80_and_75_with_different_symbols_and_settings() -> None:
    assert len(GROUPS) == 80 + 75
    for kind, count in (("layer", 80), ("rod", 75)):
        members = [one for one in GROUPS if one.kind == kind]
        assert len({one.symbol for one in members}) == len({one.setting for one in members}) == count


@pytest.mark.parametrize("group", GROUPS, ids=lambda one: one.label)
def test_names_are_read_back(group: SubperiodicGroup) -> None:
    for name in (
        group.label,
        f"{group.kind}:{group.number}",
        f"{group.kind}:{group.symbol}",
        f" {group.kind.upper()} : {group.symbol.replace('_', '').upper()} ",
    ):
        assert SubperiodicGroup.parse(name) == group
        assert Setting.parse(name) == group.setting
    assert group in SubperiodicGroup.of_setting(group.setting)


@pytest.mark.parametrize("group", GROUPS, ids=lambda one: one.label)
def test_operations_keep_the_axes_with_and_without_periods(group: SubperiodicGroup) -> None:
    operation = operations(group.setting)
    # c is mapped to c or -c, and the plane of a and b to itself.
    assert not operation.rotations[:, 2, :2].any()
    assert not operation.rotations[:, :2, 2].any()
    free = [axis for axis, name in enumerate("abc") if name not in group.periodic_axes]
    # Nothing is translated through the vacuum: translations there are those of the origin, (1 - R) p.
    origin = np.array(group.origin24)
    moved = (operation.translations24 - (np.eye(3, dtype=np.int64) - operation.rotations) @ origin) % 24
    assert not moved[:, free].any()
    assert group.setting.centring == ("C" if group.symbol.startswith("c") else "P")


def test_examples() -> None:
    assert Setting.parse("layer:55").label == "99 P4mm"
    assert Setting.parse("layer:p4/nmm") == Setting.parse("129:2")
    assert Setting.parse("layer:3").full_symbol == "P 1 1 2"
    assert Setting.parse("layer:9").full_symbol == "P 2_1 1 1"
    assert Setting.parse("rod:24").symbol == "P4_1"
    assert [one.label for one in SubperiodicGroup.of_setting("P4mm")] == ["layer:55 p4mm", "rod:34 p4mm"]
    assert SubperiodicGroup.of_setting("Fd-3m") == ()
    assert repr(SubperiodicGroup.parse("layer:64")) == "<SubperiodicGroup layer:64 p4/nmm, hall:409>"
    assert str(Representation.parse("layer:55:B1")) == "99:B1"
    with pytest.raises(ValueError, match="a setting, not 55"):
        SubperiodicGroup.of_setting(55)  # type: ignore[arg-type]


def test_five_origins_are_those_of_no_setting() -> None:
    shifted = {one.label: one.origin24 for one in GROUPS if any(one.origin24)}
    assert shifted == {
        "layer:20 p2_122": (6, 0, 0),
        "layer:54 p42_12": (0, 12, 0),
        "rod:31 p4_122": (0, 0, 6),
        "rod:33 p4_322": (0, 0, 6),
        "rod:72 p-6c2": (0, 0, 6),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer:81", "there is no layer group 81: they run from 1 to 80"),
        ("rod:0", "there is no rod group 0"),
        ("layer:9999999999", "no layer group 9999999999"),
        ("layer:p4/nmn", "unknown layer group 'p4/nmn': did you mean p4/nmm"),
        ("rod:", "unknown rod group '': try rod:75 or p6_3/mmc"),
        ("rod:" + "p" * 5000, "characters|unknown rod group"),
        ("layer:64 p4/mmm", "contradicts itself: layer group 64 is p4/nmm"),
        ("layer:²", "unknown layer group"),
        ("plane:17", "is a plane group; a setting of a space group is needed"),
    ],
)
def test_unknown_names_are_refused(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        Setting.parse(text)
    assert len(str(caught.value)) < 250


def test_other_kinds_are_refused() -> None:
    with pytest.raises(SettingError, match="no layer or rod group"):
        SubperiodicGroup.parse("plane:17")
    with pytest.raises(SettingError, match="no layer or rod group"):
        SubperiodicGroup.parse("99")
    with pytest.raises(SettingError, match="'layer' or a 'rod' group"):
        SubperiodicGroup("frieze", 1)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="no rod group 76"):
        SubperiodicGroup("rod", 76)
