"""What tests of the explorer need beside Python: built scripts and styles, node, Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sgbasis.explorer.site_writer import ASSETS
from tests.support.source_tree import ROOT

SITE = ROOT / "dist" / "site" / "explorer"
AXE = ROOT / "site" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-features=BackForwardCache",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip

_PATIENCE = 120_000
"""Milliseconds until a test gives up: WebGL is drawn by software here, and the machine may be busy."""

needs_assets = pytest.mark.skipif(not (ASSETS / "explorer.js").is_file(), reason="npm has not built the explorer")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed in site/node_modules")


def in_node(job: str, cases: list[dict[str, Any]]) -> list[Any]:
    """What ``explorer_jobs.mjs`` finds for each case, with the scripts that ship."""
    script = Path(__file__).with_name("explorer_jobs.mjs")
    done = subprocess.run(
        ["node", script, ASSETS / "explorer.js", job],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of its own, without any network."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS, timeout=_PATIENCE)
        yield browser
        browser.close()


@contextmanager
def new_page(browser: Any, **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page in a context of its own, and its complaints: errors of scripts, of the console, of loading."""
    usual = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}}
    context = browser.new_context(**usual | options)
    context.set_default_timeout(_PATIENCE)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page, complaints
    context.close()
