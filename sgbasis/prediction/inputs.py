"""Crystals to predict for, from whatever holds them: crystal files, lists of them, folders, compiled datasets.

One that cannot be read never stands in the way of the others.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_compiler import available_cores, compile_crystal
from basis_compiler.crystals.formats.entries import CrystalFile, Entry
from basis_compiler.crystals.formats.entry_streams import Place
from basis_compiler.parallel.processes import in_processes
from basis_store import CertificateError, CrystalError, CrystalRecord
from basis_store.crystals.row_reader import DatasetRows, is_dataset
from sgbasis.prediction.input_files import Chunk, InputFile, cut, message, survey

CHUNK = 256
"""Entries that a process works on at once: some seconds of work. Fewer than two chunks are not worth a process."""

_NO_CRYSTAL = (CrystalError, CertificateError, np.linalg.LinAlgError)
"""What is wrong with one crystal, and no reason to give up on the others."""


class Reading(NamedTuple):
    """One crystal, or why there is none.

    Attributes:
        source: the file that holds it.
        crystal: a record; or one line that names the source and says what is wrong.
    """

    source: str
    crystal: CrystalRecord | str


def read_inputs(path: Path, *, tolerance: float) -> list[Reading]:
    """Read and standardise all crystals of a file or folder, in their order; on all cores when there are many.

    Args:
        path: a compiled dataset, or what :mod:`basis_compiler.crystals.formats.sources` reads.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
    """
    chunks = list(enumerate(cut(survey([path]), CHUNK)))
    read = functools.partial(_numbered, tolerance)
    results = (
        in_processes(read, chunks, workers=available_cores(), hint="fewer crystals")
        if len(chunks) > 1
        else map(read, chunks)
    )
    return [reading for _, found in sorted(results, key=lambda one: one[0]) for reading in found]


def _numbered(tolerance: float, chunk: tuple[int, Chunk]) -> tuple[int, list[Reading]]:
    return chunk[0], list(readings(chunk[1], tolerance=tolerance))


def readings(chunk: Chunk, *, tolerance: float) -> Iterator[Reading]:
    """Read and standardise the crystals of a chunk, in their order.

    Raises:
        CrystalError: a file was changed since it was looked at.
        OSError: it is not there any more.
    """
    for file, start, stop in chunk:
        if file.problem:
            yield Reading(file.path, file.problem)
            continue
        for one in _opened(file).take(start, stop):
            if isinstance(one, CrystalRecord):
                yield Reading(file.path, one)
            else:
                source = str(one.path) if isinstance(one, CrystalFile) else file.path
                yield from _standardised(one, source, tolerance)


@functools.lru_cache(maxsize=1)
def _opened(file: InputFile) -> DatasetRows | Place:
    """The file that this process reads: chunks come in their order, so there is one at a time."""
    path = Path(file.path)
    return DatasetRows(path) if is_dataset(path) else Place(path)


def _standardised(entry: Entry, source: str, tolerance: float) -> Iterator[Reading]:
    try:
        for sample in entry.samples(tolerance):
            try:
                crystal = compile_crystal(sample.build(), identifier=sample.identifier, tolerance=tolerance)
                yield Reading(source, crystal)
            except _NO_CRYSTAL as error:
                yield Reading(source, message(error, source))
    except (CrystalError, OSError) as error:
        yield Reading(source, message(error, source))
