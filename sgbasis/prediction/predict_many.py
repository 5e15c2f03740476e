"""Predict for any number of crystals: in parallel, chunk by chunk, resumed after it was killed.

Chunks of a table that is written are kept as :mod:`basis_compiler.parallel.resumable` describes. Its content
depends neither on the number of processes nor on interruptions, and no process works on more than a chunk at a
time.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from basis_compiler.parallel.parallel_map import numbered, parallel_map
from basis_compiler.parallel.resumable import ResumableChunks
from basis_store import CrystalError
from basis_store.printable import short_line
from sgbasis.prediction.chunk_file import ChunkResult, encoded, read_result
from sgbasis.prediction.chunk_results import division
from sgbasis.prediction.forms.output_forms import output_form
from sgbasis.prediction.inputs import CHUNK, InputFile, cut, n_entries
from sgbasis.prediction.job import Job

LISTED_FAILURES = 20
"""Crystals that cannot be read and are named in the outcome."""

_HINT, _CLUSTER_HINT = "run the same command again", "fewer models"

Progress = Callable[[int], object]


@dataclass
class Outcome:
    """The outcome for all crystals.

    Attributes:
        crystals: how many were predicted.
        predictions: how many, of all models.
        outside: how many of them are for crystals unlike all that the model was trained on.
        noted: how many crystals were read with notes.
        unread: how many crystals could not be read.
        failures: one line each for the first of these.
    """

    crystals: int = 0
    predictions: int = 0
    outside: int = 0
    noted: int = 0
    unread: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, result: ChunkResult) -> None:
        """Add the outcome of a chunk."""
        self.crystals += result.crystals
        self.predictions += result.predictions
        self.outside += result.outside
        self.noted += result.noted
        self.unread += len(result.failures)
        self.failures += result.failures[: LISTED_FAILURES - len(self.failures)]


def print_predictions(
    files: Sequence[InputFile],
    job: Job,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    write: Callable[[str], object],
    progress: Progress,
) -> Outcome:
    """Predict for all crystals and pass on the text of each chunk, in order, as soon as it is complete.

    Args:
        files: where the crystals are.
        job: what to predict.
        workers: processes; a single chunk needs none.
        scheduler: address of a Dask cluster that predicts instead.
        write: called with the texts.
        progress: called with the number of entries finished since the last call.

    Raises:
        CompilationError: a worker process was killed, or the cluster cannot do the work.
    """
    chunks, outcome = cut(files, CHUNK), Outcome()
    divided = division(job, on_cluster=scheduler is not None)
    results = parallel_map(
        functools.partial(numbered, divided.work),
        ((number, divided.prepare(chunk)) for number, chunk in enumerate(chunks)),
        workers=min(workers, len(chunks)),
        scheduler=scheduler,
        hint=_HINT if scheduler is None else _CLUSTER_HINT,
    )
    waiting: dict[int, ChunkResult] = {}
    written = 0
    for number, result in results:
        waiting[number] = divided.finish(result)
        while written in waiting:
            following = waiting.pop(written)
            written += 1
            if following.text:
                above = "\n" * (job.form == "text") if outcome.predictions else output_form(job).head(job)
                write(above + following.text)
            outcome.add(following)
        progress(n_entries(chunks[number]))
    return outcome


def write_predictions(
    files: Sequence[InputFile],
    job: Job,
    output: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress,
) -> Outcome:
    """Predict for all crystals and write the table ``output``, if there are any predictions.

    Finished chunks are kept in :func:`basis_compiler.parallel.resumable.chunk_folder` until it is whole. Crystals
    that cannot be read are listed in :func:`failure_list`, unless the output lists them itself.

    Args:
        files: where the crystals are.
        job: what to predict.
        output: replaced in one step when the new one is whole.
        workers: processes; the result does not depend on their number, and a single chunk needs none.
        scheduler: address of a Dask cluster that predicts instead. Its workers need no shared disk: this process
            sends them models and crystals, and writes all files itself.
        progress: called with the number of entries finished since the last call.

    Raises:
        CompilationError: a worker process was killed, or the cluster cannot do the work.
        CrystalError: there are more crystals than the form of the output holds.
        OSError: the output cannot be written.
    """
    chunks, outcome = cut(files, CHUNK), Outcome()
    most = output_form(job).most
    if most is not None and sum(map(n_entries, chunks)) > most:
        raise CrystalError(f"{output.name} can hold {most:,} crystals, and there are more: write .csv or .jsonl")
    with ResumableChunks(output, count=len(chunks), decided_by=_decided_by(files, job)) as kept:
        # 1. Compute the chunks that are not there from an earlier run.
        missing = kept.missing(lambda path: read_result(path) is not None)
        for number in set(range(len(chunks))).difference(missing):
            progress(n_entries(chunks[number]))
        divided = division(job, on_cluster=scheduler is not None)
        kept.compute(
            divided.work,
            ((number, divided.prepare(chunks[number])) for number in missing),
            content=lambda result: encoded(divided.finish(result)),
            finished=lambda number: progress(n_entries(chunks[number])),
            workers=min(workers, len(missing)),
            scheduler=scheduler,
            hint=_HINT if scheduler is None else _CLUSTER_HINT,
        )
        # 2. Put the output together from their files.
        for result in _results(kept.paths):
            outcome.add(result)
        if outcome.predictions:
            _write_output(kept, job, output, outcome)
        # 3. They are not needed any more.
        kept.remove()
    return outcome


def failure_list(output: Path) -> Path:
    """The file that lists what could not be read: next to the output itself, where links lead."""
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.unreadable.txt")


def _decided_by(files: Sequence[InputFile], job: Job) -> Iterator[str]:
    """Everything that decides the content of the chunks."""
    import torch

    yield from (repr(job), str(CHUNK), torch.__version__)
    yield from map(json.dumps, files)


def _write_output(kept: ResumableChunks, job: Job, output: Path, outcome: Outcome) -> None:
    listing = failure_list(output)
    form = output_form(job)
    if outcome.unread and form.whole is None:
        kept.assemble(
            (_encoded(f"{short_line(line)}\n") for result in _results(kept.paths) for line in result.failures),
            listing,
        )
    else:
        listing.unlink(missing_ok=True)  # of an earlier run
    if form.whole is not None:
        kept.assemble(form.whole(job, lambda: _results(kept.paths)))
        return
    kept.assemble(map(_encoded, chain([form.head(job)], (result.text for result in _results(kept.paths)))))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")  # names of files may be any bytes


def _results(paths: Iterable[Path]) -> Iterator[ChunkResult]:
    for path in paths:
        result = read_result(path)
        if result is None:
            raise CrystalError(f"{path} is gone or damaged: run the same command again")
        yield result
