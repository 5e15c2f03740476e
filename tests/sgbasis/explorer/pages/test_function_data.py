"""The integers of a page are those of the store: functions made of them alone are invariant and orthonormal."""

from __future__ import annotations

import numpy as np

from basis_store import TURN, CompiledSetting, open_store
from basis_store.array_types import FloatArray
from sgbasis.explorer.function_data import function_data

POINTS = np.random.default_rng(5).random((3, 3))


def values(data: dict, points: FloatArray) -> FloatArray:
    """(F, n) values of all functions, by the formula at the head of site/src/functions/waveSum.ts."""
    waves, phases = np.array(data["waves"]).reshape(-1, 3), np.array(data["phases24"])
    cosines = np.cos(2 * np.pi * (waves @ points.T + phases[:, None] / TURN))
    starts = np.cumsum([0, *data["terms"][:-1]])
    amplitudes = np.sqrt(np.array(data["numerators"]) / np.array(data["sizes"]))
    return amplitudes[:, None] * np.add.reduceat(cosines, starts)


def check(compiled: CompiledSetting) -> None:
    data = function_data(compiled)
    assert data["norms"][1:] == compiled.norms.tolist()
    own = values(data, POINTS)
    for rotation, shift in zip(compiled.rotations[-3:], compiled.translations24[-3:], strict=True):
        assert np.abs(values(data, POINTS @ rotation.T + shift / TURN) - own).max() < 1e-10
    # The mean square of a sum of cosines of different waves is half of the sum of their squares.
    squares = np.array(data["numerators"]) / np.array(data["sizes"]) * np.array(data["terms"]) / 2
    assert np.allclose(squares[1:], 1)
    metric = np.array(data["lattice"]) @ np.array(data["lattice"]).T
    for rotation in compiled.rotations:
        assert np.abs(rotation.T @ metric @ rotation - metric).max() < 1e-5


def test_the_data_of_every_setting_are_invariant_orthonormal_functions() -> None:
    with open_store() as store:
        assert len(store.settings) == 530
        for compiled in store:
            check(compiled)


def test_a_part_of_the_data_is_the_first_functions() -> None:
    with open_store() as store:
        whole, part = (function_data(store.read("62"), count) for count in (None, 4))
    cosines = sum(whole["terms"][:4])
    assert part["terms"] == whole["terms"][:4]
    assert part["waves"] == whole["waves"][: 3 * cosines]
    assert part["phases24"] == whole["phases24"][:cosines]
