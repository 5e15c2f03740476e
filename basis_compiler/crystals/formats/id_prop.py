"""Folders of crystal files with targets in ``id_prop.csv``, as CGCNN, ALIGNN and others have them.

Lines are ``id,value,value ...``; the id is the name of a file with or without its ending. A first line that names
no file and holds no numbers is a header, and a column ``split`` is the split. Without the listing, all crystal
files of the folder are taken.

Semicolons or tabs may stand in place of the commas, as spreadsheets write them; numbers have a decimal point in
any case, since 1,234 is 1.234 to some and 1234 to others.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from basis_compiler.crystals.formats.entries import MAX_PROPERTIES, Entry, Unreadable, plain_name
from basis_compiler.crystals.formats.file_formats import CrystalFile, folder_endings, format_of
from basis_compiler.crystals.formats.input_text import opened
from basis_store import CrystalError
from basis_store.counted import counted

LISTING = "id_prop.csv"

_ROWS_PER_FILE, _MORE_ROWS = 10, 10_000
"""More lines than this are not a listing of the folder."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How the "Unicode text" of Excel begins."""

_DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*,[\d.,]+([eE][+-]?\d+)?")
"""A number with a decimal comma, or with commas between thousands."""


def listed_entries(files: Mapping[str, Path], digests: Mapping[str, str], *, limit: int) -> Iterator[Entry]:
    """The entries of a folder that has a listing.

    Args:
        files: all its files, by name.
        digests: SHA-256 of those that can be read.
        limit: bytes that the listing, and a crystal file, may have.

    Raises:
        CrystalError: the listing is empty or not a table.
        OSError: it may not be read.
    """
    rows = _rows(files, limit)
    names = _column_names(rows[0])
    if _file_of(rows[0][0], files) is None and len(rows[0]) > 1 and all(map(_is_text, rows[0][1:])):
        names = [cell.strip() for cell in rows.pop(0)[1:]]
    used = set()
    for row in rows:
        entry = _entry(row, names, files, digests, limit)
        used.add(entry.name)
        yield entry
    for name in files:
        if format_of(name).in_folders and plain_name(name) not in used:
            yield Unreadable(plain_name(name), f"{LISTING} does not list it")


def _rows(files: Mapping[str, Path], limit: int) -> list[list[str]]:
    listing = files[LISTING]
    with opened(listing, limit=limit) as source:
        content = source.content(str(listing))
    most = _ROWS_PER_FILE * len(files) + _MORE_ROWS
    rows = []
    try:
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, files))
        for row in reader:
            if any(row):
                rows.append(row)
            if len(row) > MAX_PROPERTIES:
                raise CrystalError(f"{listing}: a line of {len(row)} values, more than {MAX_PROPERTIES}")
            if len(rows) > most:
                raise CrystalError(f"{listing}: it has more than {most} lines, for a folder of {len(files)} files")
            if comma := next((cell.strip() for cell in row[1:] if _DECIMAL_COMMA.fullmatch(cell.strip())), ""):
                raise CrystalError(
                    f"{listing}, line {reader.line_num}: {comma} has a comma: write numbers with a decimal point"
                )
    except UnicodeDecodeError as error:
        raise CrystalError(f"{listing}: not UTF-8 text: save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise CrystalError(f"{listing}: not a readable CSV file: {error}") from error
    if not rows:
        raise CrystalError(f"{listing}: the file is empty")
    return rows


def _delimiter(text: str, files: Mapping[str, Path]) -> str:
    """What separates entries: a semicolon or a tab that is in the first line before all commas; or commas."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    first = line.partition(",")[0]
    if ";" in first and _file_of(first.strip('"'), files) is not None:  # names of files may have semicolons
        return ","
    return next((one for one in ";\t" if one in first), ",")


def _column_names(row: list[str]) -> list[str]:
    return ["target"] if len(row) == 2 else [f"target_{i}" for i in range(1, len(row))]


def _entry(
    row: list[str], names: list[str], files: Mapping[str, Path], digests: Mapping[str, str], limit: int
) -> Entry:
    identifier = row[0].strip()
    found = _file_of(identifier, files)
    if found is None:
        return Unreadable(identifier, f"{LISTING} lists it, but there is no such file{_hint(identifier)}")
    if len(row) != len(names) + 1:
        entries = counted(len(row), "entry", "entries")
        return Unreadable(plain_name(found.name), f"its line in {LISTING} has {entries}, not {len(names) + 1}")
    values = {name: _value(cell) for name, cell in zip(names, row[1:], strict=True)}
    split = str(values.pop("split", None) or "")
    return CrystalFile(
        plain_name(found.name),
        found,
        plain_name(found.stem if identifier == found.name else identifier),
        values,
        split,
        digests.get(found.name, ""),
        limit,
    )


def _hint(identifier: str) -> str:
    return ": separate its entries by commas" if len(identifier.split()) > 1 else ""


def _file_of(identifier: str, files: Mapping[str, Path]) -> Path | None:
    names = (identifier.strip() + ending for ending in ("", *folder_endings()))
    return next((files[name] for name in names if name in files), None)


def _value(cell: str) -> float | bool | str | None:
    """The number or truth value in a cell, None for an empty one; the cell itself when it is none of these."""
    if not cell.strip():
        return None
    if (word := cell.strip().lower()) in ("true", "false"):
        return word == "true"
    try:
        return float(cell)
    except ValueError:
        return cell


def _is_text(cell: str) -> bool:
    return isinstance(_value(cell), str)
