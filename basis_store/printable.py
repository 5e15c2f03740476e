"""Names, paths and messages as text to print: whatever they hold, they stay on their line and do nothing.

Names come from files of strangers. Printed as they are, control characters move the cursor, change colours or the
title of a window; line breaks forge lines, and directional overrides hide what stands where. Every text that is
printed for people therefore passes :func:`printable`, and every cell of a CSV file :func:`csv_cell`. JSON has
escapes of its own and holds all names exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 1000
"""Characters of an error, a note or a name that are printed."""

_END = 200
"""Characters that are kept of the end of a longer one: it says what to do."""

FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the latter are full-width
"""Characters with which a spreadsheet takes a text for a formula."""


def printable(text: str) -> str:
    """``text`` with escapes, as of Python, in place of all that Unicode does not count as printable.

    These are control and format characters, line breaks, tabs, unpaired surrogates, and all spaces but the usual.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def short_line(text: str) -> str:
    """:func:`printable`; of more than :data:`MAX_LENGTH` characters, the beginning and the end."""
    if len(text) > MAX_LENGTH:
        text = f"{text[: MAX_LENGTH - _END]} ... {text[-_END:]}"
    return printable(text)


def lines_text(lines: Iterable[str]) -> str:
    """Lines as one text; line breaks within them are escaped."""
    return "\n".join(map(printable, lines))


def markdown_text(text: str) -> str:
    """:func:`printable`, with backslashes before what Markdown or HTML could take for markup."""
    return re.sub(r"([\\`*\[\]<>|&~]|\b_|_\b)", r"\\\1", printable(text))


def markdown_code(text: str) -> str:
    """:func:`printable` as a code span of Markdown, also of a text with backticks."""
    shown = printable(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " * (len(fence) > 1)
    return f"{fence}{space}{shown}{space}{fence}"


def csv_cell(text: str) -> str:
    """:func:`printable`, with ``'`` before what a spreadsheet could take for a formula (OWASP, CSV injection).

    A single character is no formula: the file ``-`` keeps its name.
    """
    shown = printable(text)
    return f"'{shown}" if len(shown) > 1 and shown.lstrip(" ").startswith(FORMULA_STARTS) else shown
