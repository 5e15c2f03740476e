"""Tables in plain text: cells padded to the width of their column, and escaped where they are not printable."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from basis_store.printable import short_line


def table_lines(rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)) -> list[str]:
    """One line for each row, columns two spaces apart.

    Args:
        rows: cells; all rows have as many. The first row may be the headings.
        left: columns whose cells stand at the left; those of the others stand at the right, as numbers do.
    """
    rows = [[short_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
