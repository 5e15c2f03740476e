"""Crystals to predict for, from whatever holds them: crystal files, lists of them, folders, compiled datasets.

One that cannot be read never stands in the way of the others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_compiler import available_cores, compile_crystal
from basis_compiler.crystals.entries import CrystalFile, Entry
from basis_compiler.crystals.sources import read_source
from basis_compiler.processes import in_processes
from basis_store import (
    CertificateError,
    CrystalError,
    CrystalRecord,
    SgbasisError,
    open_crystals,
)

_CHUNK = 64
"""Entries that a process works on at once; fewer than two chunks are not worth a process."""

_NO_CRYSTAL = (CrystalError, CertificateError, np.linalg.LinAlgError)
"""What is wrong with one crystal, and no reason to give up on the others."""

_DATASET = (".h5", ".hdf5")


class Reading(NamedTuple):
    """One crystal, or why there is none.

    Attributes:
        source: the file that holds it.
        crystal: a record; or one line that names the source and says what is wrong.
    """

    source: str
    crystal: CrystalRecord | str


class _Task(NamedTuple):
    """One entry, and the path to say in messages instead of the entry's name."""

    source: str
    entry: Entry


def read_inputs(
    paths: Sequence[Path], *, tolerance: float, progress: Callable[[int, int], object] | None = None
) -> list[Reading]:
    """Read and standardise the crystals of ``paths``, in their order; on all cores when there are many.

    Args:
        paths: compiled datasets, and all that :mod:`basis_compiler.crystals.sources` reads.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        progress: called with the number of entries finished, and of all.
    """
    parts = [one for path in paths for one in _part(path)]
    compiled = iter(_compiled([one for one in parts if isinstance(one, _Task)], tolerance, progress))
    return [reading for one in parts for reading in (next(compiled) if isinstance(one, _Task) else [one])]


def _part(path: Path) -> list[Reading | _Task]:
    try:
        if path.suffix.lower() in _DATASET:
            return [Reading(str(path), record) for record in open_crystals(path)]
        entries = read_source(path).entries
    except (SgbasisError, OSError) as error:
        return [Reading(str(path), _message(error, path, path.name))]
    return [_Task(str(one.path if isinstance(one, CrystalFile) else path), one) for one in entries]


def _compiled(
    tasks: Sequence[_Task], tolerance: float, progress: Callable[[int, int], object] | None
) -> list[list[Reading]]:
    """The outcome of each task, in order."""
    chunks = [(start, tasks[start : start + _CHUNK]) for start in range(0, len(tasks), _CHUNK)]
    compile_one = functools.partial(_compile_chunk, tolerance)
    results = (
        in_processes(compile_one, chunks, workers=available_cores(), remedy="fewer crystals")
        if len(chunks) > 1
        else map(compile_one, chunks)
    )
    outcomes: dict[int, list[list[Reading]]] = {}
    done = 0
    for start, chunk in results:
        outcomes[start] = chunk
        done += len(chunk)
        if progress is not None:
            progress(done, len(tasks))
    return [outcome for start in sorted(outcomes) for outcome in outcomes[start]]


def _compile_chunk(tolerance: float, chunk: tuple[int, Sequence[_Task]]) -> tuple[int, list[list[Reading]]]:
    start, tasks = chunk
    return start, [list(_readings(task, tolerance)) for task in tasks]


def _readings(task: _Task, tolerance: float) -> Iterator[Reading]:
    source, entry = task
    try:
        for sample in entry.samples(tolerance):
            try:
                crystal = compile_crystal(sample.build(), identifier=sample.identifier, tolerance=tolerance)
                yield Reading(source, crystal)
            except _NO_CRYSTAL as error:
                yield Reading(source, _message(error, source, Path(source).name))
    except (CrystalError, OSError) as error:
        yield Reading(source, _message(error, source, Path(source).name))


def _message(error: Exception, source: str | Path, name: str) -> str:
    """One line that begins with the path; messages from below begin with the file's name or with neither."""
    text = " ".join(((isinstance(error, OSError) and error.strerror) or str(error)).split())
    for known in (str(source), name):
        if text.startswith(known):
            return f"{source}{text.removeprefix(known)}"
    return f"{source}: {text}"
