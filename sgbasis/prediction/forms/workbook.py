"""Tables as a workbook of Excel: numbers as numbers, and texts that are never taken for formulas."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence

from basis_store.extras import needed_for
from basis_store.printable import FORMULA_STARTS, printable

Cell = str | float | None

_MOST = 32_767
"""Characters that a cell of Excel can hold."""
_NUMBER_WIDTH, _TEXT_WIDTH, _LAST_WIDTH = 9, 18, 80
"""Of columns of numbers at least, of texts, and of the last column, which has notes; in characters."""
_FORMATS = {
    "GPa": "0.0",
    "C/m^2": "0.000",
    "eV": "0.000",
    "eV/atom": "0.000",
    "log10(GPa)": "0.000",
    "Angstrom": "0.00000",
    "degrees": "0.0000",
    "%": "0.00",
}
"""Of numbers, by unit; others by their size: four digits."""
_RANGE = (1e-3, 1e6)
"""Of sizes that are written without a power of ten."""
_ROUNDING = 1e-12
"""Sizes below this are 0 but for rounding."""


def workbook_bytes(
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    units: Sequence[str | None],
    kept: int = 0,
    about: Sequence[str] = (),
    unread: Sequence[str] = (),
    title: str = "predictions",
) -> bytes:
    """An ``.xlsx`` file: a sheet with the headings in a row that stays in sight, and one about the columns.

    Args:
        headings: of the columns.
        rows: the cells; rows are taken one at a time, and not kept.
        units: of the numbers in each column, which decide how many digits are shown; None for texts.
        kept: columns at the left that stay in sight, too.
        about: lines of the second sheet.
        unread: lines ``file: reason``, of a sheet "not read" that there is only if there are any.
        title: of the first sheet.

    Raises:
        MissingDependencyError: openpyxl is not installed.
    """
    with needed_for("an .xlsx file", "tables"):
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Font
        from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = f"{get_column_letter(kept + 1)}2"
    for number, (heading, unit) in enumerate(zip(headings, units, strict=True), 1):
        least = _NUMBER_WIDTH if unit is not None else _LAST_WIDTH if number == len(headings) else _TEXT_WIDTH
        longest = max(map(len, heading.split()))  # headings are broken at spaces
        sheet.column_dimensions[get_column_letter(number)].width = max(least, longest + 2)

    def text(cell: str) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, printable(cell)[:_MOST])
        made.data_type = "s"  # openpyxl makes a formula of what begins with =
        # Without it Excel would make a formula of such a text when somebody edits the cell.
        made.quotePrefix = cell.lstrip(" ").startswith(FORMULA_STARTS)
        return made

    def made_cell(cell: Cell, unit: str | None) -> WriteOnlyCell | None:
        if cell is None or isinstance(cell, str):
            return None if cell is None else text(cell)
        made = WriteOnlyCell(sheet, cell)
        made.number_format = number_format(cell, unit or "")
        return made

    head = [text(one) for one in headings]
    for one in head:
        one.font = Font(bold=True)
        one.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append(head)
    last = 1
    for row in rows:
        last += 1
        sheet.append([made_cell(cell, unit) for cell, unit in zip(row, units, strict=True)])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{last}"
    if about:
        sheet = book.create_sheet("about")
        sheet.column_dimensions["A"].width = 120
        for line in about:
            sheet.append([text(line)])
    if unread:
        sheet = book.create_sheet("not read")
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _LAST_WIDTH / 2, 120
        sheet.append([text("file"), text("reason")])
        for line in unread:
            file, _, reason = line.partition(": ")
            sheet.append([text(file), text(reason)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def number_format(value: float, unit: str) -> str:
    """The format of Excel in which a number is shown, such as ``"0.000"``; its cell holds all digits.

    Args:
        value: a finite number.
        unit: its unit.
    """
    size = abs(value)
    if isinstance(value, int):
        return "0"
    if unit in _FORMATS or size < _ROUNDING:
        return _FORMATS.get(unit, "0.000")
    if not _RANGE[0] <= size < _RANGE[1]:
        return "0.000E+00"
    decimals = max(0, 3 - math.floor(math.log10(size)))
    return f"0.{'0' * decimals}" if decimals else "0"
