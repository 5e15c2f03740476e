"""Reflection conditions: the absences of the orbits in the notation of International Tables A."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_compiler import operations, reflection_conditions
from basis_store import CompiledSetting, Setting, StoreReader

# Beyond the largest modulus in every direction: conditions are periodic, so this covers all waves.
CUBE = np.array(list(itertools.product(range(-6, 7), repeat=3)))


def test_conditions_are_the_absences_of_the_orbits(reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    conditions = reflection_conditions(compiled)
    assert conditions.allows(compiled.waves).all()
    assert not conditions.allows(compiled.absent_waves).any()


def test_conditions_are_those_of_theorem_1(setting: Setting) -> None:
    """A wave is absent <=> some operation has kR = k and k.t not an integer; compared on a whole cube."""
    group = operations(setting)
    absent = np.zeros(len(CUBE), dtype=bool)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        absent |= (CUBE @ rotation == CUBE).all(axis=1) & (CUBE @ translation % 24 != 0)
    assert np.array_equal(reflection_conditions(group).allows(CUBE), ~absent)


def test_no_condition_follows_from_the_others(every_compiled: list[CompiledSetting]) -> None:
    for compiled in every_compiled:
        found = reflection_conditions(compiled)
        everything = found.allows(CUBE)
        for condition in found.conditions:
            others = np.ones(len(CUBE), dtype=bool)
            for other in found.conditions:
                if other is not condition:
                    for zone in other.zones:
                        others &= zone.allows(CUBE)
            assert (others != everything).any(), f"{compiled.setting.label}: {condition}"


def test_wording_does_not_depend_on_the_order_of_operations(reader: StoreReader) -> None:
    for number in (70, 142, 167, 194, 205, 230):
        group = operations(Setting.standard(number))
        shuffled = np.random.default_rng(number).permutation(len(group))
        other = type(group)(group.setting, group.rotations[shuffled], group.translations24[shuffled])
        assert reflection_conditions(other) == reflection_conditions(group)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # International Tables A, without the rows that follow from others (00l: l=2n next to 0kl: k+l=2n ...).
        ("1", ()),
        ("4", ("0k0: k=2n",)),
        ("14", ("h0l: l=2n", "0k0: k=2n")),
        ("14:c1", ("hk0: h=2n", "00l: l=2n")),
        ("15", ("hkl: h+k=2n", "h0l: l=2n")),
        ("19", ("h00: h=2n", "0k0: k=2n", "00l: l=2n")),
        ("43", ("hkl: h+k,h+l,k+l=2n", "0kl: k+l=4n", "h0l: h+l=4n")),
        ("61", ("0kl: k=2n", "h0l: l=2n", "hk0: h=2n")),
        ("62", ("0kl: k+l=2n", "hk0: h=2n")),
        ("64", ("hkl: h+k=2n", "h0l: l=2n", "hk0: h,k=2n")),
        ("73", ("hkl: h+k+l=2n", "0kl: k,l=2n", "h0l: h,l=2n", "hk0: h,k=2n")),
        ("76", ("00l: l=4n",)),
        ("88", ("hkl: h+k+l=2n", "hk0: h,k=2n", "00l: l=4n")),
        ("92", ("00l: l=4n", "h00: h=2n")),
        ("122", ("hkl: h+k+l=2n", "hhl: 2h+l=4n")),
        ("136", ("0kl: k+l=2n",)),
        ("142", ("hkl: h+k+l=2n", "hk0: h,k=2n", "0kl: k,l=2n", "hhl: 2h+l=4n")),
        ("152", ("000l: l=3n",)),
        ("167", ("hkil: -h+k+l=3n", "h-h0l: l=2n")),
        ("167:R", ("hhl: l=2n",)),
        ("178", ("000l: l=6n",)),
        ("186", ("hh-2hl: l=2n",)),
        ("194", ("hh-2hl: l=2n",)),
        ("198", ("h00: h=2n",)),
        ("205", ("0kl: k=2n",)),
        ("212", ("h00: h=4n",)),
        ("219", ("hkl: h+k,h+l,k+l=2n", "hhl: h,l=2n")),
        ("220", ("hkl: h+k+l=2n", "hhl: 2h+l=4n")),
        ("225", ("hkl: h+k,h+l,k+l=2n",)),
        ("227", ("hkl: h+k,h+l,k+l=2n", "0kl: k+l=4n")),
        ("228", ("hkl: h+k,h+l,k+l=2n", "0kl: k+l=4n", "hhl: h,l=2n")),
        ("230", ("hkl: h+k+l=2n", "0kl: k,l=2n", "hhl: 2h+l=4n")),
    ],
)
def test_wording(name: str, expected: tuple[str, ...]) -> None:
    found = reflection_conditions(operations(Setting.parse(name)))
    assert tuple(map(str, found.conditions)) == expected


@pytest.mark.parametrize(
    ("name", "permutable", "zones"),
    [
        ("62", "", []),
        ("136", "h, k permutable", ["0kl: k+l=2n", "h0l: h+l=2n"]),
        ("194", "h, k, i permutable", ["hh-2hl: l=2n", "-2kkkl: l=2n", "h-2hhl: l=2n"]),
        ("205", "h, k, l cyclically permutable", ["0kl: k=2n", "h0l: l=2n", "hk0: h=2n"]),
        ("227", "h, k, l permutable", ["0kl: k+l=4n", "h0l: h+l=4n", "hk0: h+k=4n"]),
    ],
)
def test_equivalent_zones(name: str, permutable: str, zones: list[str]) -> None:
    found = reflection_conditions(operations(Setting.parse(name)))
    assert found.permutable == permutable
    if zones:
        assert [str(zone) for zone in found.conditions[-1].zones] == zones
        assert found.conditions[-1].kind == "zonal"
