"""The pages in Chromium, from the file system: surfaces, links, search, keys, contrast, small screens."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_store import Setting, open_store
from sgbasis.explorer.page_facts import page_name
from sgbasis.explorer.page_renderer import setting_html, start_html
from sgbasis.explorer.site_writer import ASSETS
from sgbasis.explorer.symbol_html import symbol_html
from tests.sgbasis.explorer.pages.explorer_site import (
    AXE,
    SITE,
    chromium,
    needs_assets,
    needs_axe,
    needs_browser,
    new_page,
)

pytestmark = [needs_browser, needs_assets]

NAMES = ["1", "62", "167", "227"]
DRAWN = "#viewer[data-drawn]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The start page and some settings; groups that are linked to but not written are not followed."""
    root = tmp_path_factory.mktemp("explorer")
    (root / "settings").mkdir()
    (root / "assets").symlink_to(ASSETS)
    with open_store() as store:
        (root / "index.html").write_text(start_html(store, root=""), encoding="utf-8")
        for name in NAMES:
            setting = Setting.parse(name)
            html = setting_html(store, setting, root="../")
            (root / "settings" / page_name(setting)).write_text(html, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def address(folder: Path, name: str, state: str = "") -> str:
    page = folder / "index.html" if name == "start" else folder / "settings" / page_name(Setting.parse(name))
    return f"file://{page}{'#' * bool(state)}{state}"


def pixels(page: Any, part: str) -> np.ndarray:
    """(h, w, 3) what is seen of a part of the viewer."""
    image = pytest.importorskip("PIL.Image")
    shot = page.locator(f'[data-part="{part}"]').first.screenshot()
    return np.asarray(image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def settled(page: Any, state: str) -> None:
    """Wait until the viewer has drawn a state."""
    page.wait_for_function("state => document.querySelector('#viewer').dataset.drawn === state", arg=state)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def is_red(seen: np.ndarray) -> np.ndarray:
    return (seen[..., 0] > seen[..., 2] + 50) & (seen[..., 0] > 110)


def is_blue(seen: np.ndarray) -> np.ndarray:
    return seen[..., 2] > seen[..., 0] + 50


@pytest.mark.parametrize("name", NAMES)
def test_a_surface_is_drawn_and_moves_with_the_level(browser: Any, folder: Path, name: str) -> None:
    with new_page(browser) as (page, complaints):
        page.goto(address(folder, name))
        settled(page, "f=1")
        before, section = pixels(page, "canvas"), pixels(page, "section")
        assert is_red(before).mean() > 0.02
        assert is_blue(before).mean() > 0.02
        assert is_red(section).any()
        assert is_blue(section).any()
        page.locator('[data-part="level"]').fill("60")
        page.wait_for_function("() => document.querySelector('#viewer').dataset.drawn.includes('level')")
        settled(page, page.evaluate("document.querySelector('#viewer').dataset.drawn"))
        assert (np.abs(pixels(page, "canvas") - before).max(axis=2) > 40).mean() > 0.02
        assert "level=" in page.url
        assert complaints == []


def test_an_address_says_everything(browser: Any, folder: Path) -> None:
    state = "f=3&level=0.4&cells=2&show=solid&section=y0.25&cut=1&colour=2&view=-20,35"
    with new_page(browser) as (page, complaints):
        page.goto(address(folder, "227", state))
        settled(page, state)
        for part, value in {"function": "3", "cells": "2", "axis": "1", "at": "12", "colour": "2"}.items():
            assert page.locator(f'[data-part="{part}"]').input_value() == value
        assert page.locator('[data-part="solid"]').is_checked()
        assert page.locator('[data-part="cut"]').is_checked()
        page.locator("#f5 .katex").first.wait_for()
        page.locator("#f5 .draw").click()
        settled(page, "f=5&view=-20,35")
        assert "f_{5}" in page.locator('[data-part="formula"] annotation').text_content()
        page.goto(address(folder, "227", "f=99999&level=x&cells=7&section=q9&colour=-1"))
        page.reload()
        settled(page, "f=1")
        assert complaints == []


def test_files_are_saved(browser: Any, folder: Path, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    with new_page(browser) as (page, complaints):
        page.goto(address(folder, "227", "f=1&level=0.3"))
        settled(page, "f=1&level=0.3")
        for part, ending in (("stl", ".stl"), ("png", ".png")):
            with page.expect_download() as started:
                page.locator(f'[data-part="{part}"]').click()
            assert started.value.suggested_filename == f"227_2_Fd-3m_f1{ending}"
            started.value.save_as(tmp_path / f"saved{ending}")
        assert trimesh.load(tmp_path / "saved.stl").is_watertight
        assert (tmp_path / "saved.png").read_bytes().startswith(b"\x89PNG")
        assert complaints == []


def test_keys_turn_the_view(browser: Any, folder: Path) -> None:
    with new_page(browser) as (page, _):
        page.goto(address(folder, "62"))
        settled(page, "f=1")
        before = pixels(page, "canvas")
        page.locator('[data-part="canvas"]').focus()
        for _ in range(4):
            page.keyboard.press("ArrowLeft")
        state = page.evaluate("location.hash.slice(1)")
        assert re.fullmatch(r"f=1&view=-?\d+,\d+", state)
        settled(page, state)
        turned = pixels(page, "canvas")
        assert (np.abs(turned - before).max(axis=2) > 40).mean() > 0.02
        page.keyboard.press("Home")
        settled(page, "f=1")
        assert page.url.endswith("#f=1")
        assert (np.abs(pixels(page, "canvas") - before).max(axis=2) > 40).mean() < 0.01
        # The address of the turned view shows it again, to the degree.
        page.goto(address(folder, "62", state))
        page.reload()
        settled(page, state)
        assert (np.abs(pixels(page, "canvas") - turned).max(axis=2) > 40).mean() < 0.01


def test_search_and_filters(browser: Any, folder: Path) -> None:
    visible = (
        "() => [...document.querySelectorAll('#wall li:not([hidden])')].map(one => Number(one.dataset.number))"
    )
    with new_page(browser) as (page, complaints):
        page.goto(address(folder, "start"))
        page.wait_for_selector("#wall canvas[data-drawn]")
        assert page.evaluate(visible) == list(range(1, 231))
        page.locator("#filter-system").select_option("cubic")
        assert page.evaluate(visible) == list(range(195, 231))
        page.locator("#filter-class").select_option("432")
        page.locator("#filter-centring").select_option("I")
        assert page.evaluate(visible) == [211, 214]
        assert "centring=I" in page.url
        page.reload()
        assert page.evaluate(visible) == [211, 214]
        page.goto(address(folder, "start", ""))
        page.locator("#search").fill("P4_2/nbc")
        printed = page.locator("#results .symbol").first.evaluate("one => one.outerHTML")
        assert printed == symbol_html("P4_2/nbc")
        page.locator("#search").fill("R-3c:H")
        printed = page.locator("#results .symbol").first.evaluate("one => one.outerHTML")
        assert printed == symbol_html("R-3c")
        # The tile of a group shows the setting that was asked for, and the standard one again afterwards.
        for text, link, symbol in (("Pbnm", 294, "Pbnm"), ("-P 2ac 2n", 292, "Pnma"), ("", 292, "Pnma")):
            page.locator("#search").fill(text)
            tile = page.locator("#wall li[data-number='62']")
            assert tile.locator("a").get_attribute("href") == f"settings/hall-{link}.html"
            assert tile.locator(".symbol").evaluate("one => one.outerHTML") == symbol_html(symbol)
            if text:
                page.wait_for_selector("#wall li[data-number='62'] canvas[data-drawn]")
                assert page.locator("#results a").first.get_attribute("href") == f"settings/hall-{link}.html"
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        page.keyboard.type("Pnma")
        assert page.evaluate(visible)[0] == 62
        page.keyboard.press("Enter")
        page.wait_for_url("**/hall-292.html")
        assert complaints == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["start", "167"])
def test_axe_finds_nothing(browser: Any, folder: Path, name: str, scheme: str) -> None:
    with new_page(browser, color_scheme=scheme) as (page, _):
        page.goto(address(folder, name))
        page.wait_for_selector(DRAWN if name != "start" else "#wall canvas[data-drawn]")
        page.add_script_tag(path=AXE)
        found = page.evaluate("() => axe.run()")["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == []


def test_the_start_page_is_short_on_a_phone(browser: Any, folder: Path) -> None:
    shown = "() => [...document.querySelectorAll('.system li')].filter(one => one.offsetHeight).length"
    with new_page(browser, viewport={"width": 390, "height": 844}, is_mobile=True) as (page, _):
        page.goto(address(folder, "start"))
        assert page.evaluate("document.documentElement.scrollHeight") < 3 * 844
        assert page.locator(".top").bounding_box()["height"] < 60
        before = page.evaluate(shown)
        page.get_by_role("button", name="All 36 cubic groups").click()
        assert page.evaluate(shown) == before + 33
        page.locator("#filter-class").select_option("4/mmm")
        assert page.evaluate(shown) == 20


@pytest.mark.parametrize("name", ["start", "1", "227"])
def test_a_phone_scrolls_in_one_direction(browser: Any, folder: Path, name: str) -> None:
    with new_page(browser, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True) as (
        page,
        complaints,
    ):
        page.goto(address(folder, name))
        page.wait_for_selector(DRAWN if name != "start" else "#wall canvas[data-drawn]")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert complaints == []


def test_without_webgl_there_is_a_message_and_the_section(browser: Any, folder: Path) -> None:
    without = "HTMLCanvasElement.prototype.getContext = (get => function (kind, ...rest) {" + (
        "return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest); })"
        "(HTMLCanvasElement.prototype.getContext);"
    )
    with new_page(browser) as (page, _):
        page.add_init_script(without)
        page.goto(address(folder, "227"))
        settled(page, "f=1")
        assert "no WebGL" in page.locator('[data-part="message"]').text_content()
        assert is_red(pixels(page, "section")).any()
        page.goto(address(folder, "start"))
        page.get_by_text("no WebGL").wait_for()


@pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not written: make site")
def test_every_page_of_the_written_site_opens_without_complaints(browser: Any) -> None:
    files = sorted((SITE / "settings").glob("*.html"))
    assert len(files) == 530
    # So small that the surface is out of sight, and not drawn: other tests look at surfaces.
    with new_page(browser, viewport={"width": 640, "height": 90}) as (page, complaints):
        for file in files:
            page.goto(f"file://{file}", wait_until="domcontentloaded")
            assert page.evaluate("document.querySelector('#viewer').classList.contains('ready')"), file.name
            assert complaints == [], file.name
