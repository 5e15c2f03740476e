"""Predict for any number of crystals: in parallel, chunk by chunk, able to go on after it was killed.

A finished chunk is a file in a folder beside the output, named after everything that decides its content; what is
found there is not done again. At the end the output is put together from them. So it depends neither on the number
of processes nor on how often the work was interrupted, and no process holds more than a chunk at a time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from basis_compiler.parallel.processes import in_processes
from basis_store import CrystalError
from basis_store.files.hdf5_file import provenance
from sgbasis.prediction.chunks import ChunkResult, Job, entries, numbered_result, read_chunk, write_chunk
from sgbasis.prediction.input_files import InputFile, cut
from sgbasis.prediction.inputs import CHUNK
from sgbasis.prediction.table import csv_head

LISTED_FAILURES = 20
"""Crystals that cannot be read and are named in the outcome; of more, all are listed in a file."""

Progress = Callable[[int], object]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass
class Outcome:
    """What became of all crystals.

    Attributes:
        crystals: how many were predicted.
        predictions: how many, of all models.
        outside: how many of them have notes.
        unread: how many crystals could not be read.
        failures: one line each for the first of these.
    """

    crystals: int = 0
    predictions: int = 0
    outside: int = 0
    unread: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, result: ChunkResult) -> None:
        """Take a chunk into account."""
        self.crystals += result.crystals
        self.predictions += result.predictions
        self.outside += result.outside
        self.unread += len(result.failures)
        self.failures += result.failures[: LISTED_FAILURES - len(self.failures)]


def print_predictions(
    files: Sequence[InputFile], job: Job, *, workers: int, write: Callable[[str], object], progress: Progress
) -> Outcome:
    """Predict for all crystals and pass on the text of each chunk, in their order, as they come.

    Args:
        files: where the crystals are.
        job: what to predict.
        workers: processes; a single chunk needs none.
        write: called with the texts.
        progress: called with the number of entries finished since the last call.

    Raises:
        CompilationError: a worker process was killed.
    """
    chunks, outcome = cut(files, CHUNK), Outcome()
    waiting: dict[int, ChunkResult] = {}
    written = 0
    for number, result in _spread(functools.partial(numbered_result, job), [*enumerate(chunks)], workers):
        waiting[number] = result
        while written in waiting:
            following = waiting.pop(written)
            written += 1
            if following.text:
                write("\n" * bool(outcome.predictions) + following.text)
            outcome.add(following)
        progress(entries(chunks[number]))
    return outcome


def write_predictions(
    files: Sequence[InputFile], job: Job, output: Path, *, workers: int, progress: Progress
) -> Outcome:
    """Predict for all crystals and write the table ``output``, if there are any predictions.

    Finished chunks lie in :func:`chunk_folder` until it is whole. If more than :data:`LISTED_FAILURES` crystals
    cannot be read, all are listed in :func:`failure_list`.

    Args:
        files: where the crystals are.
        job: what to predict.
        output: replaced in one step when the new one is whole.
        workers: processes; the result does not depend on their number, and a single chunk needs none.
        progress: called with the number of entries finished since the last call.

    Raises:
        CompilationError: a worker process was killed.
        OSError: the output cannot be written.
    """
    folder = chunk_folder(output)
    current = folder / _key(files, job)
    current.mkdir(parents=True, exist_ok=True)
    try:
        chunks = {current / f"{number:06d}": chunk for number, chunk in enumerate(cut(files, CHUNK))}
        left = []
        for path, chunk in chunks.items():
            if read_chunk(path) is None:
                left.append((path, chunk))
            else:
                progress(entries(chunk))
        for finished in _spread(functools.partial(write_chunk, job), left, workers):
            progress(finished)
        outcome = Outcome()
        for result in _results(chunks):
            outcome.add(result)
        if outcome.predictions:
            _join(list(chunks), job, output, outcome)
        _remove(folder)
    finally:
        with contextlib.suppress(OSError):  # empty ones only
            current.rmdir()
            folder.rmdir()
    return outcome


def chunk_folder(output: Path) -> Path:
    """Where the finished chunks of an output lie: beside the file itself, where the links lead."""
    return _beside(output, "chunks")


def failure_list(output: Path) -> Path:
    """The file that lists what could not be read."""
    return _beside(output, "unreadable.txt")


def _beside(output: Path, ending: str) -> Path:
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.{ending}")


def _key(files: Sequence[InputFile], job: Job) -> str:
    """Name of the folder of chunks: what decides their content, so that no others are taken for them."""
    import torch

    digest = hashlib.sha256(f"{job!r}\n{CHUNK}\n{provenance()}\n{torch.__version__}\n".encode())
    for file in files:
        digest.update(f"{json.dumps(file)}\n".encode())
    return digest.hexdigest()[:16]


def _spread(function: Callable[[_Task], _Result], tasks: Sequence[_Task], workers: int) -> Iterator[_Result]:
    """Results as they come; from this process where others would not pay."""
    if workers <= 1 or len(tasks) <= 1:
        return map(function, tasks)
    return in_processes(function, tasks, workers=workers, hint="run the same command again")


def _join(chunks: Sequence[Path], job: Job, output: Path, outcome: Outcome) -> None:
    listing = failure_list(output)
    if outcome.unread > LISTED_FAILURES:
        lines = (f"{line}\n" for result in _results(chunks) for line in result.failures)
        _put(listing, lines, chunks[0].with_name("listing"))
    else:
        listing.unlink(missing_ok=True)  # of an earlier run
    head = [csv_head()] if job.form == ".csv" else []
    texts = (result.text for result in _results(chunks))
    _put(Path(os.path.realpath(output)), chain(head, texts), chunks[0].with_name("output"))


def _results(chunks: Iterable[Path]) -> Iterator[ChunkResult]:
    for path in chunks:
        result = read_chunk(path)
        if result is None:
            raise CrystalError(f"{path} is gone or damaged: run the same command again")
        yield result


def _put(path: Path, pieces: Iterable[str], part: Path) -> None:
    """Write pieces to ``part``, on the same disk, and then to ``path`` in one step."""
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece.encode("utf-8", "surrogateescape"))  # names of files may be any bytes
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:  # a full disk names no file, a rename names two
        part.unlink(missing_ok=True)
        raise type(error)(error.errno, error.strerror, str(path)) from error


def _remove(folder: Path) -> None:
    """Remove finished chunks, also those of other inputs, and nothing else that somebody may have put there."""
    for one in folder.iterdir():
        if re.fullmatch("[0-9a-f]{16}", one.name):
            shutil.rmtree(one)
    with contextlib.suppress(OSError):
        folder.rmdir()
