"""Rotation of tensors against sums written out, and the sign of axial ones."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store.errors import TensorError
from runtime.tensors.rotation import rotate_tensor

RNG = np.random.default_rng(0)
TURN = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
TURN *= np.linalg.det(TURN)


@pytest.mark.parametrize(
    ("rank", "sum_text"),
    [(0, "->"), (1, "ap,p->a"), (2, "ap,bq,pq->ab"), (3, "ap,bq,cr,pqr->abc"), (4, "ap,bq,cr,ds,pqrs->abcd")],
)
def test_is_the_sum_over_all_indices(rank: int, sum_text: str) -> None:
    tensor = RNG.normal(size=(3,) * rank)
    expected = np.einsum(sum_text, *[TURN] * rank, tensor)
    np.testing.assert_allclose(rotate_tensor(tensor, TURN), expected, atol=1e-14)
    np.testing.assert_allclose(rotate_tensor(rotate_tensor(tensor, TURN), TURN.T), tensor, atol=1e-14)


def test_only_axial_tensors_know_of_reflections_beside_their_indices() -> None:
    tensor = RNG.normal(size=(3, 3))
    np.testing.assert_allclose(rotate_tensor(tensor, -np.eye(3)), tensor)
    np.testing.assert_allclose(rotate_tensor(tensor, -np.eye(3), axial=True), -tensor)
    np.testing.assert_allclose(rotate_tensor(tensor, TURN, axial=True), rotate_tensor(tensor, TURN))
    # The permutation symbol is the axial tensor that no rotation or reflection changes.
    symbol = np.zeros((3, 3, 3))
    symbol[[0, 1, 2], [1, 2, 0], [2, 0, 1]], symbol[[0, 2, 1], [2, 1, 0], [1, 0, 2]] = 1, -1
    np.testing.assert_allclose(rotate_tensor(symbol, -TURN, axial=True), symbol, atol=1e-14)


def test_what_is_refused() -> None:
    with pytest.raises(TensorError, match="is it in Voigt's form"):
        rotate_tensor(np.zeros((6, 6)), TURN)
    with pytest.raises(TensorError, match="not orthogonal"):
        rotate_tensor(np.zeros((3, 3)), 1.01 * TURN)
    with pytest.raises(TensorError, match=r"a rotation has shape \(3, 3\)"):
        rotate_tensor(np.zeros((3, 3)), np.eye(4))
