"""The elements that POSCAR and extended XYZ name, by the same rules as those of CIF (``element_symbols.py``).

Files are rewritten with plain symbols before they are parsed, since parsers know neither ions nor deuterium, and
look for elements where there are none, such as in the words of a comment.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from basis_compiler.crystals.crystal import ELEMENTS, MAX_ATOMS, too_many_atoms
from basis_compiler.crystals.formats.element_symbols import element_of_type, unknown_element
from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE, too_long
from basis_compiler.crystals.formats.poscar_rows import check_poscar_rows
from basis_store import CrystalError
from basis_store.counted import counted

_MAX_HEADER = 100_000
"""Characters of the comment line of a frame, and of the elements of a POSCAR."""

_MAX_DIGITS = 9
"""Of a number of atoms."""

_SYMBOLS = frozenset(ELEMENTS[1:])


def poscar_with_elements(text: str, name: str) -> tuple[str, list[str]]:
    """A POSCAR that names the elements in line 6, as VASP 5 does, and notes.

    Elements are taken from line 6 if it names any, else from a first line that consists of nothing but symbols of
    elements: words of a comment, such as "P", "In" and "No", are none.

    Raises:
        CrystalError: no elements are named, or what is named is no element.
    """
    lines = text.splitlines()
    if len(lines) < 7:
        raise CrystalError(f"{name}: not a readable POSCAR file: it ends before the numbers of atoms")
    if max(len(lines[5]), len(lines[6])) > _MAX_HEADER:
        raise CrystalError(f"{name}: its lines 6 and 7 have more than {_MAX_HEADER} characters")
    names_line, notes = _before_comment(lines[5]), []
    if not names_line or _are_counts(names_line):
        comment = _before_comment(lines[0])
        if not comment or not all(word in _SYMBOLS for word in comment):
            raise CrystalError(
                f"{name}: the POSCAR names no elements: write them in line 6, above the numbers of atoms, as VASP "
                f"5 does; the words of its comment {lines[0].strip()[:60]!r} do not count"
            )
        names_line = comment
        lines.insert(5, "")
        notes.append(f"the POSCAR names no elements in line 6; its first line counts: {' '.join(comment)}")
    symbols = [_poscar_symbol(word, name) for word in names_line]
    counts = [word for word in _before_comment(lines[6]) if word.isdecimal() and word.isascii()]
    if len(counts) != len(symbols):
        elements = counted(len(symbols), "element")
        raise CrystalError(
            f"{name}: the POSCAR names {elements} ({' '.join(names_line)}) but gives numbers of "
            f"atoms for {len(counts)}"
        )
    n_atoms = sum(int(word) if len(word) <= 2 * _MAX_DIGITS else sys.maxsize for word in counts)
    if n_atoms > MAX_ATOMS:
        raise too_many_atoms(name, n_atoms)
    check_poscar_rows(lines[7:], symbols, [int(word) for word in counts], name)
    lines[5] = " ".join(symbols)
    return "\n".join(lines) + "\n", notes


def _before_comment(line: str) -> list[str]:
    return re.split("[!#]", line)[0].split()


def _are_counts(words: Sequence[str]) -> bool:
    return words[0].isdigit()


def _poscar_symbol(word: str, name: str) -> str:
    """The element of ``Fe``, ``fe``, or of a pseudopotential such as ``Fe_pv`` or ``Fe_pv/6a2f546d``."""
    match = re.fullmatch(r"([^_/]+)(?:_(?:[a-z0-9]+|GW|AE))*(?:/[0-9a-f]{4,})?", word)
    number = element_of_type(match[1]) if match else 0
    if number == 0:
        raise CrystalError(
            f"{name}: {word!r} in line 6 is no element: the symbols of the elements are needed there"
        )
    return ELEMENTS[number]


def xyz_frames(lines: Iterator[str], name: str, *, limit: int = MAX_FILE_SIZE) -> Iterator[str | CrystalError]:
    """The text of each frame of an extended XYZ file that messages call ``name``.

    Args:
        lines: of the file, with their ends; taken as they are needed.
        name: of the file, for messages.
        limit: characters that a frame may have; the error of a longer one is in its place.

    Raises:
        CrystalError: a frame does not begin with its number of atoms, or is cut off.
    """
    heads = (line for line in lines if line.strip())
    for number, head in enumerate(heads, start=1):
        if not re.fullmatch(r"\s*[0-9]{1,9}\s*", head):
            raise CrystalError(f"{name}: frame {number} does not begin with its number of atoms")
        # 1. All of its lines, kept as long as they may be a crystal: the head may declare any number.
        count, length, body = 0, len(head), [head]
        for line in islice(lines, int(head) + 1):
            count += 1
            length += len(line)
            if length <= limit and count <= MAX_ATOMS + 1:
                body.append(line)
        if count <= int(head):
            raise CrystalError(f"{name}: frame {number} is cut off")
        # 2. The frame, or why it is none.
        if length > limit:
            yield CrystalError(f"{name}: frame {number}: {too_long(limit)}")
        elif count > MAX_ATOMS + 1:
            yield too_many_atoms(f"{name}: frame {number}", count - 1)
        else:
            yield "".join(body)


def xyz_with_elements(frame: str, name: str) -> str:
    """A frame of an extended XYZ file with plain symbols.

    Raises:
        CrystalError: a species is no element.
    """
    count, header, *rows = frame.splitlines()
    _check_header(header, rows, name)
    columns = _columns(header)
    if "pos" not in columns:
        raise CrystalError(f"{name}: the frame has no positions (pos) among its Properties")
    if (column := columns.get("species")) is not None:
        rows = _with_symbols(rows, column, columns.get("z"), name)
    return "\n".join([count, header, *rows]) + "\n"


def _check_header(header: str, rows: Sequence[str], name: str) -> None:
    """Compare the columns that a frame declares with those that it has: parsers make room for what is declared."""
    if len(header) > _MAX_HEADER:
        raise CrystalError(f"{name}: its comment line has {len(header)} characters, more than {_MAX_HEADER}")
    n_columns = len(rows[0].split()) if rows else 0
    for match in re.finditer(r"(?<=:)[A-Za-z]:(\d+)", header):
        if len(match[1]) > _MAX_DIGITS or int(match[1]) > n_columns:
            raise CrystalError(
                f"{name}: its comment line declares {match[1][:20]} columns, but its lines have {n_columns}"
            )


def _columns(header: str) -> dict[str, int]:
    """First column of each item of Properties in a frame's comment line, by its name in lower case."""
    match = re.search(r"\bProperties\s*=\s*[\"']?([^\s\"']+)", header, re.IGNORECASE)
    if match is None:
        return {"species": 0, "pos": 1}
    parts = match[1].split(":")
    columns: dict[str, int] = {}
    column = 0
    for kind, width in zip(parts[::3], parts[2::3], strict=False):
        columns.setdefault(kind.lower(), column)
        column += int(width) if width.isdecimal() else 0
    return columns


def _with_symbols(rows: Sequence[str], column: int, numbers: int | None, name: str) -> list[str]:
    """Rows with plain symbols in a column; the column of atomic ``numbers``, if there is one, must agree."""
    found = list(rows)
    for i, row in enumerate(rows):
        words = row.split()
        if len(words) > column and words[column] not in _SYMBOLS:
            number = element_of_type(words[column])
            if number == 0:
                raise unknown_element(name, i + 1, words[column])
            words[column] = ELEMENTS[number]
            found[i] = " ".join(words)
        # Of two columns that contradict each other, ASE takes the numbers.
        if numbers is not None and len(words) > max(column, numbers) and words[numbers].isdecimal():
            other = int(words[numbers])
            if other >= len(ELEMENTS) or ELEMENTS[other] != words[column]:
                raise CrystalError(f"{name}: atom {i + 1} is {words[column]} but its atomic number is {other}")
    return found
