"""Cosets of point groups in their normalizers: their number, counted by hand, and that each normalizes."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import IndexSymmetry, Setting, StoreReader, standard_settings
from basis_store.tensors.cartesian_frame import cartesian_frame
from runtime import Store
from runtime.targets.equivalent_labels import equivalent_labels
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.point_group_normalizer import normalizer_cosets
from runtime.tensors.projection import allowed_basis
from runtime.tensors.voigt import piezoelectric_matrix, piezoelectric_tensor
from tests.support.crystals.lattices import cartesian_operations
from tests.support.crystals.made_records import bare_record, made_lattice, made_record

# By hand: the order of the point group's normalizer in the group of its crystal family, divided by its own order.
INDICES = {
    # Among the 8 reversals of three axes, which commute: 8 / |G|.
    "1": 8, "-1": 4, "2": 4, "m": 4, "2/m": 2,
    # In m-3m, of order 48. 222 and mmm are normal; mm2 keeps its polar axis: 4/mmm, of order 16.
    "222": 12, "mm2": 4, "mmm": 6,
    # In m-3m likewise, but the 4-fold axis is fixed: 16 / |G|.
    "4": 4, "-4": 4, "4/m": 2, "422": 2, "4mm": 2, "-42m": 2, "4/mmm": 1,
    # In 6/mmm, of order 24. All are normal: a rotation by 60 degrees maps the three axes of 32 to themselves.
    "3": 8, "-3": 4, "32": 4, "3m": 4, "-3m": 2,
    "6": 4, "-6": 4, "6/m": 2, "622": 2, "6mm": 2, "-6m2": 2, "6/mmm": 1,
    # In m-3m, where all are normal: 48 / |G|.
    "23": 4, "m-3": 2, "432": 2, "-43m": 2, "m-3m": 1,
}  # fmt: skip

PIEZOELECTRIC = TensorTarget("e", "C/m^2", symmetry="ijk=ikj", up_to_normalizer=True)


def test_every_class_is_tested() -> None:
    assert set(INDICES) == {setting.point_group for setting in standard_settings()}
    assert len(INDICES) == 32


@pytest.mark.parametrize("point_group", INDICES)
def test_cosets_of_the_point_group_in_its_normalizer(point_group: str, store: Store, reader: StoreReader) -> None:
    for setting in standard_settings():
        if setting.point_group != point_group:
            continue
        record = bare_record(
            reader.read(setting), made_lattice(reader.read(setting), np.random.default_rng(0), volume=90.0)
        )
        group = cartesian_operations(record.setting, record.lattice)
        cosets = normalizer_cosets(record, store.compiled(setting))
        assert len(cosets) == INDICES[point_group], setting
        np.testing.assert_allclose(cosets[0], np.eye(3), atol=1e-12)
        np.testing.assert_allclose(cosets @ cosets.transpose(0, 2, 1), np.eye(3)[None] + 0 * cosets, atol=1e-12)
        for i, operation in enumerate(cosets):
            for image in operation @ group @ operation.T:
                assert np.abs(group - image).max(axis=(1, 2)).min() < 1e-9, "normalizes the group"
            for other in cosets[:i]:
                step = other.T @ operation
                assert np.abs(group - step).max(axis=(1, 2)).min() > 0.5, "no two are in one coset"


@pytest.mark.parametrize("number", [16, 25, 75, 143, 149, 150, 187, 189, 215])
def test_operations_map_allowed_tensors_to_allowed_tensors(number: int, store: Store) -> None:
    record = made_record(Setting.standard(number), np.random.default_rng(0), n_sites=1)
    basis = allowed_basis(record, IndexSymmetry.parse("ijk=ikj")).reshape(-1, 27)
    tensor = (np.random.default_rng(1).normal(size=len(basis)) @ basis).reshape(3, 3, 3)
    for operation in normalizer_cosets(record, store.compiled(record.setting)):
        image = rotate_tensor(tensor, operation).ravel()
        np.testing.assert_allclose(image @ basis.T @ basis, image, atol=1e-9)


def alternatives(number: int, matrix: np.ndarray) -> list[np.ndarray]:
    """(3, 6) matrices, given and returned in the reference frame of the setting."""
    record = made_record(Setting.standard(number), np.random.default_rng(number), n_sites=1)
    frame, space = cartesian_frame(record.setting, record.lattice), PIEZOELECTRIC.space
    own = rotate_tensor(piezoelectric_tensor(matrix), frame.T)
    found = equivalent_labels(space.components(own)[None], [record], [PIEZOELECTRIC])[0]
    return [piezoelectric_matrix(rotate_tensor(one, frame)) for one in space.tensors(found)]


def distinct(matrices: list[np.ndarray]) -> set[tuple[float, ...]]:
    return {tuple((matrix.round(6) + 0.0).ravel().tolist()) for matrix in matrices}


def test_the_sign_of_e14_of_zinc_blende_is_undetermined() -> None:
    matrix = np.zeros((3, 6))
    matrix[[0, 1, 2], [3, 4, 5]] = 0.3
    found = alternatives(216, matrix)
    assert len(found) == 2
    np.testing.assert_allclose(found[0], matrix, atol=1e-12)
    np.testing.assert_allclose(found[1], -matrix, atol=1e-12)


def test_a_and_b_of_mm2_can_be_exchanged_and_c_reversed() -> None:
    def mm2(e15: float, e24: float, e31: float, e32: float, e33: float) -> np.ndarray:
        return np.array([[0, 0, 0, 0, e15, 0], [0, 0, 0, e24, 0, 0], [e31, e32, e33, 0, 0, 0]])

    one, other = mm2(1, 2, 3, 4, 5), mm2(2, 1, 4, 3, 5)
    assert distinct(alternatives(25, one)) == distinct([one, -one, other, -other])


def test_the_axes_of_222_can_be_permuted() -> None:
    def of_222(entries: tuple[float, ...]) -> np.ndarray:
        matrix = np.zeros((3, 6))
        matrix[[0, 1, 2], [3, 4, 5]] = entries
        return matrix

    orders = [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)]
    expected = [sign * of_222(order) for order in orders for sign in (1, -1)]
    assert distinct(alternatives(16, of_222((1, 2, 3)))) == distinct(expected)


def test_several_crystals_and_targets() -> None:
    """Rows are padded with the value itself; other targets are unchanged."""
    records = [made_record(Setting.standard(number), np.random.default_rng(0), n_sites=1) for number in (16, 216)]
    values = np.random.default_rng(1).normal(size=(2, 19))
    values[1, 1:] = np.nan
    targets = [ScalarTarget("energy"), PIEZOELECTRIC]
    found = equivalent_labels(values, records, targets)
    assert found.shape == (2, 12, 19)
    np.testing.assert_allclose(found[:, 0], values)
    np.testing.assert_array_equal(found[..., 0], values[:, :1] + np.zeros((2, 12)))
    assert np.isnan(found[1, :, 1:]).all() and np.isfinite(found[0]).all()
    np.testing.assert_allclose(np.linalg.norm(found[0, :, 1:], axis=1), np.linalg.norm(values[0, 1:]))
    closed = [ScalarTarget("energy"), TensorTarget("e", symmetry="ijk=ikj")]
    np.testing.assert_array_equal(equivalent_labels(values, records, closed), values[:, None])
    assert equivalent_labels(values[:0], [], targets).shape == (0, 1, 19)
