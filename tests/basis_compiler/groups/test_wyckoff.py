"""The table of Wyckoff positions against spglib, against tables of others, and under changes of description."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.groups import wyckoff
from basis_compiler.groups.wyckoff import integer_basis, letters_after, lies_on, wyckoff_positions
from basis_compiler.groups.wyckoff_table import wyckoff_rows
from basis_store import CertificateError, Setting, all_settings, open_store, standard_settings, wyckoff_points
from basis_store.groups.operations import rotation_key
from sgbasis.reports.groups.wyckoff_pages import wyckoff_facts

FREE = {"x": 1009 / 10007, "y": 2503 / 10007, "z": 3907 / 10007}


def test_the_committed_table_is_up_to_date() -> None:
    with Path(wyckoff.__file__).with_name("wyckoff.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # Every standard setting, and a third of the others.
    chosen = [one for one in all_settings() if one.is_standard or one.hall_number % 3 == 0]
    numbers = {str(one.hall_number) for one in chosen}
    assert [row for row in rows if row["hall_number"] in numbers] == list(wyckoff_rows(chosen))
    # International Tables A have 1731 Wyckoff positions.
    assert sum(all_settings()[int(row["hall_number"]) - 1].is_standard for row in rows) == 1731
    assert len({row["hall_number"] for row in rows}) == 530


@pytest.mark.oracle
def test_positions_in_the_store_are_those_of_the_tables(shared: Path) -> None:
    store = open_store()
    with gzip.open(shared / "oracles" / "crystalline_group_tables.json.gz", "rt") as file:
        tables = json.load(file)["wyckoff_3d"]
    for setting in standard_settings():
        group, positions = operations(setting), store.wyckoff_positions(setting)
        rows = tables[str(setting.number)]
        found = {(one.letter, one.multiplicity) for one in positions.values()}
        assert found == {(row[1], int(row[0])) for row in rows}
        for _, letter, triplet in rows:  # their point, with numbers for what is free in it, lies on ours
            written = re.sub(r"(?<=[0-9])(?=[xyz])", "*", triplet).split(",")
            point = [eval(term, FREE) for term in written]
            rounded = np.rint(np.array([point]) * 24 * 10007).astype(int)
            assert lies_on(positions[letter], rounded, 24 * 10007, group, slack=30).all(), (setting, letter)


def test_multiplicity_and_free_directions_of_each_position() -> None:
    """In the store: from the stabiliser of a point of it, by definition."""
    store = open_store()
    for setting in all_settings():
        group = operations(setting)
        for position in store.wyckoff_positions(setting).values():
            # In units of 1 / (24 * 10007), on no more special position.
            point = position.shift24 * 10007 + position.matrix @ [1009 * 24, 2503 * 24, 3907 * 24]
            images = group.rotations @ point + group.translations24 * 10007
            fixing = group.rotations[((images - point) % (24 * 10007) == 0).all(axis=1)]
            assert position.multiplicity * len(fixing) == len(group)
            assert np.linalg.matrix_rank(fixing.sum(axis=0)) == np.linalg.matrix_rank(position.matrix)
            assert (fixing @ position.matrix == position.matrix).all()


def test_points_are_the_orbit_of_the_first() -> None:
    """In all settings, for random free coordinates; ``firsts`` are those that do not differ by centrings."""
    random = np.random.default_rng(0)
    for setting in all_settings():
        group, at = operations(setting), random.uniform(size=3)
        for position in wyckoff_positions(setting).values():
            points = wyckoff_points(group, position)
            coordinates = (points.matrices @ at + points.shifts24 / 24) % 1
            images = (group.rotations @ coordinates[0] + group.translations24 / 24) % 1
            assert as_set(images) == as_set(coordinates) and len(as_set(coordinates)) == position.multiplicity
            moved = coordinates[points.firsts][:, None] + np.vstack([np.zeros((1, 3)), group.centrings24 / 24])
            assert as_set(moved.reshape(-1, 3)) == as_set(coordinates)
            assert len(points.firsts) * (1 + len(group.centrings24)) == position.multiplicity


def as_set(points: np.ndarray) -> set[tuple[int, ...]]:
    return set(map(tuple, (np.rint(points * 2**20).astype(int) % 2**20).tolist()))


def test_points_are_written_as_in_international_tables() -> None:
    def first(setting: str, letter: str) -> str:
        named = Setting.parse(setting)
        positions = wyckoff_positions(named).values()
        facts = {one["letter"]: one["coordinates"] for one in wyckoff_facts(operations(named), positions)}
        return facts[letter][0]

    assert [first("62", letter) for letter in "dcba"] == ["x, y, z", "x, 1/4, z", "0, 0, 1/2", "0, 0, 0"]
    assert (first("227:2", "e"), first("227:1", "c"), first("166", "h")) == (
        "x, x, x",
        "1/8, 1/8, 1/8",
        "x, 2x, z",
    )
    assert first("194", "k") == "x, 2x, z" and first("hall:100", "e") == "1/4, 1/4, z"


def test_letters_under_known_changes() -> None:
    def after(number: int, shift: tuple[int, int, int]) -> dict[str, str]:
        return letters_after(Setting.standard(number), rotation_key(np.eye(3, dtype=np.int64)), shift)

    rock_salt = after(225, (12, 12, 12))
    assert (rock_salt["a"], rock_salt["b"], rock_salt["c"]) == ("b", "a", "c")
    zincblende = after(216, (6, 6, 6))
    assert [zincblende[letter] for letter in "abcd"] == ["c", "d", "b", "a"]
    with pytest.raises(CertificateError, match="does not permute"):
        after(225, (6, 0, 0))


def test_integer_bases_are_primitive() -> None:
    steps = np.array(list(itertools.product(range(-3, 4), repeat=3)))
    for matrix in ([[1, 1, 1]], [[1, 2, 0], [0, 0, 1]], [[0, 0, 0]], np.eye(3)):
        rows = np.array(matrix, dtype=np.int64)
        basis = integer_basis(rows)
        kernel = steps[~(steps @ rows.T).any(axis=1)]
        coefficients = kernel @ np.linalg.pinv(basis) if len(basis) else np.zeros((1, 1))
        np.testing.assert_allclose(coefficients, np.rint(coefficients), atol=1e-9)
