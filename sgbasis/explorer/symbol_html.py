"""Symbols of groups, coordinates and components as they are printed: italics, bars for minus signs, lower indices.

What a bar stands for is in the text as a minus sign that is not seen, so that readers copy and hear what they can
type.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_BAR = Markup('<span class="bar"><span class="unseen">-</span>{}</span>')
_SYMBOL = re.compile(r"-(?P<bar>\d)|_(?P<sub>\w)|(?P<letter>[A-Za-z])|(?P<other>[^A-Za-z_-]+|.)")
_COORDINATE = re.compile(
    r"(?:(?<=^)|(?<=, ))-(?P<number>\d*)(?P<bar>[xyz])|(?P<letter>[xyz])|(?P<other>[^-xyz]+|.)"
)


def symbol_html(symbol: str) -> Markup:
    """A Hermann-Mauguin symbol, such as ``P2_1/c`` or ``Fd-3m``."""
    pieces = Markup("").join(_symbol_piece(match) for match in _SYMBOL.finditer(symbol))
    return Markup('<span class="symbol">{}</span>').format(pieces)


def schoenflies_html(symbol: str) -> Markup:
    """``C2h^5`` with lower and upper index."""
    match = re.fullmatch(r"([A-Z])(\w*)\^(\d+)", symbol)
    if match is None:
        return escape(symbol)
    return Markup('<i>{}</i><span class="stack"><sup>{}</sup><sub>{}</sub></span>').format(
        match[1], match[3], match[2]
    )


def coordinates_html(triplet: str) -> Markup:
    """``-x+1/4, y, z`` as a point or an operation is printed in International Tables."""
    pieces = Markup("").join(_coordinate_piece(match) for match in _COORDINATE.finditer(triplet))
    return Markup('<span class="triplet">{}</span>').format(pieces)


def condition_html(text: str) -> Markup:
    """``hkl: h=2n+1 or h+k+l=4n``: letters in italics; lines break between alternatives only."""
    label, _, rest = text.partition(": ")
    pieces = re.split(r"(,? or )", rest)
    parts = [Markup('<span class="nowrap">{}</span>').format(_letters(piece)) for piece in pieces[::2]]
    joined = parts[0] + Markup("").join(word + part for word, part in zip(pieces[1::2], parts[1:], strict=True))
    return Markup('<span class="condition"><span class="class">{}:</span> {}</span>').format(
        _letters(label), joined
    )


def _letters(text: str) -> Markup:
    pieces = re.split(r"(?<![a-z])([hkli]+|n)(?![a-z])", text.replace("-", "\u2212").replace("=", "\u2009=\u2009"))
    return Markup("").join(Markup("<i>{}</i>").format(one) if odd % 2 else one for odd, one in enumerate(pieces))


def component_html(text: str) -> Markup:
    """``(C11-C12)/2`` with lower indices and minus signs."""
    pieces = (
        Markup("{}<sub>{}</sub>").format(match[1], match[2]) if match[1] else match[0].replace("-", "\u2212")
        for match in re.finditer(r"([A-Za-z])(\d+)|[^A-Za-z]+|.", text)
    )
    return Markup("").join(pieces)


def _symbol_piece(match: re.Match[str]) -> Markup:
    if match["bar"]:
        return _BAR.format(match["bar"])
    if match["sub"]:
        return Markup("<sub>{}</sub>").format(match["sub"])
    if match["letter"]:
        return Markup("<i>{}</i>").format(match["letter"])
    return escape(match["other"])


def _coordinate_piece(match: re.Match[str]) -> Markup:
    if match["bar"]:
        # The sign stands first in the text: -2x; the bar is over the letter only.
        return Markup('<span class="unseen">-</span>{}<i class="bar">{}</i>').format(match["number"], match["bar"])
    if match["letter"]:
        return Markup("<i>{}</i>").format(match["letter"])
    return escape(match["other"].replace("-", "\u2212"))
