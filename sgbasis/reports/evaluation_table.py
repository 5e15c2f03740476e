"""True and predicted values, crystal by crystal: as the content of a CSV file, and the largest errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.printable import csv_cell
from runtime.targets.target import Target

_COLUMNS = ("identifier", "formula", "space_group", "split", "true", "predicted", "error", "low", "high", "unit")
_WORST = 5


def evaluation_csv(
    records: Sequence[CrystalRecord],
    unit: str,
    true: FloatArray,
    predicted: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> str:
    """A row for each of n crystals; what is NaN is empty.

    Args:
        records: of the crystals.
        unit: of the values.
        true: (n,).
        predicted: (n,).
        low: (n,) ends of intervals.
        high: (n,) the same.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    figures = np.stack([true, predicted, predicted - true, low, high], axis=1)
    for record, row in zip(records, figures, strict=True):
        cells = ["" if np.isnan(value) else f"{value:.7g}" for value in row]
        group = f"{record.setting.number} {record.setting.symbol}"
        writer.writerow([csv_cell(record.identifier), record.formula, group, record.split, *cells, unit])
    return buffer.getvalue()


def worst_crystals(
    records: Sequence[CrystalRecord], target: Target, true: FloatArray, predicted: FloatArray
) -> list[dict[str, str | float]]:
    """The crystals with the largest errors, the largest first; none of a target that is no number.

    Args:
        records: of n crystals.
        target: that was compared; where it is learnt as a logarithm, errors are factors.
        true: (n,).
        predicted: (n,).
    """
    if not target.has_interval:
        return []
    log10 = getattr(target, "log10", False)
    errors = np.abs(np.log10(predicted) - np.log10(true)) if log10 else np.abs(predicted - true)
    return [
        {
            "identifier": records[row].identifier,
            "formula": records[row].formula,
            "space_group": f"{records[row].setting.number} {records[row].setting.symbol}",
            "true": float(true[row]),
            "predicted": float(predicted[row]),
        }
        for row in np.argsort(-errors, kind="stable")[:_WORST].tolist()
    ]
