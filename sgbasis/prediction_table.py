"""Predictions as tables and lines for people, as CSV and as JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sgbasis.predicting import Prediction

_COLUMNS = ("file", "identifier", "formula", "space group", "property", "value", "unit", "notes")

def csv_text(predictions: Sequence[Prediction]) -> str:
    """One row per crystal and property, below a row of names; the value of a tensor is a matrix in JSON."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(name.replace(" ", "_") for name in _COLUMNS)
    writer.writerows(_row(one, _plain_text(one)) for one in predictions)
    return buffer.getvalue()


def jsonl_text(predictions: Sequence[Prediction]) -> str:
    """One object per crystal and property, a line each; tensors as matrices, as in :func:`csv_text`."""
    lines = []
    for one in predictions:
        record = dict(zip((name.replace(" ", "_") for name in _COLUMNS), _row(one, ""), strict=True))
        record |= {"value": _matrix(one.value), "notes": list(one.notes)}
        lines.append(json.dumps(record, allow_nan=False) + "\n")
    return "".join(lines)


def text_report(predictions: Sequence[Prediction]) -> str:
    """Numbers in a table; below it each tensor, with what it says about the crystal."""
    numbers = [one for one in predictions if isinstance(one.value, float)]
    blocks = [_text_table(numbers)] if numbers else []
    for (source, identifier), some in groupby(predictions, lambda one: (one.source, one.identifier)):
        tensors = [one for one in some if not isinstance(one.value, float)]
        for one in tensors:
            title = f"{one.property} of {one.formula} ({one.setting.number} {one.setting.symbol}), {source or identifier}"
            notes = [f"note: {note}" for note in one.notes]
            blocks.append("\n".join([title, "-" * len(title), *_tensor_lines(one), *notes]))
    return "\n\n".join(blocks)


def _text_table(predictions: Sequence[Prediction]) -> str:
    rows = [_COLUMNS, *(_row(one, f"{one.value:.6g}") for one in predictions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if name == "value" else cell.ljust(w)
            for name, cell, w in zip(_COLUMNS, row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _tensor_lines(one: Prediction) -> list[str]:
    from sgbasis.tensor_report import dielectric_lines, elastic_lines, piezoelectric_lines

    assert not isinstance(one.value, float)
    if one.value.ndim == 3:
        return piezoelectric_lines(one.value, one.record)
    if one.value.ndim == 4:
        return elastic_lines(one.value, one.record)
    return dielectric_lines(one.value, one.record, electronic="electronic" in one.property)


def _row(one: Prediction, value: str) -> tuple[str, ...]:
    group = f"{one.setting.number} {one.setting.symbol}"
    return one.source, one.identifier, one.formula, group, one.property, value, one.unit, "; ".join(one.notes)


def _plain_text(one: Prediction) -> str:
    return f"{one.value:.6g}" if isinstance(one.value, float) else json.dumps(_matrix(one.value))


def _matrix(value: float | NDArray[np.float64]) -> object:
    """Six digits; (3, 3), (3, 6) or (6, 6) of a tensor in Voigt's form, in the frame of the crystal's source."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    from runtime.tensors import piezoelectric_matrix, stiffness_matrix

    forms = {2: np.asarray, 3: piezoelectric_matrix, 4: stiffness_matrix}
    return [[float(f"{entry:.6g}") + 0.0 for entry in row] for row in forms[value.ndim](value)]
