"""Fill the marked places of a Markdown page with figures.

Two kinds of HTML comments mark a place; they are invisible where the page is rendered.

* ``<!--fig KEY FORMAT-->0.039<!--/-->`` is one figure. KEY is the path of a value in :func:`figures
  <benchmarks.pages.figures.read_figures>`, such as ``models.band_gap.mae``, or two of them with `` / `` between:
  their ratio.
* ``<!-- rows KEY: | {name} | {mae:.3f} | -->`` stands above a table and ``<!-- end -->`` below it. The two lines
  of headings stay; below them every entry of KEY makes a row of this form. A cell with a missing value is empty.

FORMAT is one of Python's, or ``time`` for seconds, ``size`` for bytes, ``log10%`` for an error of a decimal
logarithm as one of the value in per cent, or a number of significant digits.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_FIGURE = re.compile(r"(<!--fig (?P<key>[^>]+?) (?P<format>\S+?)-->)(?P<text>[^<\n]*)(<!--/-->)")
_ROWS = re.compile(
    r"^(?P<open><!-- rows (?P<key>[\w.]+): (?P<row>\|.*\|) -->\n)(?P<head>\|.*\n\|[-:| ]+\|\n)"
    r"(?P<body>(?:\|.*\n)*)(?P<close><!-- end -->)$",
    re.MULTILINE,
)
_ANY_MARK = re.compile(r"<!--.*?-->", re.DOTALL)
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_TIMES = ((120.0, 60.0, "minutes"), (0.995, 1.0, "s"), (0.000995, 1e-3, "ms"), (0.0, 1e-6, "microseconds"))
"""From so many seconds on, the unit in seconds, and its name."""


def filled(page: str, figures: Mapping[str, Any]) -> str:
    """The page with all figures as they are now.

    Raises:
        KeyError: there is no such figure.
        ValueError: a mark is neither of the two kinds, or stands where it would change how the page is rendered.
    """
    _check_marks(page)
    page = _FIGURE.sub(
        lambda found: f"{found[1]}{_figure(found['key'], found['format'], figures)}{found[5]}", page
    )
    return _ROWS.sub(
        lambda found: "".join([
            found["open"], found["head"], *_rows(found["row"], look_up(found["key"], figures)), found["close"],
        ]),
        page,
    )  # fmt: skip


def without_marks(page: str) -> str:
    """The page without its marks and what stands between them: what people typed."""
    page = _ROWS.sub(lambda found: found["head"], page)
    return _FIGURE.sub("", page)


def look_up(key: str, figures: Mapping[str, Any]) -> Any:
    """The value at a path such as ``models.band_gap.mae``; the parts of lists are numbers.

    Raises:
        KeyError: there is none.
    """
    found: Any = figures
    for part in key.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise KeyError(f"there is no figure {key!r}: nothing is called {part!r}") from None
    return found


def significant(value: float, digits: int) -> str:
    """A number with that many significant digits, without an exponent: ``4,650`` with two is ``4,600``.

    >>> significant(0.03991, 2), significant(142.3, 2), significant(1210.4, 3), significant(4.0, 2)
    ('0.040', '140', '1,210', '4.0')
    """
    if not value:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    return f"{round(value, places):,.{max(places, 0)}f}"


def duration(seconds: float) -> str:
    """A time with two significant digits.

    >>> duration(0.0294), duration(4.31), duration(1934.0)
    ('29 ms', '4.3 s', '32 minutes')
    """
    unit, name = next((unit, name) for least, unit, name in _TIMES if seconds >= least)
    return f"{significant(seconds / unit, 2)} {name}"


class _Formatter(string.Formatter):
    """Python's format strings with the further formats of this module."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            raise _MissingError
        if format_spec == "time":
            return duration(value)
        if format_spec == "log10%":
            return f"{significant(100 * (10**value - 1), 2)} %"
        if format_spec == "size":
            unit, name = next((unit, name) for unit, name in _SIZES if value >= 0.1 * unit)
            return f"{significant(value / unit, 2)} {name}"
        if format_spec.isdigit():
            return significant(value, int(format_spec))
        return str(super().format_field(value, format_spec))


class _MissingError(Exception):
    """A row has no value here."""


def _figure(key: str, form: str, figures: Mapping[str, Any]) -> str:
    one, *divisor = (look_up(part, figures) for part in key.split(" / "))
    return _Formatter().format_field(one / divisor[0] if divisor else one, form)


def _rows(template: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a table; the cells of a template are formatted one by one."""
    for entry in entries:
        yield f"|{'|'.join(_cell(cell, entry) for cell in template.strip('|').split('|'))}|\n"


def _cell(template: str, entry: Mapping[str, Any]) -> str:
    try:
        return _Formatter().vformat(template, (), entry).replace("|", r"\|")
    except _MissingError:
        return " "


def _check_marks(page: str) -> None:
    for line in page.splitlines():
        if re.match(r"[\s\d.*+-]*<!--(fig|/)", line):
            raise ValueError(f"a line that begins with a mark is not read as Markdown; move the mark: {line}")
    if left := _ANY_MARK.search(_ROWS.sub("", _FIGURE.sub("", page))):
        raise ValueError(f"not a mark, or one without its other half: {left[0]}")
