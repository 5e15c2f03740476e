"""Tables as a workbook of Excel: numbers as numbers, and texts that are never taken for formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from basis_store.extras import needed_for
from basis_store.printable import FORMULA_STARTS, printable

Cell = str | float | None

_MOST = 32_767
"""Characters that a cell of Excel can hold."""
_WIDTHS = (8, 60)
"""Of a column at least and at most, in characters."""


def workbook_bytes(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """An ``.xlsx`` file with one sheet, the headings in a row that stays in sight.

    Args:
        headings: of the columns.
        rows: the cells; rows are taken one at a time, and not kept.

    Raises:
        MissingDependencyError: openpyxl is not installed.
    """
    with needed_for("an .xlsx file", "tables"):
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("predictions")
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings, 1):
        low, high = _WIDTHS
        sheet.column_dimensions[get_column_letter(number)].width = max(low, min(high, len(heading) + 2))

    def text(cell: str) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, printable(cell)[:_MOST])
        made.data_type = "s"  # openpyxl makes a formula of what begins with =
        # Without it Excel would make a formula of such a text when somebody edits the cell.
        made.quotePrefix = cell.lstrip(" ").startswith(FORMULA_STARTS)
        return made

    bold = Font(bold=True)
    head = [text(one) for one in headings]
    for one in head:
        one.font = bold
    sheet.append(head)
    for row in rows:
        sheet.append([text(cell) if isinstance(cell, str) else cell for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
