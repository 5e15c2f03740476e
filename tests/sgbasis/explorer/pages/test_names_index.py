"""The start page finds settings by the names that Setting.parse reads."""

from __future__ import annotations

from contextlib import suppress

from basis_store import Setting, SettingError, all_settings, standard_settings
from basis_store.groups.name_text import normalised
from sgbasis.explorer.names_index import names_index
from tests.sgbasis.explorer.pages.explorer_site import in_node, needs_assets, needs_node

SPELLINGS = [
    "227", "Fd-3m", "fd3m", "F d -3 m", "P2_1/c", "P 21/c", "P2(1)/n", "P2_{1}/n", "P 1 21/n 1", "Cmca", "R-3c",
    "227:1", "hall:525", "hall:-P 2ybc", "P-1", "P\u22121", "P1\u0304", "$P\\bar{1}$", "No. 62", "#62",
    "Pnma (62)", "Pnma No. 62", "Pbnm", "I4_1/amd:1", "hall:F 4d 2 3 -1d", "F d -3 m S", "F d -3 m Z", "R -3 c R",
    "layer:64", "layer:p4/nmm", "rod:24", "D2h^16", "Oh7", "C_{2h}^5", "-P 2c 2ab",
]  # fmt: skip


def search(texts: list[str]) -> list[list[int]]:
    """Hall numbers for each text, as the start page finds them."""
    (found,) = in_node("search", [{"names": names_index(), "texts": texts}])
    return list(found)


def test_every_setting_is_found_by_each_of_its_names() -> None:
    names = names_index()["names"]
    for setting in all_settings():
        for text in (setting.label.split()[0], setting.symbol, setting.full_symbol, setting.name):
            assert setting.hall_number in names[normalised(text)]
        for text in (setting.name, str(setting.number), setting.symbol, setting.label):
            with suppress(SettingError):  # ambiguous
                assert names[normalised(text)][0] == Setting.parse(text).hall_number


@needs_node
@needs_assets
def test_the_browser_finds_what_the_package_reads() -> None:
    texts = [*SPELLINGS, *(one.full_symbol for one in standard_settings()[::7])]
    found = search(texts)
    first = {text: halls[0] if halls else None for text, halls in zip(texts, found, strict=True)}
    expected = {text: Setting.parse(text.removeprefix("#").removeprefix("No. ")).hall_number for text in texts}
    assert first == expected


@needs_node
@needs_assets
def test_hall_symbols_need_no_prefix() -> None:
    symbols = [one.hall_symbol for one in all_settings()]
    prefixed = search([f"hall:{one}" for one in symbols])
    for setting, bare, named in zip(all_settings(), search(symbols), prefixed, strict=True):
        meant = Setting.parse(f"hall:{setting.hall_symbol}").hall_number
        assert named[0] == meant
        # Some Hall symbols are also read as Hermann-Mauguin symbols: P 3 2 is P321 or P3_2.
        try:
            assert bare[0] == Setting.parse(setting.hall_symbol).hall_number
        except SettingError:
            assert bare[0] == meant
        assert meant in bare[:2]


@needs_node
@needs_assets
def test_beginnings_are_found_and_nonsense_is_not() -> None:
    found = search(["Fd", "xyz", "", "22", "Td"])
    assert {Setting.from_hall(hall).number for hall in found[4]} == set(range(215, 221))
    assert {Setting.from_hall(hall).number for hall in found[0]} >= {203, 227, 228, 43}
    assert found[1:3] == [[], []]
    assert found[3][0] == Setting.standard(22).hall_number
