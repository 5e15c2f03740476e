"""Wyckoff positions of all 530 settings, and how their letters change with the description of the crystal.

A position is the orbit under G of an affine space  F = {M (x, y, z) + s/24}, the points fixed by one site-symmetry
group (:mod:`basis_store.groups.wyckoff.wyckoff_position`), so

    y lies on it  <=>  (1 - M)(R y + t - s/24) are integers for some operation (R, t) of G,

and y is no more special when its multiplicity is that of the position. Everything is in integers.

The table ``wyckoff.csv`` is written by ``python -m basis_compiler.groups.wyckoff_table``; letters and symbols of
site symmetry are those of International Tables A as spglib has them.
"""

from __future__ import annotations

import csv
import functools
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.wyckoff_certificate import prove_wyckoff_table
from basis_store import TURN, CertificateError, Operations, Recipe, Setting, WyckoffPosition, WyckoffTable
from basis_store.array_types import IntArray
from basis_store.bases.schema import can_have_wyckoff_positions
from basis_store.groups.setting import SettingName, as_setting

_FINE = 10_007
"""Points used to follow a letter have free parameters n / _FINE, so they are on no special position."""


@functools.cache
def wyckoff_positions(setting: Setting) -> dict[str, WyckoffPosition]:
    """The Wyckoff positions of a ``setting`` by letter, ``"a"`` first."""
    return {
        row["letter"]: WyckoffPosition(
            letter=row["letter"],
            multiplicity=int(row["multiplicity"]),
            site_symmetry=row["site_symmetry"],
            matrix=np.array(row["matrix"].split(), dtype=np.int64).reshape(3, 3),
            shift24=np.array(row["shift24"].split(), dtype=np.int64),
        )
        for row in _rows()[setting.hall_number]
    }


def compile_wyckoff_positions(settings: Sequence[SettingName]) -> WyckoffTable:
    """The Wyckoff positions of ``settings``, proved, as a store has them.

    Args:
        settings: in the order of the store; or their names as :meth:`Setting.parse` reads them.

    Raises:
        SettingError: there is no setting of a name, or it is a bare number.
        CertificateError: a position fails its proof; nothing is returned then.
    """
    named = [as_setting(setting) for setting in settings]
    table = WyckoffTable.from_positions(list(wyckoff_positions(setting).values()) for setting in named)
    prove_wyckoff_table(table, named)
    return table


def wyckoff_of_recipe(recipe: Recipe) -> WyckoffTable | None:
    """Those of a store with this recipe, as :func:`compile_wyckoff_positions`; None if it has none."""
    if not can_have_wyckoff_positions(recipe):
        return None
    return compile_wyckoff_positions([one.space_setting for one in recipe.representation_list])


@functools.lru_cache(maxsize=4096)
def letters_after(setting: Setting, rotation: bytes, translation24: tuple[int, ...]) -> dict[str, str]:
    """Old letter to new letter when x -> W x + w maps a standard setting to itself.

    Args:
        setting: a standard setting.
        rotation: W, as :func:`~basis_store.groups.operations.rotation_key` gives it.
        translation24: w in 24ths.

    Raises:
        CertificateError: the change does not map each position to one position.
    """
    group, positions = operations(setting), wyckoff_positions(setting)
    unit = TURN * _FINE
    free = TURN * np.array([1_009, 2_503, 3_907])
    points = np.array([one.shift24 * _FINE + one.matrix @ free for one in positions.values()])
    change = np.frombuffer(rotation, np.int8).reshape(3, 3).astype(np.int64)
    points = points @ change.T + np.array(translation24) * _FINE
    multiplicities = np.array([one.multiplicity for one in positions.values()])
    found: dict[str, str] = {}
    for position in positions.values():
        rows = np.flatnonzero(multiplicities == position.multiplicity)
        on = rows[lies_on(position, points[rows], unit, group)]
        found |= {list(positions)[row]: position.letter for row in on}
    if sorted(found) != sorted(positions) or sorted(found.values()) != sorted(positions):
        raise CertificateError(f"a change of description does not permute the positions of {setting.label}")
    return found


def lies_on(
    position: WyckoffPosition, points: IntArray, unit: int, group: Operations, slack: int = 0
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether points have an image on the affine space of ``position``; (p, 3) integers over ``unit`` to (p,).

    Args:
        position: of the setting of ``group``.
        points: (p, 3) integers.
        unit: a multiple of 24; points are fractions over it.
        group: the operations.
        slack: allowed deviation in units, for rounded points.
    """
    rows = np.eye(3, dtype=np.int64) - position.matrix
    shifts = (group.translations24 - position.shift24) * (unit // TURN)
    gaps = (np.einsum("gij,pj->pgi", group.rotations, points) + shifts) @ rows.T % unit
    return np.asarray((np.minimum(gaps, unit - gaps) <= slack).all(axis=2).any(axis=1))


def integer_basis(matrix: IntArray) -> IntArray:
    """(n, 3) a basis of all integer columns v with ``matrix v = 0``; short and positive first.

    For the rotations of crystallography its entries need not exceed 2.

    Raises:
        CertificateError: entries up to 2 do not suffice.
    """
    return _integer_basis(tuple(tuple(map(int, row)) for row in matrix))


@functools.cache
def _integer_basis(matrix: tuple[tuple[int, ...], ...]) -> IntArray:
    rows = np.array(matrix, dtype=np.int64).reshape(-1, 3)
    size = 3 - (int(np.linalg.matrix_rank(rows)) if len(rows) else 0)
    short = sorted(
        itertools.product(range(-2, 3), repeat=3), key=lambda v: (sum(map(abs, v)), [-entry for entry in v])
    )
    vectors = [v for v in short if any(v) and not (rows @ v).any()]
    for chosen in itertools.combinations(vectors[:40], size):
        basis = np.array(chosen, dtype=np.int64).reshape(-1, 3)
        minors = [
            round(np.linalg.det(basis[:, list(columns)])) for columns in itertools.combinations(range(3), size)
        ]
        if math.gcd(*minors) == 1:
            return basis
    raise CertificateError(f"no short integer basis of the kernel of {rows.tolist()}")


@functools.cache
def _rows() -> dict[int, list[dict[str, str]]]:
    """The rows of the table by Hall number."""
    found: dict[int, list[dict[str, str]]] = {}
    with Path(__file__).with_name("wyckoff.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(int(row["hall_number"]), []).append(row)
    return found
