"""Printed symbols and coordinates hold the text that people can type, for all settings."""

from __future__ import annotations

import re

import pytest

from basis_compiler.groups.wyckoff import wyckoff_positions
from basis_compiler.reflections.extinctions.laue_classes import laue_classes, laue_symbol
from basis_store import Setting, all_settings
from sgbasis.explorer.symbol_html import (
    component_html,
    condition_html,
    coordinates_html,
    schoenflies_html,
    symbol_html,
)


def text_of(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def test_symbols_of_all_settings_keep_their_text() -> None:
    for setting in all_settings():
        for symbol in (setting.symbol, setting.full_symbol, setting.point_group):
            assert text_of(symbol_html(symbol)) == symbol.replace("_", "")
        if setting.is_standard:
            assert Setting.parse(text_of(symbol_html(setting.symbol))).number == setting.number
        for position in wyckoff_positions(setting).values():
            assert text_of(symbol_html(position.site_symmetry)) == position.site_symmetry


@pytest.mark.parametrize("triplet", ["-x+1/4, y, -z", "x-y, -2x, z+1/2", "-x+y, 0, 1/8", "2x, -z, -y"])
def test_coordinates_keep_their_text(triplet: str) -> None:
    assert text_of(coordinates_html(triplet)).replace("\u2212", "-") == triplet


def test_a_bar_is_over_what_the_sign_belongs_to() -> None:
    assert str(symbol_html("-43m")).startswith('<span class="symbol"><span class="bar">')
    assert '2<i class="bar">x</i>' in coordinates_html("-2x, y, z")
    assert component_html("(C11-C12)/2") == "(C<sub>11</sub>\u2212C<sub>12</sub>)/2"
    assert component_html("<0>") == "&lt;0&gt;"


def test_schoenflies_symbols_belong_to_point_groups() -> None:
    found: dict[str, set[str]] = {}
    for setting in all_settings():
        symbol = setting.schoenflies
        found.setdefault(setting.point_group, set()).add(symbol.split("^")[0])
        assert text_of(schoenflies_html(symbol)).startswith(symbol[0])
    assert len(found) == 32
    assert all(len(one) == 1 for one in found.values())
    assert found["m-3m"] == {"Oh"}
    assert Setting.standard(227).schoenflies == "Oh^7"


def test_laue_symbols_are_those_of_the_laue_classes() -> None:
    for one in laue_classes():
        symbol = "-3m" if one.symbol in ("-3m1", "-31m") else one.symbol
        assert {laue_symbol(setting.point_group) for setting in one.settings} == {symbol}


def test_conditions_are_copied_as_they_are_typed() -> None:
    """Letters in italics, bars over negative indices, and "or" on the line of what it introduces."""
    text = "h-h0l: l=2n or h-k=3n+1, or h,k=2n+1 and l=4n in any order"
    html = str(condition_html(text))
    assert text_of(html).replace("\u2009", "").replace("\u2212", "-") == text
    assert '<i>h</i><span class="unseen">-</span><i class="bar">h</i>0<i>l</i>:' in html
    assert '<span class="nowrap">or <i>h</i>,<i>k</i>' in html and "<i>in" not in html
