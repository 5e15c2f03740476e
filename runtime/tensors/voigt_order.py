"""Other orders of the six pairs of axes than Voigt's, in which programs print matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store.errors import TensorError
from runtime.tensors.voigt import VOIGT_ORDER

OTHER_ORDERS: dict[tuple[str, ...], str] = {
    ("xx", "yy", "zz", "xy", "yz", "xz"): "as VASP and LS-DYNA write it",
    ("xx", "yy", "zz", "xy", "xz", "yz"): "as Abaqus writes it",
}
"""Orders, and who uses them."""


def from_order(matrix: ArrayLike, order: Sequence[str]) -> NDArray[np.float64]:
    """A matrix whose indices are in ``order``, in Voigt's order xx yy zz yz xz xy.

    Args:
        matrix: (6, 6), (3, 6) or (6,).
        order: six pairs of axes, such as VASP's ``"xx yy zz xy yz xz".split()``; zx is xz.

    Raises:
        TensorError: the order is not one of the six pairs, or the matrix has another shape.
    """
    known = ["".join(sorted(pair)) for pair in order]
    if sorted(known) != sorted(VOIGT_ORDER):
        raise TensorError(f"an order names {' '.join(VOIGT_ORDER)}, each once, not {' '.join(order)}")
    values = np.asarray(matrix, np.float64)
    if values.shape not in ((6,), (3, 6), (6, 6)):
        raise TensorError(f"a matrix in Voigt's form is (6,), (3, 6) or (6, 6), not {values.shape}")
    places = [known.index(pair) for pair in VOIGT_ORDER]
    values = values[..., places]
    return np.asarray(values[places] if values.shape == (6, 6) else values)
