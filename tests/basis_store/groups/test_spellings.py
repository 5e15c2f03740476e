"""Symbols as people write them: the whole table in several spellings, and what is new in old ones."""

from __future__ import annotations

import pytest

from basis_store import Setting, SettingError, all_settings, standard_settings


def spellings(symbol: str) -> list[str]:
    """A symbol without spaces, without underscores, with brackets, in small letters, and as in print."""
    brackets = symbol
    for axis in (f"{n}_{m}" for n in (2, 3, 4, 6) for m in range(1, 6)):
        brackets = brackets.replace(axis, f"{axis[0]}({axis[2]})")
    subscripts = symbol.translate({ord("_"): ""}) if "_" not in symbol else printed(symbol)
    return [symbol.replace(" ", ""), symbol.replace("_", ""), brackets, symbol.lower(), subscripts]


def printed(symbol: str) -> str:
    return "".join(
        chr(0x2080 + int(letter)) if i and symbol[i - 1] == "_" else letter
        for i, letter in enumerate(symbol)
        if letter != "_"
    )


def test_every_symbol_in_every_spelling(setting: Setting) -> None:
    for symbol in (setting.symbol, setting.full_symbol):
        for text in spellings(symbol):
            try:
                plain = Setting.parse(symbol)
            except SettingError as error:
                assert "ambiguous" in str(error)
                continue
            assert Setting.parse(text) == plain, text
            assert symbol in (plain.symbol, plain.full_symbol), text


def test_cubic_symbols_without_the_bar(setting: Setting) -> None:
    if setting.point_group not in ("m-3", "m-3m"):
        return
    choice = f":{setting.choice}" if setting.choice else ""
    for symbol in (setting.symbol, setting.full_symbol):
        assert Setting.parse(symbol.replace("-3", "3") + choice) == setting
        assert Setting.parse(" ".join(symbol.replace("-3", "3")) + choice) == setting
        assert Setting.parse(symbol.replace("-3", "3\u0305") + choice) == setting


@pytest.mark.parametrize(
    ("text", "hall_number"),
    [
        ("F m 3 m", 523), ("I a 3 d", 530), ("P a 3", 501), ("Fd3m", 526), ("Fd3m:1", 525), ("P2(1)/c", 81),
        ("P 2(1)/n", 82), ("P2_{1}/c", 81), ("P 63 m c", 480), ("P 6(3)/m m c", 488), ("P 2_1/n (No. 14)", 82),
        ("F d 3 m S", 525), ("Fd-3mZ", 526), ("R -3 m H", 458), ("R -3 m R", 459), ("P n -3 m Z", 522),
        ("$Fm\\bar{3}m$", 523), ("F\\overline{4}3m", 512), ("Fm$\\bar{3}$m", 523), ("P2<sub>1</sub>/c", 81),
        ("Fm-3m (225)", 523), ("Pnma (No. 62)", 292), ("P 6(3)/m m c (194)", 488), ("P4(2)/mnm No.136", 419),
        ("Pm3n #223", 520), ("P2(1)2(1)2(1)", 115), ("P 2\u2081/c", 81), ("Fm3\u0305m", 523), ("P\u22121", 2),
    ],
)  # fmt: skip
def test_spellings_of_papers_and_programs(text: str, hall_number: int) -> None:
    assert Setting.parse(text).hall_number == hall_number


@pytest.mark.parametrize("text", ["Fm-3m (227)", "Pnma (No. 63)", "P2(1)/c #15", "F d -3 m S (225)"])
def test_a_number_that_contradicts_the_symbol(text: str) -> None:
    with pytest.raises(SettingError, match="contradicts itself: that symbol is group"):
        Setting.parse(text)


def test_no_two_groups_share_a_spelling() -> None:
    number_of: dict[str, int] = {}
    for setting in all_settings():
        for symbol in (setting.symbol, setting.full_symbol):
            for text in [
                *spellings(symbol),
                symbol.replace("-3", "3") if "m-3" in setting.point_group else symbol,
            ]:
                key = "".join(text.split()).replace("_", "").lower()
                assert number_of.setdefault(key, setting.number) == setting.number, text


def test_point_groups() -> None:
    classes = {setting.point_group for setting in standard_settings()}
    assert len(classes) == 32
    for symbol in classes:
        setting = Setting.of_point_group(symbol)
        assert setting.point_group == symbol and setting.is_standard
        assert all(s.number >= setting.number for s in standard_settings() if s.point_group == symbol)
    assert Setting.of_point_group("m3m").number == 221
    with pytest.raises(SettingError, match="unknown point group 'Fm-3m'"):
        Setting.of_point_group("Fm-3m")
