"""The proof of the tensors must hold for the store, and fail for every kind of wrong table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_recipe, compile_tensors, operations, prove_store
from basis_compiler.tensors import certificate as tensor_certificate
from basis_compiler.tensors.certificate import cartesian_rotations, prove_tensor_table, reynolds_trace
from basis_store import CertificateError, Recipe, Setting, StoreReader, TensorTable, open_store, write_store
from basis_store.tensors.cartesian_frame import FrameDirections
from basis_store.tensors.exact_rows import ReducedRows
from tests.support.command_line import error_line, sgbasis
from tests.support.compiled import write_compiled

SETTINGS = tuple(Setting.standard(number) for number in (143, 160, 225))
RECIPE = Recipe(radius=1, min_functions=1, settings=tuple(setting.hall_number for setting in SETTINGS))

Damage = Callable[[TensorTable], TensorTable]


@pytest.fixture(scope="module")
def table() -> TensorTable:
    return compile_tensors(SETTINGS)


def test_the_store_is_proved(reader: StoreReader) -> None:
    prove_tensor_table(reader.tensors, reader.settings)


def entry(column: str, place: int, value: int) -> Damage:
    def damage(table: TensorTable) -> TensorTable:
        array = getattr(table, column).copy()
        array.flat[place] = value
        return replace(table, **{column: array})

    return damage


def with_space(
    rank: int, axial: bool, change: Callable[[ReducedRows], ReducedRows], orientation: int = 0
) -> Damage:
    """One space replaced, in an otherwise valid table."""

    def damage(table: TensorTable) -> TensorTable:
        spaces = [
            [table.space(one, rank=r, axial=a) for a in (False, True) for r in range(1, 5)]
            for one in range(len(table))
        ]
        place = 4 * axial + rank - 1
        spaces[orientation][place] = change(spaces[orientation][place])
        return TensorTable.from_spaces(table.orientations.tolist(), spaces)

    return damage


def less(space: ReducedRows) -> ReducedRows:
    return ReducedRows(space.rows[:-1], space.pivots[:-1])


def swapped(space: ReducedRows) -> ReducedRows:
    return ReducedRows(space.rows[::-1], space.pivots[::-1])


def added(space: ReducedRows) -> ReducedRows:
    """The second tensor added to the first: another basis of the same space."""
    rows = space.rows.copy()
    rows[0] += rows[1]
    return ReducedRows(rows, space.pivots)


def more(space: ReducedRows) -> ReducedRows:
    """A tensor that is not invariant."""
    free = next(i for i in range(space.rows.shape[1]) if i > space.pivots[-1])
    row = np.zeros((1, space.rows.shape[1]), dtype=np.int64)
    row[0, free] = 1
    return ReducedRows(np.concatenate([space.rows, row]), np.append(space.pivots, free))


def wrong_sign(space: ReducedRows) -> ReducedRows:
    rows = space.rows.copy()
    row = next(i for i in range(len(rows)) if (rows[i] != 0).sum() > 1)
    rows[row, np.flatnonzero(rows[row])[-1]] *= -1
    return ReducedRows(rows, space.pivots)


@pytest.mark.parametrize(
    ("damage", "statement"),
    [
        (with_space(4, False, less), "it lists 26 polar tensors of rank 4, the invariant space has 27"),
        (with_space(1, True, less), "it lists 0 axial tensors of rank 1, the invariant space has 1"),
        (with_space(2, True, swapped), "its axial tensors of rank 2 are not in normal form"),
        (with_space(3, False, added), "its polar tensors of rank 3 are not in normal form"),
        (with_space(2, False, wrong_sign), "one of its polar tensors of rank 2 is not invariant"),
        (with_space(4, True, wrong_sign), "one of its axial tensors of rank 4 is not invariant"),
        (with_space(2, False, more, 2), "one of its polar tensors of rank 2 is not invariant"),
        (entry("orientations", 1, 0), "its orientation is not that of its rotations"),
        (entry("orientations", 1, 2), "its orientation is not that of its rotations"),
        (entry("numerators", 0, 2), "a number of the tensor table is not in normal form"),
        (entry("numerators", 3, 0), "a number of the tensor table is not in normal form"),
        (entry("denominators", 3, -1), "a number of the tensor table is not in normal form"),
        (entry("components", 0, 80), "the components of a tensor are out of order"),
        (entry("components", 2, -1), "the components of a tensor are out of order"),
        (entry("row_sizes", 0, 2), "the columns of the tensor table do not fit together"),
        (entry("dimensions", 0, -1), "the columns of the tensor table do not fit together"),
        (lambda t: replace(t, orientations=t.orientations[:2]), "the columns of the tensor table do not fit"),
    ],
)
def test_wrong_tensors_fail_their_proof(damage: Damage, statement: str, table: TensorTable) -> None:
    prove_tensor_table(table, SETTINGS)
    with pytest.raises(CertificateError, match=rf"fails its proof: {statement}"):
        prove_tensor_table(damage(table), SETTINGS)


def test_an_orientation_without_a_setting(table: TensorTable) -> None:
    with pytest.raises(CertificateError, match="an orientation belongs to no setting"):
        prove_tensor_table(replace(table, orientations=table.orientations[:2]), SETTINGS[:2])


def test_tensors_in_another_order_of_settings(table: TensorTable) -> None:
    with pytest.raises(CertificateError, match="fails its proof"):
        prove_tensor_table(table, SETTINGS[::-1])


@pytest.mark.parametrize(
    ("number", "direct", "reciprocal", "statement"),
    [
        (143, (1, 0, 0), (1, 0, 0), "the axes of its frame are not orthogonal"),
        (75, (1, 0, 0), (0, 1, 0), None),
        (143, (1, -1, 0), (1, 1, 1), "depend on the lattice parameters|not in Z|not orthogonal"),
        (75, (2, 1, 0), (0, 0, 1), None),
        (16, (1, 1, 0), (0, 0, 1), "depend on the lattice parameters"),
        (75, (1, 0, 1), (1, 0, -1), "depend on the lattice parameters"),
        (195, (2, 1, 0), (0, 0, 1), r"not in Z\[sqrt3\]"),
    ],
)
def test_the_frame_is_proved(
    number: int,
    direct: tuple[int, int, int],
    reciprocal: tuple[int, int, int],
    statement: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Axes along which the rotations would depend on the cell, or would not be in Q(sqrt3)."""
    directions = FrameDirections(direct, reciprocal, "")
    monkeypatch.setattr(tensor_certificate, "frame_directions", lambda setting: directions)
    setting = Setting.standard(number)
    if statement is None:
        cartesian_rotations(setting)
        return
    with pytest.raises(CertificateError, match=statement):
        cartesian_rotations(setting)


def test_traces_of_a_set_that_is_not_a_group() -> None:
    group = operations(Setting.standard(225)).point_group
    assert reynolds_trace(group, rank=4, axial=False) == 4
    with pytest.raises(CertificateError, match="not a whole number"):
        reynolds_trace(group[:-1], rank=4, axial=False)


def test_verify_refuses_a_store_whose_tensors_are_wrong(table: TensorTable, tmp_path: Path) -> None:
    """All checksums right, one sign wrong: only the proof can detect it."""
    path = tmp_path / "forged.h5"
    write_store(path, compile_recipe(RECIPE), RECIPE, tensors=with_space(3, False, wrong_sign)(table))
    assert "one of its polar tensors of rank 3 is not invariant" in error_line(sgbasis("verify", path))


def test_verify_refuses_a_store_without_tensors(tmp_path: Path) -> None:
    path = tmp_path / "store.h5"
    write_compiled(path, RECIPE)
    prove_store(open_store(path))
    orientations = len(open_store(path).tensors)
    printed = sgbasis("verify", path).stdout
    assert re.search(
        rf"3 settings proved, tensors of {orientations} orientations, \d+ Wyckoff positions, in ", printed
    )
    with h5py.File(path, "r+") as file:
        del file["tensors"]
    assert "is damaged" in error_line(sgbasis("verify", path))
