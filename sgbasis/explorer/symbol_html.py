"""Hermann-Mauguin symbols as they are printed: italics, bars over rotoinversions, lower screw indices."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_PIECE = re.compile(r"-(?P<bar>\d)|_(?P<sub>\w)|(?P<letter>[A-Za-z])|(?P<other>[^A-Za-z_-]+|.)")


def symbol_html(symbol: str) -> Markup:
    """``<span class="symbol">`` with the pieces of a symbol; screen readers get the plain text."""
    pieces = Markup("").join(_piece(match) for match in _PIECE.finditer(symbol))
    return Markup('<span class="symbol" role="img" aria-label="{}">{}</span>').format(symbol, pieces)


def schoenflies_html(symbol: str) -> Markup:
    """``C2h^5`` with lower and upper index."""
    match = re.fullmatch(r"([A-Z])(\w*)\^(\d+)", symbol)
    if match is None:
        return escape(symbol)
    return Markup('<i>{}</i><span class="stack"><sup>{}</sup><sub>{}</sub></span>').format(
        match[1], match[3], match[2]
    )


def component_html(text: str) -> Markup:
    """``(C11-C12)/2`` with lower indices and minus signs."""
    return Markup(re.sub(r"([A-Za-z])(\d+)", r"\1<sub>\2</sub>", escape(text)).replace("-", "\u2212"))


def _piece(match: re.Match[str]) -> Markup:
    if match["bar"]:
        return Markup('<span class="bar">{}</span>').format(match["bar"])
    if match["sub"]:
        return Markup("<sub>{}</sub>").format(match["sub"])
    if match["letter"]:
        return Markup("<i>{}</i>").format(match["letter"])
    return escape(match["other"])
