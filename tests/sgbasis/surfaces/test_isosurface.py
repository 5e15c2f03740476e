"""Surfaces are closed, have the genus that is known, and enclose the volumes that symmetry demands.

Expected Euler characteristics. The gyroid, P and D surfaces have genus 3 in a primitive cell of the group that
keeps their two sides apart, so 2 - 2 * 3 = -4 there: I4_132 for the gyroid, Pm-3m for P, Fd-3m for D. Conventional
cells hold 2, 1 and 4 primitive cells: -8, -4 and -16.
"""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import GridField, Setting, StoreReader
from basis_store.errors import FieldError
from sgbasis.surfaces.isosurface import isosurface
from sgbasis.surfaces.mesh_files import mesh_bytes
from sgbasis.surfaces.surface_mesh import SurfaceMesh
from sgbasis.surfaces.surface_source import SurfaceSource

pytest.importorskip("skimage")

ONE = (1, 1, 1)
MINIMAL = {"I4_132": -8, "Pm-3m": -4, "Fd-3m": -16, "Fd-3m:1": -16}


def source(reader: StoreReader, symbol: str, function: int = 1, points: int = 24) -> SurfaceSource:
    return SurfaceSource.of_function(reader.read(Setting.parse(symbol)), function, points)


@pytest.mark.parametrize("symbol", MINIMAL)
@pytest.mark.parametrize("points", [24, 31])
def test_minimal_surfaces_have_their_genus(reader: StoreReader, symbol: str, points: int) -> None:
    made = source(reader, symbol, points=points)
    surface = made.mesh(0.0, ONE, solid=False, below=False)
    assert surface.is_closed
    assert surface.euler_characteristic == MINIMAL[symbol]
    assert not made.is_singular(0.0)
    several = made.mesh(0.0, (2, 1, 2), solid=False, below=True)
    assert several.is_closed
    assert several.euler_characteristic == 4 * MINIMAL[symbol]


@pytest.mark.parametrize("symbol", MINIMAL)
def test_both_sides_have_half_of_the_volume(reader: StoreReader, symbol: str) -> None:
    """A translation or rotation of the unoriented group exchanges the sides."""
    made = source(reader, symbol, points=32)
    sides = [made.mesh(0.0, ONE, solid=True, below=below) for below in (False, True)]
    assert all(one.is_closed for one in sides)
    for one in sides:
        assert one.volume / made.block_volume(ONE) == pytest.approx(0.5, abs=5e-4)


def test_every_setting_gives_closed_surfaces_that_divide_the_block(reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    function = 1 + setting.hall_number % 3
    made = SurfaceSource.of_function(compiled, function, 10)
    low, high = float(made.values.min()), float(made.values.max())
    level = low + (0.3 + 0.4 * (setting.hall_number % 6) / 5) * (high - low)
    surface = made.mesh(level, ONE, solid=False, below=False)
    assert surface.is_closed
    solids = [made.mesh(level, ONE, solid=True, below=below) for below in (False, True)]
    assert all(one.is_closed for one in solids)
    total = sum(one.volume for one in solids)
    assert total == pytest.approx(made.block_volume(ONE), rel=0.03)


def test_vertices_lie_on_the_surface(reader: StoreReader) -> None:
    """To rounding, also those of the cut faces, which lie in the planes of the faces."""
    made = source(reader, "I4_132", points=16)
    evaluate = made.evaluate
    assert evaluate is not None
    inverse = np.linalg.inv(made.lattice)
    surface = made.mesh(0.3, ONE, solid=False, below=False)
    values, _ = evaluate(surface.vertices @ inverse)
    assert np.abs(values - 0.3).max() < 1e-8
    solid = made.mesh(0.3, ONE, solid=True, below=False)
    fractional = solid.vertices @ inverse
    assert fractional.min() == pytest.approx(0, abs=1e-12)
    assert fractional.max() == pytest.approx(1, abs=1e-12)
    values, _ = evaluate(fractional)
    inside = ((fractional > 1e-9) & (fractional < 1 - 1e-9)).all(axis=1)
    assert np.abs(values[inside] - 0.3).max() < 1e-8
    assert (values[~inside] > 0.3 - 1e-8).all()


def test_opposite_faces_fit(reader: StoreReader) -> None:
    """Open edges of a periodic surface lie on the faces of the block and have a partner one block further."""
    made = source(reader, "P2_12_12_1", function=3, points=20)
    surface = made.mesh(0.4, (2, 1, 1), solid=False, below=False)
    fractional = surface.vertices @ np.linalg.inv(made.lattice) / (2, 1, 1)
    edges = np.concatenate([surface.faces[:, [i, (i + 1) % 3]] for i in range(3)])
    ascending = np.sort(edges, axis=1)
    _, inverse, counts = np.unique(ascending, axis=0, return_inverse=True, return_counts=True)
    open_edges = edges[counts[inverse.reshape(-1)] == 1]
    assert len(open_edges)
    ends = np.unique(open_edges)
    on_face = (np.abs(fractional[ends]) < 1e-9) | (np.abs(fractional[ends] - 1) < 1e-9)
    assert on_face.any(axis=1).all()
    codes = {tuple(one) for one in np.round(fractional[ends] % (1 - 1e-9), 6)}
    low = fractional[ends][(np.abs(fractional[ends]) < 1e-9).any(axis=1)]
    assert len(codes) < len(ends)
    assert all(tuple(one) in codes for one in np.round(low % (1 - 1e-9), 6))


def test_a_sphere_of_a_field() -> None:
    """A field without its function, in a left-handed cell: one closed surface around each maximum."""
    x = np.indices((30, 30, 30)) / 30 - 0.5
    lattice = np.diag([4.0, 4.0, -4.0])
    field = GridField(np.exp(-8 * (x**2).sum(axis=0)), lattice)
    made = SurfaceSource.of_field(field, 30)
    level = float(np.exp(-8 * 0.3**2))
    for solid in (True, False):
        surface = made.mesh(level, ONE, solid=solid, below=False)
        assert surface.is_closed
        assert surface.euler_characteristic == 2
        assert surface.volume == pytest.approx(4 / 3 * np.pi * 1.2**3, rel=0.01)
        assert surface.area == pytest.approx(4 * np.pi * 1.2**2, rel=0.01)
    assert not made.is_singular(level)


@pytest.mark.parametrize("lattice", [np.eye(3), np.diag([1.0, 1.0, -1.0])])
def test_bodies_are_counted_without_cavities(lattice: np.ndarray) -> None:
    x = np.indices((30, 30, 30)) / 30 - 0.5
    radius = np.sqrt((x**2).sum(axis=0))
    shell = SurfaceSource(np.exp(-60 * (radius - 0.3) ** 2), lattice)
    one = shell.mesh(0.8, (2, 1, 1), solid=True, below=False)
    assert one.is_closed and one.bodies == 2 and one.euler_characteristic == 8  # two shells, each with a cavity
    assert shell.mesh(0.8, (2, 1, 1), solid=True, below=True).bodies == 3  # what is around them, and two balls


def test_a_field_on_a_coarse_grid_is_interpolated(reader: StoreReader) -> None:
    fine = source(reader, "I4_132", points=48)
    coarse = GridField(fine.values[::4, ::4, ::4], fine.lattice)
    found = SurfaceSource.of_field(coarse, 48)
    np.testing.assert_allclose(found.values, fine.values, atol=1e-12)


def test_levels_at_which_surfaces_cross_themselves(reader: StoreReader) -> None:
    assert source(reader, "Fm-3m").is_singular(0.0)  # cos x cos y cos z: three sets of planes
    assert source(reader, "Ia-3d").is_singular(0.0)
    assert not source(reader, "Ia-3d", points=40).is_singular(-1.5)


def test_levels_without_a_surface(reader: StoreReader) -> None:
    made = source(reader, "I4_132")
    with pytest.raises(FieldError, match=r"there is no surface at the level 2: the values lie between -1.73"):
        made.mesh(2.0, ONE, solid=True, below=False)
    with pytest.raises(FieldError, match="is too large"):
        made.mesh(0.0, (90, 90, 90), solid=True, below=False)
    with pytest.raises(FieldError, match="there is no surface"):
        isosurface(np.ones((4, 4, 4)), 1.0, np.eye(3))


def read_stl(content: bytes) -> np.ndarray:
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    assert len(content) == 84 + kind.itemsize * int(np.frombuffer(content[80:84], "<u4")[0])
    return np.frombuffer(content[84:], kind)


def test_files_hold_the_mesh(reader: StoreReader) -> None:
    mesh = source(reader, "I4_132", points=12).mesh(0.0, ONE, solid=True, below=False)
    corners = mesh.vertices[mesh.faces]
    stl = read_stl(mesh_bytes(mesh, ".stl", "a title"))
    np.testing.assert_allclose(stl["corners"], corners, atol=1e-6)
    lines = mesh_bytes(mesh, ".obj", "a title").decode().splitlines()
    vertices = np.array([line.split()[1:] for line in lines if line.startswith("v ")], dtype=float)
    faces = np.array([line.split()[1:] for line in lines if line.startswith("f ")], dtype=int)
    np.testing.assert_allclose(vertices, mesh.vertices, atol=1e-8)
    np.testing.assert_array_equal(faces - 1, mesh.faces)
    head, body = mesh_bytes(mesh, ".ply", "a title").split(b"end_header\n", 1)
    assert f"element face {len(mesh.faces)}".encode() in head
    floats = np.frombuffer(body[: 12 * len(mesh.vertices)], "<f4").reshape(-1, 3)
    np.testing.assert_allclose(floats, mesh.vertices, atol=1e-6)
    assert len(body) == 12 * len(mesh.vertices) + 13 * len(mesh.faces)
    with pytest.raises(FieldError, match=r"are written to \.stl, \.obj, \.ply"):
        mesh_bytes(mesh, ".off", "a title")


def test_an_open_mesh_is_found() -> None:
    square = SurfaceMesh(np.eye(4, 3), np.array([[0, 1, 2], [0, 2, 3]]), np.arange(4))
    assert not square.is_closed
    pair = SurfaceMesh(np.eye(3), np.array([[0, 1, 2], [2, 1, 0]]), np.arange(3))
    assert pair.is_closed
    twice = SurfaceMesh(np.eye(3), np.array([[0, 1, 2], [2, 1, 0], [0, 1, 2], [2, 1, 0]]), np.arange(3))
    assert not twice.is_closed


@pytest.mark.oracle
def test_trimesh_calls_it_watertight(reader: StoreReader) -> None:
    trimesh = pytest.importorskip("trimesh")
    for symbol in MINIMAL:
        mesh = source(reader, symbol).mesh(0.0, (2, 1, 1), solid=True, below=False)
        other = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        assert other.is_watertight
        assert other.is_winding_consistent
        assert other.volume == pytest.approx(mesh.volume)
        assert other.euler_number == mesh.euler_characteristic
