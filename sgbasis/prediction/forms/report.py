"""A report as one HTML file: a table of all crystals, and a section with pictures for each of them.

The file needs no network and no other file. All texts from outside are escaped, and it may load nothing: its
Content-Security-Policy allows only what is in it.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

import numpy as np

from basis_store.counted import counted
from basis_store.datasets.units import PURE_NUMBER, with_unit
from basis_store.errors import TensorError
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.printable import lines_text
from basis_store.tables.html_table import Markup, cell_html, facts_html, formula_html, rows_html, symbol_html
from basis_store.version import VERSION
from sgbasis.pictures.tensors.directional import QUANTITIES, directional_of
from sgbasis.pictures.tensors.tensor_surface import tensor_picture
from sgbasis.prediction.chunk_file import ChunkResult
from sgbasis.prediction.forms.tensor_axes import AXES, in_axes
from sgbasis.prediction.forms.wide_rows import crystals_of, notes_of
from sgbasis.prediction.job import Job
from sgbasis.prediction.predicted_value import (
    Prediction,
    interval_ends,
    interval_text,
    number_text,
    tensor_html,
    tensor_kind,
    unit_line,
)
from sgbasis.prediction.prediction_text import tensor_lines
from sgbasis.prediction.property_meanings import meanings

MOST = 1000
"""Crystals of a report: each has pictures."""

_STEP, _DPI = 2, 80
"""Of the pictures, which are drawn by the thousand: see :func:`tensor_picture`."""


def report_rows(predictions: Sequence[Prediction], job: Job) -> str:
    """A line of JSON for each crystal: the cells of its row in the table on top, and its section.

    Args:
        predictions: of a chunk.
        job: what was predicted, and the axes of the matrices.
    """
    lines = []
    for one in crystals_of(predictions, job.n_predictions):
        tensors = [tensor_section(some, job.axes) for some in one if some.symmetry is not None]
        row = {"head": _headings(one), "cells": _cells(one, tensors), "section": _section(one, tensors)}
        lines.append(json.dumps(row) + "\n")
    return "".join(lines)


def report_page(results: Iterator[ChunkResult], job: Job) -> Iterator[bytes]:
    """The whole page, from the texts of all chunks."""
    head = ""
    rows: list[str] = []
    sections: list[str] = []
    failures: list[str] = []
    for result in results:
        failures += result.failures
        for line in result.text.splitlines():
            one = json.loads(line)
            head, number = one["head"], len(rows) + 1
            rows.append(f"<tr>{one['cells'].replace('@number@', str(number))}</tr>\n")
            sections.append(f'<section id="crystal-{number}">{one["section"]}</section>\n')
    unread = ""
    if failures:
        unread = f"<h3>Could not be read</h3>{_notes_html(failures)}"
    page = files("sgbasis.prediction.forms").joinpath("report_page.html").read_text(encoding="utf-8")
    parts = {
        "version": VERSION, "count": counted(len(rows), "crystal"), "head": head, "rows": "".join(rows),
        "unread": unread, "axes": AXES[job.axes],
        "meanings": "".join(f'<p class="quiet">{cell_html(one)}</p>' for one in meanings(job)),
        "sections": "".join(sections),
    }  # fmt: skip
    pieces = re.split("@([a-z]+)@", page)  # every second one is the name of a part; parts are not searched
    yield "".join(parts[one] if i % 2 else one for i, one in enumerate(pieces)).encode("utf-8", "replace")


class TensorSection(Markup):
    """The part of a section that is about one tensor, with a few words for the table on top."""

    summary: str = ""


def tensor_section(one: Prediction, axes: str = "file") -> TensorSection:
    """A heading, the matrix, a picture, and what follows from the tensor."""
    assert not isinstance(one.value, float)
    (shown,) = in_axes([one], axes)
    title = f"<h3>{cell_html(_words(one))}</h3>"
    lines = tensor_lines(one)
    if not np.isfinite(one.value).all() or not one.value.any():
        section = TensorSection(f"{title}<p>{cell_html(lines[0])}</p>")
        section.summary = "0 by symmetry" if not one.value.any() else ""
        return section
    summary, picture = "", ""
    try:
        drawn = directional_of(one)
        summary = drawn.range_text
        about = cell_html(with_unit(f"{drawn.quantity} of {one.formula} by direction: {summary}", one.unit))
        if drawn.is_isotropic:
            picture = f"<p>{cell_html(f'{drawn.quantity}: {drawn.summary}.')}</p>"
        else:
            data = base64.b64encode(tensor_picture([drawn], step=_STEP, dpi=_DPI)).decode()
            picture = f'<img alt="{about}" src="data:image/png;base64,{data}">'
    except TensorError as error:
        picture = f"<p>{cell_html(f'No picture: {error}.')}</p>"
    more = f"<details><summary>Values and frames</summary><pre>{_text(lines)}</pre></details>"
    unit = f"<p>{cell_html(text)}</p>" if (text := unit_line(one)) else ""
    matrix = f'<div class="matrix">{unit}{tensor_html(shown)}{more}</div>'
    section = TensorSection(f'{title}<div class="tensor">{matrix}{picture}</div>')
    section.summary = summary
    return section


def _headings(predictions: Sequence[Prediction]) -> str:
    names = [("crystal", False), ("formula", False), ("space group", True)]
    for one in predictions:
        is_number = isinstance(one.value, float) and not one.label
        name = _words(one)
        if quantity := QUANTITIES.get(tensor_kind(one)):
            name = f"{name}: {quantity}"
        names.append((name if one.label or one.unit == PURE_NUMBER else f"{name} ({_plain_unit(one)})", is_number))
    names.append(("notes", False))
    return "".join(
        f'<th scope="col"{" class=number" * is_number}><button>{cell_html(name)}</button></th>'
        for name, is_number in names
    )


def _cells(predictions: Sequence[Prediction], tensors: Sequence[TensorSection]) -> str:
    first, left = predictions[0], iter(tensors)
    group = f"{first.setting.number} {symbol_html(first.setting.symbol)}"
    cells = [
        f'<td><a href="#crystal-@number@">{cell_html(_name(first))}</a></td>',
        f"<td>{formula_html(first.formula)}</td>",
        f'<td class="number" data-value="{first.setting.number}">{group}</td>',
    ]
    for one in predictions:
        if not isinstance(one.value, float):
            cells.append(f"<td>{cell_html(next(left).summary)}</td>")
        elif one.label:
            cells.append(f"<td>{cell_html(one.label)}</td>")
        else:
            value, shown = (one.value, number_text(one, digits=4)) if math.isfinite(one.value) else ("", "")
            ends = ", ".join(interval_ends(one))
            interval = f" <small>[{ends}]</small>" if ends else ""
            cells.append(f'<td class="number" data-value="{value}">{shown}{interval}</td>')
    notes = notes_of(predictions)
    number = counted(len(notes), "note")
    unlike = any(one.is_outside for one in predictions)
    summary = f"{number}: unlike the training data" if unlike else number
    listed = f"<details><summary>{summary}</summary>{_notes_html(notes)}</details>" if notes else ""
    # Sorted by this column, crystals that are unlike the training data stand together.
    cells.append(f'<td class="about" data-value="{len(notes) + 1000 * unlike}">{listed}</td>')
    return "".join(cells)


def _section(predictions: Sequence[Prediction], tensors: Sequence[TensorSection]) -> str:
    first, record = predictions[0], predictions[0].record
    a, b, c, alpha, beta, gamma = cell_parameters(record.lattice)
    facts = (
        ("file", first.source),
        ("space group", symbol_html(f"{record.setting.label}, {record.setting.name}")),
        ("a, b, c", f"{a:.4f}, {b:.4f}, {c:.4f} \u00c5"),
        ("\u03b1, \u03b2, \u03b3", f"{alpha:.2f}\u00b0, {beta:.2f}\u00b0, {gamma:.2f}\u00b0"),
        ("volume of the cell", f"{record.volume:.2f} \u00c5\u00b3"),
        ("atoms in the cell", f"{int(record.multiplicities.sum())}, {counted(len(record), 'site')}"),
    )
    numbers = [
        (_words(one), with_unit(number_text(one, digits=4), _plain_unit(one)), one.label or interval_text(one))
        for one in predictions
        if isinstance(one.value, float)
    ]
    table = rows_html(("property", "value", "90 % interval, or class"), numbers, left=(0, 1, 2)) if numbers else ""
    notes = notes_of(predictions)
    listed = _notes_html(notes) if notes else ""
    title = f"<h2>{formula_html(first.formula)} <small>{cell_html(_name(first))}</small></h2>"
    return f'{title}{facts_html("", facts)}<br><div class="scroll">{table}</div>{listed}{"".join(tensors)}'


def _notes_html(notes: Sequence[str]) -> str:
    listed = "".join(f"<li>{cell_html(note)}</li>" for note in notes)
    return f'<ul class="notes">{listed}</ul>'


def _words(one: Prediction) -> str:
    """The name of the property in words, which can be broken."""
    return one.property.replace("_", " ")


def _plain_unit(one: Prediction) -> str:
    return one.unit.replace("^2", "\u00b2").replace("^3", "\u00b3")


def _name(one: Prediction) -> str:
    """The name of the crystal, or that of its file."""
    return one.identifier or one.source.rpartition("/")[2]


def _text(lines: Sequence[str]) -> str:
    return escape(lines_text(lines))
