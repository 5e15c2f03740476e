"""Changes of cell written as in International Tables and magnetic CIF."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import FieldError
from sgbasis.fields.cell_text import cell_of_text


@pytest.mark.parametrize(
    ("text", "axes", "origin"),
    [
        ("a,b,c;0,0,0", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]),
        ("a-b, a+b, 2c; 1/4, 0, -1/8", [[1, -1, 0], [1, 1, 0], [0, 0, 2]], [0.25, 0, -0.125]),
        ("b,c,a", [[0, 1, 0], [0, 0, 1], [1, 0, 0]], [0, 0, 0]),
        ("1/2a+1/2b,-a/2+b/2,c;0.5,0,0", [[0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, 1]], [0.5, 0, 0]),
        ("2/3a+1/3b+1/3c,-1/3a+1/3b+1/3c,-1/3a-2/3b+1/3c", None, [0, 0, 0]),
        ("a,a+2*b,c", [[1, 0, 0], [1, 2, 0], [0, 0, 1]], [0, 0, 0]),
    ],
)
def test_axes_and_origin_of_the_group_in_the_file(
    text: str, axes: list[list[float]] | None, origin: list[float]
) -> None:
    cell = cell_of_text(text)
    if axes is None:
        axes = (np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) / 3).tolist()
    np.testing.assert_allclose(
        cell.to_setting(np.array(origin)), 0, atol=1e-12
    )  # the origin of the group is 0 0 0
    # The tip of its first axis is 1 0 0.
    np.testing.assert_allclose(cell.to_setting(np.array(origin) + np.array(axes)), np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a,b", "a,b,c,a", "a,b,d", "a,b,ab", "a,b,2", "a,b,c;0,0", "a,b,c;x,0,0", "a,b,c;1/0,0,0",
        "a,b,1/0c", "a,b,c/0", "a,b,c;1e9,0,0", "b,a,c", "a,b,a", "a,b,1/2000c", "a,b,1000c",
        "a" * 10_000, "a++b,b,c", "a,b,c;0,0,0;1", "999999999999999999a,b,c",
    ],
)  # fmt: skip
def test_others_are_errors_of_one_line(text: str) -> None:
    with pytest.raises(FieldError) as raised:
        cell_of_text(text)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300
