"""Changes of basis as text, against matrices worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sgbasis.reports.change_of_basis import axes_text, coordinates_text, vector_text


def change(rows: list[list[int]], denominator: int = 1, shift: tuple[float, float, float] = (0, 0, 0)) -> Any:
    return SimpleNamespace(
        change_of_basis=np.array(rows), denominator=denominator, origin_shift=np.array(shift, float)
    )


@pytest.mark.parametrize(
    ("given", "axes", "coordinates"),
    [
        (change([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), "a, b, c", "x, y, z"),
        # Axes transform with the inverse transpose of the matrix of the coordinates.
        (change([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), "b, c, a", "y, z, x"),
        (change([[0, 1, 1], [1, 0, 1], [1, 1, 0]], 2), "-a+b+c, a-b+c, a+b-c", "1/2y+1/2z, 1/2x+1/2z, 1/2x+1/2y"),
        (
            change([[1, -1, 0], [0, 1, 0], [0, 0, 1]], shift=(0, 0, 0.25)),
            "a, a+b, c",
            "x-y, y, z+1/4",
        ),
    ],
)
def test_axes_and_coordinates(given: Any, axes: str, coordinates: str) -> None:
    assert axes_text(given) == axes
    assert coordinates_text(given) == coordinates


def test_numbers_are_fractions_where_they_are() -> None:
    assert vector_text(np.array([0.25, -1 / 3, 23 / 24, 0.123456, 0])) == "1/4 -1/3 23/24 0.12346 0"
