"""Crystals in any cell to the standard setting: the whole table, real crystals, objects of other packages."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from basis_compiler import Crystal, StandardCrystal, operations, read_crystals, standardize
from basis_compiler.crystals.crystal import closest_pair
from basis_store import CrystalError, Setting, standard_settings
from runtime import Store, load_store
from tests.support.crystals.crystal_inputs import CRYSTALS, example_path
from tests.support.crystals.made_crystals import made_crystal, rewritten
from tests.support.crystals.real_crystals import real_crystals

EXPECTED = {
    "anatase": ("141:2", ["Ti 4a", "O 8e"]),
    "anatase_origin_1": ("141:2", ["Ti 4a", "O 8e"]),
    "calcite": ("167:H", ["Ca 6b", "C 6a", "O 18e"]),
    "calcite_rhombohedral": ("167:H", ["Ca 6b", "C 6a", "O 18e"]),
    "catio3": ("62", ["Ca 4c", "Ti 4a", "O 4c", "O 8d"]),
    "catio3_pbnm": ("62", ["Ca 4c", "Ti 4a", "O 4c", "O 8d"]),
    "corundum": ("167:H", ["Al 12c", "O 18e"]),
    "corundum_primitive": ("167:H", ["Al 12c", "O 18e"]),
    "cscl": ("221", ["Cs 1b", "Cl 1a"]),
    "diamond": ("227:2", ["C 8a"]),
    "diamond_origin_1": ("227:2", ["C 8a"]),
    "nacl": ("225", ["Na 4a", "Cl 4b"]),
    "nacl_primitive": ("225", ["Na 4a", "Cl 4b"]),
    "pyrite": ("205", ["Fe 4a", "S 8c"]),
    "quartz": ("154", ["Si 3a", "O 6c"]),
    "quartz_published_origin": ("154", ["Si 3a", "O 6c"]),
    "quartz_rounded": ("154", ["Si 3a", "O 6c"]),
    "rutile": ("136", ["Ti 2a", "O 4f"]),
    "spinel": ("227:2", ["Mg 8a", "Al 16d", "O 32e"]),
    "spinel_origin_1": ("227:2", ["Mg 8a", "Al 16d", "O 32e"]),
    "spinel_primitive": ("227:2", ["Mg 8a", "Al 16d", "O 32e"]),
    "wurtzite": ("186", ["Zn 2b", "O 2b"]),
    "wurtzite_shifted": ("186", ["Zn 2b", "O 2b"]),
}
SAME = [
    ("anatase", "anatase_origin_1"), ("calcite", "calcite_rhombohedral"), ("catio3", "catio3_pbnm"),
    ("corundum", "corundum_primitive"), ("diamond", "diamond_origin_1"), ("nacl", "nacl_primitive"),
    ("quartz", "quartz_published_origin"), ("spinel", "spinel_origin_1"), ("spinel", "spinel_primitive"),
    ("wurtzite", "wurtzite_shifted"),
]  # fmt: skip


def read(name: str) -> Crystal:
    (crystal,) = read_crystals(example_path(name))
    return crystal


def encodings(standard: StandardCrystal, store: Store, *, origin_free: bool = False) -> np.ndarray:
    basis = store.basis(standard.setting)
    x = torch.from_numpy(standard.atom_coordinates())
    return (basis.evaluate_complex(x).abs() if origin_free else basis.evaluate(x)).numpy()


def distance(gaps: np.ndarray, lattice: np.ndarray) -> float:
    return float(np.linalg.norm((gaps - np.rint(gaps)) @ lattice, axis=-1).max())


def assert_reconstructs(standard: StandardCrystal) -> None:
    """From public results only: images of the sites are the crystal's atoms, one to one."""
    crystal, group = standard.crystal, operations(standard.setting)
    points = standard.to_standard(crystal.coordinates)
    cells = crystal.volume / abs(np.linalg.det(standard.lattice))
    assert len(crystal) == pytest.approx(sum(site.multiplicity for site in standard.sites) * cells)
    assert sorted(atom for site in standard.sites for atom in site.atoms) == list(range(len(crystal)))
    for index, site in enumerate(standard.sites):
        images = group.rotations @ site.coordinates + group.translations24 / 24
        gaps = images[:, None] - images[None]
        same = np.abs(gaps - np.rint(gaps)).max(axis=-1) < 1e-9
        assert len(group) // same[0].sum() == site.multiplicity
        assert (standard.site_of_atom[site.atoms] == index).all()
        assert (crystal.numbers[site.atoms] == site.number).all()
        gaps = points[site.atoms][:, None] - images[None]
        nearest = np.linalg.norm((gaps - np.rint(gaps)) @ standard.lattice, axis=-1).min(axis=1)
        assert nearest.max() <= standard.max_displacement + 1e-9
    assert distance(standard.atom_coordinates() - points, standard.lattice) <= standard.max_displacement + 1e-9
    assert standard.max_displacement <= standard.tolerance
    # The cell of the setting is made of the crystal's own vectors: nothing was rotated.
    own = standard.change_of_basis.T / standard.denominator @ standard.lattice
    assert np.linalg.norm(own - crystal.lattice, axis=1).max() <= standard.max_cell_change + 1e-9
    metric = standard.lattice @ standard.lattice.T
    for rotation in group.rotations:
        np.testing.assert_allclose(rotation.T @ metric @ rotation, metric, atol=1e-9 * metric.max())


@pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
def test_every_group_is_found_for_any_cell(setting: Setting, store: Store) -> None:
    rng = np.random.default_rng(setting.number)
    crystal, orbit = made_crystal(setting, rng)
    written, source, rotation = rewritten(crystal, rng, noise=1e-4)
    standard = standardize(written)
    assert standard.setting == setting
    assert_reconstructs(standard)
    # Atoms share a site exactly when they were made equivalent, and then they share their encoding.
    pairs = set(zip(orbit[source].tolist(), standard.site_of_atom.tolist(), strict=True))
    assert len(pairs) == len(standard.sites) == orbit.max() + 1
    found = encodings(standard, store)
    for site in standard.sites:
        assert np.abs(found[site.atoms] - found[site.atoms[0]]).max() < 1e-10
    assert standard.max_displacement < 1e-3
    # Its vectors are lattice translations of the crystal before it was rewritten, in the rotated frame.
    steps = standard.lattice @ np.linalg.inv(crystal.lattice @ rotation)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


def lies_on(point: np.ndarray, position: str, setting: Setting) -> bool:
    """Whether an image of ``point`` has the form of ``position``, such as ``x,0.25+x,0.875``."""
    names = {"x": np.eye(3)[0], "y": np.eye(3)[1], "z": np.eye(3)[2]}
    terms = [re.findall(r"([+-]?)([\d.]*)([xyz]?)", entry) for entry in position.split(",")]
    free, fixed = np.zeros((3, 3)), np.zeros(3)
    for row, entry in enumerate(terms):
        for sign, factor, name in (term for term in entry if term[1] or term[2]):
            value = float(factor or 1) * (-1 if sign == "-" else 1)
            if name:
                free[row] += value * names[name]
            else:
                fixed[row] += value
    group = operations(setting)
    images = (group.rotations @ point + group.translations24 / 24) % 1
    steps = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    targets = (images[:, None] + steps - fixed).reshape(-1, 3)
    residual = targets - targets @ (free @ np.linalg.pinv(free)).T
    return bool(np.linalg.norm(residual, axis=1).min() < 1e-6)


@pytest.mark.oracle
def test_wyckoff_letters_are_those_of_the_tables(shared: Path) -> None:
    with gzip.open(shared / "oracles" / "crystalline_group_tables.json.gz", "rt") as file:
        tables = json.load(file)["wyckoff_3d"]
    for setting in standard_settings():
        crystal, _ = made_crystal(setting, np.random.default_rng(1000 + setting.number))
        standard = standardize(crystal)
        for site in standard.sites:
            (position,) = [row for row in tables[str(setting.number)] if row[1] == site.wyckoff]
            assert int(position[0]) == site.multiplicity, setting
            assert lies_on(site.coordinates, position[2], setting), (setting, site, position)


def test_all_examples_are_listed() -> None:
    assert {path.stem for path in CRYSTALS.rglob("*.cif")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example_crystals(name: str) -> None:
    label, sites = EXPECTED[name]
    standard = standardize(read(name))
    assert standard.setting == Setting.parse(label)
    assert [f"{site.element} {site.multiplicity}{site.wyckoff}" for site in standard.sites] == sites
    # Shifted along a polar axis, not by a multiple of 1/24.
    assert (standard.origin_shift24 is None) == (name == "wurtzite_shifted")
    assert_reconstructs(standard)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_crystal_written_in_two_ways_has_the_same_origin_free_encodings(
    one: str, other: str, store: Store
) -> None:
    first, second = standardize(read(one)), standardize(read(other))
    assert [site.number for site in first.sites] == [site.number for site in second.sites]
    values = [
        encodings(standard, store, origin_free=True)[[site.atoms[0] for site in standard.sites]]
        for standard in (first, second)
    ]
    # The files have four to six digits.
    np.testing.assert_allclose(values[0], values[1], atol=5e-3 if one == "wurtzite" else 1e-4)


def test_a_file_in_the_chosen_description_is_left_as_it_is() -> None:
    """The usual ones are. CaTiO3 was published with Ti on 4b, and 4a is the earlier letter."""
    for name in ("anatase", "calcite", "corundum", "nacl", "pyrite", "quartz", "rutile", "spinel", "wurtzite"):
        crystal = read(name)
        standard = standardize(crystal)
        assert standard.denominator == 1
        assert np.array_equal(standard.change_of_basis, np.eye(3))
        assert not standard.origin_shift.any()
        np.testing.assert_allclose(standard.lattice, crystal.lattice, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(["anatase", "catio3", "corundum", "nacl", "pyrite", "rutile", "spinel_primitive"]),
    seed=st.integers(0, 2**32 - 1),
    doubled=st.booleans(),
)
def test_origin_free_encodings_do_not_depend_on_the_cell(name: str, seed: int, doubled: bool) -> None:
    store = load_store()
    crystal = read(name)
    written, source, _ = rewritten(crystal, np.random.default_rng(seed), doubled=doubled)
    expected = encodings(standardize(crystal), store, origin_free=True)
    found = encodings(standardize(written), store, origin_free=True)
    np.testing.assert_allclose(found, expected[source], atol=1e-8)


def test_an_arbitrary_origin_is_kept_as_a_float() -> None:
    crystal = read("nacl")
    moved = Crystal(
        lattice=crystal.lattice,
        numbers=crystal.numbers,
        coordinates=crystal.coordinates + np.array([0.013, 0.2, 0.31]),
    )
    standard = standardize(moved)
    assert standard.origin_shift24 is None
    # The sites are exact all the same: special positions of the exact group.
    assert {site.wyckoff for site in standard.sites} == {"a", "b"}
    assert set(standard.coordinates.ravel().tolist()) == {0.0, 0.5}


def test_a_left_handed_cell_gives_the_same_enantiomorph() -> None:
    crystal = read("quartz")
    swapped = Crystal(
        lattice=crystal.lattice[[1, 0, 2]], numbers=crystal.numbers, coordinates=crystal.coordinates[:, [1, 0, 2]]
    )
    assert np.linalg.det(swapped.lattice) < 0
    assert standardize(swapped).setting.number == 154
    mirrored = Crystal(
        lattice=crystal.lattice * [1, 1, -1], numbers=crystal.numbers, coordinates=crystal.coordinates
    )
    assert standardize(mirrored).setting.number == 152


def test_real_crystals_have_the_recorded_groups(shared: Path) -> None:
    crystals = list(real_crystals(shared, 100, 30_000))
    assert len(crystals) >= 290
    for crystal, record in crystals:
        standard = standardize(crystal)
        assert standard.setting.number == record["spacegroup_number"], record["id"]
        assert_reconstructs(standard)


def test_every_source_gives_the_same_crystal(tmp_path: Path) -> None:
    ase_io = pytest.importorskip("ase.io")
    ase_atoms = ase_io.read(CRYSTALS / "rutile.cif")
    expected = standardize(read("rutile"))
    sources: list[object] = [ase_atoms]
    for name, form in (("POSCAR", "vasp"), ("rutile.extxyz", "extxyz"), ("rutile.cif", "cif")):
        ase_io.write(tmp_path / name, ase_atoms, format=form)
        sources.append(tmp_path / name)
    for source in sources:
        (crystal,) = read_crystals(source)
        found = standardize(crystal)
        assert found.setting == expected.setting
        np.testing.assert_allclose(found.coordinates, expected.coordinates, atol=1e-6)


def test_a_pymatgen_structure_is_read() -> None:
    core = pytest.importorskip("pymatgen.core")
    crystal = read("rutile")
    structure = core.Structure(crystal.lattice, crystal.numbers.tolist(), crystal.coordinates)
    assert standardize(*read_crystals(structure)).setting.number == 136
    disordered = core.Structure(crystal.lattice, [{"Ti": 0.5, "Zr": 0.5}, "O"], [[0, 0, 0], [0.5, 0.5, 0]])
    with pytest.raises(CrystalError, match="partial occupancy"):
        read_crystals(disordered)


def test_frames_are_read_one_by_one(tmp_path: Path) -> None:
    head = 'Lattice="{0} 0 0 0 {0} 0 0 0 {0}" Properties=species:S:1:pos:R:3\n'
    frames = "".join(f"1\n{head.format(edge)}Po 0 0 0\n" for edge in (3.0, 3.1))
    (tmp_path / "two.extxyz").write_text(frames)
    crystals = read_crystals(tmp_path / "two.extxyz")
    assert [crystal.volume for crystal in crystals] == pytest.approx([27.0, 29.791])
    assert crystals[1].name.endswith("two.extxyz (frame 2)")


def test_the_closest_pair_is_found_in_a_skew_cell() -> None:
    """Rounding of fractional coordinates alone would miss it (regression 8)."""
    lattice = np.array([[4.0, 0, 0], [35.9, 0.4, 0], [0, 0, 5.0]])
    coordinates = np.array([[0.0, 0, 0], [0.1, 0.0, 0.02]])
    steps = np.array(list(itertools.product(range(-20, 21), range(-3, 4), (-1, 0, 1))))
    all_pairs = np.linalg.norm((coordinates[1] - coordinates[0] + steps) @ lattice, axis=1)
    own = np.linalg.norm(steps[steps.any(axis=1)] @ lattice, axis=1)
    found = closest_pair(lattice, coordinates, 2.0)
    assert found is not None
    assert found[2] == pytest.approx(min(all_pairs.min(), own.min()))


def test_the_group_at_a_neighbouring_tolerance_is_reported() -> None:
    (note,) = standardize(read("quartz_rounded")).notes
    assert "154 P3_221 at 0.01 Angstrom but 5:b1 C2 at 0.001" in note
    assert standardize(read("quartz_rounded"), tolerance=0.001).setting.number == 5


@pytest.mark.parametrize("tolerance", [0.0, -1.0, 0.3, float("nan")])
def test_invalid_tolerances_are_rejected(tolerance: float) -> None:
    with pytest.raises(ValueError, match=r"tolerance lies between 0 and 0\.25 Angstrom, not at"):
        standardize(read("nacl"), tolerance=tolerance)


@pytest.mark.parametrize(
    ("lattice", "numbers", "coordinates", "message"),
    [
        (np.zeros((3, 3)), [1], [[0, 0, 0]], "no cell"),
        ([[1, 0, 0], [0, 1, 0], [1, 1, 0]], [1], [[0, 0, 0]], "no volume"),
        (np.eye(3) * np.nan, [1], [[0, 0, 0]], "not made of numbers"),
        (np.eye(3) * 4, [], np.zeros((0, 3)), "no atoms"),
        (np.eye(3) * 4, [0], [[0, 0, 0]], "no known element"),
        (np.eye(3) * 4, [119], [[0, 0, 0]], "no known element"),
        (np.eye(3) * 4, [1], [[0, np.nan, 0]], "not numbers"),
        (np.eye(3) * 4, [11, 17], [[0, 0, 0.01], [0, 0, 0.99]], r"Na1 \(atom 1\) and Cl2 \(atom 2\).* 0\.080 Ang"),
        (np.diag([0.4, 4, 4]), [11], [[0, 0, 0]], "repeats each atom after only 0.400"),
    ],
)
def test_invalid_crystals_are_rejected(
    lattice: object, numbers: object, coordinates: object, message: str
) -> None:
    with pytest.raises(CrystalError, match=message):
        Crystal(lattice=lattice, numbers=numbers, coordinates=coordinates, name="x")  # type: ignore[arg-type]
