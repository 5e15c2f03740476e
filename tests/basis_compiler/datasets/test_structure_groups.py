"""One structure is one group, in whatever cell, origin, orientation and handedness; others are others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from basis_compiler import Crystal, compile_crystal, compile_crystals
from basis_compiler.datasets.structure_groups import SAME, mean_distances, same_structures, structure_groups
from basis_store import CrystalRecord, standard_settings
from runtime import load_store
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS, example
from tests.support.crystals.made_records import made_record
from tests.support.crystals.rewritings import larger_cells, rewritings

BRIEF = 60
"""Atoms in the conventional cell up to which a crystal is tried in larger cells as well."""


def made(number: int) -> CrystalRecord:
    setting = next(one for one in standard_settings() if one.number == number)
    return made_record(setting, np.random.default_rng(number), n_sites=2)


def described(record: CrystalRecord) -> Iterator[tuple[str, CrystalRecord]]:
    yield from rewritings(record, load_store(), np.random.default_rng(1))
    if len(record.images) <= BRIEF:
        yield from larger_cells(record)


@pytest.mark.parametrize("decade", range(24))
def test_every_description_of_a_crystal_in_all_groups(decade: int) -> None:
    for number in range(max(1, 10 * decade), min(231, 10 * decade + 10)):
        record = made(number)
        expected = mean_distances(record)
        (group,) = structure_groups([record])
        for what, other in described(record):
            np.testing.assert_allclose(mean_distances(other), expected, atol=1e-6, err_msg=f"{number}: {what}")
            (both,) = structure_groups([record, other])
            assert both.rows == [0, 1]
            assert both.key == group.key, "the key depends on the structure alone"


def test_example_crystals_in_other_cells() -> None:
    """Files of one crystal are one group, also where coordinates are rounded; different crystals are not."""
    paths = [*sorted(CRYSTALS.glob("*.cif")), *sorted(OTHER_CELLS.glob("*.cif"))]
    records = [record for path in paths for record in compile_crystals(path)]
    found = {tuple(sorted({paths[row].stem.split("_")[0] for row in g.rows})) for g in structure_groups(records)}
    assert found == {(path.stem,) for path in CRYSTALS.glob("*.cif")}
    assert sum(len(group.rows) for group in structure_groups(records)) == len(records)


@pytest.mark.parametrize("name", ["nacl", "quartz", "spinel", "rutile", "wurtzite"])
def test_noise(name: str) -> None:
    """Atoms that move by a fifth of the limit do not make another structure, whichever group is found then."""
    rng, crystal = np.random.default_rng(0), example(name)
    records = [compile_crystal(crystal)]
    for _ in range(5):
        steps = rng.normal(size=crystal.coordinates.shape)
        steps *= SAME / 5 / np.linalg.norm(steps, axis=1, keepdims=True)
        moved = crystal.coordinates + steps @ np.linalg.inv(crystal.lattice)
        records.append(compile_crystal(dataclasses.replace(crystal, coordinates=moved)))
    assert {record.setting.number for record in records} > {records[0].setting.number}
    (group,) = structure_groups(records)
    assert group.rows == list(range(6))


def test_quartz_of_either_hand_is_one_structure() -> None:
    quartz = example("quartz")
    mirrored = dataclasses.replace(quartz, coordinates=-quartz.coordinates)
    left, right = compile_crystal(quartz), compile_crystal(mirrored)
    assert (left.setting.number, right.setting.number) == (154, 152)
    assert len(structure_groups([left, right])) == 1


def test_crystals_that_differ() -> None:
    """Another volume, elements exchanged, the order of layers, one more element: all are other structures."""
    spinel = compile_crystal(example("spinel"))
    exchanged = dataclasses.replace(spinel, numbers=np.array([13, 12, 8], np.uint8))
    assert spinel.numbers.tolist() == [12, 13, 8]
    larger = dataclasses.replace(spinel, lattice=spinel.lattice * 1.02)
    rutile, anatase = compile_crystals(CRYSTALS / "rutile.cif")[0], compile_crystals(CRYSTALS / "anatase.cif")[0]
    groups = structure_groups([spinel, exchanged, larger, rutile, anatase])
    assert sorted(group.rows for group in groups) == [[0], [1], [2], [3], [4]]
    assert len({group.key for group in groups}) == 5


def test_cubic_and_hexagonal_close_packing() -> None:
    a = 2.5
    hexagonal = a * np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, np.sqrt(8 / 3)]])

    hcp = Crystal(lattice=hexagonal, numbers=[27, 27], coordinates=[[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]])
    fcc = Crystal(lattice=a / np.sqrt(2) * (1 - np.eye(3)), numbers=[27], coordinates=[[0, 0, 0]])
    records = [compile_crystal(hcp), compile_crystal(fcc)]
    assert [record.setting.number for record in records] == [194, 225]
    assert len(structure_groups(records)) == 2


def test_steps_are_passed_on_in_any_order() -> None:
    """A chain of small steps is one group, and the same one from either end; a gap ends it."""
    nacl = compile_crystal(example("nacl"))
    sizes = [1 + 0.002 * step for step in (0, 1, 2, 3, 4, 30, 31)]
    records = [dataclasses.replace(nacl, lattice=nacl.lattice * size) for size in sizes]
    for order in (list(range(7)), list(range(6, -1, -1)), [3, 0, 6, 1, 5, 2, 4]):
        groups = structure_groups([records[i] for i in order])
        assert sorted(sorted(order[row] for row in group.rows) for group in groups) == [[0, 1, 2, 3, 4], [5, 6]]
    keys = {group.key for group in structure_groups(records)}
    assert keys == {group.key for group in structure_groups(records[::-1])}


def test_only_those_in_different_parts_are_reported() -> None:
    nacl, rutile = compile_crystal(example("nacl")), compile_crystal(example("rutile"))
    records = [nacl, rutile, nacl, rutile, nacl]
    assert same_structures(records, ["train", "train", "val", "train", ""]) == [[0, 2]]
    assert same_structures(records, ["train", "train", "train", "", ""]) == []


def test_thin_and_flat_cells() -> None:
    """Lattice vectors far beyond the next cell are needed: a rod and a plate of cells agree with a stout one."""
    record = made(1)
    rod = dict(larger_cells(record))["unimodular"]
    skew = np.array([[1, 7, 0], [0, 1, 0], [0, 5, 1]])
    other = dataclasses.replace(
        rod, lattice=skew @ rod.lattice, coordinates=rod.coordinates @ np.linalg.inv(skew) % 1.0
    )
    np.testing.assert_allclose(mean_distances(other), mean_distances(record), atol=1e-6)
