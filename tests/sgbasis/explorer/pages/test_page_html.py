"""Pages say what store and tables say, all of their links lead somewhere, and nothing in them is read as HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from basis_compiler import formula_text, trigonometric_form
from basis_compiler.groups.wyckoff import wyckoff_positions
from basis_store import Setting, StoreReader, all_settings, open_store
from sgbasis.explorer.function_data import function_data
from sgbasis.explorer.page_facts import page_name
from sgbasis.explorer.page_renderer import json_script, setting_html, start_html
from tests.sgbasis.explorer.pages.explorer_site import SITE

NAMES = ["1", "5:c2", "14", "62:cab", "68:1ba-c", "141:1", "167:R", "191", "227:1", "230"]
PAGES = {page_name(one) for one in all_settings()}


class PageReader(HTMLParser):
    """Elements of a page: links, identifiers, references to them, JSON and formulas."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.data: dict[str, str] = {}
        self.formulas: list[str] = []
        self._inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [found[key] or "" for key in ("href", "src") if key in found]
        self.ids += [found["id"] or ""] if "id" in found else []
        self.named += [found[key] or "" for key in ("aria-labelledby", "for") if key in found]
        self._inside = found.get("id") if tag == "script" else "tex" if found.get("class") == "tex" else None

    def handle_data(self, data: str) -> None:
        if self._inside == "tex":
            self.formulas.append(data)
        elif self._inside:
            self.data[self._inside] = self.data.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = None


def broken_links(page: PageReader, root: str) -> Iterator[str]:
    for link in page.links:
        target, _, fragment = link.partition("#")
        known = {f"{root}index.html", f"{root}assets/explorer.css", f"{root}assets/explorer.js", "data:,", ""}
        if target not in known and target.removeprefix("settings/" if not root else "") not in PAGES:
            yield link
        if not target and fragment and "=" not in fragment and fragment not in page.ids:
            yield link


@pytest.fixture(scope="module")
def store() -> Iterator[StoreReader]:
    with open_store() as opened:
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_store_and_tables_say(store: StoreReader, name: str) -> None:
    setting = Setting.parse(name)
    compiled = store.read(setting)
    html = setting_html(store, setting, root="../")
    page = PageReader(html)
    assert list(broken_links(page, "../")) == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.named) <= set(page.ids)
    assert json.loads(page.data["function-data"]) == function_data(compiled)
    assert page.formulas == [
        formula_text(trigonometric_form(compiled, one)) for one in range(1, compiled.n_functions)
    ]
    for position in wyckoff_positions(setting).values():
        assert f'<th scope="row">{position.multiplicity}<i>{position.letter}</i></th>' in html
    assert setting.hall_symbol.replace('"', "&#34;") in html
    others = {page_name(one) for one in all_settings() if one.number == setting.number}
    assert others <= {*page.links, page_name(setting)}


def test_the_start_page_leads_to_all_groups(store: StoreReader) -> None:
    page = PageReader(start_html(store, root=""))
    assert list(broken_links(page, "")) == []
    assert len([link for link in page.links if link.startswith("settings/")]) == 230
    assert len(page.ids) == len(set(page.ids))
    wall = json.loads(page.data["wall-data"])
    assert list(wall) == [str(one.hall_number) for one in all_settings()]
    assert wall["292"] == function_data(store.read("62"), 2)


def test_json_ends_no_script() -> None:
    hostile = {"name": "</script><script>alert(1)</script><!--"}
    text = json_script(hostile)
    assert "<" not in text
    assert json.loads(text) == hostile


@pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not written: make site")
def test_all_links_of_the_written_site_lead_somewhere() -> None:
    files = sorted((SITE / "settings").glob("*.html"))
    assert {one.name for one in files} == PAGES
    targets = set()
    for file in files:
        targets |= set(re.findall(r'(?:href|src)="([^"#]+)', file.read_text(encoding="utf-8")))
    missing = {one for one in targets - {"data:,"} if not (SITE / "settings" / one).is_file()}
    assert missing == set()
    assert sum(one.stat().st_size for one in SITE.rglob("*") if one.is_file()) < 35e6
