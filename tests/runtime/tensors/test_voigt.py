"""Matrix forms of tensors: round trips, factors, orthonormality, and invalid input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_store.errors import SgbasisError, TensorError
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.voigt import (
    OTHER_ORDERS,
    VOIGT_ORDER,
    compliance_matrix,
    compliance_tensor,
    from_mandel,
    from_order,
    piezoelectric_matrix,
    piezoelectric_tensor,
    stiffness_matrix,
    stiffness_tensor,
    symmetric_tensor,
    symmetric_vector,
    to_mandel,
)
from tests.support.crystals.lattices import random_rotation


def random_stiffness(rng: np.random.Generator) -> np.ndarray:
    root = rng.normal(size=(6, 6))
    return root @ root.T + 10 * np.eye(6)


def test_every_entry_of_a_stiffness_is_where_voigt_puts_it() -> None:
    matrix = random_stiffness(np.random.default_rng(0))
    full = stiffness_tensor(matrix)
    pairs = [("xyz".index(a), "xyz".index(b)) for a, b in VOIGT_ORDER]
    for (row, (i, j)), (column, (k, m)) in itertools.product(enumerate(pairs), repeat=2):
        for one in ((i, j, k, m), (j, i, k, m), (i, j, m, k), (k, m, i, j)):
            assert full[one] == pytest.approx(matrix[row, column], rel=1e-12)
    assert VOIGT_ORDER == ("xx", "yy", "zz", "yz", "xz", "xy")


def test_round_trips() -> None:
    rng = np.random.default_rng(1)
    matrix, piezo, vector = random_stiffness(rng), rng.normal(size=(3, 6)), rng.normal(size=6)
    np.testing.assert_allclose(stiffness_matrix(stiffness_tensor(matrix)), matrix, rtol=1e-15)
    np.testing.assert_allclose(compliance_matrix(compliance_tensor(matrix)), matrix, rtol=1e-15)
    np.testing.assert_allclose(piezoelectric_matrix(piezoelectric_tensor(piezo)), piezo, rtol=1e-15)
    np.testing.assert_allclose(symmetric_vector(symmetric_tensor(vector)), vector, rtol=1e-15)
    for full in (stiffness_tensor(matrix), piezoelectric_tensor(piezo), symmetric_tensor(vector)):
        np.testing.assert_allclose(from_mandel(to_mandel(full)), full, rtol=1e-14)


def test_the_inverse_of_a_stiffness_matrix_is_a_compliance_matrix_with_factors() -> None:
    matrix = random_stiffness(np.random.default_rng(2))
    stiffness, compliance = stiffness_tensor(matrix), compliance_tensor(np.linalg.inv(matrix))
    identity = (
        np.einsum("ik,jl->ijkl", np.eye(3), np.eye(3)) + np.einsum("il,jk->ijkl", np.eye(3), np.eye(3))
    ) / 2
    np.testing.assert_allclose(np.einsum("ijmn,mnkl->ijkl", stiffness, compliance), identity, atol=1e-12)
    # Mandel's matrices are inverse to each other without factors.
    np.testing.assert_allclose(to_mandel(stiffness) @ to_mandel(compliance), np.eye(6), atol=1e-12)


def test_mandel_is_orthonormal() -> None:
    rng = np.random.default_rng(3)
    for full in (
        stiffness_tensor(random_stiffness(rng)),
        piezoelectric_tensor(rng.normal(size=(3, 6))),
        symmetric_tensor(rng.normal(size=6)),
    ):
        assert np.linalg.norm(to_mandel(full)) == pytest.approx(np.linalg.norm(full))
    # So a rotation acts on it as an orthogonal matrix, and eigenvalues are invariant.
    full = stiffness_tensor(random_stiffness(rng))
    rotated = rotate_tensor(full, random_rotation(rng))
    np.testing.assert_allclose(np.linalg.eigvalsh(to_mandel(rotated)), np.linalg.eigvalsh(to_mandel(full)))


def test_small_asymmetries_are_averaged_and_large_ones_raise() -> None:
    matrix = np.diag([100.0, 100, 100, 50, 50, 50])
    matrix[0, 1] = 0.05
    assert stiffness_matrix(stiffness_tensor(matrix))[1, 0] == pytest.approx(0.025)
    matrix[0, 1] = 20.0
    with pytest.raises(
        TensorError, match=r"differs from it by up to 10, 0\.1 of its largest entry \(allowed: 0.001\)"
    ):
        stiffness_tensor(matrix)
    assert stiffness_matrix(stiffness_tensor(matrix, tolerance=0.2))[0, 1] == pytest.approx(10)
    assert issubclass(TensorError, SgbasisError)
    assert issubclass(TensorError, ValueError)


@pytest.mark.parametrize(
    ("function", "bad", "words"),
    [
        (stiffness_tensor, np.eye(5), r"has shape \(6, 6\), not \(5, 5\)"),
        (stiffness_matrix, np.eye(6), r"an elastic tensor has shape \(3, 3, 3, 3\), not \(6, 6\)"),
        (piezoelectric_tensor, np.zeros((6, 3)), r"has shape \(3, 6\), not \(6, 3\)"),
        (symmetric_vector, np.arange(9.0).reshape(3, 3), "obeys ij=ji"),
        (symmetric_tensor, [1, 2, 3, 4, 5, np.nan], "entries that are not finite"),
        (symmetric_tensor, ["a"] * 6, "not an array of numbers"),
        (to_mandel, np.zeros(3), "rank 2, 3 and 4"),
        (from_mandel, np.zeros((3, 3)), r"is \(6,\), \(3, 6\) or \(6, 6\), not \(3, 3\)"),
        (from_mandel, np.zeros((2, 2)), r"a tensor of shape \(2, 2\) is not known"),
    ],
)
def test_invalid_input_raises(function: object, bad: object, words: str) -> None:
    assert callable(function)
    with pytest.raises(TensorError, match=words) as caught:
        function(bad)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("order", OTHER_ORDERS)
def test_other_orders(order: tuple[str, ...]) -> None:
    rng = np.random.default_rng(4)
    full = stiffness_tensor(random_stiffness(rng))
    pairs = [("xyz".index(a), "xyz".index(b)) for a, b in order]
    written = np.array([[full[(*one, *other)] for other in pairs] for one in pairs])
    np.testing.assert_allclose(from_order(written, order), stiffness_matrix(full), rtol=1e-12)
    piezo = piezoelectric_tensor(rng.normal(size=(3, 6)))
    written = np.array([[piezo[(i, *pair)] for pair in pairs] for i in range(3)])
    np.testing.assert_allclose(from_order(written, order), piezoelectric_matrix(piezo), rtol=1e-12)


def test_an_order_names_each_pair_once() -> None:
    assert from_order(range(6), ["xx", "yy", "zz", "yz", "zx", "xy"]).tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(TensorError, match="each once"):
        from_order(np.eye(6), ["xx"] * 6)
    with pytest.raises(TensorError, match="not \\(3, 3\\)"):
        from_order(np.eye(3), VOIGT_ORDER)
