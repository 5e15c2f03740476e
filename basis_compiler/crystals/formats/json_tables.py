"""Tables of pandas as JSON (``orient="split"``), a row at a time: of any length, in the memory of one row."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from basis_compiler.crystals.formats.entries import Row
from basis_compiler.crystals.formats.input_text import TOO_DEEP, InputText, changed, too_long
from basis_compiler.crystals.formats.json_structures import described_crystal
from basis_store import CrystalError

_BLOCK = 1 << 20
_SPACE = re.compile(r"[ \t\n\r]*")
_FIRST_ROWS = 100
"""In which the column of structures is looked for."""


def table_rows(source: InputText) -> Iterator[Row] | None:
    """The rows of a table, or None if the file describes one crystal.

    Raises:
        CrystalError: it is neither, or a value of it is longer than the limit; also while rows are taken.
    """
    columns, index, holding = None, None, None
    kinds: dict[str, object] = {}
    is_single = False
    reader = _JsonReader(source)
    for key in reader.members():
        if key == "data" and reader.peek() == "[":
            lengths, structures = _survey(reader.items())
            holding = lengths, structures
        elif key in ("columns", "index"):
            value = reader.value()
            columns, index = (value, index) if key == "columns" else (columns, value)
        else:  # what a single crystal would have; the values may be long and are read again with the file
            value = reader.value()
            kinds[key] = type(value)()
            is_single = is_single or described_crystal({key: value}) is not None
            del value
    reader.end()
    if is_single or described_crystal(kinds) is not None:
        return None
    if not isinstance(columns, list) or holding is None:
        raise _no_table(source)
    names = [str(column) for column in columns]
    lengths, structures = holding
    if lengths - {len(names)}:
        raise CrystalError(f"{source.path}: its rows do not all have {len(names)} columns")
    if not structures:
        raise CrystalError(f"{source.path}: no column of it holds structures of pymatgen or JARVIS")
    labels = index if isinstance(index, list) else []
    stem = source.path.name.split(".")[0]
    # Few labels are not plain; those would take much memory.
    labels = [label if isinstance(label, str | int | float) else i for i, label in enumerate(labels)]
    return _rows(source, names, names[min(structures)], labels, stem)


def _survey(rows: Iterator[Any]) -> tuple[set[int], set[int]]:
    """Lengths of the rows, -1 for what is no row; and the columns that hold structures."""
    lengths, structures = set(), set()
    for number, row in enumerate(rows):
        lengths.add(len(row) if isinstance(row, list) else -1)
        if number < _FIRST_ROWS and isinstance(row, list):
            structures |= {i for i, value in enumerate(row) if described_crystal(value) is not None}
    return lengths, structures


def _rows(
    source: InputText, names: Sequence[str], structure: str, labels: Sequence[str | int | float], stem: str
) -> Iterator[Row]:
    reader = _JsonReader(source)
    number = 0
    for key in reader.members():
        if key != "data":
            reader.value()
            continue
        for row in reader.items():
            label = labels[number] if number < len(labels) else number
            number += 1
            if not isinstance(row, list) or len(row) != len(names):
                raise changed(source.path)
            yield Row(
                label if isinstance(label, str) else f"{stem}-{label}",
                dict(zip(names, row, strict=True)),
                structure,
            )


def _no_table(source: InputText) -> CrystalError:
    return CrystalError(
        f"{source.path}: not a table of pandas (index, columns, data), as those of matbench are; "
        "a file with one JSON object per line is called *.jsonl"
    )


class _JsonReader:
    """Reads JSON value by value: the caller says which lists and objects are entered."""

    def __init__(self, source: InputText) -> None:
        self._source = source
        self._file: BinaryIO = source.text()
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._parse = json.JSONDecoder().raw_decode
        self._buffer, self._at, self._has_ended = "", 0, False

    def members(self) -> Iterator[str]:
        """The names of an object; the caller takes the value of each before the next."""
        if self.peek() != "{":
            self.value()
            raise _no_table(self._source)
        self._at += 1
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            name = self.value()
            self._take(":")
            yield str(name)
            if self._take(",}") == "}":
                return

    def items(self) -> Iterator[Any]:
        """The values of a list."""
        self._take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self._take(",]") == "]":
                return

    def end(self) -> None:
        """That nothing follows."""
        if self.peek():
            raise self._wrong("more follows after its end")

    def peek(self) -> str:
        """The next character that is no space; ``""`` at the end of the file."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if self._has_ended:
                return ""
            self._fill(_BLOCK)

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._parse(self._buffer, self._at)
                reason = ""
            except RecursionError as error:
                raise CrystalError(f"{self._source.path}: {TOO_DEEP}") from error
            except json.JSONDecodeError as error:
                end, reason = 0, error.msg
            except ValueError as error:
                raise self._wrong(str(error)) from error
            # A number may go on behind the buffer.
            if end and (end < len(self._buffer) or self._has_ended):
                self._at = end
                return value
            if self._has_ended:
                raise self._wrong(reason)
            length = len(self._buffer) - self._at
            if length > self._source.limit:
                raise CrystalError(f"{self._source.path}: {too_long(self._source.limit)}")
            self._fill(max(length, _BLOCK))

    def _take(self, characters: str) -> str:
        found = self.peek()
        if not found or found not in characters:
            raise self._wrong(f"{' or '.join(characters)} expected")
        self._at += 1
        return found

    def _fill(self, size: int) -> None:
        block = self._file.read(size)
        try:
            text = self._decode.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise self._wrong(str(error)) from error
        self._buffer, self._at, self._has_ended = self._buffer[self._at :] + text, 0, not block

    def _wrong(self, reason: str) -> CrystalError:
        return CrystalError(f"{self._source.path}: not JSON: {reason}")
