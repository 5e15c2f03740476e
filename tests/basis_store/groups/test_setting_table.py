"""Names of settings beside numbers and Hermann-Mauguin symbols, and what is said where there is none."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from basis_store import Setting, SettingError, all_settings
from basis_store.groups.group_names import as_group
from basis_store.groups.name_text import normalised
from basis_store.groups.setting import settings_by_name
from basis_store.groups.setting_table import point_group_of_symbol
from sgbasis.cli import main


def test_hall_symbols_need_no_prefix_unless_they_are_hermann_mauguin_symbols() -> None:
    others = {}
    for setting in all_settings():
        for text in (setting.hall_symbol, setting.hall_symbol.lower()):
            found = as_group(text)
            assert isinstance(found, Setting)
            if found.hall_symbol != setting.hall_symbol:
                assert found in settings_by_name()[normalised(text)]
                others[setting.hall_symbol] = found.number == setting.number
    assert {text for text, same_group in others.items() if not same_group} == {"P 4 2", "P 3 2", "P 6 2"}


def test_schoenflies_symbols() -> None:
    by_symbol: dict[str, int] = {}
    for setting in all_settings():
        assert by_symbol.setdefault(setting.schoenflies, setting.number) == setting.number
        base, _, index = setting.schoenflies.partition("^")
        for text in (setting.schoenflies, f"{base[0]}_{{{base[1:]}}}^{{{index}}}"):
            assert Setting.parse(text) == Setting.standard(setting.number)
        assert point_group_of_symbol(base) == setting.point_group
    assert len(by_symbol) == 230
    assert Setting.parse("Oh7").number == 227 and Setting.parse("D24").number == 19
    assert by_symbol["D2h^16"] == 62 and by_symbol["Oh^7"] == 227


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Pnme", "did you mean "), ("Pnme", "Pnma"), ("P21/x", "P2_1/c"), ("Cmcx", "did you mean Cmcm, Cmce?"),
        ("Fd3mm", "did you mean Fd-3m?"), ("227:3", "of 227 there is 227:1, 227:2"), ("Td", "215 to 220"),
        ("mmm", "that is a point group, of the space groups 47 to 74"), ("xyzzy", "try 227, 227:1, hall:525 or"),
        ("hall:-P 2c 2abx", "did you mean hall:-P 2c 2ab, "), ("Pnme:B1g", "Pnma"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_name_that_no_setting_has(text: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        Setting.parse(text)
    assert said in str(caught.value)
    assert said in CliRunner().invoke(main, ["show", text]).stderr


@pytest.mark.parametrize("command", [["show"], ["show", "--"], ["tensor"], ["export", "--setting"]])
def test_a_hall_symbol_with_a_sign_is_no_option(command: list[str]) -> None:
    more = {"tensor": ["dielectric"], "export": ["no/such/folder/out.npz"]}.get(
        command[0], ["--wyckoff"][: len(command) == 1]
    )
    done = CliRunner().invoke(main, [*command, "-P 2c 2ab", *more])
    assert "Pbnm" in done.stdout or "no/such/folder" in done.stderr
