"""Reflections in the format of SHELX: fixed columns h, k, l (3I4), F^2 and sigma (2F8.2), batch number (I4).

A line with 0 0 0, or one without indices, ends the list; what follows it is a comment. The lines do not say
whether they hold F^2 (HKLF 4) or F (HKLF 3): the instructions beside them (``.ins`` or ``.res`` of the same name)
do, and give the cell. As in Fortran, a value without a decimal point has two decimals: ``1234`` is 12.34. Lines
that are not in columns are read as values between spaces, as other programs write them.

Source: G. M. Sheldrick, SHELX-97 manual, sections on .hkl files and HKLF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from basis_compiler.reflections.formats.raw_reflections import RawReflections, line_error, number
from basis_store import ReflectionError

_FREE_VALUES = (5, 6)


def parse_shelx(text: str, *, name: str, kind: str = "intensity", first_line: int = 1) -> RawReflections:
    """The reflections of a ``.hkl`` file.

    Args:
        text: its content.
        name: what messages call it.
        kind: ``"intensity"`` for F^2 (HKLF 4), ``"amplitude"`` for F (HKLF 3).
        first_line: number of its first line in the file, for messages.

    Raises:
        ReflectionError: a line that is no reflection; names it.
    """
    raw = RawReflections(name, columns=(kind, f"{kind} sigma"))
    lines = text.splitlines()
    fixed = _are_columns(lines)
    for count, line in enumerate(lines, start=first_line):
        row = _columns(line) if fixed else _free(line)
        if row is None:
            raise line_error(name, count, line, "not h k l, value, sigma in the columns 3I4,2F8 of SHELX")
        if row == _END:
            break
        raw.add(count, row[:3], row[3:])
    return raw


_END: tuple[float, ...] = (0.0, 0.0, 0.0)


def _are_columns(lines: Iterable[str]) -> bool:
    """Whether the first reflection reads as columns."""
    first = next((line for line in lines if line.strip()), "")
    return _columns(first) is not None


def _columns(line: str) -> tuple[float, ...] | None:
    """h, k, l, value and sigma; 0, 0, 0 at the end; None if it is neither."""
    indices = [line[0:4], line[4:8], line[8:12]]
    if not "".join(indices).strip():
        return _END
    if not all(re.fullmatch(r" *[+-]?\d+", one) for one in indices):
        return None
    hkl = tuple(float(one) for one in indices)
    if hkl == _END:
        return _END
    values = [_fortran(line[12:20]), _fortran(line[20:28])]
    if None in values or not re.fullmatch(r" *(?:[+-]?\d+)? *", line[28:32]):
        return None
    return (*hkl, *(value for value in values if value is not None))


def _fortran(text: str) -> float | None:
    """A value of the format F8.2; None if it is none."""
    value = number(text.strip())
    return value / 100 if value is not None and re.fullmatch(r"[+-]?\d+", text.strip()) else value


def _free(line: str) -> tuple[float, ...] | None:
    parts = line.split()
    if not parts or parts[:3] == ["0", "0", "0"]:
        return _END
    values = [number(part) for part in parts[:5]]
    if len(parts) not in _FREE_VALUES or any(value is None for value in values):
        return None
    return tuple(value for value in values if value is not None)


@dataclass(frozen=True)
class Instructions:
    """What a ``.ins`` file says of the reflections.

    Attributes:
        wavelength: in Angstrom.
        cell: six numbers.
        kind: ``"intensity"`` or ``"amplitude"``.
    """

    wavelength: float
    cell: tuple[float, ...]
    kind: str


def parse_instructions(text: str, *, name: str) -> Instructions | None:
    """CELL and HKLF of a ``.ins`` or ``.res`` file; None if it has no CELL.

    Raises:
        ReflectionError: they are not understood: no cell, a matrix that changes indices, HKLF other than 3 and 4.
    """
    cell: tuple[float, ...] = ()
    kind = "intensity"
    for count, line in enumerate(text.splitlines(), start=1):
        words = line.split("!")[0].split()
        keyword = words[0].upper() if words and not line.startswith(" ") else ""
        if keyword == "CELL" and not cell:
            values = [number(word) for word in words[1:8]]
            if len(values) < 7 or any(value is None for value in values):
                raise line_error(name, count, line, "CELL needs a wavelength and six numbers")
            cell = tuple(value for value in values if value is not None)
        if keyword == "HKLF":
            kind = _kind(words, name, count, line)
            break
    return Instructions(cell[0], cell[1:], kind) if cell else None


def _kind(words: list[str], name: str, count: int, line: str) -> str:
    if words[1:2] not in (["3"], ["4"]):
        raise line_error(name, count, line, "only HKLF 3 (F) and HKLF 4 (F^2) are read")
    matrix = [number(word) for word in words[3:12]]
    if len(matrix) == 9 and matrix != [1, 0, 0, 0, 1, 0, 0, 0, 1]:
        raise ReflectionError(f"{name}, line {count}: HKLF has a matrix that changes the indices: apply it first")
    return "amplitude" if words[1] == "3" else "intensity"
