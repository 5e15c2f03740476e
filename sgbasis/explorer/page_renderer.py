"""Pages as HTML. What a page says depends on the store and the setting only, so any server can make them."""

from __future__ import annotations

import functools
import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from basis_store import Setting, StoreReader
from basis_store.version import VERSION
from sgbasis.explorer.function_data import function_data
from sgbasis.explorer.names_index import names_index
from sgbasis.explorer.page_facts import page_facts
from sgbasis.explorer.start_facts import start_facts, wall_data
from sgbasis.explorer.symbol_html import (
    component_html,
    condition_html,
    coordinates_html,
    schoenflies_html,
    symbol_html,
)


def setting_html(store: StoreReader, setting: Setting, *, root: str, **beside: bool) -> str:
    """The page of one setting.

    Args:
        store: a store that holds the setting.
        setting: the setting.
        root: the folder of the explorer, as seen from the page: ``"../"``; it has ``index.html``, ``assets`` and
            ``settings``.
        beside: what else there is to link to: ``crystals``, the page for crystals of files that the local server
            has, and ``documentation``, the home page in the folder above the explorer; default, neither.
    """
    data = json_script(function_data(store.read(setting)))
    page = page_facts(store, setting)
    return render("setting.html", root=root, page=page, data=data, **beside)


def start_html(store: StoreReader, *, root: str, **beside: bool) -> str:
    """The start page: the wall of the 230 groups, filters and search; arguments as of :func:`setting_html`."""
    return render(
        "start.html",
        root=root,
        page=start_facts(),
        wall=json_script(wall_data(store)),
        names=json_script(names_index()),
        **beside,
    )


def render(template: str, **values: Any) -> str:
    """One template of this folder with its values; everything is escaped but what is marked as HTML."""
    usual = {"version": VERSION, "crystals": False, "documentation": False}
    return _environment().get_template(template).render(usual | values)


def json_script(value: Any) -> Markup:
    """JSON that can stand inside ``<script type="application/json">``."""
    text = json.dumps(value, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sgbasis.explorer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["symbol"] = symbol_html
    environment.filters["component"] = component_html
    environment.filters["coordinates"] = coordinates_html
    environment.filters["condition"] = condition_html
    environment.filters["schoenflies"] = schoenflies_html
    return environment
