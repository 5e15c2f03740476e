"""Objects as tables for notebooks, and for other pages: HTML without colours of its own, all texts escaped.

Jupyter calls ``_repr_html_``, which classes write with these functions. Tables inherit colours and fonts, so that
they look right on light and dark pages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape

from basis_store.printable import short_line

_LEFT, _RIGHT = (f' style="text-align:{side};padding:0.15em 0.5em"' for side in ("left", "right"))


class Markup(str):
    """Text that is HTML already and is not escaped."""


def cell_html(value: object) -> Markup:
    """The content of a cell: a :class:`Markup` as it is, all else as escaped text."""
    return value if isinstance(value, Markup) else Markup(escape(short_line(str(value))))


def facts_html(title: object, facts: Iterable[tuple[str, object]]) -> Markup:
    """A table of two columns, names and values; without those whose value is empty.

    Args:
        title: above it.
        facts: names and values; a :class:`Markup` may be a table itself.
    """
    rows = "".join(
        f"<tr><th{_LEFT}>{cell_html(name)}</th><td{_LEFT}>{cell_html(value)}</td></tr>"
        for name, value in facts
        if value not in ("", None, ())
    )
    return Markup(f"<table>{_caption(title)}<tbody>{rows}</tbody></table>")


def rows_html(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, title: object = "", left: Collection[int] = (0,)
) -> Markup:
    """A table with a row of headings.

    Args:
        head: the headings; none for a matrix.
        rows: the cells.
        title: above it.
        left: columns whose cells stand at the left; those of the others stand at the right, as numbers do.
    """

    def line(cells: Sequence[object], kind: str) -> str:
        sides = (_LEFT if i in left else _RIGHT for i in range(len(cells)))
        return "".join(
            f"<{kind}{side}>{cell_html(cell)}</{kind}>" for side, cell in zip(sides, cells, strict=True)
        )

    above = f"<thead><tr>{line(head, 'th')}</tr></thead>" if head else ""
    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return Markup(f"<table>{_caption(title)}{above}<tbody>{body}</tbody></table>")


def matrix_html(rows: Iterable[Iterable[object]]) -> Markup:
    """A matrix without headings."""
    return rows_html((), [list(row) for row in rows], left=())


def symbol_html(symbol: str) -> Markup:
    """A Hermann-Mauguin symbol as printed: bars over rotoinversions, screw axes with a lower index."""
    text = escape(short_line(symbol))
    text = re.sub(r"-(\d)", r'<span style="text-decoration:overline">\1</span>', text)
    return Markup(re.sub(r"_(\w)", r"<sub>\1</sub>", text))


def formula_html(formula: str) -> Markup:
    """A chemical formula as printed: numbers with a lower index."""
    return Markup(re.sub(r"(\d+)", r"<sub>\1</sub>", escape(short_line(formula))))


def indices_html(indices: Iterable[int], brackets: str = "()") -> Markup:
    """Miller indices as printed: bars over negative ones."""
    parts = [f'<span style="text-decoration:overline">{-one}</span>' if one < 0 else str(one) for one in indices]
    return Markup(f"{brackets[0]}{' '.join(parts)}{brackets[1]}")


def _caption(title: object) -> str:
    style = ' style="caption-side:top;text-align:left;font-weight:bold;white-space:nowrap"'
    return f"<caption{style}>{cell_html(title)}</caption>" if title else ""
