"""The documentation site builds without a warning, and has every public name; nothing on it is broken."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from tests.sgbasis.explorer.pages.explorer_site import CHROMIUM, chromium, new_page
from tests.structure.test_public_names import LISTED
from tests.support.source_tree import ROOT

CHECK = ROOT / "docs" / "hooks" / "check_site.py"
MEGABYTES = 20
SEARCHED = [
    ("STL gyroid", "Fields"),
    ("Excel", "Tables, notebooks and reports"),
    ("3D print", "Fields"),
    ("space group number", "Settings and origins"),
    ("GPU", "GPU and scale"),
    ("confidence interval", "Trained models"),
    ("export", "Commands"),
    ("Jupyter", "Tables, notebooks and reports"),
    ("CHGCAR", "Fields"),
]
"""What people look for, and the page that tells them; two neighbours never have the same page."""


def _check(site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, CHECK, site], capture_output=True, text=True, check=False)


def test_the_site(tmp_path: Path) -> None:
    """One test, because several would build it once in each process."""
    pytest.importorskip("material", reason="needs pip install '.[docs]'")
    pytest.importorskip("mkdocstrings", reason="needs pip install '.[docs]'")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    checked = _check(tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert sum(one.stat().st_size for one in tmp_path.rglob("*") if one.is_file()) < MEGABYTES * 2**20

    reference = {
        path: path.read_text(encoding="utf-8") for path in (tmp_path / "reference" / "api").glob("*.html")
    }
    index = reference[tmp_path / "reference" / "api" / "index.html"]
    for name in LISTED:
        (page,) = (text for text in reference.values() if f'<h2 id="{name}"' in text)
        assert re.search(rf'href="[\w.]+#{re.escape(name)}"', index), name
        assert _first_words(name) in _words(page.split(f'<h2 id="{name}"')[1]), name

    shown = " ".join(map(_words, reference.values()))
    assert "see the head of" not in shown
    assert "width: int = 128" in shown and not re.search(r"= (?:size|quantity|dropout)\(", shown)

    # From the file system the search needs a script that is one of the npm packages of the explorer: make site.
    if CHROMIUM and (tmp_path / "assets" / "iframe-worker-shim.js").is_file():
        _assert_the_search_finds(tmp_path)


def _assert_the_search_finds(site: Path) -> None:
    """In a browser, from the file system, without a network and without errors on its console; first or second."""
    with chromium() as browser, new_page(browser) as (page, complaints):
        page.goto(f"file://{site}/index.html")
        page.locator(".md-search__input").click()
        for words, title in SEARCHED:
            page.locator(".md-search__input").fill("")
            page.keyboard.type(words)  # the search listens to keys
            page.wait_for_function(
                """title => [...document.querySelectorAll(".md-search-result__item > a h1")].slice(0, 2)
                    .some(one => one.textContent.trim() === title)""",
                arg=title,
                timeout=20_000,
            )
        assert complaints == []


def _first_words(name: str) -> str:
    """How the docstring of a public name begins, as far as it is plain text."""
    package, _, own = name.partition(".")
    value = getattr(importlib.import_module(package), own)
    if not callable(value):
        return ""
    return _words(re.split(r"[:`\[*<>\n]|[;,] see the head", inspect.getdoc(value) or "")[0])


def _words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", text)).split())


def test_what_is_broken_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text('<h1 id="place">x</h1><a name="old"></a>')
    (tmp_path / "style.css").write_text(
        "a { background: url(gone.png) } b { background: url(https://x.org/a.png) }"
    )
    (tmp_path / "page.html").write_text(
        '<a href="there.html#place">1</a><a href="there.html#old">2</a><a href="#">3</a><a href="https://x.org">4</a>'
        '<img src="data:image/png;base64,"><!-- <a href="no.html"> --><script>"<a href=\'no.html\'>"</script>'
        '<a href="gone.html">5</a><a href="there.html#gone">6</a><a href=\'#none\'>7</a><img src="gone.png">'
        '<script src="https://x.org/a.js"></script><link rel="stylesheet" href="//x.org/a.css">'
    )
    done = _check(tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "page.html: gone.html does not exist",
        "page.html: there.html#gone has no such place",
        "page.html: #none has no such place",
        "page.html: gone.png does not exist",
        "page.html: script is loaded from https://x.org/a.js",
        "page.html: script is loaded from //x.org/a.css",
        "style.css: gone.png is not a file of the site",
        "style.css: https://x.org/a.png is not a file of the site",
    ]
