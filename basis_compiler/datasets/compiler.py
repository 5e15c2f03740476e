"""Compile files of crystals to a dataset: in parallel, chunk by chunk, resumed after it was killed.

The entries of all inputs are cut into chunks in their order. A finished chunk is a small dataset, kept as
:mod:`basis_compiler.parallel.resumable` describes. So the outcome depends neither on the number of processes nor
on interruptions.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from basis_compiler.crystals.formats.entries import Entry
from basis_compiler.crystals.formats.file_formats import inlined
from basis_compiler.crystals.formats.sources import read_source
from basis_compiler.datasets.chunks import compile_chunk, join_chunks
from basis_compiler.parallel.resumable import ResumableChunks
from basis_store import CrystalError, CrystalRecipe, CrystalTable, SgbasisError, open_crystals
from basis_store.datasets.schema import FORMAT_VERSION
from basis_store.files.atomic_write import check_writable

_CHUNK = 128
"""Entries per chunk: a second or two of work."""

Progress = Callable[[int, int], None]


def compile_dataset(
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    tolerance: float = 0.01,
    units: Mapping[str, str] | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> CrystalTable:
    """Compile the crystals of ``inputs`` to the dataset ``output``.

    Crystals that cannot be compiled are left out and listed with the reason; of several with one identifier, the
    first is kept. Finished chunks are kept in the folder ``output`` + ``.chunks`` until the dataset is whole.

    Args:
        inputs: files and folders; see :mod:`basis_compiler.crystals.formats.sources`.
        output: the file to write; replaced in one step when the new one is whole.
        tolerance: in Angstrom, as for :func:`standardize`.
        units: of targets, by name, in addition to those known for their names.
        workers: processes; the result does not depend on their number.
        scheduler: address of a Dask cluster that does the work instead. Its workers need no shared disk: this
            process sends them the content of the inputs and writes all files itself.
        progress: called with the number of entries finished, and of all.

    Raises:
        CrystalError: an input that cannot be read at all, or no crystal is left.
        CompilationError: a worker process was killed, or the cluster cannot do the work.
        RecipeError: the tolerance is not between 0 and 0.25 Angstrom.
        OSError: an input does not exist, or the output cannot be written.
    """
    output = Path(output)
    check_writable(output)
    sources = [read_source(Path(one)) for one in inputs]
    recipe = CrystalRecipe(
        inputs=tuple(source.recipe_input for source in sources), tolerance=tolerance, units=dict(units or {})
    )
    entries = [entry for source in sources for entry in source.entries]
    chunks = [entries[start : start + _CHUNK] for start in range(0, len(entries), _CHUNK)]
    decided_by = (recipe.to_json(), str(FORMAT_VERSION), str(_CHUNK))
    with ResumableChunks(output, count=len(chunks), decided_by=decided_by, ending=".h5") as files:
        _compile_chunks(files, chunks, tolerance, workers, scheduler, progress or (lambda finished, total: None))
        try:
            join_chunks([open_crystals(path) for path in files.paths], output, recipe)
        except CrystalError:  # there is nothing to resume from
            files.remove()
            raise
        files.remove()
    return open_crystals(output)


def _compile_chunks(
    files: ResumableChunks,
    chunks: Sequence[Sequence[Entry]],
    tolerance: float,
    workers: int,
    scheduler: str | None,
    progress: Progress,
) -> None:
    missing = files.missing(_is_whole)
    total = sum(map(len, chunks))
    done = total - sum(len(chunks[number]) for number in missing)
    progress(done, total)

    def finished(number: int) -> None:
        nonlocal done
        done += len(chunks[number])
        progress(done, total)

    # Files for a cluster are read when they are sent, so that only those of the tasks under way are in memory.
    tasks = (
        (number, chunks[number] if scheduler is None else list(map(inlined, chunks[number]))) for number in missing
    )
    files.compute(
        functools.partial(compile_chunk, tolerance),
        tasks,
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
