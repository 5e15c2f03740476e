"""True and predicted values, crystal by crystal, as the content of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.printable import csv_cell

_COLUMNS = ("identifier", "split", "true", "predicted", "error", "low", "high", "unit")


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
        writer.writerow([csv_cell(record.identifier), record.split, *cells, unit])
    return buffer.getvalue()
