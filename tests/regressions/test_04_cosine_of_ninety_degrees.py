"""Regression 4. cos 90 degrees was computed as 6e-17; waves on the boundary of the ball were slightly too long.

They were missing from the list, and their orbits were incomplete.
"""

from __future__ import annotations

import itertools

import numpy as np

from basis_store import ball_norm, wave_norm, waves_within


def test_a_float_ball_loses_its_boundary() -> None:
    cosine, sine = np.cos(np.deg2rad(90.0)), np.sin(np.deg2rad(90.0))
    assert cosine != 0
    height = np.sqrt(1 - cosine**2 - ((cosine - cosine**2) / sine) ** 2)
    lattice = np.array([[1, 0, 0], [cosine, sine, 0], [cosine, (cosine - cosine**2) / sine, height]])
    cube = np.array(list(itertools.product(range(-5, 6), repeat=3)))
    lengths_squared = ((cube @ np.linalg.inv(lattice).T) ** 2).sum(axis=1)
    float_ball = cube[lengths_squared <= 25]
    exact = waves_within("orthogonal", ball_norm(5))
    assert len(float_ball) - 1 < 514
    lost = {tuple(k) for k in exact.tolist()} - {tuple(k) for k in float_ball.tolist()}
    assert lost
    assert all(wave_norm(k, "orthogonal") == 75 for k in np.array(sorted(lost)))
    assert len(exact) == 514
