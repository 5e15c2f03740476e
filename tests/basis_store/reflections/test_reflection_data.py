"""What reflections have to satisfy, and distances of lattice planes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from basis_store import ReflectionData, ReflectionError
from basis_store.reflections.reflection_data import inverse_squares, metric_tensor

HKL = np.array([[1, 0, 0], [0, 2, 0]])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"hkl": [[1, 0]]}, "an array (n, 3), not (1, 2)"),
        ({"hkl": [[1, 0, 0.5]]}, "reflection 1 has the indices 1 0 0.5: integers"),
        ({"hkl": [[1, 0, 0], [np.nan, 0, 1]]}, "reflection 2 has the indices nan 0 1"),
        ({"hkl": [[1, 0, 100_000]]}, "integers up to 10000"),
        ({"hkl": "1 0 0"}, "three integers for each reflection"),
        ({"hkl": HKL, "intensities": [1.0]}, "2 reflections, and intensities of shape (1,)"),
        ({"hkl": HKL, "intensities": [1.0, np.nan]}, "intensities of reflection 2 is nan"),
        ({"hkl": HKL, "intensities": [1.0, 1j]}, "real numbers, not complex"),
        ({"hkl": HKL, "intensities": [1, 2], "sigmas": [1, -2]}, "sigmas has -2 for 0 2 0"),
        ({"hkl": HKL, "sigmas": [1, 2]}, "without the intensities"),
        ({"hkl": HKL, "amplitudes": [-1, 2]}, "amplitudes has -1 for 1 0 0"),
        ({"hkl": HKL, "phases": ["a", "b"]}, "phases are numbers"),
        ({"hkl": HKL, "cell": [1, 2, 3]}, "a cell is six numbers"),
        ({"hkl": HKL, "cell": [0, 2, 3, 90, 90, 90]}, "no cell has the edges of 0 2 3"),
        ({"hkl": HKL, "cell": [1, 2, 3, 30, 30, 170]}, "no cell has the angles"),
        ({"hkl": HKL, "setting": 531}, "no Hall number 531"),
        ({"hkl": HKL, "wavelength": -1.0}, "a wavelength is a positive number"),
    ],
)
def test_what_are_no_reflections(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ReflectionError, match=re.escape(says)):
        ReflectionData(**given)


def test_what_is_given_is_kept_as_numbers() -> None:
    data = ReflectionData(HKL.astype(float), intensities=[-1, 2], sigmas=[0, 1], cell=[4, 4, 4, 90, 90, 90])
    assert len(data) == 2
    assert data.hkl.dtype == np.int64 and data.intensities is not None and data.intensities.dtype == np.float64
    assert data.amplitudes is None and data.notes == ()


def test_distances_of_lattice_planes() -> None:
    """Against the vectors themselves, built another way: G = hkl times the inverse of the rows."""
    random = np.random.default_rng(0)
    for _ in range(20):
        rows = random.normal(size=(3, 3)) + 4 * np.eye(3)
        lengths = np.linalg.norm(rows, axis=1)
        angles = [
            np.degrees(np.arccos(rows[i] @ rows[j] / lengths[i] / lengths[j])) for i, j in ((1, 2), (0, 2), (0, 1))
        ]
        cell = np.array([*lengths, *angles])
        hkl = random.integers(-5, 6, (30, 3))
        assert np.allclose(metric_tensor(cell), rows @ rows.T)
        expected = ((hkl @ np.linalg.inv(rows).T) ** 2).sum(axis=1)
        assert np.allclose(inverse_squares(hkl, cell), expected)
    assert metric_tensor(np.array([3.0, 4, 5, 90, 90, 90]))[0, 1] == 0
