"""How the cell of a group lies in that of a file, as a text: ``a-b,a+b,2c;1/4,0,0``."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np

from basis_store import CellChange, FieldError

_TERM = re.compile(r"([+-]?)\s*(\d+(?:/\d+)?)?\s*\*?\s*([abc])\s*")
_FRACTION = re.compile(r"[+-]?\d{1,4}(/\d{1,4}|\.\d{1,15})?")
_MAX_TEXT = 200
_MAX_DENOMINATOR = 24


def cell_of_text(text: str) -> CellChange:
    """The change from the cell of a file to that of a group, from the axes and origin of the latter in the former.

    Args:
        text: three sums of a, b and c of the file, and perhaps an origin behind a semicolon. This is how
            International Tables and magnetic CIF (``_space_group_magn.transform_BNS_Pp_abc``) write it.

    Raises:
        FieldError: it is no such text, or the axes are no right-handed cell.
    """
    axes, _, origin = text[:_MAX_TEXT].partition(";")
    vectors = [_vector(one) for one in axes.split(",")]
    numbers = [one.strip() for one in origin.split(",")] if origin.strip() else ["0"] * 3
    wrong = None in vectors or len(vectors) != 3 or len(numbers) != 3 or len(text) > _MAX_TEXT
    if wrong or not all(_FRACTION.fullmatch(one) and not one.endswith("/0") for one in numbers):
        raise FieldError(
            f"{text[:60]!r} is no change of cell: write the axes of the group in those of the file, and its "
            "origin, such as 'a-b,a+b,2c;1/4,0,0'"
        )
    # x_file = Q x + q  with the vectors as columns of Q, so that  x = Q^-1 x_file - Q^-1 q.
    columns = [[one[row] for one in vectors if one] for row in range(3)]
    inverse = _inverse(columns)
    if inverse is None:
        raise FieldError(f"{text!r}: these axes are no right-handed cell")
    denominator = int(np.lcm.reduce([entry.denominator for row in inverse for entry in row]))
    if denominator > _MAX_DENOMINATOR:
        raise FieldError(f"{text!r}: a cell with fractions of 1/{denominator} is none of a group")
    numerators = np.array([[int(entry * denominator) for entry in row] for row in inverse])
    shift = [Fraction(one) for one in numbers]
    x, y, z = (float(-sum(entry * one for entry, one in zip(row, shift, strict=True))) for row in inverse)
    return CellChange(numerators, denominator, (x, y, z))


def _vector(text: str) -> list[Fraction] | None:
    """The coefficients of a, b and c in a sum such as ``a/2``, ``1/2a-b`` or ``-a+2c``; None if it is none."""
    text = re.sub(r"([abc])/(\d+)", r"1/\2\1", text.strip())
    found, place = [Fraction(0)] * 3, 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or (place and not match[1]) or (match[2] or "").endswith("/0"):
            return None
        value = Fraction(match[2] or 1)
        found["abc".index(match[3])] += -value if match[1] == "-" else value
        place = match.end()
    return found if place else None


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]] | None:
    def minor(row: int, column: int) -> Fraction:
        one, two = ((row + n) % 3 for n in (1, 2))
        three, four = ((column + n) % 3 for n in (1, 2))
        return matrix[one][three] * matrix[two][four] - matrix[one][four] * matrix[two][three]

    determinant = sum((matrix[0][column] * minor(0, column) for column in range(3)), Fraction(0))
    if determinant <= 0:
        return None
    return [[minor(column, row) / determinant for column in range(3)] for row in range(3)]
