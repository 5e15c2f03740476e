"""Magnetic groups: their names, and what they say about themselves."""

from __future__ import annotations

import pickle

import pytest

from basis_store import MagneticGroup, Representation, Setting, SettingError, magnetic_groups, representations
from basis_store.groups.group_names import as_group, numbers_of_keys
from basis_store.groups.magnetic.magnetic_group import is_magnetic_name


def test_there_are_as_many_of_each_type_as_there_should_be() -> None:
    types = [group.type for group in magnetic_groups()]
    assert [types.count(one) for one in (1, 2, 3, 4)] == [230, 230, 674, 517]
    assert sum(len(representations(group)) for group in magnetic_groups()) == 1651 + 674 + 517


NAMES = ("{0.label}", "{0.bns_number}", "BNS:{0.symbol}", "OG:{0.og_symbol}", "{0.name}")
AMBIGUOUS = {"P21'", "P41'", "P61'", "I41'"}


@pytest.mark.parametrize("pattern", NAMES)
def test_every_name_of_every_group_is_parsed(pattern: str) -> None:
    for group in magnetic_groups():
        name = pattern.format(group)
        if group.symbol in AMBIGUOUS and "symbol" in pattern:
            with pytest.raises(SettingError, match=r"is ambiguous: write [PI][246]_1' or [PI][246] 1'"):
                as_group(name)
            name = name.replace("1'", " 1'")
        assert as_group(name) == group
        for one in representations(group):
            named = group.bns_number if pattern == "{0.label}" else name
            assert Representation.parse(f"{named}:{one.character}") == one


def test_labels_of_representations_are_parsed() -> None:
    for group in magnetic_groups():
        for one in representations(group):
            assert Representation.parse(one.label) == Representation.parse(str(one)) == one


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("62.446", "62.446 Pn'm'a"),
        ("magnetic:62.446", "62.446 Pn'm'a"),
        ("bns: 62.446", "62.446 Pn'm'a"),
        ("62.6.507", "62.446 Pn'm'a"),
        ("OG:62.6.507", "62.446 Pn'm'a"),
        ("UNI:544", "62.446 Pn'm'a"),
        ("BNS:P n' m' a", "62.446 Pn'm'a"),
        ("BNS:P4_2'/mnm'", "136.499 P4_2'/mnm'"),
        ("BNS:P42'/mnm'", "136.499 P4_2'/mnm'"),
        ("OG:C_Pmcm'", "62.453 P_Anma"),
        ("BNS:Fd-3m1'", "227.129 Fd-3m1'"),
    ],
)
def test_spellings(text: str, label: str) -> None:
    assert is_magnetic_name(text)
    assert MagneticGroup.parse(text).label == label


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BNS:62.999", "there is no magnetic group 'BNS:62.999': those of space group 62 are 62.441 to 62.456"),
        ("300.1", "there is no magnetic group '300.1': BNS numbers run from 1.1 to 230.149"),
        ("BNS:Pn'm'b", "did you mean"),
        ("UNI:1652", "there is no UNI number 1652"),
        ("UNI:-1", "a UNI number is an integer"),
        ("BNS:" + "x" * 100, "it has 104 characters"),
        ("1.2:odd", "1.2 P11' has no odd functions: it is grey, so time reversal is one of its operations"),
        ("62.446:strange", "unknown|62.446"),
        ("62:odd", "62 Pnma has no one-dimensional character 'odd'"),
    ],
)
def test_what_is_no_magnetic_group(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message.replace("(", r"\(")):
        Representation.parse(text)


def test_a_space_group_is_never_taken_for_a_magnetic_one() -> None:
    for text in ("62", "227:1", "hall:525", "Pnma", "P 1 21/c 1", "Fd-3m:1", "Pnma (62)"):
        assert not is_magnetic_name(text)
        assert isinstance(as_group(text), Setting)


def test_characters() -> None:
    assert MagneticGroup.parse("62.446").characters == ("even", "odd")
    assert Representation.of("1.1", "odd") == Representation.of("1.1", "even")  # no time reversal in it: type I
    with pytest.raises(SettingError, match="those of magnetic groups are even, odd"):
        Representation.of("62.446", "B1g")
    with pytest.raises(SettingError, match="a space group is needed"):
        _ = Representation.of("62.446").space_setting


def test_groups_are_ordered_and_pickled() -> None:
    groups = magnetic_groups()
    assert sorted(groups) == list(groups)
    assert pickle.loads(pickle.dumps(groups[500])) == groups[500]
    assert numbers_of_keys("magnetic", list(range(1, 1652))) == [group.number for group in groups]
