"""Text of inputs, read with limits: what a file declares or inflates to never decides how much memory is used.

- Only regular files are opened.
- What one crystal is read from has at most :data:`MAX_FILE_SIZE` bytes: a whole file, or a line, row or frame of a
  longer one. Users may raise this.
- A compressed file that inflates more than text does is refused while it is read.
- A file is compared with the digest that it had when its entries were counted.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from basis_store import CrystalError
from basis_store.files.regular_file import open_regular

MAX_FILE_SIZE = 10_000_000
"""Bytes. Python needs up to thirty times as much memory for JSON of this size."""

_MAX_INFLATION = 100
"""Text of crystals is compressed to a twentieth at best."""

_FREE_INFLATION = 1 << 24
"""Bytes that any compressed file may inflate to."""

_BLOCK = 1 << 20


@dataclass(frozen=True)
class InputText:
    """An open file.

    Attributes:
        path: for messages, and for its names.
        raw: its bytes as they are on disk.
        limit: bytes that an entry of it may have.
        digest: SHA-256 that it should have, for entries that are read later; ``""``: it is not compared.
    """

    path: Path
    raw: BinaryIO
    limit: int
    digest: str = ""

    def text(self) -> BinaryIO:
        """Its bytes from the start, decompressed if its name ends in ``.gz``."""
        self.raw.seek(0)
        if self.path.suffix.lower() != ".gz":
            return self.raw
        return io.BufferedReader(_Inflated(self.path, self.raw), _BLOCK)

    def lines(self) -> Iterator[bytes]:
        """Its lines with their ends; of one that is longer than the limit only the beginning, longer by a byte."""
        file = self.text()
        while line := file.readline(self.limit + 1):
            if len(line) > self.limit and not line.endswith(b"\n"):
                while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
                    pass
            yield line

    def content(self, name: str) -> bytes:
        """All of its text; messages call it ``name``.

        Raises:
            CrystalError: there is more than the limit.
        """
        content = self.text().read(self.limit + 1)
        if len(content) > self.limit:
            raise CrystalError(f"{name}: {too_long(self.limit)}")
        return content


@contextmanager
def opened(path: Path, *, limit: int = MAX_FILE_SIZE, digest: str = "") -> Iterator[InputText]:
    """Open a regular file.

    Args:
        path: the file.
        limit: bytes that an entry of it may have.
        digest: see :class:`InputText`.

    Raises:
        OSError: it does not exist, may not be read, or is no regular file.
    """
    with open_regular(path) as raw:
        yield InputText(path, raw, limit, digest)


def check_digest(source: InputText) -> None:
    """Raise :class:`CrystalError` if a file does not have the digest that it should have."""
    if source.digest and digest_of(source)[0] != source.digest:
        raise changed(source.path)


def digest_of(source: InputText) -> tuple[str, bool]:
    """SHA-256 of the bytes of a file (hexadecimal), and whether they are nothing but space."""
    source.raw.seek(0)
    digest, is_empty = hashlib.sha256(), True
    while block := source.raw.read(_BLOCK):
        digest.update(block)
        is_empty = is_empty and block.isspace()
    return digest.hexdigest(), is_empty


def stamp(source: InputText) -> tuple[int, ...]:
    """What changes when somebody writes to an open file."""
    status = os.fstat(source.raw.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def changed(path: Path) -> CrystalError:
    """The error for a file that is not any more what was counted."""
    return CrystalError(f"{path}: it was changed while it was read: run the same command again")


def too_long(limit: int) -> str:
    """What is wrong with more text than the limit."""
    return (
        f"more than {limit / 1e6:g} MB of text, which is much for one crystal; if it is one, raise the limit with "
        "--max-file-size"
    )


_MAX_NESTING = 32

TOO_DEEP = f"its lists and objects are nested more than {_MAX_NESTING} deep, as no crystal is described"


def json_value(text: bytes | str, name: str) -> Any:
    """The value of a text in JSON that messages call ``name``; raises :class:`CrystalError`."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise CrystalError(f"{name}: {TOO_DEEP}") from error
    except ValueError as error:
        raise CrystalError(f"{name}: not JSON: {error}") from error
    check_nesting(value, name)
    return value


def check_nesting(value: object, name: str) -> None:
    """Raise :class:`CrystalError` if lists and objects are nested deeper than in any description of a crystal."""
    level = [value]
    for _ in range(_MAX_NESTING):
        nested: list[object] = []
        for one in level:
            if isinstance(one, dict | list):
                children = one.values() if isinstance(one, dict) else one
                nested += [child for child in children if isinstance(child, dict | list)]
        if not nested:
            return
        level = nested
    raise CrystalError(f"{name}: {TOO_DEEP}")


class _Inflated(io.RawIOBase):
    """A decompressed file that ends with :class:`CrystalError` where it is damaged, or no compressed text."""

    def __init__(self, path: Path, raw: BinaryIO) -> None:
        self._path, self._raw = path, raw
        self._file = gzip.GzipFile(fileobj=raw, mode="rb")
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self._file.read1(len(buffer))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise CrystalError(f"{self._path}: damaged or cut off: {error}") from error
        self._count += len(block)
        if self._count > _FREE_INFLATION and self._count > _MAX_INFLATION * self._raw.tell():
            raise CrystalError(
                f"{self._path}: it inflates to more than {_MAX_INFLATION} times its size, as no crystals do: "
                "decompress it yourself if you trust it"
            )
        buffer[: len(block)] = block
        return len(block)
