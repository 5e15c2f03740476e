"""Principal values, refractive indices and the response by direction."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store.errors import TensorError
from runtime.tensors.dielectric import directional_value, principal, refractive_index, refractive_indices
from runtime.tensors.frames import rotate_tensor
from tests.support.crystals.lattices import random_rotation


def test_principal_axes_rotate_with_the_crystal() -> None:
    rotation = random_rotation(np.random.default_rng(0))
    tensor = rotate_tensor(np.diag([4.0, 2.0, 3.0]), rotation)
    values, axes = principal(tensor)
    np.testing.assert_allclose(values, [2, 3, 4])
    np.testing.assert_allclose(np.abs(axes @ rotation), [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    np.testing.assert_allclose(directional_value(tensor, axes), values)
    np.testing.assert_allclose(rotate_tensor(tensor, axes), np.diag(values), atol=1e-12)


def test_calcite_is_birefringent() -> None:
    # Sodium D line: ordinary 1.658, extraordinary 1.486.
    tensor = np.diag([1.658, 1.658, 1.486]) ** 2
    np.testing.assert_allclose(refractive_indices(tensor), [1.486, 1.658, 1.658])
    assert refractive_index(tensor) == pytest.approx(np.sqrt((2 * 1.658**2 + 1.486**2) / 3))


def test_negative_permittivities_have_no_refractive_index() -> None:
    assert np.isnan(refractive_index(-np.eye(3)))
    assert np.isnan(refractive_indices(np.diag([-1.0, 4, 4]))).tolist() == [True, False, False]


def test_invalid_input_raises() -> None:
    with pytest.raises(TensorError, match="obeys ij=ji"):
        principal([[1, 2, 0], [0, 1, 0], [0, 0, 1]])
    with pytest.raises(TensorError, match=r"has shape \(3, 3\), not \(6,\)"):
        principal(np.zeros(6))
