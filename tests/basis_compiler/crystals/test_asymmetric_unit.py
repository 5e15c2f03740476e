"""Crystals to records: every atom is generated once, whatever object the crystal comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, compile_crystal, compile_crystals, operations, read_crystals, standardize
from basis_store import CrystalRecord, Setting, check_group, standard_settings
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS
from tests.support.crystals.made_crystals import made_crystal


def generated_atoms(record: CrystalRecord) -> list[np.ndarray]:
    """For each site, the (m, 3) coordinates of its atoms by the operations of the record."""
    group = operations(record.setting)
    ends = np.cumsum(record.multiplicities)
    images = np.split(record.images, ends[:-1])
    return [
        group.rotations[one] @ x + group.translations24[one] / 24
        for one, x in zip(images, record.coordinates, strict=True)
    ]


def distances(record: CrystalRecord, points: np.ndarray, others: np.ndarray) -> np.ndarray:
    gaps = points[:, None] - others[None]
    return np.linalg.norm((gaps - np.rint(gaps)) @ record.lattice, axis=2)


@pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
def test_images_generate_every_atom_of_a_site_once(setting: Setting) -> None:
    crystal, _ = made_crystal(setting, np.random.default_rng(setting.number))
    record = compile_crystal(crystal)
    group = operations(setting)
    assert record.setting == setting
    assert len(record.images) == record.multiplicities.sum()
    starts = np.cumsum(record.multiplicities) - record.multiplicities
    assert not record.images[starts].any(), "the identity comes first"
    for x, m, atoms in zip(record.coordinates, record.multiplicities, generated_atoms(record), strict=True):
        assert len(atoms) == m
        between = distances(record, atoms, atoms) + 9 * np.eye(m)
        assert between.min() > 0.5, "no atom is generated twice"
        # The whole orbit: every operation maps the site to one of them.
        every = group.rotations @ x + group.translations24 / 24
        assert distances(record, every, atoms).min(axis=1).max() < 1e-6
    # All atoms of the source, transformed by the change of basis, are among them, and their number agrees.
    points = crystal.coordinates @ record.change_of_basis.T / record.denominator + record.origin_shift
    assert distances(record, points, np.concatenate(generated_atoms(record))).min(axis=1).max() < 1e-5
    assert record.multiplicities.sum() == pytest.approx(len(crystal) * record.volume / crystal.volume)


@pytest.mark.parametrize("number", [1, 14, 43, 166, 194, 227, 230])
def test_the_multiplication_table(number: int) -> None:
    setting = Setting.standard(number)
    group = operations(setting)
    table = group.product_table
    check_group(group)
    rng = np.random.default_rng(number)
    for a, b in rng.integers(len(group), size=(50, 2)):
        np.testing.assert_array_equal(group.rotations[table[a, b]], group.rotations[a] @ group.rotations[b])
        shift = group.rotations[a] @ group.translations24[b] + group.translations24[a]
        np.testing.assert_array_equal(group.translations24[table[a, b]], shift % 24)


def test_a_record_agrees_with_standardize() -> None:
    (crystal,) = read_crystals(OTHER_CELLS / "quartz_rounded.cif")
    record = compile_crystal(crystal, identifier="quartz", targets={"gap": 5.7}, split="train", tolerance=0.02)
    standard = standardize(crystal, tolerance=0.02)
    assert (record.identifier, record.split, record.targets["gap"]) == ("quartz", "train", 5.7)
    assert record.setting == standard.setting
    np.testing.assert_array_equal(record.lattice, standard.lattice)
    np.testing.assert_array_equal(record.coordinates, standard.coordinates)
    np.testing.assert_array_equal(record.change_of_basis, standard.change_of_basis)
    np.testing.assert_array_equal(record.origin_shift, standard.origin_shift)
    assert record.denominator == standard.denominator
    assert record.wyckoff.tolist() == [site.wyckoff.encode() for site in standard.sites]
    assert record.numbers.tolist() == [site.number for site in standard.sites]
    dtypes = {name: getattr(record, name).dtype for name in ("numbers", "multiplicities", "wyckoff", "images")}
    assert dtypes == {"numbers": "u1", "multiplicities": "<i4", "wyckoff": "S1", "images": "<i2"}


def test_every_source_of_crystals_gives_records(tmp_path: Path) -> None:
    ase_io = pytest.importorskip("ase.io")
    core = pytest.importorskip("pymatgen.core")
    path = CRYSTALS / "rutile.cif"
    atoms = ase_io.read(path)
    ase_io.write(tmp_path / "POSCAR", atoms, format="vasp")
    structure = core.Structure(atoms.cell.array, atoms.numbers.tolist(), atoms.get_scaled_positions())
    for source in (path, str(path), tmp_path / "POSCAR", atoms, structure):
        (record,) = compile_crystals(source)
        assert record.setting.number == 136
        assert [(n, m) for n, m in zip(record.numbers, record.multiplicities, strict=True)] == [(22, 2), (8, 4)]
    (record,) = compile_crystals(path, tolerance=0.05)
    assert record.identifier == str(path)


def test_a_crystal_without_targets_or_split() -> None:
    crystal = Crystal(lattice=np.eye(3) * 4, numbers=np.array([84]), coordinates=np.zeros((1, 3)), name="Po")
    record = compile_crystal(crystal)
    assert (record.identifier, dict(record.targets), record.split, len(record)) == ("Po", {}, "", 1)
    assert record.volume == pytest.approx(64)
