"""The plane waves that a field of invariant functions consists of, as flat integer tables.

    f(x) = c_0 + 2 Re sum over k of c_k exp(2 pi i k.x),     k one of each k, -k
    c_k  = (b - i s b') w exp(2 pi i q/24)

b is the coefficient of the function of the orbit of k, b' that of the second function of a pair, else 0; w is
|O|^{-1/2} for O = -O and (2 |O|)^{-1/2} for a pair; s = -1 where k is in -O.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, FieldError, Operations, point_group_operations
from basis_store.array_types import BoolArray, IntArray
from basis_store.fields.field_coefficients import FieldCoefficients
from basis_store.groups.operations import PointGroupOperations
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE
from runtime.fields.wave_orbits import orbits_of

_BLOCK = 1 << 14


class FieldWaves(NamedTuple):
    """One of each pair k, -k, without 0, function after function.

    Attributes:
        waves: (n, 3) k.
        rows: (n,) the function of b.
        seconds: (n,) the function of b'; that of b where there is none.
        signs: (n,) s, or 0 where there is no b'.
        phases24: (n,) q.
        squares: (n,) w^-2.
    """

    waves: IntArray
    rows: IntArray
    seconds: IntArray
    signs: IntArray
    phases24: IntArray
    squares: IntArray


def field_waves(field: FieldCoefficients, group: Operations) -> FieldWaves:
    """The waves of all functions but the constant.

    Args:
        field: whose functions they are; its values do not matter.
        group: the operations of its setting.

    Raises:
        FieldError: these are not the orbits of the setting.
    """
    points = point_group_operations(group)
    rows = field.orbits
    roots = field.roots[rows].astype(np.int64)
    found, balanced = orbits_of(roots, points)
    if not (
        balanced.all()
        and np.array_equal(found.sizes, field.sizes[rows])
        and np.array_equal(found.paired, field.parts[rows] == 1)
        and np.array_equal(found.real_phases24, field.real_phases24[rows])
    ):
        raise FieldError(
            f"these coefficients are not of orbits of {field.representation.label}: expand the field again"
        )
    blocks: list[tuple[IntArray, ...]] = []
    for start in range(0, len(roots), _BLOCK):
        owners, waves, gains = _members(roots[start : start + _BLOCK], points)
        blocks.append((owners + start, waves, gains))
    owners, waves, gains = (np.concatenate(column) for column in zip(*blocks, strict=True))
    owners, waves, gains = _without_zero(owners, waves, gains)
    # Of k and -k the one that is larger; where that is minus an image of the root, its coefficient is conjugated.
    negative = waves @ CODE < 0
    paired = found.paired[owners]
    return FieldWaves(
        waves=np.where(negative[:, None], -waves, waves),
        rows=rows[owners],
        seconds=rows[owners] + paired,
        signs=np.where(paired, np.where(negative, -1, 1), 0),
        phases24=np.where(negative, -1, 1) * (gains + found.real_phases24[owners]) % TURN,
        squares=found.sizes[owners] * np.where(paired, 2, 1),
    )


def _members(roots: IntArray, group: PointGroupOperations) -> tuple[IntArray, IntArray, IntArray]:
    """One of each k, -k of the orbits of ``roots`` (m, 3): (n,) owners, (n, 3) waves kR, (n,) phases k.t - c."""
    rotations = group.rotations
    columns = np.ascontiguousarray(roots.T)
    codes = np.abs(np.stack([dot_columns(columns, rotation @ CODE) for rotation in rotations], axis=1))
    order = np.argsort(codes, axis=1, kind="stable")
    ranked = np.take_along_axis(codes, order, axis=1)
    first: BoolArray = np.ones(ranked.shape, bool)
    first[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    owners, places = np.nonzero(first)
    numbers: NDArray[np.intp] = order[owners, places]
    waves = np.einsum("ni,nij->nj", roots[owners], rotations[numbers])
    products = (roots[owners] * group.translations24[numbers]).sum(axis=1)
    gains = (products - group.characters24[numbers]) % TURN
    return owners, waves, gains


def _without_zero(*columns: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    owners, waves, gains = columns
    kept = waves.any(axis=1)
    return owners[kept], waves[kept], gains[kept]
