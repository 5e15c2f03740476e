"""The classes of collinear magnets: published ones, and operations found by brute force."""

from __future__ import annotations

import numpy as np
import pytest
import spglib

from basis_compiler import Crystal, SpinSymmetry, spin_symmetry
from basis_store import TURN, CrystalError, Setting
from basis_store.array_types import FloatArray, IntArray
from tests.support.crystals.collinear_magnets import MADE_UP, MAGNETS, Magnet, Site, built

_ALL = (*MAGNETS, *MADE_UP)
_OF_NAME = {magnet.name: magnet for magnet in _ALL}


def cartesian_signs(found: SpinSymmetry) -> set[tuple[float, ...]]:
    """Rotation in the frame of the file and sign, of each operation."""
    axes = found.standard.lattice.T
    rotations = axes @ found.pattern.rotations @ np.linalg.inv(axes)
    return {rounded(one, sign) for one, sign in zip(rotations, found.pattern.signs, strict=True)}


def rounded(rotation: FloatArray, sign: int) -> tuple[float, ...]:
    return (*(np.round(rotation, 4) + 0.0).ravel().tolist(), float(sign))


def brute_force(crystal: Crystal, moments: FloatArray) -> set[tuple[float, ...]]:
    """The same from spglib's operations of the cell as it is, by moving every atom."""
    cell = (crystal.lattice, crystal.coordinates, crystal.numbers)
    symmetry = spglib.get_symmetry(cell, symprec=1e-3)
    found = set()
    axes = crystal.lattice.T
    for rotation, translation in zip(symmetry["rotations"], symmetry["translations"], strict=True):
        images = crystal.coordinates @ rotation.T + translation
        gaps = images[:, None] - crystal.coordinates[None]
        gaps -= np.rint(gaps)
        target = np.linalg.norm(gaps @ crystal.lattice, axis=2).argmin(axis=1)
        for sign in (1, -1):
            if np.allclose(moments[target], sign * moments):
                found.add(rounded(axes @ rotation @ np.linalg.inv(axes), sign))
    return found


@pytest.mark.parametrize("magnet", _ALL, ids=lambda one: one.name)
def test_the_published_class(magnet: Magnet) -> None:
    assert magnet in MADE_UP or magnet.source
    found = spin_symmetry(*built(magnet))
    assert found.standard.setting.number == Setting.parse(magnet.setting).number
    assert found.kind == magnet.kind
    assert (None if found.form is None else found.form.wave) == magnet.wave
    assert (None if found.laue_group is None else found.laue_group.spin_symbol) == magnet.symbol


def test_the_table_is_long_and_has_every_spin_laue_group() -> None:
    assert len({magnet.name for magnet in MAGNETS}) == len(MAGNETS) >= 30
    assert {magnet.kind for magnet in MAGNETS} == {"ferromagnet", "ferrimagnet", "antiferromagnet", "altermagnet"}
    # The ten of Smejkal, Sinova, Jungwirth, but for the order of the last two letters.
    types = {"".join(sorted(magnet.symbol)) for magnet in _ALL if magnet.symbol}
    ten = "²2/²m ²m²m¹m ²4/¹m ²4/¹m²m¹m ¹4/¹m²m²m ¹-3²m ²6/²m ²6/²m²m¹m ¹6/¹m²m²m ¹m¹-3²m"
    assert types == {"".join(sorted(one)) for one in ten.split()}


@pytest.mark.parametrize("magnet", _ALL, ids=lambda one: one.name)
def test_operations_are_those_found_by_moving_every_atom(magnet: Magnet) -> None:
    crystal, moments = built(magnet)
    found = spin_symmetry(crystal, moments)
    assert cartesian_signs(found) == brute_force(crystal, moments)
    one, inversion = np.eye(3), -np.eye(3)
    signs = cartesian_signs(found)
    assert ("translation" in found.connected_by) == (rounded(one, -1) in signs)
    assert ("inversion" in found.connected_by) == (rounded(inversion, -1) in signs)


@pytest.mark.parametrize("magnet", _ALL, ids=lambda one: one.name)
def test_the_splitting_changes_sign_as_the_operations_say(magnet: Magnet) -> None:
    found = spin_symmetry(*built(magnet))
    if found.form is None:
        return
    form = found.form
    # 1. Under the operations of the crystal, by numbers, in its own Cartesian frame.
    random = np.random.default_rng(0)
    k = random.normal(size=(20, 3))
    coefficients = random.normal(size=len(form.polynomials)).tolist()
    values = form.values(k @ form.frame.T, coefficients)
    assert np.abs(values).max() > 1e-3
    for *rotation, sign in cartesian_signs(found):
        moved = k @ np.array(rotation).reshape(3, 3).T
        assert np.allclose(form.values(moved @ form.frame.T, coefficients), sign * values, atol=2e-2)
    # 2. On the nodal planes it vanishes.
    for normal in form.nodal_normals_cartesian:
        flat = k - np.outer(k @ normal, normal)
        assert np.allclose(form.values(flat, coefficients), 0, atol=1e-9)


@pytest.mark.parametrize("magnet", _ALL, ids=lambda one: one.name)
def test_no_lower_degree_and_no_further_polynomial(magnet: Magnet) -> None:
    """By characters: how often chi is among the homogeneous polynomials of a degree (Molien)."""
    found = spin_symmetry(*built(magnet))
    if found.form is None or found.laue_group is None:
        return
    rotations, signs = found.laue_group.rotations, found.laue_group.signs
    for degree in range(0, found.form.degree + 1, 2):
        traces = [_trace_on_polynomials(rotation, degree) for rotation in rotations]
        count = float(np.mean(np.array(traces) * signs))
        expected = len(found.form.polynomials) if degree == found.form.degree else 0
        assert count == pytest.approx(expected, abs=1e-9)


def _trace_on_polynomials(rotation: IntArray, degree: int) -> float:
    """The sum of all products of ``degree`` eigenvalues."""
    a, b, c = np.linalg.eigvals(rotation)
    powers = ((i, j) for i in range(degree + 1) for j in range(degree + 1 - i))
    return float(sum(a**i * b**j * c ** (degree - i - j) for i, j in powers).real)


@pytest.mark.parametrize("name", ["RuO2", "MnTe", "NiO", "KRu4O8", "Fe2O3", "Fe3O4", "KMnF3"])
def test_the_cell_does_not_matter(name: str) -> None:
    """Skew cells, supercells that the group does not map to themselves, other origins, frames and orders."""
    crystal, moments = built(_OF_NAME[name])
    expected = spin_symmetry(crystal, moments)
    random = np.random.default_rng(sum(map(ord, name)))
    skew, long, turned = [[1, 1, 0], [0, 1, 0], [0, 0, 1]], np.diag([1, 2, 1]), [[1, 0, 1], [0, 1, 0], [1, 0, -1]]
    for change in (skew, long, turned):
        matrix = np.array(change)
        other, signs = rewritten(crystal, moments, matrix, random)
        found = spin_symmetry(other, -3 * signs)
        assert found.kind == expected.kind and found.connected_by == expected.connected_by
        assert len(found.pattern.signs) == len(expected.pattern.signs)
        assert np.linalg.det(found.pattern.lattice24) == pytest.approx(np.linalg.det(expected.pattern.lattice24))
        assert (found.form is None) == (expected.form is None)
        if found.form is not None and expected.form is not None:
            assert found.form.polynomials == expected.form.polynomials
            assert found.laue_group.spin_symbol == expected.laue_group.spin_symbol  # type: ignore[union-attr]


def rewritten(
    crystal: Crystal, moments: FloatArray, matrix: IntArray, random: np.random.Generator
) -> tuple[Crystal, FloatArray]:
    """The same crystal in the cell with these rows, at another origin, turned, its atoms in another order."""
    n = round(abs(np.linalg.det(matrix)))
    lattice = matrix @ crystal.lattice
    shifts = np.array([[i, j, k] for i in range(-4, 5) for j in range(-4, 5) for k in range(-4, 5)])
    points, kept = [], []
    for index, x in enumerate(crystal.coordinates):
        inside = (x + shifts) @ np.linalg.inv(matrix) + 1e-9
        for one in inside[((inside >= 0) & (inside < 1)).all(axis=1)]:
            points.append(one)
            kept.append(index)
    assert len(points) == n * len(crystal)
    order = random.permutation(len(points))
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    other = Crystal(
        lattice=lattice @ turn,
        numbers=crystal.numbers[np.array(kept)][order],
        coordinates=np.array(points)[order] + random.random(3),
        name=crystal.name,
    )
    return other, moments[np.array(kept)][order]


@pytest.mark.parametrize("number", range(2, 231, 12))
def test_random_patterns_in_all_systems(number: int) -> None:
    """Signs by chance, and signs that follow a translation or a site: operations as found by brute force."""
    random = np.random.default_rng(number)
    setting = Setting.standard(number)
    edges = (8.0, 10.0, 12.0, 97.0)
    if setting.crystal_system in ("tetragonal", "trigonal", "hexagonal", "cubic"):
        edges = (20.0, 20.0, 20.0, 90.0) if setting.crystal_system == "cubic" else (10.0, 10.0, 14.0, 90.0)
    x, y, z = np.round(random.random(3) * 0.6 + 0.13, 3).tolist()
    magnet = Magnet("random", str(number), edges, (Site("Fe", (x, y, z), 1), Site("O", (0, 0, 0))), "")
    if setting.crystal_system != "monoclinic":
        magnet = magnet._replace(cell=edges[:3])
    for repeat in ((1, 1, 1), (2, 2, 2)):
        if number > 140 and repeat[0] > 1:
            continue  # too many atoms for a quick test
        crystal, ones = built(magnet._replace(repeat=repeat))
        cells = np.rint(np.floor(crystal.coordinates * repeat + 1e-9)).astype(int).sum(axis=1)
        iron = crystal.numbers == 26
        for signs in (random.choice([-1.0, 1.0], len(crystal)), (-1.0) ** cells, np.ones(len(crystal))):
            moments = np.where(iron, ones * signs, 0)
            found = spin_symmetry(crystal, moments)
            assert cartesian_signs(found) == brute_force(crystal, moments)
            _assert_group(found)


def _assert_group(found: SpinSymmetry) -> None:
    """Products, modulo the lattice of the pattern, are operations with the product of the signs."""
    pattern = found.pattern
    basis = pattern.lattice24.astype(float)
    known = {}
    for rotation, shift, sign in zip(pattern.rotations, pattern.translations24, pattern.signs, strict=True):
        known[rotation.tobytes(), _reduced(shift, basis)] = int(sign)
    assert len(known) == len(pattern.signs)
    for rotation, shift, sign in zip(pattern.rotations[:8], pattern.translations24, pattern.signs, strict=False):
        for other, moved, its in zip(pattern.rotations, pattern.translations24, pattern.signs, strict=True):
            key = (rotation @ other).tobytes(), _reduced(rotation @ moved + shift, basis)
            assert known[key] == sign * its


def _reduced(shift: IntArray, basis: FloatArray) -> tuple[int, ...]:
    steps = shift @ np.linalg.inv(basis)
    return tuple(np.rint((steps - np.floor(steps + 1e-9)) @ basis).astype(int).tolist())


def test_magnitudes_make_a_ferrimagnet() -> None:
    crystal, moments = built(_OF_NAME["RuO2"])
    assert spin_symmetry(crystal, np.where(moments > 0, 1.0, moments * 0.9)).kind == "ferrimagnet"
    close = spin_symmetry(crystal, np.where(moments > 0, 1.0, moments * 0.99))
    assert close.kind == "altermagnet" and close.moment_tolerance == pytest.approx(0.02)
    apart = np.where(moments > 0, 1.0, moments * 0.9)
    assert spin_symmetry(crystal, apart, moment_tolerance=0.2).kind == "altermagnet"
    (note,) = spin_symmetry(crystal, apart).notes
    assert note.startswith("moments that differ by 0.1 Bohr magneton were taken as different")


def test_compensated_by_chance() -> None:
    """Equal sizes on sites that no operation connects: their sum is 0, but it is a ferrimagnet."""
    crystal, _ = built(_OF_NAME["Fe3O4"])
    moments = np.zeros(len(crystal))
    moments[:8], moments[8:24] = -4, 2
    found = spin_symmetry(crystal, moments)
    assert found.kind == "ferrimagnet" and found.net_moment == 0
    assert "its moments add to 0, but no operation connects those of opposite sign" in found.notes


@pytest.mark.parametrize(
    ("moments", "message"),
    [
        (np.zeros(6), "all moments are 0"),
        ([1, -1, 0, 0, 0], "6 atoms, but moments of the shape (5,)"),
        ([1, np.nan, 0, 0, 0, 0], "is no number"),
        ([1, -25, 0, 0, 0, 0], "is 25 Bohr magneton"),
        ([[1, 0, 0], [0, 1, 0], *[[0, 0, 0]] * 4], "not collinear"),
        ("abc", "not numbers"),
    ],
)
def test_wrong_moments(moments: object, message: str) -> None:
    crystal, _ = built(_OF_NAME["RuO2"])
    with pytest.raises(CrystalError) as error:
        spin_symmetry(crystal, moments)  # type: ignore[arg-type]
    assert message in str(error.value) and "\n" not in str(error.value)


def test_moments_along_any_axis() -> None:
    crystal, moments = built(_OF_NAME["MnTe"])
    axis = np.array([2.0, -1.0, 3.0]) / 14**0.5
    found = spin_symmetry(crystal, np.outer(moments, axis) * 4.7)
    assert found.kind == "altermagnet" and found.axis is not None
    assert np.allclose(found.axis, axis) and np.allclose(found.moments, 4.7 * moments)


def test_sizes_that_run_into_each_other() -> None:
    crystal, moments = built(_OF_NAME["MnO"])
    graded = moments * np.linspace(1, 1.5, len(moments))
    with pytest.raises(CrystalError, match="which of them are equal"):
        spin_symmetry(crystal, graded)


def test_translations_are_in_24ths_of_the_standard_cell() -> None:
    crystal, moments = built(_OF_NAME["NiO"])
    pattern = spin_symmetry(crystal, moments).pattern
    assert (pattern.rotations[0] == np.eye(3)).all() and not pattern.translations24[0].any()
    reversing = (pattern.rotations == np.eye(3)).all(axis=(1, 2)) & (pattern.signs == -1)
    assert (pattern.translations24[reversing] % (TURN // 2) == 0).all()
    assert abs(np.linalg.det(pattern.lattice24 / TURN)) == pytest.approx(0.5)  # twice the primitive cell
