"""Compile files of crystals to a dataset: in parallel, chunk by chunk, resumed after it was killed.

The entries of all inputs are cut into chunks in their order. A finished chunk is a small dataset, kept as
:mod:`basis_compiler.parallel.resumable` describes. So the outcome depends neither on the number of processes nor
on interruptions.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from basis_compiler.crystals.formats.entries import Entry
from basis_compiler.crystals.formats.file_formats import inlined
from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE
from basis_compiler.crystals.formats.sources import EntryCursor, Source, read_source, unreadable_source
from basis_compiler.datasets.chunks import compile_chunk, join_chunks
from basis_compiler.parallel.resumable import ResumableChunks
from basis_store import CrystalError, CrystalRecipe, CrystalTable, RecipeError, SgbasisError, open_crystals
from basis_store.datasets.schema import FORMAT_VERSION, SPLITS
from basis_store.files.atomic_write import check_writable

_CHUNK = 128
"""Entries per chunk: a second or two of work."""

Progress = Callable[[int, int], None]


def compile_dataset(
    inputs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    tolerance: float = 0.01,
    units: Mapping[str, str] | None = None,
    split: Sequence[float] = (),
    folds: int = 0,
    seed: int = 0,
    only_split: str = "",
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress | None = None,
    max_file_size: int = MAX_FILE_SIZE,
) -> CrystalTable:
    """Compile the crystals of ``inputs`` to the dataset ``output``.

    Crystals that cannot be compiled, and inputs that cannot be read, are left out and listed with the reason; of
    several crystals with one identifier, the first is kept. Finished chunks are kept in the folder ``output`` +
    ``.chunks`` until the dataset is whole.

    Args:
        inputs: files and folders, or a single one; see :mod:`basis_compiler.crystals.formats.sources`.
        output: the file to write; replaced in one step when the new one is whole.
        tolerance: in Angstrom, as for :func:`standardize`.
        units: of targets, by name, in addition to those known for their names.
        split: shares of train, val and test, such as ``(0.8, 0.1, 0.1)``, into which the crystals are divided by
            structure, see :mod:`basis_compiler.datasets.splits`; default, the splits of the inputs.
        folds: number of folds for cross-validation into which all crystals but those of the split ``test`` are
            divided by structure; default, none.
        seed: of both divisions.
        only_split: ``"train"``, ``"val"`` or ``"test"``: crystals of other splits of the inputs are left out
            before anything is computed.
        workers: processes; the result does not depend on their number.
        scheduler: address of a Dask cluster that does the work instead. Its workers need no shared disk: this
            process sends them the content of the inputs and writes all files itself.
        progress: called with the number of entries finished, and of all.
        max_file_size: in bytes; a crystal file, or the line, row or frame of a crystal, that is larger is left
            out.

    Raises:
        CrystalError: the only input cannot be read, no crystal is left, or fewer structures than parts.
        CompilationError: a worker process was killed, or the cluster cannot do the work.
        RecipeError: the tolerance is not between 0 and 0.25 Angstrom; a split or a number of folds that makes no
            sense.
        OSError: the only input does not exist, or the output cannot be written.
        TypeError: an input is no path.
    """
    output = Path(output)
    check_writable(output)
    if only_split and only_split not in SPLITS:
        raise RecipeError(f"there are the splits train, val and test, but no {only_split!r}")
    recipe = CrystalRecipe(
        tolerance=tolerance,
        units=dict(units or {}),
        split=tuple(split),
        folds=folds,
        seed=seed,
        only_split=only_split,
    )
    sources = _sources([Path(one) for one in _paths(inputs)], max_file_size)
    recipe = replace(recipe, inputs=tuple(source.recipe_input for source in sources))
    chunks = _Chunks(sources)
    # Splits and folds are made in the end, from all chunks together.
    of_chunks = replace(recipe, split=(), folds=0, seed=0)
    decided_by = (of_chunks.to_json(), str(FORMAT_VERSION), str(_CHUNK), str(max_file_size))
    with ResumableChunks(output, count=len(chunks), decided_by=decided_by, ending=".h5") as files:
        compute = functools.partial(compile_chunk, tolerance, only_split)
        _compile_chunks(files, chunks, compute, workers, scheduler, progress or (lambda finished, total: None))
        try:
            join_chunks([open_crystals(path) for path in files.paths], output, recipe)
        except CrystalError:  # there is nothing to resume from
            files.remove()
            raise
        files.remove()
    return open_crystals(output)


def _paths(inputs: Any) -> list[str | os.PathLike[str]]:
    if isinstance(inputs, str | os.PathLike):
        return [inputs]
    listed = [*inputs] if isinstance(inputs, Iterable) else [inputs]
    for one in listed:
        if not isinstance(one, str | os.PathLike):
            raise TypeError(f"inputs are paths of files and folders, not {type(one).__name__}")
    return listed


def _sources(paths: Sequence[Path], limit: int) -> list[Source]:
    """All inputs; of several, one that cannot be read is left out with the reason."""
    sources = []
    for path in paths:
        try:
            sources.append(read_source(path, limit=limit))
        except (CrystalError, OSError) as error:
            if len(paths) == 1:
                raise
            sources.append(unreadable_source(path, error, limit=limit))
    return sources


class _Chunks:
    """The entries of all sources in chunks; those of a chunk are in memory when it is taken."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._cursors = [EntryCursor(source) for source in sources]
        self._starts = list(itertools.accumulate((source.n_entries for source in sources), initial=0))
        self.n_entries = self._starts[-1]

    def __len__(self) -> int:
        return (self.n_entries + _CHUNK - 1) // _CHUNK

    def size(self, number: int) -> int:
        """Entries of a chunk."""
        return min(_CHUNK, self.n_entries - number * _CHUNK)

    def take(self, number: int) -> list[Entry]:
        """The entries of a chunk; chunks are taken in ascending order."""
        start, stop = number * _CHUNK, number * _CHUNK + self.size(number)
        return [
            entry
            for cursor, (first, after) in zip(self._cursors, itertools.pairwise(self._starts), strict=True)
            if start < after and stop > first
            for entry in cursor.take(max(start - first, 0), min(stop, after) - first)
        ]


def _compile_chunks(
    files: ResumableChunks,
    chunks: _Chunks,
    compute: Callable[[Sequence[Entry]], bytes],
    workers: int,
    scheduler: str | None,
    progress: Progress,
) -> None:
    missing = files.missing(_is_whole)
    done = chunks.n_entries - sum(map(chunks.size, missing))
    progress(done, chunks.n_entries)

    def finished(number: int) -> None:
        nonlocal done
        done += chunks.size(number)
        progress(done, chunks.n_entries)

    # Files for a cluster are read when they are sent, so that only those of the tasks under way are in memory.
    tasks = (
        (number, chunks.take(number) if scheduler is None else list(map(inlined, chunks.take(number))))
        for number in missing
    )
    files.compute(
        compute,
        tasks,
        content=bytes,
        finished=finished,
        workers=min(workers, len(missing)),
        scheduler=scheduler,
        hint="smaller inputs",
    )


def _is_whole(path: Path) -> bool:
    try:
        open_crystals(path)
    except (SgbasisError, OSError):
        return False
    return True
