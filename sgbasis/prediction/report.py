"""Predictions for people: numbers in a table, and below it what each tensor says about its crystal."""

from __future__ import annotations

from collections.abc import Sequence

from sgbasis.prediction.predict import Prediction, tensor_kind
from sgbasis.prediction.table import COLUMNS, row


def text_report(predictions: Sequence[Prediction]) -> str:
    """A table of numbers, then the tensors, in the order of the predictions."""
    numbers = [one for one in predictions if isinstance(one.value, float)]
    tensors = [one for one in predictions if not isinstance(one.value, float)]
    return "\n\n".join([*([_number_table(numbers)] if numbers else []), *map(_tensor_block, tensors)])


def _number_table(predictions: Sequence[Prediction]) -> str:
    rows = [COLUMNS, *(row(one, f"{one.value:.6g}") for one in predictions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name == "value" else cell.ljust(width)
            for name, cell, width in zip(COLUMNS, cells, widths, strict=True)
        ).rstrip()
        for cells in rows
    )


def _tensor_block(one: Prediction) -> str:
    """Below a title: matrices in two frames, figures, notes."""
    title = f"{one.property} of {one.formula} ({one.setting.number} {one.setting.symbol})"
    # A file may hold several crystals, and an object has no file.
    where = " ".join(dict.fromkeys(text for text in (one.source, one.identifier) if text))
    title = f"{title}, {where}" if where else title
    notes = [f"note: {note}" for note in one.notes]
    return "\n".join([title, "-" * len(title), *_tensor_lines(one), *notes])


def _tensor_lines(one: Prediction) -> list[str]:
    from sgbasis.reports.tensor import dielectric_lines, elastic_lines, other_lines, piezoelectric_lines

    assert not isinstance(one.value, float) and one.symmetry is not None
    kind = tensor_kind(one)
    if kind == "elastic":
        return elastic_lines(one.value, one.record)
    if kind == "piezoelectric":
        return piezoelectric_lines(one.value, one.record)
    if kind == "dielectric":
        return dielectric_lines(one.value, one.record, electronic="electronic" in one.property)
    return other_lines(one.value, one.record, one.symmetry, one.unit)
