"""T5 against brute force: every shift in 24ths of the cell is tried, for all 530 settings."""

from __future__ import annotations

import itertools

import numpy as np

from basis_compiler import operations, origin_shifts
from basis_store import Setting, StoreReader

GRID = np.array(list(itertools.product(range(24), repeat=3)))


def allowed_by_definition(setting: Setting) -> np.ndarray:
    """(R - 1) s in the translation lattice, centrings included, for all R; a boolean per grid shift."""
    group = operations(setting)
    lattice = np.zeros((24, 24, 24), bool)
    lattice[tuple(np.concatenate([[[0, 0, 0]], group.centrings24]).T)] = True
    allowed = np.ones(len(GRID), bool)
    for rotation in group.rotations:
        moved = GRID @ (rotation - np.eye(3, dtype=int)).T % 24
        allowed &= lattice[tuple(moved.T)]
    return allowed.reshape(24, 24, 24)


def generated(steps: list[np.ndarray]) -> np.ndarray:
    found = np.zeros((24, 24, 24), bool)
    found[0, 0, 0] = True
    for step in steps:
        for _ in range(24):
            found |= np.roll(found, tuple(step.tolist()), axis=(0, 1, 2))
    return found


def test_allowed_shifts_are_complete(setting: Setting) -> None:
    shifts = origin_shifts(operations(setting))
    centrings = operations(setting).centrings24
    steps = [*shifts.shifts24, *shifts.directions, *centrings]
    assert np.array_equal(generated(steps), allowed_by_definition(setting))


def test_generators_are_minimal(setting: Setting) -> None:
    """The finite part is a direct sum of cyclic groups of the stated orders."""
    shifts = origin_shifts(operations(setting))
    rest = generated([*shifts.directions, *operations(setting).centrings24]).sum()
    whole = generated([*shifts.shifts24, *shifts.directions, *operations(setting).centrings24]).sum()
    assert whole == rest * np.prod(shifts.orders)


def test_known_shifts() -> None:
    """International Tables A, Euclidean normalizers (table 15.2.1.4)."""

    def of(number: int) -> tuple[list[list[int]], list[int], list[list[int]]]:
        found = origin_shifts(operations(Setting.standard(number)))
        return found.shifts24.tolist(), found.orders.tolist(), found.directions.tolist()

    assert of(216) == ([[6, 6, 6]], [4], [])  # F-43m: 1/4 1/4 1/4
    assert of(225) == ([[0, 0, 12]], [2], [])  # Fm-3m: 1/2 1/2 1/2, which is 0 0 1/2 modulo F
    assert of(187) == ([[8, 16, 12]], [6], [])  # P-6m2: 1/3 2/3 0 and 0 0 1/2
    assert of(143) == ([[8, 16, 0]], [3], [[0, 0, 1]])  # P3: 1/3 2/3 0 and 0 0 z
    assert of(1) == ([], [], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert of(2)[1] == [2, 2, 2]
    assert of(230) == ([], [], [])


def test_stored_shifts_are_those_of_the_compiler(setting: Setting, reader: StoreReader) -> None:
    compiled, shifts = reader.read(setting), origin_shifts(operations(setting))
    assert np.array_equal(compiled.shifts24, shifts.shifts24)
    assert np.array_equal(compiled.shift_orders, shifts.orders)
    assert np.array_equal(compiled.shift_directions, shifts.directions)
