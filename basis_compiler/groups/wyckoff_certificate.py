"""The exact proof of the Wyckoff positions in a store, from the operations of the space-group tables alone.

Nothing here calls the code that found the positions. A point of a position is  M (x, y, z) + s/24.  An operation
(R, t) fixes it for all x, y and z if  R M = M  and  R s + t = s  modulo the lattice. Proved is, for each setting:

  1. the letters are a, b, ... z, A, and multiplicities do not descend; the last position is the general one, with
     M = 1 and s = 0;
  2. each point is written in its own coordinates, so M M = M and M s = 0, and as many are free, trace(M), as its
     site-symmetry group leaves free, (1/h) sum trace(R) over the h operations that fix it;
  3. h times the multiplicity is the order of the group;
  4. the symbol of the site symmetry is one of its point group: the order of rotations and their handedness agree;
     in orthorhombic settings its three places are those of the axes a, b and c of the setting;
  5. of all points with coordinates in 24ths, each lies on a position whose h is the number of operations that fix
     it. Every position has such points that lie on no more special one, so none is missing;
  6. as many positions as listed are distinct: none is the image of another one.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from basis_compiler.groups.spglib_database import operations
from basis_compiler.proof import require
from basis_store import TURN, Operations, Setting, StoreReader, WyckoffPosition, WyckoffTable, standard_settings
from basis_store.array_types import IntArray
from basis_store.files.stored_arrays import ContentError

_UNIT = np.eye(3, dtype=np.int64)
_ORIENTED = {"m2m": "mm2", "2mm": "mm2", "-4m2": "-42m", "-62m": "-6m2"}
"""Symbols of point groups in other orientations, without dots."""


def prove_wyckoff_positions(store: StoreReader) -> None:
    """Prove the Wyckoff positions of a store, exactly.

    Raises:
        CertificateError: naming a setting and the first statement that fails.
        StoreCorruptError: they do not match their hash.
    """
    prove_wyckoff_table(store.wyckoff, [one.space_setting for one in store.representations])


def prove_wyckoff_table(table: WyckoffTable, settings: Sequence[Setting]) -> None:
    """Prove the positions of ``settings``, in the order of the table.

    Raises:
        CertificateError: as :func:`prove_wyckoff_positions`.
    """
    require(len(table.position_counts) == len(settings), settings[-1], "the table is that of other settings")
    try:
        table.check()
    except ContentError as error:
        require(False, settings[-1], str(error))
    for row, setting in enumerate(settings):
        _prove_setting(list(table.positions(row).values()), operations(setting), setting)


def _prove_setting(positions: list[WyckoffPosition], group: Operations, setting: Setting) -> None:
    multiplicities = [one.multiplicity for one in positions]
    general = positions[-1]
    require(
        multiplicities == sorted(multiplicities)
        and np.array_equal(general.matrix, _UNIT)
        and not general.shift24.any(),
        setting,
        "its last Wyckoff position is not the general one",
    )
    orders = []
    for position in positions:
        which = f"its Wyckoff position {position.letter}"
        fixing = site_symmetry(position, group)
        free = int(np.trace(fixing, axis1=1, axis2=2).sum())
        require(
            free == len(fixing) * int(np.trace(position.matrix)), setting, f"{which} is free in other directions"
        )
        require(
            len(fixing) * position.multiplicity == len(group),
            setting,
            f"{which} has another multiplicity: {len(fixing)} operations fix a point of it",
        )
        require(
            _point_groups().get(_point_group_symbol(position.site_symmetry)) == _kinds(fixing),
            setting,
            f"{which} has another site symmetry than {position.site_symmetry}",
        )
        if 16 <= setting.number <= 74:
            require(
                position.site_symmetry == orthorhombic_symbol(fixing),
                setting,
                f"{which} has the symbol {position.site_symmetry}, which is that of other axes",
            )
        orders.append(len(fixing))
    _prove_distinct(positions, group, setting)
    _prove_complete(positions, orders, group, setting)


def orthorhombic_symbol(rotations: IntArray) -> str:
    """The symbol of an orthorhombic site-symmetry group, oriented: a place for each of the axes a, b and c.

    Args:
        rotations: (h, 3, 3) of the group; all are diagonal.
    """
    diagonals = np.diagonal(rotations, axis1=1, axis2=2)
    if set(diagonals.sum(axis=1).tolist()) <= {3, -3}:
        return "-1" if len(diagonals) == 2 else "1"
    places = []
    for axis in range(3):
        along = np.where(np.arange(3) == axis, 1, -1)
        two, mirror = ((diagonals == sign * along).all(axis=1).any() for sign in (1, -1))
        both = "m" if len(diagonals) == 8 else "2/m"  # mmm is short for 2/m 2/m 2/m
        places.append(both if two and mirror else "2" if two else "m" if mirror else ".")
    return "".join(places)


def site_symmetry(position: WyckoffPosition, group: Operations) -> IntArray:
    """(h, 3, 3) the rotations of the operations that fix the point of a position for all free coordinates."""
    same = (group.rotations @ position.matrix == position.matrix).all(axis=(1, 2))
    moved = group.rotations @ position.shift24 + group.translations24 - position.shift24
    return np.asarray(group.rotations[same & ~(moved % TURN).any(axis=1)])


def _prove_distinct(positions: list[WyckoffPosition], group: Operations, setting: Setting) -> None:
    """No position is the image of another: (1 - M')(R M) = 0 and (1 - M')(R s + t - s') = 0 modulo the lattice."""
    for one, other in itertools.combinations(positions, 2):
        if one.multiplicity != other.multiplicity:
            continue
        across = _UNIT - other.matrix
        along = ~(across @ group.rotations @ one.matrix).any(axis=(1, 2))
        shifts = group.rotations @ one.shift24 + group.translations24 - other.shift24
        meets = along & ~((shifts @ across.T) % TURN).any(axis=1)
        require(not meets.any(), setting, f"its Wyckoff positions {one.letter} and {other.letter} are the same")


def _prove_complete(
    positions: list[WyckoffPosition], orders: list[int], group: Operations, setting: Setting
) -> None:
    """Each point of the grid of 24ths lies on a position with as many operations as fix that point."""
    fixing = np.zeros(TURN**3, np.int16)
    for rotation, shift in zip(group.rotations, group.translations24, strict=True):
        fixing += _solutions(rotation - _UNIT, shift)
    listed = np.ones(TURN**3, np.int16)
    for position, order in zip(positions[:-1], orders, strict=False):
        across = _UNIT - position.matrix
        images = {
            ((across @ rotation % TURN).tobytes(), (across @ (shift - position.shift24) % TURN).tobytes())
            for rotation, shift in zip(group.rotations, group.translations24, strict=True)
        }
        for matrix, constant in images:
            rows, shift = np.frombuffer(matrix, np.int64).reshape(3, 3), np.frombuffer(constant, np.int64)
            np.maximum(listed, _solutions(rows, shift) * np.int16(order), out=listed)
    require(np.array_equal(fixing, listed), setting, "a Wyckoff position is missing")


def _solutions(matrix: IntArray, constant: IntArray) -> NDArray[np.bool_]:
    """(24^3,) at which points y/24 of the grid  matrix y + constant  is 0 modulo 24."""
    first, second, third = (
        _row_solutions(*(row % TURN).tolist(), int(number) % TURN)
        for row, number in zip(matrix, constant, strict=True)
    )
    return np.asarray(first & second & third)


@functools.lru_cache(maxsize=8192)
def _row_solutions(a: int, b: int, c: int, constant: int) -> NDArray[np.bool_]:
    """(24^3,) where a x + b y + c z + constant is 0 modulo 24."""
    steps = np.arange(TURN, dtype=np.int16)
    sums = a * steps[:, None, None] + b * steps[:, None] + c * steps + constant
    return np.asarray(sums % TURN == 0).ravel()


def _point_group_symbol(site_symmetry: str) -> str:
    """The symbol of a point group, from an oriented symbol of it: without dots, in its usual orientation."""
    plain = site_symmetry.replace(".", "")
    return _ORIENTED.get(plain, plain)


def _kinds(rotations: IntArray) -> Counter[tuple[int, int]]:
    """How many rotations have each determinant and trace; that tells the 32 point groups apart."""
    signs = np.rint(np.linalg.det(rotations)).astype(np.int64)
    return Counter(zip(signs.tolist(), np.trace(rotations, axis1=1, axis2=2).tolist(), strict=True))


@functools.cache
def _point_groups() -> dict[str, Counter[tuple[int, int]]]:
    """By symbol, :func:`_kinds` of the 32 point groups."""
    return {one.point_group: _kinds(operations(one).point_group) for one in standard_settings()}
