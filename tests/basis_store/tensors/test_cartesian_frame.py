"""The frame of the tensors: its axes, whatever the orientation and handedness of the lattice."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import CrystalError, Setting, all_settings, cartesian_frame
from basis_store.tensors.cartesian_frame import frame_directions
from tests.support.crystals.lattices import random_lattice, random_rotation


def test_directions_are_orthogonal_in_every_lattice() -> None:
    for setting in all_settings():
        direct, reciprocal, text = frame_directions(setting)
        assert np.dot(direct, reciprocal) == 0
        rhombohedral = setting.choice == "R"
        assert text == ("e1 along a - b, e3 along a + b + c" if rhombohedral else "e1 along a, e3 along c*")


def test_the_frame_rotates_with_the_crystal() -> None:
    draw = np.random.default_rng(0)
    for setting in all_settings()[::5]:
        lattice = random_lattice(setting, draw)
        frame = cartesian_frame(setting, lattice)
        assert np.abs(frame @ frame.T - np.eye(3)).max() < 1e-14
        assert np.linalg.det(frame) == pytest.approx(1)
        turn = random_rotation(draw)
        assert np.abs(cartesian_frame(setting, lattice @ turn) - frame @ turn).max() < 1e-12
        assert np.abs(cartesian_frame(setting, 7 * lattice) - frame).max() < 1e-14


def test_axes_are_along_the_stated_directions() -> None:
    draw = np.random.default_rng(1)
    for setting in all_settings()[::5]:
        for hand in (1, -1):
            lattice = random_lattice(setting, draw, left_handed=hand < 0)
            frame, inverse = cartesian_frame(setting, lattice), np.linalg.inv(lattice).T
            direct = (1, -1, 0) if setting.choice == "R" else (1, 0, 0)
            reciprocal = (1, 1, 1) if setting.choice == "R" else (0, 0, 1)
            for axis, along in ((frame[0], direct @ lattice), (frame[2], reciprocal @ inverse)):
                assert hand * axis @ along == pytest.approx(np.linalg.norm(along))
            if setting.choice == "R":  # a + b + c and a* + b* + c* have one direction
                assert np.linalg.norm(np.cross(frame[2], lattice.sum(axis=0))) < 1e-10


def test_a_left_handed_lattice_reverses_all_axes() -> None:
    """So that every operation has the same matrix: one axis alone reversed would make 4 of z into its inverse."""
    setting = Setting.standard(75)
    lattice = np.diag([3.0, 3.0, 5.0])
    assert np.array_equal(cartesian_frame(setting, lattice), np.eye(3))
    assert np.array_equal(cartesian_frame(setting, -lattice), np.eye(3))
    mirrored = lattice @ np.diag([1, 1, -1])  # c along -z: still, e1 along -a and e3 along -c*
    assert np.abs(cartesian_frame(setting, mirrored) - np.diag([-1, -1, 1])).max() == 0
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    for one in (lattice, -lattice, mirrored):
        frame = cartesian_frame(setting, one)
        cartesian = one.T @ quarter @ np.linalg.inv(one.T)
        assert np.abs(frame @ cartesian @ frame.T - quarter).max() < 1e-15


@pytest.mark.parametrize(
    ("lattice", "message"),
    [
        (np.zeros((3, 3)), "do not span space"),
        ([[1, 0, 0], [0, 1, 0], [1, 1, 0]], "do not span space"),
        (np.full((3, 3), np.nan), "three rows of three finite numbers"),
        (np.eye(2), "three rows of three finite numbers"),
    ],
)
def test_invalid_lattices(lattice: object, message: str) -> None:
    with pytest.raises(CrystalError, match=message):
        cartesian_frame(Setting.standard(1), lattice)  # type: ignore[arg-type]
