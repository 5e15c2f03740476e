"""The forms in which predictions are printed and written: text, CSV, lines of JSON, workbooks, reports.

Each chunk of crystals becomes text by itself (``rows``), so that processes share the work and it can be resumed;
the output is put together from these texts in the end (``whole``).
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from basis_store.printable import csv_cell
from basis_store.version import VERSION
from sgbasis.prediction.chunk_file import ChunkResult
from sgbasis.prediction.forms.report import MOST, report_page, report_rows
from sgbasis.prediction.forms.tensor_axes import AXES, in_axes
from sgbasis.prediction.forms.wide_rows import (
    FIRST,
    IDENTITY,
    NOTES,
    columns_of,
    crystals_of,
    notes_of,
    quantities_in,
    quantities_of,
    row_of,
)
from sgbasis.prediction.job import Job
from sgbasis.prediction.predicted_value import Prediction
from sgbasis.prediction.prediction_text import csv_head, csv_rows, jsonl_text, text_report
from sgbasis.prediction.property_meanings import meanings

_ABOUT = (
    "A row for each crystal. Values are those of the given geometry, from models trained on calculated data.",
    "_low and _high are the ends of an interval: of ten, nine hold the value of a crystal like those of the "
    "validation split. Tensors and classes have no intervals.",
    "unlike_training says whether a crystal is unlike the training data of a model, or a value cannot mean what "
    "it says: the notes in the last column say why.",
    "Components of tensors are @axes@; pairs of indices are numbered xx yy zz yz xz xy.",
    "Cells show some of the digits of their numbers and hold all of them.",
    f"Written by sgbasis {VERSION}.",
)
"""What a workbook says of its columns, with ``@axes@`` for an entry of :data:`AXES`."""

Results = Callable[[], Iterator[ChunkResult]]
"""The results of all chunks in their order, from the first one each time that it is called."""


@dataclass(frozen=True)
class OutputForm:
    """One form.

    Attributes:
        rows: the text of the predictions of a chunk of a job.
        head: the text above all chunks.
        whole: the bytes of the output, if they are not the head and the texts; such a form cannot be printed.
        most: crystals that an output may hold; None for any number.
    """

    rows: Callable[[Sequence[Prediction], Job], str]
    head: Callable[[Job], str] = lambda job: ""
    whole: Callable[[Job, Results], Iterable[bytes]] | None = None
    most: int | None = None


def output_form(job: Job) -> OutputForm:
    """The form that a job asks for."""
    return FORMS[job.form]


def _wide_csv_head(job: Job) -> str:
    return _csv_text([headings(job)])


def _wide_csv_rows(predictions: Sequence[Prediction], job: Job) -> str:
    return _csv_text(
        [*map(_csv_cell, row_of(one)), csv_cell("; ".join(notes_of(one)))] for one in _crystals(predictions, job)
    )


def _wide_jsonl(predictions: Sequence[Prediction], job: Job) -> str:
    """One object for each crystal; the keys are the headings of the other forms."""
    lines = []
    for one in _crystals(predictions, job):
        names = [*FIRST, *(column.heading for column in columns_of(quantities_in(one)))]
        cells = [_six_digits(cell) if isinstance(cell, float) else cell for cell in row_of(one)]
        record = dict(zip(names, cells, strict=True)) | {NOTES: notes_of(one)}
        lines.append(json.dumps(record, allow_nan=False) + "\n")
    return "".join(lines)


def _cell_lines(predictions: Sequence[Prediction], job: Job) -> str:
    """The cells of each crystal, a line of JSON for each, for :func:`_workbook`."""
    rows = ([*row_of(one), "; ".join(notes_of(one))] for one in _crystals(predictions, job))
    return "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows)


_KEPT = IDENTITY.index("formula") + 1
"""Columns of a workbook that stay in sight."""


def _workbook(job: Job, results: Results) -> Iterator[bytes]:
    from sgbasis.prediction.forms.workbook import workbook_bytes

    lines = itertools.chain.from_iterable(one.text.splitlines() for one in results())
    units = [None] * len(FIRST) + [one.unit for one in columns_of(quantities_of(job))] + [None]
    unread = [line for one in results() for line in one.failures]
    about = [*(line.replace("@axes@", AXES[job.axes]) for line in _ABOUT), *meanings(job)]
    yield workbook_bytes(
        headings(job), map(json.loads, lines), units=units, kept=_KEPT, about=about, unread=unread
    )


def _crystals(predictions: Sequence[Prediction], job: Job) -> Iterator[Sequence[Prediction]]:
    return crystals_of(in_axes(predictions, job.axes), job.n_predictions)


def headings(job: Job) -> list[str]:
    """Of all columns of a table with one row for each crystal."""
    return [*FIRST, *(one.heading for one in columns_of(quantities_of(job))), NOTES]


def _csv_text(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _csv_cell(cell: str | float | None) -> str:
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return "" if cell is None else csv_cell(cell)


def _six_digits(value: float) -> float:
    return float(f"{value:.6g}")


FORMS = {
    "text": OutputForm(lambda predictions, job: text_report(predictions)),
    "csv": OutputForm(lambda predictions, job: csv_rows(in_axes(predictions, job.axes)), lambda job: csv_head()),
    "jsonl": OutputForm(lambda predictions, job: jsonl_text(predictions)),
    "wide csv": OutputForm(_wide_csv_rows, _wide_csv_head),
    "wide jsonl": OutputForm(_wide_jsonl),
    "html": OutputForm(report_rows, whole=lambda job, results: report_page(results(), job), most=MOST),
    "xlsx": OutputForm(_cell_lines, whole=_workbook, most=1_048_575),
}
"""By name; those without ``wide`` or ``text`` are also the endings of files."""
