"""Predictions for one chunk of crystals, as text for the output.

A process that works on chunks keeps the models in memory and computes with one thread, so values, and with them
the files, do not depend on the number of processes.
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
from sgbasis.prediction.inputs import Chunk, readings
from sgbasis.prediction.predict import Prediction, predictions
from sgbasis.prediction.prediction_text import csv_rows, jsonl_text, text_report

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel
    from runtime.pretrained.pretrained import Pretrained

MAX_SITES = 320
"""Sites of an asymmetric unit; with more, models of the default size need a gigabyte."""

_FORMS = {".csv": csv_rows, ".jsonl": jsonl_text, "": text_report}


@dataclass(frozen=True)
class Job:
    """The options that all chunks share.

    Attributes:
        models: folder of each model, and SHA-256 of its description, which contains that of its weights.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        form: ``".csv"`` or ``".jsonl"``, the ending of the output; ``""`` for a report to people.
        standard_input: path of its copy, which is shown as ``-``; ``""`` where it is not read.
    """

    models: tuple[tuple[Path, str], ...]
    tolerance: float
    form: str
    standard_input: str = ""

    def shown(self, text: str) -> str:
        """``text`` as people read it."""
        return text.replace(self.standard_input, "-") if self.standard_input else text


@dataclass(frozen=True)
class ChunkResult:
    """The outcome of a chunk.

    Attributes:
        crystals: how many were predicted.
        predictions: how many, of all models.
        outside: how many of them are for crystals unlike all that the model was trained on.
        noted: how many crystals were read with notes.
        failures: one line for each crystal that could not be read.
        text: of the predictions.
    """

    crystals: int
    predictions: int
    outside: int
    noted: int
    failures: list[str]
    text: str


def chunk_predictions(job: Job, chunk: Chunk) -> tuple[int, list[Prediction], list[str]]:
    """How many crystals a chunk holds, their predictions, and why others could not be read."""
    found: list[tuple[str, CrystalRecord]] = []
    failures: list[str] = []
    for source, crystal in readings(chunk, tolerance=job.tolerance):
        if isinstance(crystal, str):
            failures.append(job.shown(crystal))
        elif len(crystal) > MAX_SITES:
            failures.append(
                f"{job.shown(source)}: {crystal.identifier}: {len(crystal)} sites; at most {MAX_SITES} are "
                "predicted, since memory grows with the square of their number"
            )
        else:
            found.append((job.shown(source), crystal))
    return len(found), predictions(found, loaded(job.models)), failures


def numbered_result(job: Job, task: tuple[int, Chunk]) -> tuple[int, ChunkResult]:
    """The result of a chunk, with its number."""
    number, chunk = task
    return number, chunk_result(job, chunk)


def chunk_result(job: Job, chunk: Chunk) -> ChunkResult:
    """Predict for the crystals of a chunk."""
    crystals, predicted, failures = chunk_predictions(job, chunk)
    outside = sum(one.is_outside for one in predicted)
    noted = len({id(one.record) for one in predicted if one.record.notes})
    return ChunkResult(crystals, len(predicted), outside, noted, failures, _FORMS[job.form](predicted))


def encoded_result(job: Job, chunk: Chunk) -> bytes:
    """The result of a chunk as the content of a file: its SHA-256, then JSON."""
    content = json.dumps(asdict(chunk_result(job, chunk))).encode()
    return f"{hashlib.sha256(content).hexdigest()}\n".encode() + content


def read_result(path: Path) -> ChunkResult | None:
    """Inverse of :func:`encoded_result` for a file; None if there is no such file, or it is damaged."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest().encode() != digest:
        return None
    return ChunkResult(**json.loads(content))


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
