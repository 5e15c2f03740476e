"""The table of Wyckoff positions against spglib, against tables of others, and under changes of description."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.groups import wyckoff
from basis_compiler.groups.wyckoff import integer_basis, letters_after, wyckoff_positions
from basis_compiler.groups.wyckoff_table import wyckoff_rows
from basis_store import CertificateError, Setting, standard_settings
from basis_store.groups.operations import rotation_key


def test_the_committed_table_is_up_to_date() -> None:
    with Path(wyckoff.__file__).with_name("wyckoff.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows == list(wyckoff_rows())
    # International Tables A have 1731 Wyckoff positions.
    assert len(rows) == 1731


@pytest.mark.oracle
def test_positions_are_those_of_the_tables(shared: Path) -> None:
    with gzip.open(shared / "oracles" / "crystalline_group_tables.json.gz", "rt") as file:
        tables = json.load(file)["wyckoff_3d"]
    for setting in standard_settings():
        found = {(one.letter, one.multiplicity) for one in wyckoff_positions(setting).values()}
        assert found == {(row[1], int(row[0])) for row in tables[str(setting.number)]}, setting


def test_multiplicity_and_free_directions_of_each_position() -> None:
    """From the stabiliser of a point of it, by definition."""
    for setting in standard_settings():
        group = operations(setting)
        for position in wyckoff_positions(setting).values():
            point = np.array(position.point24)
            images = (group.rotations @ point + group.translations24) % 24
            fixing = group.rotations[(images == point % 24).all(axis=1)]
            assert position.multiplicity * len(fixing) == len(group)
            assert np.linalg.matrix_rank(fixing.sum(axis=0)) == len(position.directions)
            for direction in position.directions:
                assert (fixing @ np.array(direction) == direction).all()


def test_letters_under_known_changes() -> None:
    def after(number: int, shift: tuple[int, int, int]) -> dict[str, str]:
        return letters_after(Setting.standard(number), rotation_key(np.eye(3, dtype=np.int64)), shift)

    rock_salt = after(225, (12, 12, 12))
    assert (rock_salt["a"], rock_salt["b"], rock_salt["c"]) == ("b", "a", "c")
    zincblende = after(216, (6, 6, 6))
    assert [zincblende[letter] for letter in "abcd"] == ["c", "d", "b", "a"]
    with pytest.raises(CertificateError, match="does not permute"):
        after(225, (6, 0, 0))
    with pytest.raises(ValueError, match="standard settings only"):
        wyckoff_positions(Setting.parse("227:1"))


def test_integer_bases_are_primitive() -> None:
    steps = np.array(list(itertools.product(range(-3, 4), repeat=3)))
    for matrix in ([[1, 1, 1]], [[1, 2, 0], [0, 0, 1]], [[0, 0, 0]], np.eye(3)):
        rows = np.array(matrix, dtype=np.int64)
        basis = integer_basis(rows)
        kernel = steps[~(steps @ rows.T).any(axis=1)]
        coefficients = kernel @ np.linalg.pinv(basis) if len(basis) else np.zeros((1, 1))
        np.testing.assert_allclose(coefficients, np.rint(coefficients), atol=1e-9)
