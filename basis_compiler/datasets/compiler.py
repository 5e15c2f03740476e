"""Compile files of crystals to a dataset: in parallel, chunk by chunk, able to go on after it was killed.

The entries of all inputs are cut into chunks in their order. A finished chunk is a small dataset of its own in a
folder beside the output, named after everything that decides its content; what is found there is not done again.
So the outcome depends neither on the number of processes nor on how often the work was interrupted.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from basis_compiler.crystals.formats.carried_file import carried
from basis_compiler.crystals.formats.entries import Entry
from basis_compiler.crystals.formats.sources import read_source
from basis_compiler.datasets.chunks import compile_chunk, join_chunks
from basis_compiler.parallel.parallel_map import parallel_map
from basis_store import CrystalError, CrystalRecipe, CrystalTable, SgbasisError, open_crystals
from basis_store.crystals.schema import FORMAT_VERSION
from basis_store.files.atomic_write import check_writable, write_atomically
from basis_store.files.hdf5_file import provenance

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
    first is kept. Finished chunks lie in the folder ``output`` + ``.chunks`` until the dataset is whole.

    Args:
        inputs: files and folders; see :mod:`basis_compiler.crystals.formats.sources`.
        output: the file to write; replaced in one step when the new one is whole.
        tolerance: in Angstrom, as for :func:`standardize`.
        units: of targets, by name, where they are not known by the name.
        workers: processes; the result does not depend on their number.
        scheduler: address of a Dask cluster that does the work instead. Its workers need no disk in common with
            this process, which sends them the content of the inputs and writes all files itself.
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
        inputs=tuple(source.stands_for for source in sources), tolerance=tolerance, units=dict(units or {})
    )
    entries = [entry for source in sources for entry in source.entries]
    folder = output.with_name(f"{output.name}.chunks")
    current = folder / _key(recipe)
    current.mkdir(parents=True, exist_ok=True)
    chunks = {
        current / f"{start // _CHUNK:06d}.h5": entries[start : start + _CHUNK]
        for start in range(0, len(entries), _CHUNK)
    }
    try:
        _compile_chunks(chunks, tolerance, workers, scheduler, progress or (lambda finished, total: None))
        try:
            join_chunks([open_crystals(path) for path in chunks], output, recipe)
        except CrystalError:  # there is nothing to go on with
            _remove(folder)
            raise
        _remove(folder)
    finally:
        with contextlib.suppress(OSError):  # empty ones only
            current.rmdir()
            folder.rmdir()
    return open_crystals(output)


def _key(recipe: CrystalRecipe) -> str:
    """Name of the folder of chunks: what decides their content, so that no others are taken for them."""
    decides = f"{recipe.to_json()}\n{FORMAT_VERSION}\n{_CHUNK}\n{provenance()}"
    return hashlib.sha256(decides.encode()).hexdigest()[:16]


def _compile_chunks(
    chunks: Mapping[Path, Sequence[Entry]],
    tolerance: float,
    workers: int,
    scheduler: str | None,
    progress: Progress,
) -> None:
    total = sum(map(len, chunks.values()))
    left = {path.name: path for path in chunks if not _is_whole(path)}
    done = total - sum(len(chunks[path]) for path in left.values())
    progress(done, total)
    # Files for a cluster are read when they are sent, so that no more of them are in memory than are under way.
    tasks = (
        (name, chunks[path] if scheduler is None else list(map(carried, chunks[path])))
        for name, path in left.items()
    )
    results = parallel_map(
        functools.partial(compile_chunk, tolerance),
        tasks,
        workers=min(workers, len(left)),
        scheduler=scheduler,
        hint="smaller inputs",
    )
    with contextlib.closing(results):
        for name, image in results:
            write_atomically(left[name], image)
            done += len(chunks[left[name]])
            progress(done, total)


def _remove(folder: Path) -> None:
    """Remove finished chunks, also those of other inputs, and nothing else that somebody may have put there."""
    for one in folder.iterdir():
        if re.fullmatch("[0-9a-f]{16}", one.name):
            shutil.rmtree(one)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_whole(path: Path) -> bool:
    try:
        open_crystals(path)
    except (SgbasisError, OSError):
        return False
    return True
