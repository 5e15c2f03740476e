"""What there is to predict for: every file once from start to end, held in memory only piece by piece.

Then their entries are cut into chunks, in their order, for processes to share.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from basis_compiler.crystals.formats.entry_streams import is_stream, stream
from basis_compiler.crystals.formats.id_prop import LISTING, is_crystal_file
from basis_compiler.crystals.formats.sources import read_source
from basis_store import CrystalError, SgbasisError
from basis_store.crystals.row_reader import DatasetRows, is_dataset


class InputFile(NamedTuple):
    """One file, or a folder with a listing.

    Attributes:
        path: as it was given.
        n_entries: how many it has; 1 for a file that cannot be read.
        digest: of its content.
        problem: one line that begins with the path and says why it cannot be read; ``""`` if it can.
    """

    path: str
    n_entries: int
    digest: str
    problem: str = ""


class Part(NamedTuple):
    """Entries ``start`` to ``stop`` of a file."""

    file: InputFile
    start: int
    stop: int


Chunk = tuple[Part, ...]


def survey(paths: Iterable[Path]) -> list[InputFile]:
    """Count the entries of all files; folders without a listing stand for the crystal files in them."""
    return [_surveyed(one) for path in paths for one in _files(path)]


def cut(files: Sequence[InputFile], size: int) -> list[Chunk]:
    """Chunks of ``size`` entries, the last one of what is left."""
    chunks: list[Chunk] = []
    parts: list[Part] = []
    room = size
    for file in files:
        start = 0
        while start < file.n_entries:
            stop = min(start + room, file.n_entries)
            parts.append(Part(file, start, stop))
            room -= stop - start
            start = stop
            if not room:
                chunks.append(tuple(parts))
                parts, room = [], size
    return [*chunks, tuple(parts)] if parts else chunks


def message(error: Exception, source: str) -> str:
    """One line that begins with the path; messages from below begin with the file's name or with neither."""
    text = " ".join(((isinstance(error, OSError) and error.strerror) or str(error)).split())
    for known in (source, Path(source).name):
        if text.startswith(known):
            return f"{source}{text.removeprefix(known)}"
    return f"{source}: {text}"


def _files(path: Path) -> list[Path]:
    if not path.is_dir() or (path / LISTING).exists():
        return [path]
    names = sorted(one.name for one in os.scandir(path) if one.is_file())
    crystals = [path / name for name in names if is_crystal_file(name) and not name.startswith(".")]
    return crystals or [path]  # what is wrong with a folder without any is said when it is read


def _surveyed(path: Path) -> InputFile:
    try:
        count, digest = _count_and_digest(path)
    except (SgbasisError, OSError) as error:
        return InputFile(str(path), 1, "", message(error, str(path)))
    return InputFile(str(path), count, digest)


def _count_and_digest(path: Path) -> tuple[int, str]:
    if is_dataset(path):
        rows = DatasetRows(path)
        rows.check()
        return len(rows), rows.content_hash
    if not is_stream(path):
        source = read_source(path)
        return len(source.entries), source.stands_for.sha256
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    count = sum(1 for _ in stream(path))
    if not count:
        raise CrystalError(f"{path}: the file is empty")
    return count, digest
