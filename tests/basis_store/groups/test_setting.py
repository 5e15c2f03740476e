from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import spglib

from basis_compiler.groups.settings_table import settings_rows
from basis_store import Setting, SettingError, all_settings, standard_settings
from basis_store.groups.setting import as_setting


def test_the_table_is_that_of_spglib() -> None:
    """The committed table and the installed spglib agree on all 530 settings."""
    for setting, row in zip(all_settings(), settings_rows(), strict=True):
        found = (
            setting.hall_number,
            setting.number,
            setting.choice,
            setting.symbol,
            setting.full_symbol,
            setting.hall_symbol,
            setting.point_group,
            setting.schoenflies,
        )
        assert tuple(map(str, found)) == tuple(row.values())


def test_one_standard_setting_per_group() -> None:
    assert [setting.number for setting in standard_settings()] == list(range(1, 231))
    assert all(Setting.standard(setting.number) == setting for setting in standard_settings())


def test_standard_settings_are_those_of_international_tables() -> None:
    """Unique axis b, cell choice 1; hexagonal axes; origin choice 2 for the 24 groups that have two."""
    two_origins = "48 50 59 68 70 85 86 88 125 126 129 130 133 134 137 138 141 142 201 203 222 224 227 228"
    for setting in standard_settings():
        choices = {s.choice for s in all_settings() if s.number == setting.number}
        if {"1", "2"} <= choices:
            assert setting.choice == "2"
            assert str(setting.number) in two_origins.split()
        elif "H" in choices:
            assert setting.choice == "H"
        elif 3 <= setting.number <= 15:
            assert setting.choice in ("b", "b1")
        else:
            assert setting.choice == ""
    assert sum(setting.choice == "2" for setting in standard_settings()) == 24


@pytest.mark.parametrize(
    ("text", "hall_number"),
    [
        ("227", 526), ("227:1", 525), ("hall:525", 525), ("Hall: 525", 525), ("hall:-F 4vw 2vw 3", 526),
        ("P 2", 3), ("Fd-3m", 526), ("Fd-3m:1", 525),
        ("F d -3 m", 526), ("P 1 21/c 1", 81), ("P2_1/c", 81), ("14:c1", 82 + 2), ("R-3c:r", 461), ("Pbnm", 294),
        ("P21/n", 82), ("P 21/n", 82), ("P21/a", 83), ("I2/a", 92), ("Cmca", 304), ("Abm2", 191),
        ("B2/b", 99), ("Bmab", 309), ("227:2 Fd-3m", 526),
    ],
)  # fmt: skip
def test_parse(text: str, hall_number: int) -> None:
    assert Setting.parse(text).hall_number == hall_number


def test_labels_and_symbols_parse_back(setting: Setting) -> None:
    assert Setting.parse(f"hall:{setting.hall_number}") == setting
    assert Setting.parse(setting.label.split()[0]) == setting
    assert Setting.parse(f"hall:{setting.hall_symbol}").hall_symbol == setting.hall_symbol
    assert Setting.parse(f"{setting.symbol}:{setting.choice}").number == setting.number


@pytest.mark.parametrize(
    "text", ["0", "231", "-3", "hall:0", "hall:531", "Xyz", "hall:Xyz", "hall:", "", ":", "227:3", "227:H"]
)
def test_unknown_settings_are_refused(text: str) -> None:
    with pytest.raises(SettingError):
        Setting.parse(text)


def test_a_setting_is_never_a_bare_number() -> None:
    for bad in (0, 531, 2.0, "5", True):
        with pytest.raises(SettingError, match="Hall number"):
            Setting.from_hall(bad)  # type: ignore[arg-type]
    for bad in (0, 231, "5", 1.0):
        with pytest.raises(SettingError, match="space group"):
            Setting.standard(bad)  # type: ignore[arg-type]


def test_value_semantics(setting: Setting) -> None:
    assert pickle.loads(pickle.dumps(setting)) == setting
    assert len({setting, Setting.from_hall(setting.hall_number)}) == 1


def test_lattice_families_and_centrings(setting: Setting) -> None:
    rotations = spglib.get_symmetry_from_database(setting.hall_number)
    letters = {"P": 1, "A": 2, "B": 2, "C": 2, "I": 2, "F": 4, "R": 3}
    expected = 1 if setting.choice == "R" else letters[setting.centring]
    identities = (rotations["rotations"] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]).all(axis=(1, 2)).sum()
    assert identities == expected


def test_a_bare_number_is_no_setting() -> None:
    """Setting(62) was P2_1/m, whose Hall number is 62, for those who meant Pnma."""
    with pytest.raises(SettingError, match=r"give a setting, not 62: for a space group Setting.standard\(62\)"):
        Setting(62)  # type: ignore[call-arg, misc]
    for value in (62, 62.0, np.int64(62), True, None, b"Pnma", ["Pnma"]):
        with pytest.raises(SettingError, match="give a setting, not "):
            as_setting(value)  # type: ignore[arg-type]
    setting = Setting(hall_number=62)
    assert replace(setting, hall_number=63) == Setting.from_hall(63)
    assert copy.deepcopy(setting) == setting
