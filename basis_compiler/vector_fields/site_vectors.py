"""Which vectors a site allows: moments of atoms (axial, odd under time reversal), forces or dipoles (polar, even).

The field at x is fixed by the operations with g x = x up to a lattice translation: s_g R m = m for each of them
(T10 at a point). Their mean is a projector, in integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from basis_compiler.vector_fields.vector_gains import VectorGains
from basis_store import TURN
from basis_store.array_types import IntArray
from basis_store.tensors.exact_rows import reduced_rows

_AXES = "xyz"


def site_vectors(gains: VectorGains, point24: IntArray, directions: IntArray) -> IntArray:
    """(d, 3) the vectors that the points of a position allow: reduced rows of integers, along the cell axes.

    Args:
        gains: of the group.
        point24: (3,) a point of the position, in 24ths.
        directions: (n, 3) rows along which it is free to move, as of a Wyckoff position.
    """
    rotations, directions = gains.group.rotations, np.asarray(directions, np.int64).reshape(-1, 3)
    moved = rotations @ point24 + gains.group.translations24 - point24
    fixing = ~(moved % TURN).any(axis=1) & ~(directions @ rotations.transpose(0, 2, 1) - directions).any(
        axis=(1, 2)
    )
    signs = 1 - 2 * (gains.signs24[fixing] // (TURN // 2))
    projector = (signs[:, None, None] * rotations[fixing]).sum(axis=0)
    return np.asarray(reduced_rows(projector.T).rows, dtype=np.int64)


def vector_text(rows: IntArray, letter: str = "m") -> str:
    """``"mx, -mx, mz"``: the components that reduced ``rows`` (d, 3) allow, each named by the first that is free.

    Args:
        rows: (d, 3) as :func:`site_vectors` gives them.
        letter: of the vector.
    """
    return image_text(rows, letter)


def position_text(point24: IntArray, directions: IntArray) -> str:
    """``"x, x+1/2, 1/4"``: a point and the directions along which it is free.

    Args:
        point24: (3,) in 24ths.
        directions: (n, 3) integer rows.
    """
    rows = reduced_rows(np.asarray(directions, np.int64).reshape(-1, 3)).rows.astype(np.int64)
    return image_text(rows, "", origin_of(point24, rows))


def origin_of(point24: IntArray, rows: IntArray) -> list[Fraction]:
    """The point of a position whose free coordinates are 0, so that these are the parameters of the others.

    Args:
        point24: (3,) any point of it, in 24ths.
        rows: (n, 3) its directions, reduced.
    """
    point = [Fraction(int(one), TURN) for one in point24]
    for row in rows.tolist():
        pivot = _pivot(row)
        point = [one - point[pivot] * Fraction(entry, row[pivot]) for one, entry in zip(point, row, strict=True)]
    return point


def image_text(
    rows: IntArray,
    letter: str,
    origin: Sequence[Fraction] = (Fraction(0),) * 3,
    rotation: IntArray = np.eye(3, dtype=np.int64),  # noqa: B008 - not changed
    shift24: Sequence[int] = (0, 0, 0),
) -> str:
    """The image of a space of points or vectors under an operation, with the parameters of the space.

    Args:
        rows: (n, 3) reduced; the parameter of each is called by its pivot.
        letter: of vectors; empty for points.
        origin: as :func:`origin_of`.
        rotation: (3, 3).
        shift24: (3,) in 24ths.
    """
    texts = []
    for component in range(3):
        text = ""
        for row, image in zip(rows.tolist(), (rows @ rotation.T).tolist(), strict=True):
            if image[component]:
                pivot = _pivot(row)
                factor = Fraction(image[component], row[pivot])
                text += _term(factor, letter + _AXES[pivot], follows=bool(text))
        moved = sum(
            (int(one) * place for one, place in zip(rotation[component], origin, strict=True)), Fraction(0)
        )
        shift = (moved + Fraction(int(shift24[component]), TURN)) % 1
        texts.append(f"{text}+{shift}" if text and shift else text or str(shift))
    return ", ".join(texts)


def _pivot(row: list[int]) -> int:
    return next(place for place, one in enumerate(row) if one)


def _term(factor: Fraction, name: str, *, follows: bool) -> str:
    sign = "-" if factor < 0 else "+" if follows else ""
    numerator, denominator = abs(factor.numerator), factor.denominator
    return f"{sign}{numerator if numerator > 1 else ''}{name}{f'/{denominator}' if denominator > 1 else ''}"
