"""The page for files in Chromium: drop, paste or choose one, read the answer, see the structure."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_store import data_folder
from sgbasis.explorer.server.local_server import LocalServer
from tests.sgbasis.explorer.pages.explorer_site import (
    AXE,
    chromium,
    needs_assets,
    needs_axe,
    needs_browser,
    new_page,
)

pytestmark = [needs_browser, needs_assets]

CRYSTALS = data_folder() / "crystals"
DROP = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name));
  return files;
}"""
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Any, local_server: LocalServer) -> Iterator[Any]:
    """The page; a test that leaves a complaint of the browser fails."""
    with new_page(browser) as (opened, complaints):
        opened.goto(f"{local_server.url}crystal.html")
        yield opened
        assert complaints == []


def drop(page: Any, name: str, text: str) -> str:
    """Drop a file; what the page says of it."""
    page.dispatch_event("#drop-zone", "drop", {"dataTransfer": page.evaluate_handle(DROP, [name, text])})
    return said(page)


def said(page: Any) -> str:
    page.wait_for_selector("#status.done, #status.problem")
    return str(page.inner_text("#status"))


def pixels(page: Any, selector: str) -> np.ndarray:
    """(h, w, 3) what is seen of an element."""
    pillow = pytest.importorskip("PIL.Image")
    page.wait_for_timeout(400)
    picture = pillow.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")
    return np.asarray(picture).astype(int)


def test_a_crystal_that_is_dropped_is_shown(page: Any) -> None:
    text = (CRYSTALS / "rutile.cif").read_text()
    assert drop(page, "rutile.cif", text) == "rutile.cif was read."
    assert page.inner_text("#result").startswith("TiO2")
    assert page.inner_text("#result .symbol[aria-hidden], #result .symbol").endswith("/mnm")
    rows = page.locator("[aria-label='Predicted numbers'] tbody tr")
    assert rows.count() == 4 and rows.first.locator("td").nth(2).inner_text().count(" to ") == 1
    assert page.locator(".tensor").count() == 3
    # The structure with a function over it, without it, and as a section: three different pictures, none empty.
    page.locator(".viewer").scroll_into_view_if_needed()
    pictures = []
    for layer, kind in (("0", ""), ("", None), ("3", "2")):
        page.select_option("#s-layer", layer)
        if kind is not None:
            page.select_option("#s-kind", kind)
        pictures.append(pixels(page, ".stage .canvas"))
    for one in pictures:
        red, green, blue = np.moveaxis(one, 2, 0)
        assert ((red > 150) & (green < 90) & (blue < 90)).sum() > 200  # oxygen
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert (np.abs(pictures[one] - pictures[other]).max(axis=2) > 20).mean() > 0.03
    with page.expect_download() as started:
        page.click("text=Download as JSON")
    content = json.loads(Path(started.value.path()).read_text())
    assert content["crystal"]["encode"]["space_group_number"] == 136 and len(content["predictions"]) == 7


def test_a_bad_file_is_one_line_of_text(page: Any) -> None:
    line = drop(page, "<img src=x onerror=alert(1)>.cif", "data_x\n_cell_length_a 4\n")
    assert line.startswith("<img src=x onerror=alert(1)>.cif: ")
    assert page.locator("#results *, #status img").count() == 0
    assert drop(page, "rutile.cif", (CRYSTALS / "rutile.cif").read_text()) == "rutile.cif was read."


def test_examples_tolerance_and_keyboard(page: Any) -> None:
    page.focus("button[data-example='quartz.cif']")
    page.keyboard.press("Enter")
    assert said(page) == "quartz.cif was read."
    assert page.evaluate("document.activeElement.id") == "result"
    page.select_option("#tolerance", "0.1")
    page.wait_for_selector("dd:has-text('0.1 Angstrom;')")
    before = pixels(page, ".stage .canvas")
    page.focus(".stage .canvas")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert (np.abs(pixels(page, ".stage .canvas") - before).max(axis=2) > 20).mean() > 0.03


def test_one_of_several_crystals_of_a_pasted_text(page: Any) -> None:
    text = "".join((CRYSTALS / name).read_text() for name in ("rutile.cif", "nacl.cif"))
    page.evaluate(PASTE, text)
    assert said(page) == "pasted.cif was read."
    page.select_option("select[name='crystal']", "1")
    page.wait_for_selector("#result:has-text('NaCl')")


def test_a_density_is_shown_with_its_levels(page: Any, shared: Path) -> None:
    page.set_input_files("#file-input", shared / "fields/si_abinit.npz")
    assert said(page) == "si_abinit.npz was read."
    assert page.inner_text("#s-layer option:checked") == "electron density"
    assert "e/Å³" in page.inner_text(".panel output")
    page.locator(".viewer").scroll_into_view_if_needed()
    assert len(np.unique(pixels(page, ".stage .canvas").reshape(-1, 3), axis=0)) > 1000


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_also_on_a_phone(browser: Any, local_server: LocalServer, theme: str) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": theme, "bypass_csp": True}
    with new_page(browser, **options) as (page, complaints):
        page.goto(f"{local_server.url}crystal.html")
        drop(page, "catio3.cif", (CRYSTALS / "catio3.cif").read_text())
        page.wait_for_selector(".tensor canvas")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(one => one.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert complaints == []
