"""Rotation of tensors, and the IEEE frame: in it the tensors of a class have the form that tables print."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, compile_crystal
from basis_store import IndexSymmetry, Setting, StoreReader
from basis_store.errors import TensorError
from runtime import Store
from runtime.tensors.frames import ieee_frame, rotate_tensor
from runtime.tensors.projection import allowed_basis, project_tensor
from runtime.tensors.voigt import piezoelectric_matrix, piezoelectric_tensor, stiffness_matrix
from tests.support.crystals.lattices import random_rotation
from tests.support.crystals.made_crystals import made_crystal, rewritten
from tests.support.crystals.made_records import bare_record, made_lattice

RNG = np.random.default_rng(0)
ROTATION = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
ROTATION *= np.linalg.det(ROTATION)

ELASTIC, PIEZOELECTRIC = IndexSymmetry.parse("ijkl=jikl=klij"), IndexSymmetry.parse("ijk=ikj")

# Nye 1985, appendix B: entries that are not 0, above the diagonal; the block of 11 to 33 is full.
_BLOCK = "11 12 13 22 23 33"
_ORTHOGONAL = f"{_BLOCK} 44 55 66"
_TRIGONAL = f"{_ORTHOGONAL} 14 24 56"
STIFFNESS = {
    "-1": " ".join(f"{i}{j}" for i in range(1, 7) for j in range(i, 7)),
    "2/m": f"{_ORTHOGONAL} 15 25 35 46",
    "mmm": _ORTHOGONAL,
    "4/m": f"{_ORTHOGONAL} 16 26",
    "4/mmm": _ORTHOGONAL,
    "-3": f"{_TRIGONAL} 15 25 46",
    "-3m": _TRIGONAL,
    "6/m": _ORTHOGONAL,
    "6/mmm": _ORTHOGONAL,
    "m-3": _ORTHOGONAL,
    "m-3m": _ORTHOGONAL,
}
LAUE = {
    "-1": "1 -1", "2/m": "2 m 2/m", "mmm": "222 mm2 mmm", "4/m": "4 -4 4/m", "4/mmm": "422 4mm -42m 4/mmm",
    "-3": "3 -3", "-3m": "32 3m -3m", "6/m": "6 -6 6/m", "6/mmm": "622 6mm -6m2 6/mmm", "m-3": "23 m-3",
    "m-3m": "432 -43m m-3m",
}  # fmt: skip
PIEZO = {
    "1": " ".join(f"{i}{j}" for i in (1, 2, 3) for j in range(1, 7)),
    "2": "14 16 21 22 23 25 34 36",
    "m": "11 12 13 15 24 26 31 32 33 35",
    "222": "14 25 36",
    "mm2": "15 24 31 32 33",
    "4": "14 15 24 25 31 32 33",
    "-4": "14 15 24 25 31 32 36",
    "422": "14 25",
    "4mm": "15 24 31 32 33",
    "-42m": "14 25 36",
    "3": "11 12 14 15 16 21 22 24 25 26 31 32 33",
    "32": "11 12 14 25 26",
    "3m": "15 16 21 22 24 31 32 33",
    "6": "14 15 24 25 31 32 33",
    "-6": "11 12 16 21 22 26",
    "622": "14 25",
    "6mm": "15 24 31 32 33",
    "-6m2": "16 21 22",
    "23": "14 25 36",
    "-43m": "14 25 36",
}


def names_of(matrix: np.ndarray) -> set[str]:
    return {f"{i + 1}{j + 1}" for i, j in np.argwhere(np.abs(matrix) > 1e-9).tolist()}


def test_tensors_take_the_form_of_the_tables(setting: Setting, reader: StoreReader, store: Store) -> None:
    rng = np.random.default_rng(setting.hall_number)
    compiled = reader.read(setting)
    for hand in (1, -1):
        record = bare_record(compiled, hand * made_lattice(compiled, rng, volume=100.0))
        frame = ieee_frame(record)
        np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(frame) == pytest.approx(1)
        basis = allowed_basis(record, ELASTIC, store)
        stiffness = np.tensordot(rng.normal(size=len(basis)), basis, axes=1)
        laue = next(one for one, classes in LAUE.items() if setting.point_group in classes.split())
        form = stiffness_matrix(rotate_tensor(stiffness, frame))
        assert names_of(np.triu(form)) == set(STIFFNESS[laue].split())
        basis = allowed_basis(record, PIEZOELECTRIC, store)
        allowed = PIEZO.get(setting.point_group, "").split()
        assert bool(len(basis)) == bool(allowed)
        if allowed:
            piezo = np.tensordot(rng.normal(size=len(basis)), basis, axes=1)
            form = piezoelectric_matrix(rotate_tensor(piezo, frame))
            assert names_of(form) == set(allowed)


def test_the_frame_rotates_with_the_crystal(setting: Setting, reader: StoreReader) -> None:
    rng = np.random.default_rng(setting.hall_number)
    compiled = reader.read(setting)
    lattice, rotation = made_lattice(compiled, rng, volume=100.0), random_rotation(rng)
    frame = ieee_frame(bare_record(compiled, lattice))
    rotated = ieee_frame(bare_record(compiled, lattice @ rotation.T))
    np.testing.assert_allclose(rotated, frame @ rotation.T, atol=1e-9)


@pytest.mark.parametrize(
    "number", [1, 2, 4, 14, 19, 36, 62, 82, 92, 115, 122, 148, 152, 157, 160, 166, 189, 194, 216]
)
def test_components_in_it_do_not_depend_on_the_description(number: int, store: Store) -> None:
    """The same crystal in another cell, origin and orientation has the same constants in the IEEE frame."""
    rng = np.random.default_rng(number)
    crystal, _ = made_crystal(Setting.standard(number), rng)
    other, _, rotation = rewritten(crystal, rng)
    one, two = compile_crystal(crystal), compile_crystal(other)
    assert one.setting == two.setting == Setting.standard(number)
    for symmetry in (ELASTIC, PIEZOELECTRIC):
        basis = allowed_basis(one, symmetry, store)
        tensor = np.tensordot(rng.normal(size=len(basis)), basis, axes=1)
        # Rows of the lattice are rotated as r Q, so columns as Q^T r.
        known = rotate_tensor(rotate_tensor(tensor, rotation.T), ieee_frame(two))
        np.testing.assert_allclose(rotate_tensor(tensor, ieee_frame(one)), known, atol=1e-6)


def test_a_beta_of_90_degrees_and_equal_axes(reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(14))
    frame = ieee_frame(bare_record(compiled, np.diag([4.0, 5.0, 4.0])))
    np.testing.assert_allclose(np.abs(frame[1]), [0, 1, 0], atol=1e-12)
    compiled = reader.read(Setting.standard(47))
    assert np.linalg.det(ieee_frame(bare_record(compiled, 4 * np.eye(3)))) == pytest.approx(1)


def test_piezoelectric_tensors_of_the_materials_project_are_in_it(shared: Path, store: Store) -> None:
    """822 of 832 of them obey the crystal's symmetry if read in it; here every tenth.

    Entries with frame_verified=false have rows of the lattice in another frame.
    """
    import gzip
    import json

    path = shared / "data" / "mp_piezo_tensor.jsonl.gz"
    if not path.is_file():
        pytest.skip("no piezoelectric tensors")
    with gzip.open(path, "rt") as lines:
        entries = [json.loads(line) for line in lines][::10]
    outside = 0
    for entry in entries:
        crystal = Crystal(
            lattice=entry["lattice"], numbers=np.array(entry["species"]), coordinates=entry["frac_coords"]
        )
        record = compile_crystal(crystal)
        known = piezoelectric_tensor(entry["targets"]["piezo_tensor_voigt_C_per_m2"])
        in_crystal = rotate_tensor(known, ieee_frame(record).T)
        outside += project_tensor(in_crystal, record, store=store).relative_distance > 1e-3
        if entry["frame_verified"]:
            assert project_tensor(known, record, store=store).relative_distance < 2e-3
    assert outside <= 2


@pytest.mark.parametrize(
    ("rank", "sum_text"),
    [(0, "->"), (1, "ap,p->a"), (2, "ap,bq,pq->ab"), (3, "ap,bq,cr,pqr->abc"), (4, "ap,bq,cr,ds,pqrs->abcd")],
)
def test_rotation_is_the_sum_over_all_indices(rank: int, sum_text: str) -> None:
    tensor = RNG.normal(size=(3,) * rank)
    expected = np.einsum(sum_text, *[ROTATION] * rank, tensor)
    np.testing.assert_allclose(rotate_tensor(tensor, ROTATION), expected, atol=1e-14)
    np.testing.assert_allclose(rotate_tensor(rotate_tensor(tensor, ROTATION), ROTATION.T), tensor, atol=1e-14)


def test_reflections_change_the_sign_of_axial_tensors_only() -> None:
    tensor = RNG.normal(size=(3, 3))
    np.testing.assert_allclose(rotate_tensor(tensor, -np.eye(3)), tensor)
    np.testing.assert_allclose(rotate_tensor(tensor, -np.eye(3), axial=True), -tensor)
    np.testing.assert_allclose(rotate_tensor(tensor, ROTATION, axial=True), rotate_tensor(tensor, ROTATION))
    # The permutation symbol is the axial tensor that no rotation or reflection changes.
    symbol = np.zeros((3, 3, 3))
    symbol[[0, 1, 2], [1, 2, 0], [2, 0, 1]], symbol[[0, 2, 1], [2, 1, 0], [1, 0, 2]] = 1, -1
    np.testing.assert_allclose(rotate_tensor(symbol, -ROTATION, axial=True), symbol, atol=1e-14)


def test_invalid_rotations_raise() -> None:
    with pytest.raises(TensorError, match="is it in Voigt's form"):
        rotate_tensor(np.zeros((6, 6)), ROTATION)
    with pytest.raises(TensorError, match="not orthogonal"):
        rotate_tensor(np.zeros((3, 3)), 1.01 * ROTATION)
    with pytest.raises(TensorError, match=r"a rotation has shape \(3, 3\)"):
        rotate_tensor(np.zeros((3, 3)), np.eye(4))
