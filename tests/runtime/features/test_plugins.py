"""Site encodings and pair kernels do not depend on the description of a crystal, in all 230 groups."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from basis_compiler import compile_crystals, read_crystals, standardize
from basis_store import CrystalError, CrystalRecord, Setting, standard_settings
from runtime import Store
from runtime.features.atoms import primitive_cell, sites_of_atoms
from runtime.features.pair_kernel import PairKernel
from runtime.features.site_encoding import SiteEncoding
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.neighbours import neighbours
from tests.support.crystals.crystal_inputs import CRYSTALS, example_path
from tests.support.crystals.made_records import all_atoms, in_p1, made_record, moved
from tests.support.crystals.rewritings import larger_cells, rewritings

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
SHELLS, DEGREE = 6, 2


@pytest.fixture(scope="module")
def encoding(store: Store) -> SiteEncoding:
    return SiteEncoding(g_max=0.4, shells=SHELLS, degree=DEGREE, store=store).double()


@pytest.fixture(scope="module")
def kernel(store: Store) -> PairKernel:
    return PairKernel(cutoff=4.5, radial=6, g_max=0.4, shells=SHELLS, degree=DEGREE, store=store).double()


def made(setting: Setting, n_sites: int = 3) -> CrystalRecord:
    return made_record(setting, np.random.default_rng(setting.number), n_sites)


def assert_equal(value: torch.Tensor, expected: torch.Tensor, what: str) -> None:
    limit = 1e-10 if value.dtype == torch.float64 else 1e-5
    difference = float((value - expected).norm() / expected.norm())
    assert difference < limit, f"{what}: {difference:.1e}"


def test_shapes_and_types(encoding: SiteEncoding, kernel: PairKernel, store: Store) -> None:
    record = made(Setting.standard(62))
    assert encoding(record).shape == (3, encoding.n_features) == (3, 3 * (DEGREE + 1) * SHELLS)
    assert kernel(record).shape == (3, 3, kernel.n_features) == (3, 3, (DEGREE + 1) * (6 + SHELLS))
    for module in (SiteEncoding(store=store), PairKernel(store=store)):
        assert module(record).dtype == torch.float32
        assert module.double()(record).dtype == torch.float64
        assert not list(module.parameters())
    together = encoding(record, made(Setting.standard(225)))
    assert torch.equal(together, torch.cat([encoding(record), encoding(made(Setting.standard(225)))]))


@STANDARD
def test_features_do_not_depend_on_the_description(
    setting: Setting, encoding: SiteEncoding, kernel: PairKernel, store: Store
) -> None:
    """Invariant under operations, lattice translations, origin shifts, rotations, reflections; order is kept."""
    record = made(setting)
    by_element = np.argsort(record.numbers)
    sites, pairs = encoding(record)[by_element], kernel(record)[by_element][:, by_element]
    for what, other in rewritings(record, store, np.random.default_rng(setting.number)):
        order = np.argsort(other.numbers)
        assert_equal(encoding(other)[order], sites, what)
        assert_equal(kernel(other)[order][:, order], pairs, what)


@STANDARD
def test_full_cells_and_supercells_have_the_same_features(setting: Setting, encoding: SiteEncoding) -> None:
    """All columns except those of the site's own orbit, which depend on the symmetry of the description."""
    record = made(setting, n_sites=2 if setting.number < 195 else 1)
    columns = slice(encoding.n_features // 3, None)
    expected = encoding(record)[:, columns]
    for what, other in larger_cells(record):
        if len(other) <= 100:
            site = np.argmax(other.numbers[:, None] == record.numbers, axis=1)
            assert_equal(encoding(other)[:, columns], expected[site], what)


@STANDARD
def test_single_precision(setting: Setting, encoding: SiteEncoding, store: Store) -> None:
    single = SiteEncoding(g_max=0.4, shells=SHELLS, degree=DEGREE, store=store)
    record = made(setting)
    by_element = np.argsort(record.numbers)
    for what, other in rewritings(record, store, np.random.default_rng(setting.number)):
        assert_equal(single(other)[np.argsort(other.numbers)], single(record)[by_element], what)


def test_files_of_the_same_crystal_have_the_same_features(encoding: SiteEncoding, kernel: PairKernel) -> None:
    """Regressions 6 and 7: other origins, axes and cells of one crystal in a file."""
    groups = [
        ("anatase", "anatase_origin_1"), ("calcite", "calcite_rhombohedral"), ("catio3", "catio3_pbnm"),
        ("corundum", "corundum_primitive"), ("diamond", "diamond_origin_1"), ("nacl", "nacl_primitive"),
        ("spinel", "spinel_origin_1", "spinel_primitive"), ("wurtzite", "wurtzite_shifted"),
    ]  # fmt: skip
    for names in groups:
        records = [compile_crystals(example_path(name))[0] for name in names]
        for other in records[1:]:
            order = [int(np.flatnonzero(site_keys(other) == key)[0]) for key in site_keys(records[0])]
            # Lattices and coordinates are rounded in files; a wrong origin would change the first digit.
            torch.testing.assert_close(encoding(other)[order], encoding(records[0]), rtol=1e-3, atol=1e-3)
            pairs = kernel(other)[order][:, order]
            torch.testing.assert_close(pairs, kernel(records[0]), rtol=1e-3, atol=1e-3)


def site_keys(record: CrystalRecord) -> np.ndarray:
    keys = record.numbers.astype(int) * 1000 + record.multiplicities
    assert len(set(keys.tolist())) == len(keys)
    return keys


def test_different_sites_have_different_features(encoding: SiteEncoding, kernel: PairKernel) -> None:
    """Features are sensitive to displacements and strain."""
    record = made(Setting.standard(62))
    x = record.coordinates.copy()
    x[0] += [0.01, 0.0, 0.01]
    for other in (moved(record, x), dataclasses.replace(record, lattice=record.lattice * 1.01)):
        for features in (encoding, kernel):
            assert float((features(other) - features(record)).norm() / features(record).norm()) > 1e-4


def test_classes_are_own_orbit_element_and_all(encoding: SiteEncoding) -> None:
    record = made(Setting.standard(14), n_sites=4)
    same = dataclasses.replace(record, numbers=np.array([8, 8, 22, 8], np.uint8))
    own, element, everything = encoding(same).chunk(3, dim=1)
    others_own, others_element, others_everything = encoding(record).chunk(3, dim=1)
    assert torch.equal(own, others_own)
    assert torch.equal(everything, others_everything)
    torch.testing.assert_close(element[2], own[2])
    torch.testing.assert_close(others_element, others_own)
    assert (element[[0, 1, 3]] - own[[0, 1, 3]]).abs().max(dim=1).values.min() > 1e-2


@pytest.mark.parametrize("path", sorted(CRYSTALS.glob("*.cif")), ids=lambda path: path.stem)
def test_moments_that_the_site_forbids_are_exactly_zero(path: Path, store: Store) -> None:
    """Rounding used to leave 1e-17 there, which a division by the standard deviation of a column made large."""
    (record,) = compile_crystals(path)
    compiled = store.compiled(record.setting)
    vectors = SiteEncoding(store=store)(record).view(len(record), 3, 3, 20)[:, :, 1]
    for x, of_site in zip(record.coordinates, vectors, strict=True):
        shifts = compiled.rotations @ x + compiled.translations24 / 24 - x
        fixes_x = (np.abs(shifts - np.rint(shifts)) < 1e-6).all(1)
        allows_vector = np.abs(compiled.rotations[fixes_x].mean(0)).max() > 1e-6
        assert bool(of_site.any()) == allows_vector


def test_degrees_that_cubic_sites_forbid_are_exactly_zero(store: Store) -> None:
    """At sites m-3m there is nothing between l = 0 and l = 4, in single and in double precision."""
    encoding = SiteEncoding(degree=4, store=store)
    for module in (encoding, encoding.double()):
        values = module(*compile_crystals(example_path("cscl"))).view(2, 3, 5, 20)
        assert not values[:, :, 1:4].any()
        assert (values[:, :, 4].amax(-1) > 1e-3).all()


def test_pair_kernels_sum_to_site_encodings(kernel: PairKernel, encoding: SiteEncoding) -> None:
    record = made(Setting.standard(194))
    shells = kernel(record)[..., -3 * SHELLS : -2 * SHELLS]
    torch.testing.assert_close(shells.sum(1), encoding(record).view(3, 3, 3, SHELLS)[:, 2, 0])
    symmetric = shells / torch.from_numpy(record.multiplicities)[:, None]
    torch.testing.assert_close(symmetric, symmetric.transpose(0, 1))


def test_the_direct_part_is_a_sum_over_neighbours(kernel: PairKernel, store: Store) -> None:
    record = made(Setting.standard(166))
    found = neighbours(record, store.compiled(record.setting), 4.5)
    direct = DirectKernel(4.5, 6, 0).double()
    expected = direct(found.vectors, found.receivers * 3 + found.senders, 9).view(3, 3, 6)
    torch.testing.assert_close(kernel(record)[..., :6], expected)


@STANDARD
def test_primitive_cells_contain_every_atom_once(setting: Setting, store: Store) -> None:
    record = made(setting)
    lattice, coordinates, sites = primitive_cell(record, store.compiled(setting))
    size = {"P": 1, "A": 2, "B": 2, "C": 2, "I": 2, "F": 4, "R": 3}[setting.symbol[0]]
    assert abs(np.linalg.det(lattice)) * size == pytest.approx(record.volume)
    assert np.bincount(sites) * size == pytest.approx(record.multiplicities)
    atoms, owners = all_atoms(record)
    inside = coordinates @ lattice @ np.linalg.inv(record.lattice)
    for site in range(len(record)):
        gaps = inside[sites == site][:, None] - atoms[owners == site]
        assert (np.abs(gaps - np.rint(gaps)).max(-1).min(axis=1) < 1e-9).all()


@pytest.mark.parametrize(
    "name", ["spinel_primitive", "calcite_rhombohedral", "catio3_pbnm", "quartz_rounded", "nacl"]
)
def test_sites_of_the_atoms_of_the_source(name: str, store: Store) -> None:
    path = example_path(name)
    (crystal,), (record,) = read_crystals(path), compile_crystals(path)
    compiled = store.compiled(record.setting)
    expected = standardize(crystal).site_of_atom
    coordinates = crystal.coordinates + np.random.default_rng(0).integers(-2, 3, crystal.coordinates.shape)
    assert np.array_equal(sites_of_atoms(record, compiled, coordinates), expected)
    with pytest.raises(CrystalError, match=r"atom 0 of the graph is \d\.\d+ Angstrom away"):
        sites_of_atoms(record, compiled, coordinates + 0.06)
    with pytest.raises(CrystalError, match="nan Angstrom away"):
        sites_of_atoms(record, compiled, coordinates * np.nan)


def test_atoms_of_the_source_in_a_supercell(store: Store) -> None:
    record = made(Setting.standard(14))
    whole = in_p1(record)
    assert np.array_equal(
        sites_of_atoms(record, store.compiled(record.setting), whole.coordinates), all_atoms(record)[1]
    )
