"""Statement 8 of the certificate: the listed origin shifts generate exactly the allowed ones (T5), in normal form.

Proved by trying all shifts in 24ths of the cell, without the Smith form that found the generators.
"""

from __future__ import annotations

import functools
import itertools
import math
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
    rotations, centrings = tuple(sorted({r.tobytes() for r in group.rotations})), group.periods24
    allowed = _allowed_shifts(rotations, centrings.tobytes())
    directions = compiled.shift_directions.astype(np.int64)
    # 1. Directions are fixed and in reduced echelon form.
    fixed = all(np.array_equal(directions @ rotation.T, directions) for rotation in group.rotations)
    require(fixed, compiled.setting, "a continuous origin shift is not along fixed directions (T5)")
    require(
        _is_echelon(directions), compiled.setting, "the directions of origin shifts are not in normal form (T5)"
    )
    # 2. Together with the finite generators in normal form they give every allowed shift, and no other.
    continuous = _generated_shifts([*directions, *centrings], _lattice_points(allowed.shape))
    shifts, orders, found = _finite_generators(allowed.tobytes(), continuous.tobytes(), allowed.shape)
    listed = compiled.shifts24.tolist(), compiled.shift_orders.tolist()
    require(
        listed == (shifts, orders) and np.array_equal(found, allowed),
        compiled.setting,
        f"the origin shifts are not the allowed ones, {shifts} of orders {orders} (T5)",
    )


def _is_echelon(directions: IntArray) -> bool:
    """Whether the rows are primitive and their pivots positive, in ascending columns, in which all else is 0."""
    pivots = [next((column for column, entry in enumerate(row) if entry), -1) for row in directions]
    return (
        all(0 <= one < other for one, other in itertools.pairwise(pivots))
        and -1 not in pivots
        and all(
            row[pivot] > 0 and math.gcd(*row.tolist()) == 1 for row, pivot in zip(directions, pivots, strict=True)
        )
        and all(np.count_nonzero(directions[:, pivot]) == 1 for pivot in pivots)
    )


@functools.cache
def _finite_generators(
    allowed: bytes, continuous: bytes, shape: tuple[int, ...]
) -> tuple[list[list[int]], list[int], BoolArray]:
    """Generators of the allowed shifts modulo the continuous ones, their orders, and all that they generate.

    Of each coset the smallest representative is taken; of these, the largest order first, then the
    lexicographically smallest, if its multiples meet what has been chosen before in 0 only.
    """
    # 1. The smallest representative of each coset, and its order.
    zero, left = (np.frombuffer(some, bool).reshape(shape).copy() for some in (continuous, allowed))
    found = zero
    candidates = []
    while left.any():
        shift = np.argwhere(left)[0]
        left &= ~np.roll(zero, tuple(shift), axis=tuple(range(len(shape))))
        order = next(n for n in range(1, TURN + 1) if zero[tuple(shift * n % TURN)])
        candidates.append((-order, shift.tolist()))
    # 2. The generators.
    shifts, orders = [], []
    for negative, shift in sorted(candidates):
        if any(found[tuple(np.multiply(shift, n) % TURN)] for n in range(1, -negative)) or negative == -1:
            continue
        shifts.append(shift)
        orders.append(-negative)
        found = _generated_shifts([np.array(shift)], found)
    return shifts, orders, found


@functools.cache
def _allowed_shifts(rotations: tuple[bytes, ...], centrings24: bytes) -> BoolArray:
    """(24, 24, 24) or (24, 24): whether (R - 1) s lies in the translation lattice for all R, s in 24ths (T5)."""
    matrices = [np.frombuffer(key, np.int64) for key in rotations]
    dimension = math.isqrt(len(matrices[0]))
    lattice = _lattice_points((TURN,) * dimension)
    lattice[tuple(np.frombuffer(centrings24, np.int64).reshape(-1, dimension).T)] = True
    shifts = np.stack(np.meshgrid(*[np.arange(TURN)] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    for matrix in matrices:
        moved = shifts @ (matrix.reshape(dimension, dimension) - np.eye(dimension, dtype=np.int64)).T % TURN
        shifts = shifts[lattice[tuple(moved.T)]]
    allowed = np.zeros_like(lattice)
    allowed[tuple(shifts.T)] = True
    return allowed


def _lattice_points(shape: tuple[int, ...]) -> BoolArray:
    """The grid of shifts with 0 alone."""
    points = np.zeros(shape, dtype=bool)
    points[(0,) * len(shape)] = True
    return points


def _generated_shifts(steps: Iterable[IntArray], start: BoolArray) -> BoolArray:
    """(24, 24, 24) or (24, 24): the subgroup of shifts in 24ths that ``start`` and the steps generate."""
    found = start.copy()
    for step in steps:
        while True:
            grown = found | np.roll(found, tuple(step.tolist()), axis=tuple(range(found.ndim)))
            if np.array_equal(grown, found):
                break
            found = grown
    return found
