"""Predictions for one chunk of crystals, as text for the output.

A process that works on chunks keeps the models, and computes with one thread: values, and so files, do not depend
on how many processes share the work.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from basis_store import CrystalRecord
from basis_store.files.atomic_write import write_atomically
from sgbasis.prediction.input_files import Chunk
from sgbasis.prediction.inputs import readings
from sgbasis.prediction.predict import Prediction, predictions
from sgbasis.prediction.report import text_report
from sgbasis.prediction.table import csv_rows, jsonl_text

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel
    from runtime.pretrained.pretrained import Pretrained

_FORMS = {".csv": csv_rows, ".jsonl": jsonl_text, "": text_report}


@dataclass(frozen=True)
class Job:
    """What is the same for all chunks.

    Attributes:
        models: folder of each model, and SHA-256 of its description, which has that of its weights.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        form: ``".csv"`` or ``".jsonl"``, as the output ends; ``""`` for a report to people.
    """

    models: tuple[tuple[Path, str], ...]
    tolerance: float
    form: str


@dataclass(frozen=True)
class ChunkResult:
    """What became of a chunk.

    Attributes:
        crystals: how many were predicted.
        predictions: how many, of all models.
        outside: how many of them have notes.
        failures: one line for each crystal that could not be read.
        text: of the predictions.
    """

    crystals: int
    predictions: int
    outside: int
    failures: list[str]
    text: str


def chunk_predictions(job: Job, chunk: Chunk) -> tuple[int, list[Prediction], list[str]]:
    """How many crystals a chunk holds, their predictions, and why others could not be read."""
    found: list[tuple[str, CrystalRecord]] = []
    failures: list[str] = []
    for source, crystal in readings(chunk, tolerance=job.tolerance):
        if isinstance(crystal, str):
            failures.append(crystal)
        else:
            found.append((source, crystal))
    return len(found), predictions(found, loaded(job.models)), failures


def numbered_result(job: Job, task: tuple[int, Chunk]) -> tuple[int, ChunkResult]:
    """The result of a chunk, with its number."""
    number, chunk = task
    crystals, predicted, failures = chunk_predictions(job, chunk)
    outside = sum(bool(one.notes) for one in predicted)
    return number, ChunkResult(crystals, len(predicted), outside, failures, _FORMS[job.form](predicted))


def write_chunk(job: Job, task: tuple[Path, Chunk]) -> int:
    """Write the result of a chunk to the file of this name; the number of its entries."""
    path, chunk = task
    _, result = numbered_result(job, (0, chunk))
    content = json.dumps(asdict(result)).encode()
    write_atomically(path, f"{hashlib.sha256(content).hexdigest()}\n".encode() + content)
    return entries(chunk)


def read_chunk(path: Path) -> ChunkResult | None:
    """What :func:`write_chunk` wrote; None if there is no such file, or it is damaged."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest().encode() != digest:
        return None
    return ChunkResult(**json.loads(content))


def entries(chunk: Chunk) -> int:
    """How many a chunk has."""
    return sum(part.stop - part.start for part in chunk)


@functools.lru_cache(maxsize=1)
def loaded(models: tuple[tuple[Path, str], ...]) -> Sequence[tuple[Pretrained, CrystalModel]]:
    """The models of a job; a process loads them once."""
    import torch

    from runtime import load_store
    from runtime.pretrained.pretrained import open_pretrained

    torch.set_num_threads(1)
    store = load_store()
    opened = [open_pretrained(folder) for folder, _ in models]
    return [(one, one.load(store)) for one in opened]
