"""Rectangles in planes of crystals: distances and angles in them are those of the crystal, in any cell."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from basis_store import FieldError, GridField
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.fields.fourier_series import FourierSeries
from sgbasis.fields.plane_choice import choose_plane

CELLS = {
    "cubic": 4 * np.eye(3),
    "hexagonal": np.array([[3.0, 0, 0], [-1.5, 1.5 * math.sqrt(3), 0], [0, 0, 4.7]]),
    "fcc": 2.7 * np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]]),
    "monoclinic": np.array([[5.0, 0, 0], [0, 4.0, 0], [-2.0, 0, 6.0]]),
    "triclinic": np.array([[4.0, 0.3, -0.2], [1.1, 5.0, 0.4], [-1.7, 0.9, 6.0]]),
    "left-handed": np.array([[4.0, 0.3, -0.2], [1.1, 5.0, 0.4], [1.7, -0.9, -6.0]]),
}
INDICES = [one for one in itertools.product(range(-2, 3), repeat=3) if any(one)] + [(3, -1, 2), (7, 12, -5)]


@pytest.mark.parametrize("cell", CELLS)
def test_every_plane_has_the_distances_of_the_crystal(cell: str) -> None:
    lattice = CELLS[cell]
    rng = np.random.default_rng(0)
    for indices in INDICES:
        offset = float(rng.integers(-4, 5)) / 4
        plane = CrystalPlane.of_indices(lattice, indices, offset=offset, cells=(2, 1))
        hkl = np.array(indices)
        # 1. Points of the rectangle lie in the plane; u and v are Cartesian there.
        flat = rng.normal(size=(5, 2)) * 4
        points = plane.corner + flat @ plane.steps
        np.testing.assert_allclose(points @ hkl, offset, atol=1e-9)
        cartesian = points @ lattice
        for i, j in itertools.combinations(range(5), 2):
            apart = np.linalg.norm(cartesian[i] - cartesian[j])
            assert np.linalg.norm(flat[i] - flat[j]) == pytest.approx(apart, rel=1e-9)
        np.testing.assert_allclose(plane.coordinates(points), np.column_stack([flat, np.zeros(5)]), atol=1e-9)
        # 2. It is seen from the side of the reciprocal vector, which measures the distance from the origin.
        normal = np.linalg.inv(lattice) @ hkl
        np.testing.assert_allclose(
            np.cross(plane.axes[0], plane.axes[1]), normal / np.linalg.norm(normal), atol=1e-9
        )
        assert plane.distance == pytest.approx(offset / np.linalg.norm(normal), abs=1e-9)
        # 3. The vectors span all lattice vectors of the plane, turn left, and are as short as can be.
        assert plane.vectors is not None
        first, second = plane.vectors
        divisor = math.gcd(*indices)
        handed = 1 if np.linalg.det(lattice) > 0 else -1
        np.testing.assert_array_equal(np.cross(first, second), handed * (hkl // divisor))
        lengths = np.linalg.norm(plane.vectors @ lattice, axis=1)
        shortest = min(
            np.linalg.norm((i * first + j * second) @ lattice)
            for i, j in itertools.product(range(-3, 4), repeat=2) if (i, j) != (0, 0)
        )  # fmt: skip
        assert lengths.min() == pytest.approx(shortest)
        # 4. All of the cells are inside of the rectangle.
        corners = np.array([[0, 0], [2, 0], [0, 1], [2, 1]]) @ plane.vectors @ lattice @ plane.axes[:2].T
        for axis, (low, high) in enumerate((plane.u_range, plane.v_range)):
            assert low < corners[:, axis].min() and corners[:, axis].max() < high


@pytest.mark.parametrize(
    ("cell", "indices", "vectors"),
    [
        ("cubic", (0, 0, 1), [[1, 0, 0], [0, 1, 0]]),
        ("cubic", (1, 0, 0), [[0, 1, 0], [0, 0, 1]]),
        ("cubic", (1, 1, 0), [[-1, 1, 0], [0, 0, 1]]),
        ("cubic", (2, 2, 0), [[-1, 1, 0], [0, 0, 1]]),
        ("hexagonal", (0, 0, 1), [[1, 0, 0], [0, 1, 0]]),
        ("monoclinic", (0, 1, 0), [[0, 0, 1], [1, 0, 0]]),
    ],
)
def test_usual_planes_have_the_axes_that_one_expects(
    cell: str, indices: tuple[int, int, int], vectors: list[list[int]]
) -> None:
    plane = CrystalPlane.of_indices(CELLS[cell], indices)
    assert plane.vectors is not None and plane.vectors.tolist() == vectors


def test_a_plane_through_three_points() -> None:
    lattice = CELLS["triclinic"]
    points = np.array([[0.1, 0.2, 0.3], [0.7, 0.15, 0.4], [0.3, 0.8, 0.1]])
    plane = CrystalPlane.through(lattice, points)
    found = plane.coordinates(points)
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-12)
    assert found[0] == pytest.approx([0, 0, 0], abs=1e-12)
    assert found[1, 0] == pytest.approx(np.linalg.norm((points[1] - points[0]) @ lattice))
    assert found[1, 1] == pytest.approx(0, abs=1e-12) and found[2, 1] > 0
    assert plane.indices is None and plane.vectors is None
    for axis, (low, high) in enumerate((plane.u_range, plane.v_range)):
        assert low < found[:, axis].min() - 1 and found[:, axis].max() + 1 < high


def test_three_atoms_with_five_digits_give_their_lattice_plane() -> None:
    plane = CrystalPlane.through(
        CELLS["hexagonal"], [[0.333333, 0.666667, 0.25], [0.66667, 0.33333, 0.75], [1, 0, 0]]
    )
    assert plane.indices in ((1, 1, 0), (-1, -1, 0))
    assert abs(plane.offset) == pytest.approx(1)


def test_what_is_no_plane() -> None:
    lattice = CELLS["cubic"]
    for points in ([[0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 0, 0], [0, 0, 0], [1, 0, 0]]):
        with pytest.raises(FieldError, match="not on one line"):
            CrystalPlane.through(lattice, points)
    for indices in ((0, 0, 0), (25, 0, 0)):
        with pytest.raises(FieldError, match="is no plane that is drawn"):
            CrystalPlane.of_indices(lattice, indices)


@pytest.mark.parametrize("cell", CELLS)
def test_atoms_near_a_plane_are_those_of_a_plain_search(cell: str) -> None:
    lattice = CELLS[cell]
    rng = np.random.default_rng(3)
    atoms = rng.normal(size=(4, 3))
    for indices in ((1, -1, 2), (0, 1, 0), (-1, -1, 1)):
        plane = CrystalPlane.of_indices(lattice, indices, offset=0.3)
        numbers, places = plane.images(atoms, 0.6)
        every = np.array(list(itertools.product(range(-9, 10), repeat=3)))
        wanted = []
        for number, atom in enumerate(atoms):
            found = plane.coordinates(atom - np.floor(atom) + every)
            low = [plane.u_range[0], plane.v_range[0], -0.6]
            high = [plane.u_range[1], plane.v_range[1], 0.6]
            wanted += [(number, *one) for one in found[((found >= low) & (found <= high)).all(axis=1)].tolist()]
        assert len(numbers) == len(wanted)
        got = sorted((int(n), *one) for n, one in zip(numbers, places.tolist(), strict=True))
        np.testing.assert_allclose(got, sorted(wanted), atol=1e-9)


def chosen(lattice: np.ndarray, atoms: dict[int, list[list[float]]], values: np.ndarray | None = None) -> str:
    numbers = [z for z, places in atoms.items() for _ in places]
    coordinates = [place for places in atoms.values() for place in places]
    rng = np.random.default_rng(0)
    given = rng.random((6, 6, 6)) if values is None else values
    field = GridField(given, lattice, "electron density", "e/Angstrom^3", np.array(numbers), np.array(coordinates))
    plane = choose_plane(field, FourierSeries.of(field))
    return f"{' '.join(map(str, plane.indices))} at {plane.offset:g}"


FCC = [[0.0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]


def test_the_plane_that_is_chosen_has_what_a_crystallographer_looks_for() -> None:
    cubic = CELLS["cubic"]
    x, y, z = np.indices((6, 6, 6)) / 6
    symmetric = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y) + np.cos(2 * np.pi * z)
    # Perovskite: only {110} has all three elements.
    perovskite = {56: [[0.0, 0, 0]], 22: [[0.5, 0.5, 0.5]], 8: [[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]}
    assert chosen(cubic, perovskite, symmetric) == "1 1 0 at 0"
    # Rock salt: of the planes with as many atoms, the densest.
    salt = {11: FCC, 17: [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]]}
    assert chosen(cubic, salt, symmetric) in ("0 0 1 at 0", "1 0 0 at 0", "0 1 0 at 0")
    # Copper: the close-packed plane; wherever the origin is.
    assert chosen(cubic, {29: FCC}, symmetric) == "1 1 1 at 0"
    moved = [[x + 0.25, y, z] for x, y, z in FCC]
    assert chosen(cubic, {29: moved}, np.roll(symmetric, 1, axis=0)).startswith("1 1 1 at")
    # Magnesium: {110} has both atoms.
    mg = {12: [[0.333333, 0.666667, 0.25], [0.666667, 0.333333, 0.75]]}
    assert chosen(CELLS["hexagonal"], mg).split(" at ")[0] in ("1 1 0", "2 -1 0", "1 -2 0")
    # Nothing but a field: where it varies.
    assert chosen(cubic, {}, np.cos(2 * np.pi * z)).split(" at ")[0] in ("1 0 0", "0 1 0", "1 1 0")
    assert chosen(cubic, {}, np.ones((1, 1, 1)))
