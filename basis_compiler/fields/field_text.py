"""Content of files of fields, read with limits.

What a file declares or inflates to never decides how much memory is used:

- Only regular files are opened; ``.gz``, ``.bz2`` and ``.xz`` are decompressed.
- A grid is believed only if the rest of the file has room for its values.
- Numbers are parsed in blocks; the first word that is none is named.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.files.regular_file import open_regular

MAX_FIELD_FILE = 2_000_000_000
"""Bytes of a file, decompressed: a CHGCAR of a grid of 450^3 points."""

_FREE_INFLATION = 1 << 26
"""Bytes that any compressed file may inflate to."""

_MAX_INFLATION = 200
"""Digits of a field that varies are compressed to a tenth at best; one with vacuum to less."""

_BLOCK = 1 << 22
_MAX_HEADER_LINE = 10_000

COMPRESSIONS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""What opens a compressed file, by the end of its name."""


def read_content(path: Path) -> bytes:
    """All of a file, decompressed if its name says that it is compressed.

    Raises:
        FieldError: there is more than :data:`MAX_FIELD_FILE`, or it is damaged, or inflates more than fields do.
        OSError: there is no such file, or it may not be read, or it is no regular file.
    """
    opener = COMPRESSIONS.get(path.suffix.lower())
    with open_regular(path) as raw:
        if opener is None:
            return _limited(raw, raw, path)
        try:
            with opener(raw, "rb") as file:
                return _limited(file, raw, path)
        except (gzip.BadGzipFile, lzma.LZMAError, EOFError, zlib.error) as error:
            raise FieldError(f"{path}: damaged or cut off: {error}") from error
        except OSError as error:  # bz2 raises it without a number
            if error.errno is not None:
                raise
            raise FieldError(f"{path}: damaged or cut off: {error}") from error


def _limited(file: BinaryIO, raw: BinaryIO, path: Path) -> bytes:
    blocks, count = [], 0
    while block := file.read(_BLOCK):
        blocks.append(block)
        count += len(block)
        check_inflation(str(path), raw.tell() if file is not raw else count, count)
    return b"".join(blocks)


def check_inflation(name: str, size: int, inflated: int) -> None:
    """Raise :class:`FieldError` for a file that inflates from ``size`` to more bytes than fields do."""
    if inflated > MAX_FIELD_FILE:
        raise FieldError(f"{name}: it has more than {MAX_FIELD_FILE / 1e9:g} GB, too much to read")
    if inflated > _FREE_INFLATION and inflated > _MAX_INFLATION * size:
        raise FieldError(
            f"{name}: it inflates to more than {_MAX_INFLATION} times its size: decompress it yourself if you "
            "trust it"
        )


class FieldText:
    """The text of a file of fields, read from the start to the end.

    Attributes:
        name: of the file, for messages.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self._content = content
        self._position = 0
        self._line_number = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing but space is left."""
        rest = self._content
        while self._position < len(rest) and rest[self._position : self._position + _BLOCK].isspace():
            self._position += _BLOCK
        return not rest[self._position : self._position + _BLOCK].strip()

    def error(self, what: str) -> FieldError:
        """The error that says ``what`` is wrong, with the file and the last line that was read."""
        return FieldError(f"{self.name}: line {self._line_number}: {what}")

    def line(self, what: str = "its header") -> str:
        """The next line, without its end; ``what`` it should be, for the error where there is none."""
        if self._position >= len(self._content):
            raise FieldError(f"{self.name}: the file ends before {what}")
        end = self._content.find(b"\n", self._position)
        end = len(self._content) if end < 0 else end
        if end - self._position > _MAX_HEADER_LINE:
            raise FieldError(f"{self.name}: line {self._line_number + 1} is too long to be {what}")
        line = self._content[self._position : end].decode("latin-1").rstrip("\r")
        self._position = end + 1
        self._line_number += 1
        return line

    def lines_until_blank(self, what: str, *, at_most: int) -> str:
        """The lines up to the next one that is blank, which is read, too."""
        lines: list[str] = []
        while (line := self.line(what)).strip():
            lines.append(line)
            if len(lines) > at_most:
                raise self.error(f"more than {at_most} lines before the blank line that ends {what}")
        return "\n".join(lines) + "\n"

    def numbers(self, count: int, what: str) -> list[float]:
        """The first ``count`` numbers of the next line."""
        return self.parsed(self.line(what).split()[:count], count, what)

    def parsed(self, words: Sequence[str], count: int, what: str) -> list[float]:
        """The ``words`` of the current line as ``count`` numbers."""
        try:
            found = [float(word.replace("D", "E").replace("d", "e")) for word in words]
        except ValueError:
            found = []
        if len(found) != count or not np.isfinite(found).all():
            raise self.error(f"{what} is needed: {count} numbers, not {' '.join(words)[:60]!r}")
        return found

    def integers(self, count: int, what: str) -> list[int]:
        """The first ``count`` integers of the next line."""
        return self.parsed_integers(self.line(what).split()[:count], count, what)

    def parsed_integers(self, words: Sequence[str], count: int, what: str) -> list[int]:
        """The ``words`` of the current line as ``count`` integers."""
        if len(words) != count or not all(re.fullmatch(r"[+-]?\d{1,9}", word) for word in words):
            raise self.error(f"{what} is needed: {count} integers, not {' '.join(words)[:60]!r}")
        return [int(word) for word in words]

    def check_grid(self, shape: Sequence[int], per_point: int = 1, noun: str = "grid points") -> None:
        """Raise :class:`FieldError` unless the rest of the file has room for the values of a grid."""
        count = per_point
        for n in shape:
            if n < 1:
                raise self.error(f"{grid_text(shape)} {noun} are none")
            count *= n
        # A digit and a space are the least that a number takes.
        room = (len(self._content) - self._position + 1) // 2
        if count > room:
            raise self.error(
                f"{grid_text(shape)} {noun} need {count:,} values, but the file ends after {room:,} at most"
            )

    def values(self, shape: Sequence[int], per_point: int = 1, noun: str = "grid points") -> FloatArray:
        """(product of ``shape`` and ``per_point``,) the next values, over as many lines as they take.

        Raises:
            FieldError: there are fewer, or some are no finite real numbers.
        """
        self.check_grid(shape, per_point, noun)
        count = int(np.prod(shape)) * per_point
        end, found = self._end_of_words(count)
        block = self._content[self._position : end]
        numbers = _parsed(block)
        if numbers is None or len(numbers) != found:
            raise self._not_a_number(block)
        if found < count:
            raise FieldError(
                f"{self.name}: it is cut off: {grid_text(shape)} {noun} need {count:,} values, it has {found:,}"
            )
        self._line_number += block.count(b"\n")
        self._position = end
        if not np.isfinite(numbers).all():
            first = int(np.flatnonzero(~np.isfinite(numbers))[0])
            raise FieldError(f"{self.name}: value {first + 1:,} of the grid is {numbers[first]}, not a number")
        return numbers

    def next_words(self) -> list[str]:
        """The words of the next line that has some; it is not read."""
        rest = self._content[self._position : self._position + _BLOCK].lstrip()
        return rest.partition(b"\n")[0].decode("latin-1").split()

    def rest_of_line(self) -> str:
        """What follows on the current line."""
        return self.line("the end of a block") if self._position < len(self._content) else ""

    def skip_to(self, words: Sequence[str]) -> tuple[bool, str]:
        """Go behind the next line that consists of these ``words``.

        Returns:
            Whether there is one, and the first word of a line in between, or after the last, that is no number.
        """
        wanted = [word.encode() for word in words]
        first_text = ""
        while self._position < len(self._content):
            end = self._content.find(b"\n", self._position)
            end = len(self._content) if end < 0 else end
            line = self._content[self._position : min(end, self._position + _MAX_HEADER_LINE)].split()
            self._position = end + 1
            self._line_number += 1
            if line == wanted:
                return True, first_text
            if line and not first_text and not _NUMBER.fullmatch(line[0]):
                first_text = line[0].decode("latin-1")
        return False, first_text

    def _end_of_words(self, count: int) -> tuple[int, int]:
        """Where the next ``count`` words end, and how many there are up to there."""
        found, after_space, position = 0, True, self._position
        while position < len(self._content):
            block = np.frombuffer(self._content, np.uint8, min(_BLOCK, len(self._content) - position), position)
            space = block <= ord(" ")
            starts = ~space & np.concatenate([[after_space], space[:-1]])
            here = int(np.count_nonzero(starts))
            if found + here >= count:
                start = int(np.flatnonzero(starts)[count - found - 1]) + position
                match = _SPACE.search(self._content, start)
                return (match.start() if match else len(self._content)), count
            found += here
            after_space = bool(space[-1])
            position += len(block)
        return len(self._content), found

    def _not_a_number(self, block: bytes) -> FieldError:
        for number, line in enumerate(block.splitlines()):
            for word in line.split():
                if _parsed(word) is None:
                    text = word.decode("latin-1")[:40]
                    self._line_number += number + 1
                    kind = (
                        "a complex number, and fields are real"
                        if re.fullmatch(r"\(.*[,)]?", text)
                        else "no number"
                    )
                    if set(text) == {"*"}:
                        kind = "a number that did not fit its columns"
                    return self.error(f"{text!r} among the values of the grid is {kind}")
        return self.error("what should be the values of the grid is none")


_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eEdD]?[+-]?\d+)?|[+-]?(nan|inf)\w*", re.IGNORECASE)
_SPACE = re.compile(rb"[\x00-\x20]")
_SHORT_EXPONENT = re.compile(rb"(?<=\d)(?=[+-]\d{3})")


def _parsed(block: bytes) -> FloatArray | None:
    """The numbers of a block of text; None if there is anything else."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # what numpy does before 2.4 where it stops
        for attempt in (block, None):
            text = attempt
            if text is None:  # Fortran writes 1.0D+00, and 1.0-100 for exponents of three digits
                text = _SHORT_EXPONENT.sub(b"E", block.replace(b"D", b"E").replace(b"d", b"e"))
            try:
                return np.asarray(np.fromstring(text, sep=" "), dtype=np.float64)
            except (ValueError, DeprecationWarning):
                continue
    return None


def grid_text(shape: Sequence[int]) -> str:
    """A shape as people write it: ``"18 x 18 x 18"``."""
    return " x ".join(str(n) for n in shape)
