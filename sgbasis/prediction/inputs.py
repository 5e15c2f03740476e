"""Crystals to predict for, from whatever holds them: crystal files, lists of them, folders, compiled datasets.

Every file is read once from start to end to count its entries. The entries are cut into chunks, in their order,
for processes to share; each process holds only the entries it works on in memory. A crystal that cannot be read
never stops the others.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from basis_compiler import available_cores
from basis_compiler.crystals.asymmetric_unit import compile_entry
from basis_compiler.crystals.formats.entries import Entry
from basis_compiler.crystals.formats.file_formats import CrystalFile, inlined
from basis_compiler.crystals.formats.folder_contents import folder_files
from basis_compiler.crystals.formats.id_prop import LISTING
from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE, changed
from basis_compiler.crystals.formats.sources import EntryCursor, read_source, reopened_source
from basis_compiler.crystals.space_group_search import ALL_OTHERS, SMALLER
from basis_compiler.parallel.parallel_map import numbered, parallel_map
from basis_store import CrystalError, CrystalRecord, DatasetRows, SgbasisError
from basis_store.datasets.row_reader import is_dataset
from basis_store.errors import error_text

CHUNK = 256
"""Entries that a process works on at once: some seconds of work. Fewer than two chunks are not worth a process."""


class InputFile(NamedTuple):
    """One file, or a folder with a listing.

    Attributes:
        path: as it was given.
        n_entries: how many it has; 1 for a file that cannot be read.
        digest: of its content.
        problem: one line that begins with the path and says why it cannot be read; ``""`` if it can.
        limit: bytes of text that an entry may have.
    """

    path: str
    n_entries: int
    digest: str
    problem: str = ""
    limit: int = MAX_FILE_SIZE


class FileRange(NamedTuple):
    """Entries ``start`` to ``stop`` of a file."""

    file: InputFile
    start: int
    stop: int


Chunk = tuple[FileRange, ...]


class FoundEntry(NamedTuple):
    """One entry of a file, before its crystals are looked at.

    Attributes:
        source: the file that holds it.
        entry: the entry; a crystal that was compiled before; or one line that names the source and says why there
            is none.
    """

    source: str
    entry: Entry | CrystalRecord | str


class Reading(NamedTuple):
    """One crystal, or why there is none.

    Attributes:
        source: the file that holds it.
        crystal: a record; or one line that names the source and says what is wrong.
    """

    source: str
    crystal: CrystalRecord | str


def read_inputs(path: Path, *, tolerance: float, count: int = 1) -> list[Reading]:
    """Read and standardise all crystals of a file or folder, in their order; on all cores when there are many.

    Args:
        path: a compiled dataset, or what :mod:`basis_compiler.crystals.formats.sources` reads.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        count: how many files and folders are read one after the other.
    """
    chunks = list(enumerate(cut(survey([path]), CHUNK)))
    workers = available_cores() if len(chunks) > 1 else 1
    others = other_tolerances(count - 1 + sum(n_entries(chunk) for _, chunk in chunks))
    read = functools.partial(numbered, functools.partial(_readings, tolerance, others))
    results = parallel_map(read, chunks, workers=workers, hint="fewer crystals")
    return [reading for _, found in sorted(results, key=lambda one: one[0]) for reading in found]


def _readings(tolerance: float, others: Sequence[float], chunk: Chunk) -> list[Reading]:
    return list(readings(chunk, tolerance=tolerance, others=others))


def other_tolerances(count: int) -> tuple[float, ...]:
    """The multiples of a tolerance that are tried for notes, too: of many crystals only what costs very little.

    Args:
        count: how many crystals there are.
    """
    return ALL_OTHERS if count <= CHUNK else (SMALLER,)


def survey(paths: Iterable[Path], *, limit: int = MAX_FILE_SIZE) -> list[InputFile]:
    """Count the entries of all files; folders without a listing stand for the crystal files in them.

    Args:
        paths: files and folders.
        limit: bytes of text that an entry may have.
    """
    return [_surveyed(one, limit) for path in paths for one in _files(path)]


def _files(path: Path) -> list[Path]:
    try:
        if not path.is_dir() or (path / LISTING).exists():
            return [path]
        return folder_files(path) or [path]  # an empty folder is reported when it is read
    except OSError:
        return [path]  # as one that may not be read


def _surveyed(path: Path, limit: int) -> InputFile:
    try:
        if is_dataset(path):
            rows = DatasetRows(path)
            rows.check()
            count, digest = len(rows), rows.content_hash
        else:
            source = read_source(path, limit=limit)
            count, digest = source.n_entries, source.recipe_input.sha256
    except (SgbasisError, OSError) as error:
        return InputFile(str(path), 1, "", message(error, str(path)), limit)
    return InputFile(str(path), count, digest, "", limit)


def cut(files: Sequence[InputFile], size: int) -> list[Chunk]:
    """Chunks of ``size`` entries; the last one may be smaller."""
    chunks: list[Chunk] = []
    ranges: list[FileRange] = []
    room = size
    for file in files:
        start = 0
        while start < file.n_entries:
            stop = min(start + room, file.n_entries)
            ranges.append(FileRange(file, start, stop))
            room -= stop - start
            start = stop
            if not room:
                chunks.append(tuple(ranges))
                ranges, room = [], size
    return [*chunks, tuple(ranges)] if ranges else chunks


def n_entries(chunk: Chunk) -> int:
    """Number of entries of a chunk."""
    return sum(one.stop - one.start for one in chunk)


def readings(chunk: Chunk, *, tolerance: float, others: Sequence[float] = ()) -> Iterator[Reading]:
    """Read and standardise the crystals of a chunk, in their order.

    Args:
        chunk: entries of files.
        tolerance: in Angstrom.
        others: of :func:`other_tolerances`.

    Raises:
        As :func:`taken`.
    """
    return compiled(taken(chunk), tolerance=tolerance, others=others)


def taken(chunk: Chunk) -> Iterator[FoundEntry]:
    """Read the entries of a chunk, in their order.

    Raises:
        CrystalError: a file was changed since it was surveyed.
        OSError: it is not there any more.
    """
    for file, start, stop in chunk:
        if file.problem:
            yield FoundEntry(file.path, file.problem)
            continue
        try:
            found: list[CrystalRecord | Entry] = [*_opened(file).take(start, stop)]
        except (CrystalError, OSError) as error:
            if file.n_entries > 1:
                raise
            yield FoundEntry(file.path, message(error, file.path))
            continue
        for one in found:
            yield FoundEntry(str(one.path) if isinstance(one, CrystalFile) else file.path, one)


def sendable(entries: Iterable[FoundEntry]) -> list[FoundEntry]:
    """Entries with the content of the files that are read last, for machines that cannot read them."""
    return [FoundEntry(source, inlined(entry) if isinstance(entry, Entry) else entry) for source, entry in entries]


def compiled(entries: Iterable[FoundEntry], *, tolerance: float, others: Sequence[float]) -> Iterator[Reading]:
    """Standardise the crystals of entries, in their order.

    Args:
        entries: with their sources.
        tolerance: in Angstrom.
        others: of :func:`other_tolerances`.
    """
    for source, entry in entries:
        if not isinstance(entry, Entry):
            yield Reading(source, entry)
            continue
        for _, crystal in compile_entry(entry, tolerance=tolerance, others=others):
            yield Reading(source, crystal if isinstance(crystal, CrystalRecord) else message(crystal, source))


@functools.lru_cache(maxsize=1)
def _opened(file: InputFile) -> DatasetRows | EntryCursor:
    """The file that this process reads: chunks come in their order, so there is one at a time.

    Raises:
        CrystalError: a dataset was changed since it was surveyed.
    """
    path = Path(file.path)
    if not is_dataset(path):
        return EntryCursor(reopened_source(path, digest=file.digest, n_entries=file.n_entries, limit=file.limit))
    rows = DatasetRows(path)
    if rows.content_hash != file.digest:
        raise changed(path)
    rows.check()  # the hash that a file states may not be that of its content
    return rows


def message(error: Exception, source: str) -> str:
    """One line that begins with the path; the text of an error may begin with it, with the name, or neither."""
    text = error_text(error)
    for known in (source, Path(source).name):
        if text.startswith(known):
            return f"{source}{text.removeprefix(known)}"
    return f"{source}: {text}"
