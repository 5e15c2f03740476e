"""Cells as skew as may be: judged and searched in a short basis of their lattice."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from basis_compiler import Crystal, read_crystals, standardize
from basis_compiler.crystals.crystal import closest_pair
from basis_compiler.crystals.reduced_cell import reduced_basis, unimodular_inverse
from basis_store import CrystalError
from tests.support.crystals.crystal_inputs import example


def shear(rng: np.random.Generator, steps: int, largest: int = 3) -> np.ndarray:
    change = np.eye(3, dtype=np.int64)
    for _ in range(steps):
        i, j = rng.permutation(3)[:2]
        change[i] += int(rng.integers(-largest, largest + 1)) * change[j]
    return change


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(0, 12))
def test_the_reduced_basis_is_the_shortest_of_the_same_lattice(seed: int, steps: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = rng.normal(size=(3, 3)) + np.diag([4, 5, 6])
    change = shear(rng, steps)
    reduced, found = reduced_basis(change @ lattice)
    assert abs(round(np.linalg.det(found))) == 1
    np.testing.assert_allclose(found @ (change @ lattice), reduced)
    assert np.array_equal(found @ unimodular_inverse(found), np.eye(3))
    # No combination with small factors is shorter than the vector that it could replace.
    lengths = np.linalg.norm(reduced, axis=1)
    assert (np.diff(lengths) >= 0).all()
    factors = np.array([f for f in itertools.product(range(-3, 4), repeat=3) if any(f)])
    sizes = np.linalg.norm(factors @ reduced, axis=1)
    for i in range(3):
        assert sizes[factors[:, i:].any(axis=1)].min() >= lengths[i] * (1 - 1e-8)
    # As for the plain cell, up to rounding in the sheared one.
    np.testing.assert_allclose(lengths, np.linalg.norm(reduced_basis(lattice)[0], axis=1), rtol=1e-6)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("name", ["nacl", "quartz", "rutile", "wurtzite", "calcite"])
def test_a_skew_cell_is_the_same_crystal(name: str, seed: int) -> None:
    crystal = example(name)
    change = shear(np.random.default_rng(seed), 4 + seed % 7)
    skew = Crystal(
        lattice=change @ crystal.lattice,
        numbers=crystal.numbers,
        coordinates=crystal.coordinates @ unimodular_inverse(change),
    )
    found, expected = standardize(skew), standardize(crystal)
    assert found.setting == expected.setting
    np.testing.assert_allclose(found.lattice @ found.lattice.T, expected.lattice @ expected.lattice.T, atol=1e-6)
    assert [site.wyckoff for site in found.sites] == [site.wyckoff for site in expected.sites]


SKEW = np.array([[1, 2, 5], [3, 7, 12], [4, 9, 18]]) @ np.array([[4.5, 0, 0], [0.6, 4.8, 0.2], [0.3, 0.9, 5.3]])


def test_little_volume_for_long_vectors_is_no_plane() -> None:
    """Vectors of 31, 82 and 117 Angstrom with a volume of 114 are an ordinary lattice."""
    lengths, volume = np.linalg.norm(SKEW, axis=1), abs(np.linalg.det(SKEW))
    assert volume < 1e-3 * lengths.prod()
    crystal = Crystal(lattice=SKEW, numbers=[11, 17], coordinates=[[0, 0, 0], [0.5, 0.5, 0.5]])
    assert crystal.volume == pytest.approx(volume)


def test_a_skew_cell_is_read_from_files(tmp_path: Path) -> None:
    rows = "\n".join(" ".join(f"{x:.10f}" for x in row) for row in SKEW)
    (tmp_path / "POSCAR").write_text(f"skew\n1\n{rows}\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n")
    lengths = np.linalg.norm(SKEW, axis=1)
    a, b, c = SKEW / lengths[:, None]
    angles = np.degrees(np.arccos([b @ c, a @ c, a @ b]))
    cell = [f"_cell_length_{x} {y:.10f}" for x, y in zip("abc", lengths, strict=True)]
    cell += [f"_cell_angle_{x} {y:.12f}" for x, y in zip(("alpha", "beta", "gamma"), angles, strict=True)]
    atoms = (
        "loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z\nNa1 0 0 0 Cl1 .5 .5 .5"
    )
    (tmp_path / "x.cif").write_text("\n".join(["data_x", *cell, atoms, ""]))
    for name in ("POSCAR", "x.cif"):
        (crystal,) = read_crystals(tmp_path / name)
        assert crystal.volume == pytest.approx(abs(np.linalg.det(SKEW)), rel=1e-4)


@pytest.mark.parametrize(
    ("lattice", "message"),
    [
        ([[3, 0, 0], [0, 3, 0], [3.1, 3.3, 0]], "no volume"),
        ([[3, 0, 0], [6, 0, 0], [0, 0, 3]], "no volume"),
        ([[3, 0, 0], [0, 3, 0], [1.234567, 2.3, 1e-9]], "no volume"),
        ([[0, 0, 0], [3, 0, 0], [0, 3, 0]], "no volume"),
        ([[3, 0, 0], [3.1, 0.3, 0], [0, 0, 3]], "repeats each atom after only 0.316"),
        ([[1e200, 0, 0], [0, 3, 0], [0, 0, 3]], r"a vector of 1e\+200 Angstrom"),
    ],
)
def test_lattices_that_no_crystal_has(lattice: list[list[float]], message: str) -> None:
    with pytest.raises(CrystalError, match=message):
        Crystal(lattice=lattice, numbers=[11], coordinates=[[0, 0, 0]])  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_closest_pair_does_not_depend_on_the_cell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = rng.normal(size=(3, 3)) + np.diag([4, 5, 6])
    coordinates = rng.random((4, 3))
    change = shear(rng, 6)
    expected = closest_pair(lattice, coordinates, 2.5)
    found = closest_pair(change @ lattice, coordinates @ unimodular_inverse(change), 2.5)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found[:2] == expected[:2]
        assert found[2] == pytest.approx(expected[2])
