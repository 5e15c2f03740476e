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
    first, *others = re.split(r"(?= or )", rest)
    start = Markup('<span class="class">{}:</span> {}').format(_class_html(label), _letters(first))
    lines = [start, *(_letters(other.strip()) for other in others)]
    unbroken = Markup(" ").join(Markup('<span class="nowrap">{}</span>').format(line) for line in lines)
    return Markup('<span class="condition">{}</span>').format(unbroken)


def _class_html(label: str) -> Markup:
    """``h-h0l`` with bars, as coordinates have them."""
    pieces = re.split(r"-(\d*)([hkl])", label)
    barred = zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True)
    after = (
        Markup('<span class="unseen">-</span>{}<i class="bar">{}</i>{}').format(number, letter, _letters(rest))
        for number, letter, rest in barred
    )
    return _letters(pieces[0]) + Markup("").join(after)


def _letters(text: str) -> Markup:
    printed = text.replace("-", "\u2212").replace("=", "\u2009=\u2009")
    pieces = re.split(r"(?<![a-z])([hkli]+|n)(?![a-z])", printed)
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
