"""What pictures of fields are made of: contours lie where the field has their values, places where atoms are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_store import FieldError, GridField
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.fields.fourier_series import FourierSeries
from sgbasis.pictures.fields import field_surface
from sgbasis.pictures.fields.field_pictures import (
    isosurface_picture,
    paired_levels,
    profile_picture,
    section_picture,
)
from sgbasis.pictures.fields.field_profile import atoms_on_line, profile_figure
from sgbasis.pictures.fields.field_section import plane_text, section_figure
from sgbasis.pictures.fields.field_surface import surface_figure, surface_triangles, upright_lattice
from sgbasis.pictures.fields.value_scale import is_signed, value_scale
from sgbasis.pictures.style import needs_plot_extra

pytest.importorskip("matplotlib")
pytest.importorskip("skimage")

LATTICE = np.array([[4.0, 0.3, -0.2], [1.1, 5.0, 0.4], [-1.7, 0.9, 6.0]])
ATOMS = np.array([[0.2, 0.3, 0.4], [0.7, 0.8, 0.1]])


def triclinic(*, signed: bool = False, shape: tuple[int, int, int] = (10, 12, 11)) -> GridField:
    """Two blobs; of opposite signs if ``signed``."""
    points = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    values = np.zeros(shape)
    for place, sign in zip(ATOMS, (1, -1 if signed else 1), strict=True):
        values += sign * np.exp(np.cos(2 * np.pi * (points - place)).sum(axis=-1) - 2)
    quantity = "electron density difference" if signed else "electron density"
    return GridField(values, LATTICE, quantity, "e/Angstrom^3", np.array([14, 8]), ATOMS)


@needs_plot_extra
def drawn(field: GridField, plane: CrystalPlane, **options: object):  # type: ignore[no-untyped-def]
    section = plane.section(FourierSeries.of(field), 301)
    scale = value_scale(section[2], signed=is_signed(field), **options)  # type: ignore[arg-type]
    return section_figure(field, plane, section, scale, name="a $name", nearby=0.5), scale


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("indices", [(0, 0, 1), (1, -1, 0), (2, 1, -1)])
def test_contours_lie_where_the_field_has_their_values(signed: bool, indices: tuple[int, int, int]) -> None:
    field = triclinic(signed=signed)
    plane = CrystalPlane.of_indices(LATTICE, indices, offset=0.3, cells=(2, 1))
    figure, scale = drawn(field, plane)
    axes, bar = figure.axes
    series = FourierSeries.of(field)
    bands, *lines = axes.collections
    np.testing.assert_array_equal(bands.levels, scale.levels)
    seen = 0
    for contours in lines:
        for level, path in zip(contours.levels, contours.get_paths(), strict=True):
            assert level in scale.levels
            if len(path.vertices):
                points = plane.corner + path.vertices @ plane.steps
                found = series.values(points[:: max(1, len(points) // 50)])
                np.testing.assert_allclose(found, level, atol=2e-3 * np.ptp(field.values))
                seen += 1
    assert seen >= 4
    # True lengths and angles: equal units along both axes, which have the ranges of the plane.
    assert axes.get_aspect() == 1
    assert axes.get_xlim() == plane.u_range and axes.get_ylim() == plane.v_range
    box = axes.get_position()
    width, height = figure.get_size_inches() * (box.width, box.height)
    expected = (plane.u_range[1] - plane.u_range[0]) / (plane.v_range[1] - plane.v_range[0])
    assert width / height == pytest.approx(expected, rel=1e-9)
    # Words.
    assert axes.get_xlabel().endswith(r"($\mathrm{\AA}$)") and axes.get_ylabel().endswith(r"($\mathrm{\AA}$)")
    assert bar.get_ylabel().endswith(r" ($e\,\mathrm{\AA}^{-3}$)")
    assert {text.get_text() for text in figure.texts} >= {r"a \$name"}
    if signed:
        assert bands.norm.vmin == -bands.norm.vmax
        assert bands.cmap(0.5) == pytest.approx((1, 1, 1, 1), abs=0.04)  # 0 is white
        assert {str(style) for one in lines for style in one.get_linestyle()} != {"(0, None)"}


def test_atoms_are_at_the_distances_of_the_crystal() -> None:
    field = triclinic()
    plane = CrystalPlane.through(LATTICE, [ATOMS[0], ATOMS[1], ATOMS[0] + [1, 0, 0]])
    figure, _ = drawn(field, plane)
    axes = figure.axes[0]
    (inside,) = (line for line in axes.lines if line.get_gid() == "atoms in the plane")
    places = np.column_stack(inside.get_data())
    every = np.array(list(itertools.product(range(-4, 5), repeat=3)))
    distances = {
        round(float(np.linalg.norm((a - b + t) @ LATTICE)), 6) for a in ATOMS for b in ATOMS for t in every
    }
    assert len(places) >= 3
    for one, other in itertools.combinations(places, 2):
        assert min(abs(np.linalg.norm(one - other) - wanted) for wanted in distances) < 2e-6
    apart = np.linalg.norm((ATOMS[1] - ATOMS[0]) @ LATTICE)
    assert any(np.allclose(place, [apart, 0], atol=1e-9) for place in places)
    assert {text.get_text() for text in axes.texts} == {"Si", "O"}


def test_the_cells_of_a_plane_are_drawn_with_their_angle() -> None:
    plane = CrystalPlane.of_indices(LATTICE, (0, 0, 1), cells=(2, 3))
    figure, _ = drawn(triclinic(), plane)
    lines = {tuple(np.round(np.array(line.get_data()).T.reshape(-1), 9)) for line in figure.axes[0].lines[:-2]}
    assert len(lines) == 3 + 4
    ends = [np.array(line).reshape(2, 2) for line in lines]
    vectors = [end - start for start, end in ends]
    lengths = sorted({round(float(np.linalg.norm(one)), 6) for one in vectors})
    a, b = LATTICE[:2]
    assert lengths == sorted({round(float(2 * np.linalg.norm(a)), 6), round(float(3 * np.linalg.norm(b)), 6)})
    cosines = {round(float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)), 6) for one in vectors
               for other in vectors}  # fmt: skip
    assert cosines == {1.0, round(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)), 6)}


def test_titles_say_which_plane() -> None:
    plane = CrystalPlane.of_indices(np.eye(3) * 4, (1, -1, 0), offset=0.5)
    assert plane_text(plane) == r"$(1\,\bar{1}\,0)$ at 1.41 $\mathrm{\AA}$ from the origin"
    assert plane_text(CrystalPlane.of_indices(np.eye(3), (0, 0, 1))) == r"$(0\,0\,1)$ through the origin"
    free = CrystalPlane.through(LATTICE, [[0, 0, 0], [0.123, 0.4, 0.9], [0.5, 0.77, 0.1]])
    assert plane_text(free) == "plane through three points"


def test_titles_that_have_no_room_are_in_rows() -> None:
    """Over narrow sections the name and the plane were drawn over each other."""
    figure = needs_plot_extra(section_figure)(
        triclinic(), narrow := CrystalPlane.of_indices(LATTICE, (0, 0, 1), cells=(1, 6)),
        narrow.section(FourierSeries.of(triclinic()), 61), value_scale(np.array([0.0, 1.0]), signed=False),
        name="a_long_name_of_a_file_of_a_density",
    )  # fmt: skip
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    assert len(boxes) >= 2 and not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    width = figure.get_size_inches()[0] * figure.dpi
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)


def test_a_profile_has_the_values_and_the_atoms_of_the_line() -> None:
    field = triclinic()
    start, end = ATOMS[0], ATOMS[1] + [1, 0, 0]
    series = FourierSeries.of(field)
    length = float(np.linalg.norm((end - start) @ LATTICE))
    distances = np.linspace(0, length, 41)
    figure = needs_plot_extra(profile_figure)(field, start, end, (distances, series.line_values(start, end, 41)))
    (axes,) = figure.axes
    x, y = axes.lines[0].get_data()
    np.testing.assert_allclose(y, series.values(start + (x / length)[:, None] * (end - start)), atol=1e-12)
    marks = sorted(float(line.get_xdata()[0]) for line in axes.lines if line.get_gid() == "atom")
    assert marks[0] == pytest.approx(0, abs=1e-9) and marks[-1] == pytest.approx(length)
    assert axes.get_xlabel() == r"Distance ($\mathrm{\AA}$)"
    assert axes.get_ylabel() == r"Electron density ($e\,\mathrm{\AA}^{-3}$)"


def test_an_isosurface_lies_where_the_field_has_its_value() -> None:
    pytest.importorskip("ase")
    field = triclinic(signed=True)
    triangles, normals, _ = surface_triangles(field, [0.6, -0.6], (1, 2, 1))
    # The picture has the cell upright: the same metric.
    lattice = upright_lattice(field)
    np.testing.assert_allclose(lattice @ lattice.T, LATTICE @ LATTICE.T, atol=1e-12)
    fractional = triangles.reshape(-1, 3) @ np.linalg.inv(lattice)
    inside = ((fractional > 1e-6) & (fractional < np.array([1, 2, 1]) - 1e-6)).all(axis=1)
    rng = np.random.default_rng(0)
    some = rng.permutation(np.flatnonzero(inside))[:400]
    found = np.abs(FourierSeries.of(field).values(fractional[some]))
    on_surface = np.abs(found - 0.6) < 0.02
    # The others belong to the spheres of the atoms.
    middle = np.concatenate([ATOMS, ATOMS + np.array([0, 1, 0])])
    away = fractional[some][~on_surface][:, None] - middle
    assert (np.linalg.norm(away @ lattice, axis=-1).min(axis=1) < 0.4).all()
    assert on_surface.sum() > 200
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-9)
    figure = needs_plot_extra(surface_figure)(field, [0.6, -0.6], cells=(1, 2, 1), name="x")
    texts = {text.get_text() for text in figure.texts}
    assert "Electron density difference +0.6, \u22120.6 $e\\,\\mathrm{\\AA}^{-3}$" in texts
    assert {"Si", "O"} <= texts


def test_levels_are_paired_where_signs_matter() -> None:
    assert paired_levels(triclinic(signed=True), [0.5]) == [0.5, -0.5]
    assert paired_levels(triclinic(signed=True), [0.5, -0.5, 0.2]) == [0.5, -0.5, 0.2, -0.2]
    assert paired_levels(triclinic(), [0.5]) == [0.5]
    lopsided = GridField(np.array([[[-1.0, 0.3]]]), np.eye(3), "potential", "eV")
    assert paired_levels(lopsided, [-0.5]) == [-0.5]


@pytest.mark.parametrize(("kind", "head"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_equal_pictures_are_equal_files(kind: str, head: bytes) -> None:
    field = triclinic(shape=(6, 6, 6))
    one, other = (section_picture(field, kind=kind, name="x", levels=6) for _ in range(2))  # type: ignore[arg-type]
    assert one == other and one.startswith(head)
    line = profile_picture(field, (0, 0, 0), (1, 0, 0), kind=kind)  # type: ignore[arg-type]
    assert line.startswith(head)


def test_constant_and_strange_fields_are_drawn() -> None:
    for values in (np.zeros((1, 1, 1)), np.full((3, 1, 1), -1e-9)):
        assert section_picture(GridField(values, LATTICE, "potential", "eV"), kind="svg").startswith(b"<?xml")
    assert profile_picture(GridField(np.full((2, 2, 2), 3.0), LATTICE), (0, 0, 0), (1, 1, 1), kind="pdf")
    positive = triclinic(shape=(6, 6, 6))
    assert section_picture(positive, logarithmic=True, levels=7, kind="pdf").startswith(b"%PDF")
    assert section_picture(positive, limits=(0.1, 0.5), kind="svg").startswith(b"<?xml")
    assert profile_picture(positive, (0, 0, 0), (1, 1, 1), logarithmic=True, kind="pdf").startswith(b"%PDF")


def test_lines_and_planes_through_thousands_of_cells_are_drawn_without_atoms() -> None:
    field = triclinic(shape=(6, 6, 6))
    assert atoms_on_line(field, np.zeros(3), np.array([1e5, -1e5, 1e5])) == []
    assert profile_picture(field, (0, 0, 0), (1e5, -1e5, 1e5), kind="pdf", dpi=30).startswith(b"%PDF")
    plane = CrystalPlane.through(LATTICE, [[0, 0, 0], [1e4, 0, 1], [0, 1e4, -5e3]])
    numbers, places = plane.images(field.coordinates, 0.5)
    assert numbers.shape == (0,) and places.shape == (0, 3)


def test_surfaces_have_as_many_triangles_as_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    field = triclinic(shape=(6, 6, 6))
    full = len(surface_triangles(field, [0.6], (1, 1, 1))[0])
    atoms = len(surface_triangles(field, [], (1, 1, 1))[0])
    monkeypatch.setattr(field_surface, "_MAX_TRIANGLES", (full - atoms) // 4)
    assert 500 < len(surface_triangles(field, [0.6], (1, 1, 1))[0]) - atoms <= (full - atoms) // 4
    monkeypatch.setattr(field_surface, "_MAX_TRIANGLES", 10)
    with pytest.raises(FieldError, match="triangles, and 10 are drawn: take fewer cells"):
        surface_triangles(field, [0.6], (1, 1, 1))


def test_what_is_not_drawn() -> None:
    field = triclinic()
    with pytest.raises(FieldError, match="one of another cell"):
        section_picture(field, CrystalPlane.of_indices(np.eye(3), (0, 0, 1)))
    with pytest.raises(FieldError, match="two points that differ"):
        profile_picture(field, (0, 0, 0), (0, 0, 0))
    with pytest.raises(FieldError, match="there is no surface at the level 99"):
        isosurface_picture(field, [99.0])
    negative = GridField(-field.values, LATTICE, *("electron density", "e/Angstrom^3"))
    with pytest.raises(FieldError, match="needs values above 0"):
        profile_picture(negative, (0, 0, 0), (1, 0, 0), logarithmic=True)
