"""Statement 8 of the certificate: the listed origin shifts generate exactly the allowed ones (T5).

Proved by trying all shifts in 24ths of the cell, without the Smith form that found the generators.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

from basis_compiler.proof import require
from basis_store import TURN, CompiledSetting, Operations
from basis_store.array_types import BoolArray, IntArray


def prove_origin_shifts(compiled: CompiledSetting, group: Operations) -> None:
    """Prove the origin shifts of a compiled setting on the grid of 24ths of the cell.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
    """
    rotations, centrings = tuple(sorted({r.tobytes() for r in group.rotations})), group.centrings24
    allowed = _allowed_shifts(rotations, centrings.tobytes())
    shifts, directions = compiled.shifts24.astype(np.int64), compiled.shift_directions.astype(np.int64)
    fixed = all(np.array_equal(directions @ rotation.T, directions) for rotation in group.rotations)
    require(fixed, compiled.setting, "a continuous origin shift is not along fixed directions (T5)")
    found = _generated_shifts([*directions, *centrings])
    for shift, order in zip(shifts, compiled.shift_orders, strict=True):
        multiples = [tuple(shift * n % TURN) for n in range(1, int(order) + 1)]
        inside = [bool(found[multiple]) for multiple in multiples]
        exact = inside == [False] * (len(inside) - 1) + [True]
        require(exact, compiled.setting, "an origin shift does not have the stated order (T5)")
        found = _generated_shifts([shift], found)
    require(np.array_equal(found, allowed), compiled.setting, "the origin shifts are not the allowed ones (T5)")


@functools.cache
def _allowed_shifts(rotations: tuple[bytes, ...], centrings24: bytes) -> BoolArray:
    """(24, 24, 24): whether (R - 1) s lies in the translation lattice for all R, s in 24ths (T5)."""
    lattice = np.zeros((TURN,) * 3, dtype=bool)
    lattice[0, 0, 0] = True
    lattice[tuple(np.frombuffer(centrings24, np.int64).reshape(-1, 3).T)] = True
    shifts = np.stack(np.meshgrid(*[np.arange(TURN)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    for key in rotations:
        moved = shifts @ (np.frombuffer(key, np.int64).reshape(3, 3) - np.eye(3, dtype=np.int64)).T % TURN
        shifts = shifts[lattice[tuple(moved.T)]]
    allowed = np.zeros((TURN,) * 3, dtype=bool)
    allowed[tuple(shifts.T)] = True
    return allowed


def _generated_shifts(steps: Iterable[IntArray], start: BoolArray | None = None) -> BoolArray:
    """(24, 24, 24): the subgroup of shifts in 24ths that ``start`` (default: 0 alone) and the steps generate."""
    found = np.zeros((TURN,) * 3, dtype=bool)
    found[0, 0, 0] = True
    found = found if start is None else start.copy()
    for step in steps:
        while True:
            grown = found | np.roll(found, tuple(step.tolist()), axis=(0, 1, 2))
            if np.array_equal(grown, found):
                break
            found = grown
    return found
