"""One crystal, one description, however it is written: the whole table, the examples, real crystals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from basis_compiler import Crystal, StandardCrystal, operations, read_crystals, standardize
from basis_compiler.crystals.canonical import LANDMARKS
from basis_store import Setting, standard_settings
from runtime import Store
from tests.support.crystals.crystal_inputs import example_path
from tests.support.crystals.made_crystals import PRIMITIVE, made_crystal, rewritten
from tests.support.crystals.real_crystals import real_crystals

SAME = [
    ("anatase", "anatase_origin_1", 1e-4), ("calcite", "calcite_rhombohedral", 1e-4),
    ("catio3", "catio3_pbnm", 1e-4), ("corundum", "corundum_primitive", 1e-4),
    ("diamond", "diamond_origin_1", 1e-9), ("nacl", "nacl_primitive", 1e-9),
    ("quartz", "quartz_published_origin", 1e-4), ("spinel", "spinel_origin_1", 1e-4),
    ("spinel", "spinel_primitive", 1e-4),
    # Three and four digits in the files.
    ("quartz", "quartz_rounded", 0.05), ("wurtzite", "wurtzite_shifted", 5e-3),
]  # fmt: skip


def plain_encodings(standard: StandardCrystal, store: Store) -> np.ndarray:
    values = store.basis(standard.setting).evaluate(torch.from_numpy(standard.atom_coordinates()))
    return values.numpy()[:, :60]


def assert_same(
    one: StandardCrystal, other: StandardCrystal, source: np.ndarray, store: Store, within: float
) -> None:
    """Setting, metric, letters, atoms up to operations of the group (in Angstrom), and encodings."""
    assert one.setting == other.setting
    metric = one.lattice @ one.lattice.T
    scale = np.sqrt(metric.max())
    np.testing.assert_allclose(other.lattice @ other.lattice.T, metric, atol=scale * within)
    group = operations(one.setting)
    for atom, site in enumerate(other.site_of_atom):
        before, after = one.sites[one.site_of_atom[source[atom]]], other.sites[site]
        assert (after.wyckoff, after.site_symmetry) == (before.wyckoff, before.site_symmetry)
        images = group.rotations @ after.coordinates + group.translations24 / 24
        gaps = images - before.coordinates
        assert np.linalg.norm((gaps - np.rint(gaps)) @ one.lattice, axis=1).min() < within
    found, expected = plain_encodings(other, store), plain_encodings(one, store)[source]
    np.testing.assert_allclose(found, expected, atol=10 * within)


@pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
def test_the_description_does_not_depend_on_how_a_crystal_is_written(setting: Setting, store: Store) -> None:
    rng = np.random.default_rng(7000 + setting.number)
    crystal, _ = made_crystal(setting, rng)
    expected = standardize(crystal)
    for doubled in (False, True):
        written, source, _ = rewritten(crystal, rng, doubled=doubled)
        assert_same(expected, standardize(written), source, store, 1e-8)
        written, source, _ = rewritten(crystal, rng, doubled=doubled, noise=1e-4)
        assert_same(expected, standardize(written), source, store, 1e-3)


EDGES = {
    "cube": np.eye(3),
    "face-centred": np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]),
    "hexagonal": np.array([[1, 0, 0], [0, 1.3, 0], [-0.5, 0, np.sqrt(0.75)]]),
}


@pytest.mark.parametrize(
    ("number", "shape"),
    [(number, "cube") for number in (1, 2, 3, 4, 5, 7, 9, 14, 15, 16, 19, 33, 43, 61, 72)]
    + [(number, "hexagonal") for number in (1, 2, 3, 4, 5, 7, 9, 14, 15)]
    + [(number, "face-centred") for number in (1, 2)],
)
def test_a_cell_more_symmetric_than_the_group(number: int, shape: str, store: Store) -> None:
    """Then several bases of the lattice are equally short, and the atoms decide."""
    setting, rng = Setting.standard(number), np.random.default_rng(number)
    generic, _ = made_crystal(setting, rng)
    basis = PRIMITIVE[setting.centring] @ EDGES[shape]
    lattice = basis * np.cbrt(generic.volume / np.linalg.det(basis))
    crystal = Crystal(lattice=lattice, numbers=generic.numbers, coordinates=generic.coordinates)
    expected = standardize(crystal)
    assert expected.setting == setting
    for noise, within in ((0.0, 1e-8), (1e-4, 1e-3)):
        written, source, _ = rewritten(crystal, rng, noise=noise)
        assert_same(expected, standardize(written), source, store, within)


@pytest.mark.parametrize(("one", "other", "within"), SAME)
def test_examples_written_in_two_ways_have_the_same_encodings(
    one: str, other: str, within: float, store: Store
) -> None:
    standards = [standardize(*read_crystals(example_path(name))) for name in (one, other)]
    first, second = ([(site.element, site.wyckoff) for site in standard.sites] for standard in standards)
    assert first == second
    values = [
        plain_encodings(standard, store)[[site.atoms[0] for site in standard.sites]] for standard in standards
    ]
    np.testing.assert_allclose(values[0], values[1], atol=within)


def test_sodium_is_at_the_origin_of_rock_salt() -> None:
    (crystal,) = read_crystals(example_path("nacl"))
    for shift in ([0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0.1, 0.2, 0.3]):
        moved = Crystal(
            lattice=crystal.lattice, numbers=crystal.numbers, coordinates=crystal.coordinates + np.array(shift)
        )
        assert [(site.element, site.wyckoff) for site in standardize(moved).sites] == [("Na", "a"), ("Cl", "b")]


def test_axes_ascend_where_the_group_allows_it() -> None:
    for number in (16, 19, 47, 61, 69, 70, 71):
        crystal, _ = made_crystal(Setting.standard(number), np.random.default_rng(number))
        written, _, _ = rewritten(crystal, np.random.default_rng(1))
        lengths = np.linalg.norm(standardize(written).lattice, axis=1)
        # Pbca allows cyclic exchange only.
        assert lengths[0] == lengths.min() if number == 61 else (np.diff(lengths) > 0).all()


def test_the_reference_atom_of_a_polar_group_is_at_zero() -> None:
    crystal, _ = made_crystal(Setting.standard(186), np.random.default_rng(3))
    written, _, _ = rewritten(crystal, np.random.default_rng(4))
    standard = standardize(written)
    heaviest = max(standard.sites, key=lambda site: site.number)
    atoms = standard.atom_coordinates()[heaviest.atoms]
    assert np.abs(atoms[:, 2] - np.rint(atoms[:, 2])).min() < 1e-12


def test_a_crystal_is_never_replaced_by_its_mirror_image(store: Store) -> None:
    """P2_12_12_1 has the same symbol for both enantiomorphs; their encodings differ."""
    crystal, _ = made_crystal(Setting.standard(19), np.random.default_rng(2))
    mirrored = Crystal(
        lattice=crystal.lattice * [1, 1, -1], numbers=crystal.numbers, coordinates=crystal.coordinates
    )
    one, other = standardize(crystal), standardize(mirrored)
    assert one.setting == other.setting
    assert np.linalg.det(other.to_standard(np.eye(3)) - other.to_standard(np.zeros(3))) < 0
    gaps = plain_encodings(one, store) - plain_encodings(other, store)
    assert np.abs(gaps).max() > 0.1


def test_landmarks_are_on_no_special_position() -> None:
    for setting in standard_settings():
        group = operations(setting)
        for landmark in np.array(LANDMARKS[1:]):
            gaps = group.rotations[1:] @ landmark + group.translations24[1:] / 24 - landmark
            assert np.abs(gaps - np.rint(gaps)).max(axis=1).min(initial=1) > 0.009, (setting, landmark)


def test_real_crystals_have_one_description_each(shared: Path, store: Store) -> None:
    """All 200 agree. Independent noise on the atoms would move near-ties, and groups, so there is none here."""
    crystals = list(real_crystals(shared, 150, 30_000))
    assert len(crystals) == 200
    rng = np.random.default_rng(0)
    for crystal, _ in crystals:
        written, source, _ = rewritten(crystal, rng, doubled=bool(rng.integers(2)))
        assert_same(standardize(crystal), standardize(written), source, store, 1e-8)
