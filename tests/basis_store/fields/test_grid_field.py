"""Fields on grids are checked once, when they are made."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import FieldError, GridField

CUBE = 2.0 * np.eye(3)


def test_a_field_knows_its_integral() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    field = GridField(values, CUBE, "electron density", "e/Angstrom^3", [1], [[0, 0, 0.5]])
    assert field.values.dtype == np.float64 and field.shape == (2, 3, 4)
    assert field.integral == pytest.approx(11.5 * 8)
    with pytest.raises(ValueError, match="read-only"):
        field.values[0, 0, 0] = 1


def test_values_are_not_copied() -> None:
    values = np.zeros((2, 2, 2))
    assert np.shares_memory(GridField(values, CUBE).values, values)
    values[0, 0, 0] = 1  # still the caller's


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 2, 2), complex), CUBE), "the values of a field are real numbers"),
        ((np.zeros((2, 2)), CUBE), "on a grid"),
        ((np.zeros((2, 0, 2)), CUBE), "on a grid"),
        ((np.full((1, 1, 2), [1, np.nan]), CUBE), r"grid point \(0, 0, 1\) is nan"),
        ((np.full((1, 1, 2), [1, -1e200]), CUBE), r"grid point \(0, 0, 1\) is -1e\+200"),
        ((np.array([[["a"]]]), CUBE), "are numbers, not"),
        ((np.zeros((1, 1, 1)), np.ones((3, 3))), "one plane"),
        ((np.zeros((1, 1, 1)), np.zeros((3, 3))), "0 Angstrom"),
        ((np.zeros((1, 1, 1)), np.eye(2)), "three vectors"),
        ((np.zeros((1, 1, 1)), CUBE, "field", "1", [1], []), "1 atoms and the coordinates of 0"),
        ((np.zeros((1, 1, 1)), CUBE, "field", "1", [119], [[0, 0, 0]]), "no element"),
        ((np.zeros((1, 1, 1)), CUBE, "field", "1", [1], [[0, 0, np.inf]]), "not finite"),
    ],
)
def test_what_is_no_field_is_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(FieldError, match=message):
        GridField(*arguments)  # type: ignore[arg-type]
