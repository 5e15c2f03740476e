"""Where crystals come from: files and folders in common layouts, as entries to compile.

- ``*.jsonl``, ``*.jsonl.gz``: one JSON object per line with id, lattice (rows, Angstrom), species (atomic numbers
  or symbols), frac_coords, targets, split; further numbers and truth values are targets as well.
- ``*.json``, ``*.json.gz``: a table of pandas (orient="split") with a column of pymatgen structures, as matbench
  and matminer have them; the other columns are targets.
- ``*.extxyz``, ``*.xyz``: every frame, with the numbers of its comment line as targets.
- A folder: crystal files, with targets from an ``id_prop.csv``.
- Anything else: a CIF or POSCAR file.

The formats of files are rows of the table in :mod:`basis_compiler.crystals.formats.file_formats`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from basis_compiler.crystals.formats.entries import Entry
from basis_compiler.crystals.formats.file_formats import format_of
from basis_compiler.crystals.formats.id_prop import LISTING, listed_entries
from basis_store import CrystalError, CrystalInput


@dataclass(frozen=True)
class Source:
    """The entries of one file or folder, and its name and hash for the recipe."""

    recipe_input: CrystalInput
    entries: list[Entry]


def read_source(path: Path) -> Source:
    """The entries of a file or folder; see the head of this module.

    Raises:
        CrystalError: it is empty, damaged, or of no known layout.
        OSError: it does not exist or may not be read.
    """
    if path.is_dir():
        return _folder(path)
    entries = _entries(path)
    if not entries:
        raise CrystalError(f"{path}: it holds no crystals")
    return Source(CrystalInput(name=path.name, sha256=file_digest(path)), entries)


def is_streamed(path: Path) -> bool:
    """Whether a file, by its name, can be read entry by entry."""
    return format_of(path.name).streamed


def stream(path: Path) -> Iterator[Entry]:
    """The entries of a file, in order; no more than one is in memory if :func:`is_streamed`.

    Raises:
        CrystalError: the next one is damaged.
        OSError: the file does not exist or may not be read.
    """
    return format_of(path.name).entries(path)


def file_digest(path: Path) -> str:
    """SHA-256 of the bytes of a file (hexadecimal)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class EntryCursor:
    """A position in a file or folder. Entries that are taken in ascending order are read once.

    Args:
        path: a file or folder that :func:`read_source` reads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = self._from_start()
        self._next = 0

    def take(self, start: int, stop: int) -> list[Entry]:
        """Entries ``start`` to ``stop``.

        Raises:
            CrystalError: there are fewer.
        """
        if start < self._next:
            self._entries, self._next = self._from_start(), 0
        found = list(islice(self._entries, start - self._next, stop - self._next))
        self._next = stop
        if len(found) < stop - start:
            raise CrystalError(f"{self._path}: it was changed while it was read")
        return found

    def _from_start(self) -> Iterator[Entry]:
        return stream(self._path) if is_streamed(self._path) else iter(read_source(self._path).entries)


def _entries(path: Path) -> list[Entry]:
    with path.open("rb") as file:
        if not any(line.strip() for line in file):
            raise CrystalError(f"{path}: the file is empty")
    return list(stream(path))


def _folder(path: Path) -> Source:
    files = {one.name: one for one in sorted(path.iterdir()) if one.is_file() and not one.name.startswith(".")}
    digests = {name: file_digest(one) for name, one in files.items()}
    lines = "".join(f"{name}\0{digest}\n" for name, digest in digests.items())
    recipe_input = CrystalInput(name=path.resolve().name, sha256=hashlib.sha256(lines.encode()).hexdigest())
    if LISTING in files:
        return Source(recipe_input, list(listed_entries(files)))
    crystals = [one for name, one in files.items() if format_of(name).in_folders]
    if not crystals:
        raise CrystalError(f"{path}: the folder holds no {LISTING} and no crystal files")
    return Source(recipe_input, [entry for one in crystals for entry in _entries(one)])
