"""Where crystals come from: files and folders in common layouts, as entries to compile.

- ``*.jsonl``, ``*.jsonl.gz``: one JSON object per line with id, lattice (rows, Angstrom), species (atomic numbers
  or symbols), frac_coords, targets, split; further numbers and truth values are targets as well.
- ``*.json``, ``*.json.gz``: a table of pandas (orient="split") with a column of pymatgen structures, as matbench
  and matminer have them; the other columns are targets.
- ``*.extxyz``, ``*.xyz``: every frame, with the numbers of its comment line as targets.
- A folder: crystal files, with targets from an ``id_prop.csv``.
- Anything else: a CIF or POSCAR file.

Files are read twice: once to count their entries, and again, entry by entry, when those are compiled. In between
they must not change, which is checked.

The formats of files are rows of the table in :mod:`basis_compiler.crystals.formats.file_formats`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from basis_compiler.crystals.formats.entries import Entry, Unreadable, plain_name
from basis_compiler.crystals.formats.file_formats import format_of
from basis_compiler.crystals.formats.folder_contents import not_read
from basis_compiler.crystals.formats.id_prop import LISTING, listed_entries
from basis_compiler.crystals.formats.input_text import (
    MAX_FILE_SIZE,
    changed,
    check_digest,
    digest_of,
    opened,
    stamp,
)
from basis_store import CrystalError, CrystalInput
from basis_store.errors import error_text
from basis_store.files.regular_file import open_regular

_MANY, _SHORTEST = 10_000, 30
"""Many entries that have fewer bytes on average, each of which would get a message of its own, are no crystals."""


@dataclass(frozen=True)
class Source:
    """One file or folder, as it was when its entries were counted.

    Attributes:
        path: of the file or folder.
        recipe_input: its name and hash for the recipe.
        n_entries: how many it has.
        limit: bytes of text that an entry may have.
        listed: the entries; None if they are read from the file when they are needed.
    """

    path: Path
    recipe_input: CrystalInput
    n_entries: int
    limit: int
    listed: list[Entry] | None = None

    @property
    def entries(self) -> list[Entry]:
        """All entries, in memory."""
        return list(self.from_start())

    def from_start(self) -> Iterator[Entry]:
        """The entries, in order.

        Raises:
            CrystalError: the file has changed.
            OSError: it is not there any more.
        """
        if self.listed is None:
            return stream(self.path, limit=self.limit, digest=self.recipe_input.sha256)
        return iter(self.listed)


def read_source(path: Path, *, limit: int = MAX_FILE_SIZE) -> Source:
    """Count the entries of a file or folder; see the head of this module.

    Args:
        path: the file or folder.
        limit: bytes of text that an entry may have.

    Raises:
        CrystalError: it is empty, damaged, or of no known layout.
        OSError: it does not exist, may not be read, or is neither a regular file nor a folder.
    """
    if path.is_dir():
        return _folder(path, limit)
    with opened(path, limit=limit) as source:
        digest, is_empty = digest_of(source)
        if is_empty:
            raise CrystalError(f"{path}: the file is empty")
        count = sum(1 for _ in format_of(path.name).entries(source))
        n_bytes = stamp(source)[0]
    if not count:
        raise CrystalError(f"{path}: it holds no crystals")
    if path.suffix.lower() != ".gz" and count > _MANY and n_bytes < _SHORTEST * count:
        raise CrystalError(
            f"{path}: it holds no crystals: its {count} entries have {n_bytes / count:.0f} bytes on average"
        )
    return Source(path, CrystalInput(name=path.name, sha256=digest), count, limit)


def unreadable_source(path: Path, error: CrystalError | OSError, *, limit: int = MAX_FILE_SIZE) -> Source:
    """In place of what :func:`read_source` refuses: one entry that says why, so that other inputs are read.

    Its hash is that of the file's bytes, or else of the reason.

    Args:
        path: the file or folder.
        error: why it is refused.
        limit: bytes of text that an entry may have.
    """
    problem = error_text(error, str(path), path.name)
    try:
        with open_regular(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        digest = hashlib.sha256(problem.encode("utf-8", "surrogateescape")).hexdigest()
    entry = Unreadable(plain_name(path.name), problem)
    return Source(path, CrystalInput(name=path.name, sha256=digest), 1, limit, [entry])


def reopened_source(path: Path, *, digest: str, n_entries: int, limit: int) -> Source:
    """What :func:`read_source` returned, from its parts; a file is not read before its entries are needed.

    Raises:
        CrystalError: a folder has changed.
        OSError: it is not there any more.
    """
    if not path.is_dir():
        return Source(path, CrystalInput(name=path.name, sha256=digest), n_entries, limit)
    source = _folder(path, limit)
    if source.recipe_input.sha256 != digest:
        raise changed(path)
    return source


def stream(path: Path, *, limit: int = MAX_FILE_SIZE, digest: str = "") -> Iterator[Entry]:
    """The entries of a file, in order; no more than one is in memory.

    Args:
        path: the file.
        limit: bytes of text that an entry may have.
        digest: SHA-256 that the file had before; ``""``: it may have changed.

    Raises:
        CrystalError: the next one is damaged, or the file has changed.
        OSError: the file does not exist, may not be read, or is no regular file.
    """
    kind = format_of(path.name)
    with opened(path, limit=limit, digest=digest) as source:
        if kind.streamed:  # other files are compared when their only entry is read
            check_digest(source)
        before = stamp(source)
        for entry in kind.entries(source):
            if digest and stamp(source) != before:
                raise changed(path)
            yield entry


class EntryCursor:
    """A position in a file or folder. Entries that are taken in ascending order are read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._entries = source.from_start()
        self._next = 0

    def take(self, start: int, stop: int) -> list[Entry]:
        """Entries ``start`` to ``stop``.

        Raises:
            CrystalError: there are fewer, or the file has changed.
        """
        if start < self._next:
            self._entries, self._next = self._source.from_start(), 0
        first, last = start - self._next, stop - self._next
        self._next = stop  # also when this fails: what follows is read from the start
        found = list(islice(self._entries, first, last))
        if len(found) < stop - start:
            raise changed(self._source.path)
        return found


def _folder(path: Path, limit: int) -> Source:
    # Links to folders are folders; pipes, devices and links to nothing are entries that cannot be read.
    files = {one.name: one for one in sorted(path.iterdir()) if not one.name.startswith(".") and not one.is_dir()}
    digests: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, one in files.items():
        try:
            with opened(one) as source:
                digests[name], is_empty = digest_of(source)
        except OSError as error:
            problems[name] = error_text(error)
        else:
            if is_empty:
                problems[name] = "the file is empty"
    lines = "".join(f"{name}\0{digest}\n" for name, digest in digests.items())
    digest = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
    if LISTING in files:
        entries = list(listed_entries(files, digests, limit=limit))
    else:
        entries = list(_entries(files, digests, problems, limit))
    if not entries:
        more = f"; {left}" if (left := not_read(path)) else ""
        raise CrystalError(f"{path}: the folder holds no {LISTING} and no crystal files{more}")
    return Source(path, CrystalInput(name=path.resolve().name, sha256=digest), len(entries), limit, entries)


def _entries(
    files: Mapping[str, Path], digests: Mapping[str, str], problems: Mapping[str, str], limit: int
) -> Iterator[Entry]:
    """The entries of all crystal files of a folder; one that cannot be read does not stop the others."""
    for name, path in files.items():
        if not format_of(name).in_folders:
            continue
        problem = problems.get(name, "")
        if not problem:
            try:
                yield from stream(path, limit=limit, digest=digests[name])
            except (CrystalError, OSError) as error:
                problem = error_text(error, str(path), name)
        if problem:
            yield Unreadable(plain_name(name), problem)
