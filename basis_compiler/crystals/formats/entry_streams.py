"""Entries of files, read as they are asked for: lines of JSON and frames of extended XYZ, of any number."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from basis_compiler.crystals.formats.entries import Entry, Frame, Line
from basis_compiler.crystals.formats.sources import read_source
from basis_store import CrystalError

_LINES = (".jsonl", ".jsonl.gz")
_FRAMES = (".extxyz", ".xyz")


def is_stream(path: Path) -> bool:
    """Whether the layout of a file, by its name, lets it be read piece by piece."""
    return path.name.lower().endswith(_LINES + _FRAMES)


def stream(path: Path) -> Iterator[Entry]:
    """The entries of a file for which :func:`is_stream` holds, in their order; no more than one is held.

    Raises:
        CrystalError: what stands next is damaged.
        OSError: it does not exist or may not be read.
    """
    return _lines(path) if path.name.lower().endswith(_LINES) else _frames(path)


class Place:
    """Where a process is in a file. Entries that are asked for in ascending order are read once.

    Args:
        path: a file or folder that :mod:`basis_compiler.crystals.formats.sources` reads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = _entries(path)
        self._next = 0

    def take(self, start: int, stop: int) -> list[Entry]:
        """Entries ``start`` to ``stop``.

        Raises:
            CrystalError: they are not there.
        """
        if start < self._next:
            self._entries, self._next = _entries(self._path), 0
        found = list(islice(self._entries, start - self._next, stop - self._next))
        self._next = stop
        if len(found) < stop - start:
            raise CrystalError(f"{self._path}: it was changed while it was read")
        return found


def _entries(path: Path) -> Iterator[Entry]:
    return stream(path) if is_stream(path) else iter(read_source(path).entries)


def _lines(path: Path) -> Iterator[Line]:
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield Line(f"{path.name}:{number}", line)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise CrystalError(f"{path}: damaged or cut off: {error}") from error


def _frames(path: Path) -> Iterator[Frame]:
    stem = path.name.split(".")[0]
    with path.open(encoding="utf-8", errors="replace") as lines:
        heads = (line for line in lines if line.strip())
        for number, head in enumerate(heads, start=1):
            if not re.fullmatch(r"\s*[0-9]{1,9}\s*", head):
                raise CrystalError(f"{path}: frame {number} does not begin with its number of atoms")
            body = list(islice(lines, int(head) + 1))
            if len(body) <= int(head):
                raise CrystalError(f"{path}: frame {number} is cut off")
            yield Frame(f"{stem}-{number}", head + "".join(body))
