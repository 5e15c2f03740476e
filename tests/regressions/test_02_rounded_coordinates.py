"""Regression 2. The paper's release looked waves up by rounded coordinates, in a list of rounded coordinates.

In 52 trigonal and hexagonal groups (143 to 194) most rows of the routing matrix became zero: 16,972 of 21,736.
"""

from __future__ import annotations

import math

import numpy as np

from basis_compiler import operations
from basis_store import WaveIndex, standard_settings, waves_within
from runtime import Store

# Columns: reciprocal vectors of a hexagonal cell with a = c = 1, in Cartesian axes.
RECIPROCAL = np.array([[1, 0, 0], [1 / math.sqrt(3), 2 / math.sqrt(3), 0], [0, 0, 1]])


def test_rounded_cartesian_coordinates_lose_waves() -> None:
    """The mildest form of the bug: images in single precision, looked up by coordinates rounded to nine digits."""
    waves = waves_within("hexagonal", 75).astype(int)
    lost = 0
    for setting in standard_settings()[142:194]:
        group = operations(setting)
        known = {tuple(np.round(k, 9)) for k in waves @ RECIPROCAL}
        for rotation in group.rotations:
            cartesian = np.linalg.inv(RECIPROCAL) @ rotation @ RECIPROCAL
            images = ((waves @ RECIPROCAL).astype(np.float32) @ cartesian.astype(np.float32)).astype(float)
            lost += sum(tuple(k) not in known for k in np.round(images, 9))
    assert lost > 100_000


def test_integer_lookup_loses_none(store: Store) -> None:
    waves = waves_within("hexagonal", 75)
    index = WaveIndex(waves)
    for setting in standard_settings()[142:194]:
        for rotation in operations(setting).rotations:
            assert sorted(index.images(rotation)) == list(range(418))
        # A row of the routing matrix is zero for a systematic absence and for nothing else.
        basis = store.basis(setting)
        rows = basis.routing_matrix().abs().sum(1)
        assert ((rows == 0) == (basis.routing().orbits == -1)).all()
