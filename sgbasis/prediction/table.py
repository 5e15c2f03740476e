"""Predictions for programs: as CSV and as lines of JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from sgbasis.prediction.predict import Prediction

COLUMNS = ("file", "identifier", "formula", "space group", "property", "value", "unit", "notes")
_NAMES = tuple(name.replace(" ", "_") for name in COLUMNS)


def csv_head() -> str:
    """The row of names that stands above :func:`csv_rows`."""
    return f"{','.join(_NAMES)}\n"


def csv_rows(predictions: Sequence[Prediction]) -> str:
    """One row per crystal and property; the value of a tensor is a matrix in JSON."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for one in predictions:
        value = f"{one.value:.6g}" if isinstance(one.value, float) else json.dumps(_plain(one))
        writer.writerow(row(one, value))
    return buffer.getvalue()


def jsonl_text(predictions: Sequence[Prediction]) -> str:
    """One object per crystal and property, a line each; tensors as matrices, as in :func:`csv_rows`."""
    lines = []
    for one in predictions:
        record: dict[str, object] = dict(zip(_NAMES, row(one, ""), strict=True))
        record |= {"value": _plain(one), "notes": list(one.notes)}
        lines.append(json.dumps(record, allow_nan=False) + "\n")
    return "".join(lines)


def row(one: Prediction, value: str) -> tuple[str, ...]:
    """The cells of one prediction, by :data:`COLUMNS`; ``value`` as it is to be written."""
    group = f"{one.setting.number} {one.setting.symbol}"
    return one.source, one.identifier, one.formula, group, one.property, value, one.unit, "; ".join(one.notes)


def _plain(one: Prediction) -> object:
    """Six digits; tensors in nested lists, in the frame of the crystal's source.

    (3, 6) and (6, 6) in Voigt's form without factors where index symmetry allows it, else all indices.
    """
    if isinstance(one.value, float):
        return float(f"{one.value:.6g}")
    from sgbasis.reports.tensor import matrix_form

    assert one.symmetry is not None
    return _rounded(matrix_form(one.value, one.symmetry.text).tolist())


def _rounded(entries: list[object] | float) -> object:
    if isinstance(entries, list):
        return [_rounded(entry) for entry in entries]  # type: ignore[arg-type]
    return float(f"{entries:.6g}") + 0.0  # no negative zeros
