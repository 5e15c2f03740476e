"""Which vectors a site allows: moments of atoms (axial, odd under time reversal), forces or dipoles (polar, even).

The field at x is fixed by the operations with g x = x up to a lattice translation: s_g R m = m for each of them
(T10 at a point). Their mean is a projector, in integers.
"""

from __future__ import annotations

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
    return ", ".join(term or "0" for term in _components(rows, letter))


def position_text(point24: IntArray, directions: IntArray) -> str:
    """``"x, x+1/2, 1/4"``: a point and the directions along which it is free.

    Args:
        point24: (3,) in 24ths.
        directions: (n, 3) integer rows.
    """
    rows = reduced_rows(np.asarray(directions, np.int64).reshape(-1, 3)).rows.astype(np.int64)
    # The point whose coordinates at the pivots are 0: there the names of the parameters are those of coordinates.
    point = [Fraction(int(one), TURN) for one in point24]
    for row in rows.tolist():
        pivot = next(place for place, one in enumerate(row) if one)
        point = [one - point[pivot] * Fraction(entry, row[pivot]) for one, entry in zip(point, row, strict=True)]
    texts = []
    for one, term in zip(point, _components(rows, ""), strict=True):
        shift = one % 1
        texts.append(f"{term}+{shift}" if term and shift else term or str(shift))
    return ", ".join(texts)


def _components(rows: IntArray, letter: str) -> list[str]:
    texts = ["", "", ""]
    for row in rows.tolist():
        pivot = next(place for place, one in enumerate(row) if one)
        for component, entry in enumerate(row):
            if entry:
                factor = Fraction(entry, row[pivot])
                texts[component] += _term(factor, letter + _AXES[pivot], follows=bool(texts[component]))
    return texts


def _term(factor: Fraction, name: str, *, follows: bool) -> str:
    sign = "-" if factor < 0 else "+" if follows else ""
    numerator, denominator = abs(factor.numerator), factor.denominator
    return f"{sign}{numerator if numerator > 1 else ''}{name}{f'/{denominator}' if denominator > 1 else ''}"
