"""The nearest tensor that symmetry allows: invariant, idempotent, equivariant, and the same in every cell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from basis_compiler import compile_crystal
from basis_store import FormulaError, Setting, standard_settings
from basis_store.errors import TensorError
from runtime import Store, project_tensor
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.voigt import OTHER_ORDERS, from_order, piezoelectric_matrix, stiffness_matrix
from tests.support.crystals.lattices import cartesian_operations, random_rotation
from tests.support.crystals.made_crystals import made_crystal, rewritten
from tests.support.crystals.made_records import made_record

FORMULAS = {"ij=ji": 2, "ijk=ikj": 3, "ijkl=jikl=klij": 4}


@pytest.fixture(params=standard_settings(), ids=lambda setting: f"group{setting.number}")
def group(request: pytest.FixtureRequest) -> Setting:
    return request.param


@pytest.mark.parametrize("axial", [False, True], ids=["polar", "axial"])
def test_projections_of_every_group(group: Setting, axial: bool, store: Store) -> None:
    rng = np.random.default_rng(group.number)
    record = made_record(group, rng)
    rotations = cartesian_operations(record.setting, record.lattice)
    body_rotation = random_rotation(rng)
    rotated = dataclasses.replace(record, lattice=record.lattice @ body_rotation.T)
    for formula, rank in FORMULAS.items():
        tensor = rng.normal(size=(3,) * rank)
        found = project_tensor(tensor, record, formula, axial=axial, store=store)
        nearest = found.tensor
        # Invariant under the operations of the crystal, in its Cartesian frame.
        for rotation in rotations:
            image = rotate_tensor(nearest, rotation, axial=axial)
            np.testing.assert_allclose(image, nearest, atol=1e-10)
        # It equals the mean over the group of the symmetric part.
        mean = sum(rotate_tensor(tensor, rotation, axial=axial) for rotation in rotations) / len(rotations)
        again = project_tensor(mean, record, formula, axial=axial, store=store)
        np.testing.assert_allclose(again.tensor, nearest, atol=1e-10)
        # Idempotent, orthogonal, and the distance is right.
        again = project_tensor(nearest, record, formula, axial=axial, store=store)
        np.testing.assert_allclose(again.tensor, nearest, atol=1e-12)
        assert again.distance < 1e-10
        assert found.distance == pytest.approx(np.linalg.norm(tensor - nearest))
        assert found.relative_distance == pytest.approx(found.distance / np.linalg.norm(tensor))
        assert (nearest * (tensor - nearest)).sum() == pytest.approx(0, abs=1e-10)
        # Equivariant.
        other = project_tensor(rotate_tensor(tensor, body_rotation), rotated, formula, axial=axial, store=store)
        np.testing.assert_allclose(other.tensor, rotate_tensor(nearest, body_rotation), atol=1e-10)


def test_forbidden_components_are_exactly_zero(group: Setting, store: Store) -> None:
    centrosymmetric = any((w == -np.eye(3)).all() for w in store.compiled(group).rotations)
    record = made_record(group, np.random.default_rng(group.number))
    # Nothing symmetric: a tensor of ones is orthogonal to those of the groups 422 and 622.
    found = project_tensor(np.arange(1.0, 19.0).reshape(3, 6) ** 2, record, store=store)
    assert (not found.tensor.any()) == (centrosymmetric or group.point_group == "432")
    if not found.tensor.any():
        assert found.basis.shape == (0, 3, 3, 3)
        assert found.relative_distance == 1


@pytest.mark.parametrize("number", [1, 5, 15, 36, 62, 82, 122, 146, 152, 166, 173, 194, 216, 227])
def test_the_description_does_not_matter(number: int, store: Store) -> None:
    """A primitive cell, and a supercell of it in other axes, origin, order and orientation."""
    rng = np.random.default_rng(number)
    crystal, _ = made_crystal(Setting.standard(number), rng)
    other, _, body_rotation = rewritten(crystal, rng)
    one, two = compile_crystal(crystal), compile_crystal(other)
    for formula, rank in FORMULAS.items():
        tensor = rng.normal(size=(3,) * rank)
        found = project_tensor(tensor, one, formula, store=store)
        # Rows of the lattice are rotated as r Q, so columns as Q^T r.
        rotated = project_tensor(rotate_tensor(tensor, body_rotation.T), two, formula, store=store)
        np.testing.assert_allclose(rotated.tensor, rotate_tensor(found.tensor, body_rotation.T), atol=1e-6)


def test_voigt_forms_are_expanded(store: Store) -> None:
    rng = np.random.default_rng(0)
    record = made_record(Setting.standard(152), rng)
    matrix = rng.normal(size=(6, 6))
    matrix += matrix.T
    found = project_tensor(matrix, record, store=store)
    assert found.formula == "ijkl=jikl=klij"
    assert found.basis.shape == (6, 3, 3, 3, 3)
    np.testing.assert_allclose(project_tensor(found.tensor, record, store=store).tensor, found.tensor, atol=1e-12)
    again = project_tensor(stiffness_matrix(found.tensor), record, store=store)
    np.testing.assert_allclose(again.tensor, found.tensor, atol=1e-12)
    piezo = project_tensor(rng.normal(size=(3, 6)), record, store=store)
    assert piezo.formula == "ijk=ikj"
    again = project_tensor(piezoelectric_matrix(piezo.tensor), record, store=store)
    assert again.distance < 1e-12
    assert project_tensor(range(6), record, store=store).tensor.shape == (3, 3)


@pytest.mark.parametrize("order", OTHER_ORDERS, ids=lambda order: "-".join(order[3:]))
@pytest.mark.parametrize("number", [14, 62, 152, 167, 194])
def test_another_order_of_indices_is_detected(number: int, order: tuple[str, ...], store: Store) -> None:
    rng = np.random.default_rng(number)
    # Along the axes, where orders differ by more than a rotation.
    record = made_record(Setting.standard(number), rng)
    root = rng.normal(size=(6, 6))
    right = stiffness_matrix(project_tensor(root @ root.T, record, store=store).tensor)  # of a stable crystal
    # The output of a program with the other order.
    places = [["xx", "yy", "zz", "yz", "xz", "xy"].index(pair) for pair in order]
    written = right[np.ix_(places, places)]
    np.testing.assert_array_equal(from_order(written, order), right)
    assert not any("read in" in note for note in project_tensor(right, record, store=store).notes)
    found = project_tensor(written, record, store=store)
    assert found.relative_distance > 0.05
    (note,) = (note for note in found.notes if "order" in note)
    assert f"read in the order {' '.join(order)}" in note
    assert note.endswith("reorder it")


def test_invalid_input_raises(store: Store) -> None:
    record = made_record(Setting.standard(225), np.random.default_rng(0))
    with pytest.raises(TensorError, match=r"of shape \(4, 4\) is not known"):
        project_tensor(np.eye(4), record, store=store)
    with pytest.raises(TensorError, match="ijk=ikj is for tensors of rank 3"):
        project_tensor(np.eye(3), record, "ijk=ikj", store=store)
    with pytest.raises(TensorError, match="not finite"):
        project_tensor(np.full((3, 3), np.nan), record, store=store)
    with pytest.raises(FormulaError):
        project_tensor(np.eye(3), record, "ij=jk", store=store)
    with pytest.raises(TypeError, match=r"needed, not str: for files .* sgbasis\.project_tensor"):
        project_tensor(np.eye(3), "x.cif", store=store)  # type: ignore[arg-type]
    assert project_tensor(np.zeros((3, 3)), record, store=store).relative_distance == 0
    assert project_tensor(np.eye(3, dtype=int), record, store=store).distance < 1e-12
