"""Predictions as text: a readable report, CSV, and lines of JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence

import numpy as np

from basis_store.printable import csv_cell, lines_text, short_line
from basis_store.tables.text_table import table_lines
from sgbasis.prediction.forms.tensor_axes import in_axes
from sgbasis.prediction.predicted_value import Prediction, interval_text, number_text, tensor_kind

_COLUMNS = ("file", "identifier", "formula", "space group", "property", "value", "unit", "notes")
_MORE = ("class", "low", "high")
_KEYS = tuple(name.replace(" ", "_") for name in _COLUMNS)


def text_report(predictions: Sequence[Prediction]) -> str:
    """A table of numbers, then the tensors, in the order of the predictions."""
    numbers = [one for one in predictions if isinstance(one.value, float)]
    tensors = [one for one in predictions if not isinstance(one.value, float)]
    return "\n\n".join([*([_number_table(numbers)] if numbers else []), *map(_tensor_block, tensors)])


def csv_head() -> str:
    """The row of names above :func:`csv_rows`."""
    return f"{','.join((*_KEYS, *_MORE))}\n"


def csv_rows(predictions: Sequence[Prediction]) -> str:
    """One row per crystal and property; the value of a tensor is a matrix in JSON, without class and interval.

    Texts are cells that a spreadsheet does not take for formulas: see :func:`basis_store.printable.csv_cell`.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for one in predictions:
        value = f"{one.value:.6g}" if isinstance(one.value, float) else json.dumps(_rounded_value(one))
        cells = dict(zip(_KEYS, map(csv_cell, _cells(one, "")), strict=True))
        ends = ("", "") if one.interval is None else (f"{end:.6g}" for end in one.interval)
        writer.writerow((*(cells | {"value": value}).values(), csv_cell(one.label), *ends))
    return buffer.getvalue()


def jsonl_text(predictions: Sequence[Prediction]) -> str:
    """One object per crystal and property, a line each; tensors as matrices, as in :func:`csv_rows`.

    ``value`` is in the frame of the crystal's source, ``value_ieee`` in the IEEE frame.

    Names are exact. A value that is not finite, of which JSON has none, is null.
    """
    lines = []
    for one in predictions:
        record: dict[str, object] = dict(zip(_KEYS, _cells(one, ""), strict=True))
        record |= {"value": _rounded_value(*in_axes([one], "file")), "notes": list(one.notes)}
        if not isinstance(one.value, float):
            (ieee,) = in_axes([one], "ieee")
            record["value_ieee"] = _rounded_value(ieee)
        if one.label:
            record["class"] = one.label
        if one.interval is not None:
            record["low"], record["high"] = map(_rounded, one.interval)
        lines.append(json.dumps(record, allow_nan=False) + "\n")
    return "".join(lines)


def _number_table(predictions: Sequence[Prediction]) -> str:
    values = (f"{number_text(one)}{f' ({one.label})' if one.label else ''}" for one in predictions)
    rows = [_COLUMNS, *(_cells(one, value) for one, value in zip(predictions, values, strict=True))]
    at = _COLUMNS.index("value") + 1
    if any(one.interval is not None for one in predictions):
        cells = ["90 % interval", *map(interval_text, predictions)]
        rows = [(*row[:at], cell, *row[at:]) for row, cell in zip(rows, cells, strict=True)]
    left = [i for i, name in enumerate(rows[0]) if name != "value"]
    return "\n".join(table_lines(rows, left=left))


def _tensor_block(one: Prediction) -> str:
    """Below a title: matrices in two frames, figures, notes."""
    title = f"{one.property} of {one.formula} ({one.setting.number} {one.setting.symbol})"
    # A file may hold several crystals, and an object has no file.
    where = " ".join(dict.fromkeys(text for text in (one.source, one.identifier) if text))
    title = short_line(f"{title}, {where}" if where else title)
    notes = [f"note: {note}" for note in one.notes]
    return lines_text([title, "-" * len(title), *tensor_lines(one), *map(short_line, notes)])


def tensor_lines(one: Prediction) -> list[str]:
    """What is said of a predicted tensor: matrices in two frames, and figures that follow from them."""
    from sgbasis.reports.tensor import dielectric_lines, elastic_lines, other_lines, piezoelectric_lines

    assert not isinstance(one.value, float) and one.symmetry is not None
    if not np.isfinite(one.value).all():
        return ["no finite values"]
    kind = tensor_kind(one)
    if kind == "elastic":
        return elastic_lines(one.value, one.record)
    if kind == "piezoelectric":
        return piezoelectric_lines(one.value, one.record)
    if kind == "dielectric":
        return dielectric_lines(one.value, one.record, electronic="electronic" in one.property)
    return other_lines(one.value, one.record, one.symmetry, one.unit)


def _cells(one: Prediction, value: str) -> tuple[str, ...]:
    """The cells of one prediction, by :data:`_COLUMNS`; ``value`` as it is to be written."""
    group = f"{one.setting.number} {one.setting.symbol}"
    return one.source, one.identifier, one.formula, group, one.property, value, one.unit, "; ".join(one.notes)


def _rounded_value(one: Prediction) -> object:
    """Six digits; tensors in nested lists.

    (3, 6) and (6, 6) in Voigt notation without factors where index symmetry allows it, else all indices.
    """
    if isinstance(one.value, float):
        return _rounded(one.value)
    from sgbasis.reports.tensor import matrix_form

    assert one.symmetry is not None
    return _rounded(matrix_form(one.value, one.symmetry.text).tolist())


def _rounded(entries: list[object] | float) -> object:
    """Numbers of six digits, without negative zeros; None for one that is not finite."""
    if isinstance(entries, list):
        return [_rounded(entry) for entry in entries]  # type: ignore[arg-type]
    return float(f"{entries:.6g}") + 0.0 if math.isfinite(entries) else None
