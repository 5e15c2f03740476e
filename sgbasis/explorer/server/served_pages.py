"""The pages that the local server has, and the files that they need."""

from __future__ import annotations

import functools
import threading
from http import HTTPStatus
from typing import NamedTuple

from basis_store import all_settings, data_folder, open_store
from sgbasis.explorer.page_facts import page_name
from sgbasis.explorer.page_renderer import render, setting_html, start_html
from sgbasis.explorer.site_writer import ASSETS, check_assets

HTML = "text/html; charset=utf-8"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

_EXAMPLES = {"spinel": "Spinel", "quartz": "Quartz", "rutile": "Rutile", "catio3": "CaTiO₃", "calcite": "Calcite"}
"""Example crystals of the package, by the name of their file."""


class Served(NamedTuple):
    """A page or file.

    Attributes:
        content: its bytes.
        type: its media type.
    """

    content: bytes
    type: str


class ServedPages:
    """Pages by their path. No path of a request becomes a path of the disk: only what is listed here is found.

    Args:
        token: that the page for files sends with an upload.

    Raises:
        SgbasisError: scripts and styles are not built.
    """

    def __init__(self, token: str) -> None:
        check_assets()
        self._token = token
        self._settings = {f"/settings/{page_name(one)}": one for one in all_settings()}
        self._files = {
            f"/assets/{one.relative_to(ASSETS).as_posix()}": one
            for one in ASSETS.rglob("*")
            if one.is_file() and one.suffix in _TYPES
        }
        crystals = data_folder() / "crystals"
        self._examples = {f"/examples/{name}.cif": crystals / f"{name}.cif" for name in _EXAMPLES}
        self._store = open_store()
        self._reading = threading.Lock()  # HDF5 files are read by one thread at a time

    def find(self, path: str) -> Served | None:
        """The page or file of a path; None if there is none."""
        if (file := self._files.get(path)) is not None:
            return Served(file.read_bytes(), _TYPES[file.suffix])
        if (file := self._examples.get(path)) is not None:
            return Served(file.read_bytes(), "text/plain; charset=utf-8")
        if path in self._settings or path in ("/", "/index.html"):
            with self._reading:
                return Served(self._page(path).encode(), HTML)
        if path == "/crystal.html":
            examples = [{"file": f"{name}.cif", "name": text} for name, text in _EXAMPLES.items()]
            page = render("crystal.html", root="", crystals=True, token=self._token, examples=examples)
            return Served(page.encode(), HTML)
        return None

    def error_page(self, code: int, text: str) -> bytes:
        """A page that says what is wrong."""
        page = render("problem.html", root="/", crystals=True, title=HTTPStatus(code).phrase, text=text)
        return page.encode()

    @functools.lru_cache(maxsize=32)  # noqa: B019 - there is one server in a process
    def _page(self, path: str) -> str:
        setting = self._settings.get(path)
        if setting is None:
            return start_html(self._store, root="", crystals=True)
        return setting_html(self._store, setting, root="../", crystals=True)
