"""Predictions as a table: for people, or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sgbasis.predicting import Prediction

_COLUMNS = ("file", "identifier", "formula", "space group", "property", "value", "unit", "notes")


def csv_text(predictions: Sequence[Prediction]) -> str:
    """One row per crystal and property, below a row of names."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(name.replace(" ", "_") for name in _COLUMNS)
    writer.writerows(map(_row, predictions))
    return buffer.getvalue()


def text_table(predictions: Sequence[Prediction]) -> str:
    """The same in columns."""
    rows = [_COLUMNS, *map(_row, predictions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if name == "value" else cell.ljust(w)
            for name, cell, w in zip(_COLUMNS, row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _row(one: Prediction) -> tuple[str, ...]:
    group = f"{one.setting.number} {one.setting.symbol}"
    notes = "; ".join(one.notes)
    return one.source, one.identifier, one.formula, group, one.property, f"{one.value:.6g}", one.unit, notes
