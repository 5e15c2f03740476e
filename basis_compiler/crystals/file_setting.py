"""The setting that a crystal's own cell and origin are in, of the 530; found from its operations there."""

from __future__ import annotations

import functools

import numpy as np

from basis_compiler.crystals.standardization import StandardCrystal
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, Setting, all_settings
from basis_store.array_types import FloatArray

_EXACT = 1e-6
"""24ths, and entries of matrices."""

_Operations = frozenset[tuple[int, ...]]


def file_setting(standard: StandardCrystal) -> Setting | None:
    """The setting of the file's cell, axes and origin; None if it is none of the 530.

    It is none where the cell is not the conventional one (a primitive cell of a centred lattice, a supercell),
    where the axes have another order than in any setting, or where the origin is not one of the group's. With
    x_std = P x + p, the operation (R, t) of the standard setting is (P^-1 R P, P^-1 (R p + t - p)) there.
    """
    change = standard.change_of_basis / standard.denominator
    group, origin = operations(standard.setting), standard.origin_shift
    rotations = np.linalg.solve(change, group.rotations @ change)
    moved = group.rotations @ origin + group.translations24 / TURN - origin
    shifts = np.linalg.solve(change, moved.T).T * TURN
    own = _as_integers(np.asarray(rotations), np.asarray(shifts))
    if own is None:
        return None
    for one in _settings(standard.setting.number):
        # In a supercell the operations may look the same, but it holds more lattice points.
        points = one.n_operations / standard.setting.n_operations
        if abs(abs(np.linalg.det(change)) - points) < _EXACT and _integers_of(one) == own:
            return one
    return None


def _as_integers(rotations: FloatArray, shifts24: FloatArray) -> _Operations | None:
    """Rows of operations modulo translations of the cell; None if they are not exact in 24ths."""
    rows = np.column_stack([rotations.reshape(-1, 9), shifts24])
    whole = np.rint(rows).astype(np.int64)
    if np.abs(rows - whole).max() > _EXACT:
        return None
    whole[:, 9:] %= TURN
    return frozenset(map(tuple, whole.tolist()))


@functools.cache
def _settings(number: int) -> tuple[Setting, ...]:
    standard = Setting.standard(number)
    return (standard, *(one for one in all_settings() if one.number == number and one != standard))


@functools.cache
def _integers_of(setting: Setting) -> _Operations:
    group = operations(setting)
    found = _as_integers(group.rotations.astype(np.float64), group.translations24.astype(np.float64))
    assert found is not None
    return found
