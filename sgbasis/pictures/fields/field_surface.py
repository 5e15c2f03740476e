"""Surfaces of one value of a field in its cell, lit, with the atoms as spheres and the edges of the cells."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_store import FieldError, GridField
from basis_store.array_types import FloatArray
from sgbasis.fields.fourier_series import FourierSeries
from sgbasis.pictures.atom_spheres import MAX_ATOMS, images_in_block, sphere_triangles, write_elements
from sgbasis.pictures.cell_drawing import ELEVATION, draw_cell, upright, view_direction
from sgbasis.pictures.fields.picture_title import PictureTitle
from sgbasis.pictures.fields.value_scale import quantity_label
from sgbasis.pictures.lighting import lit
from sgbasis.pictures.style import new_figure
from sgbasis.surfaces.surface_source import SurfaceSource

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 6.4, 6.0
"""Inches."""
_POSITIVE, _NEGATIVE = np.array([0.86, 0.40, 0.30]), np.array([0.27, 0.54, 0.76])
_CUT = 0.45
"""How much white the faces have on which a surface is cut off at the cell."""
_POINTS, _BLOCK_POINTS, _FEWEST = 80, 200, 16
"""Of the grid: along the longest axis of a cell and of the whole block at most, and along each axis at least."""
_MAX_TRIANGLES = 250_000
"""Matplotlib draws some ten thousand in a second."""


def surface_figure(
    field: GridField,
    levels: Sequence[float],
    *,
    cells: tuple[int, int, int] = (1, 1, 1),
    name: str = "",
) -> Figure:
    """The figure.

    Args:
        field: what is drawn.
        levels: the values on the surfaces; negative ones are blue, and enclose what is lower.
        cells: along each axis.
        name: for the title.

    Raises:
        FieldError: the field does not take a value, or the block of cells is too large.
    """
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    lattice = upright_lattice(field)
    block = lattice * np.array(cells)[:, None]
    viewer = view_direction(lattice)
    # Surfaces and atoms are one collection, which is painted from the back to the front.
    triangles, normals, hues = surface_triangles(field, levels, cells)
    triangles = triangles - block.sum(axis=0) / 2
    facing = np.where(normals @ viewer < 0, -1.0, 1.0)[:, None]
    depth = triangles.mean(axis=1) @ viewer
    colours = lit(hues, normals * facing, depth, viewer)
    figure = new_figure(WIDTH, HEIGHT)
    axes: Any = figure.add_axes((0.0, 0.0, 1.0, 0.93), projection="3d")
    axes.computed_zorder = False
    axes.add_collection3d(
        Poly3DCollection(
            triangles, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=2, rasterized=True
        )
    )
    radius = draw_cell(axes, block, 1, viewer)
    axes.set(xlim=(-radius, radius), ylim=(-radius, radius), zlim=(-radius, radius))
    axes.set_box_aspect((1, 1, 1), zoom=_zoom(block, viewer, radius))
    axes.set_proj_type("persp", focal_length=1.6)
    axes.view_init(ELEVATION, math.degrees(math.atan2(viewer[1], viewer[0])))
    axes.set_axis_off()
    write_elements(figure, field.elements, (0.05, 0.035))
    left, right = 0.035 * WIDTH, 0.965 * WIDTH
    title = PictureTitle.of(name, [_levels_text(field, levels)], room=right - left, widest=right - left)
    title.write(figure, left, right, 0.045 * HEIGHT)
    return figure


def upright_lattice(field: GridField) -> FloatArray:
    """(3, 3) rows of the cell as it is drawn: c upright; a left-handed cell stays one."""
    lattice = upright(field.lattice @ field.lattice.T)
    if np.linalg.det(field.lattice) < 0:
        lattice[:, 1] *= -1
    return lattice


def surface_triangles(
    field: GridField, levels: Sequence[float], cells: tuple[int, int, int]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(m, 3, 3) triangles of surfaces and atoms in the upright cell, (m, 3) normals and (m, 3) colours.

    Raises:
        FieldError: the field does not take a value, or there are too many triangles.
    """
    lattice = upright_lattice(field)
    block = lattice * np.array(cells)[:, None]
    series = FourierSeries.of(field)
    lengths = np.linalg.norm(lattice, axis=1)
    # The finest grid whose triangles can be drawn.
    points = min(_POINTS, _BLOCK_POINTS // max(cells))
    while True:
        one, two, three = (max(_FEWEST, round(points * float(n / lengths.max()))) for n in lengths)
        source = SurfaceSource(series.on_grid((one, two, three)), lattice)
        surfaces = [_surface(source, level, cells, block) for level in levels]
        count = sum(len(triangles) for triangles, _, _ in surfaces)
        if count <= _MAX_TRIANGLES:
            break
        if points <= _FEWEST:
            raise FieldError(
                f"the surfaces have {count:,} triangles, and {_MAX_TRIANGLES:,} are drawn: take fewer cells"
            )
        # Their number grows with the square of that of the points.
        points = max(_FEWEST, int(0.95 * points * math.sqrt(_MAX_TRIANGLES / count)))
    parts = [*surfaces, *_atoms(field, lattice, cells)]
    triangles, normals, hues = (np.concatenate(column) for column in zip(*parts, strict=True))
    return triangles, normals, hues


def _zoom(block: FloatArray, viewer: FloatArray, radius: float) -> float:
    """With which the block fills the picture."""
    right = np.cross([0.0, 0.0, 1.0], viewer)
    right /= np.linalg.norm(right)
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=3))) @ block
    extent = max(np.abs(corners @ right).max(), np.abs(corners @ np.cross(viewer, right)).max())
    return float(min(2.6, 1.42 * radius / extent))


def _levels_text(field: GridField, levels: Sequence[float]) -> str:
    label = quantity_label(field)
    texts = [f"{one:+.4g}" if min(levels) < 0 else f"{one:.4g}" for one in levels]
    quantity, _, unit = label.partition(" (")
    return f"{quantity} " + ", ".join(texts).replace("-", "\u2212") + (f" {unit[:-1]}" if unit else "")


def _surface(
    source: SurfaceSource, level: float, cells: tuple[int, int, int], block: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(m, 3, 3) triangles, (m, 3) normals and (m, 3) colours of a closed surface."""
    mesh = source.mesh(level, cells, solid=True, below=level < 0)
    corners = mesh.vertices[mesh.faces]
    # 1. The gradient of the field, and on the faces on which the surface is cut off, their normal: some triangles
    # at their edges are too small to have one of their own.
    normals = _gradient(source, corners.mean(axis=1))
    inverse = np.linalg.inv(block)
    fractional = mesh.vertices @ inverse
    cut = np.zeros(len(corners), dtype=bool)
    for axis, side in itertools.product(range(3), (0.0, 1.0)):
        on_face = np.all((np.abs(fractional[:, axis] - side) < 1e-7)[mesh.faces], axis=1)
        normals[on_face] = inverse[:, axis]
        cut |= on_face
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    hue = _NEGATIVE if level < 0 else _POSITIVE
    return corners, normals, np.where(cut[:, None], hue * (1 - _CUT) + _CUT, hue)


def _gradient(source: SurfaceSource, points: FloatArray) -> FloatArray:
    """(n, 3) the gradient of a field at Cartesian points (n, 3), between the differences at points of its grid."""
    from scipy.ndimage import map_coordinates

    inverse = np.linalg.inv(source.lattice)
    places = (points @ inverse).T * np.array(source.values.shape)[:, None]
    slopes = []
    for axis, n in enumerate(source.values.shape):
        slope = (np.roll(source.values, -1, axis) - np.roll(source.values, 1, axis)) * (n / 2)
        slopes.append(map_coordinates(slope, places, order=1, mode="grid-wrap"))
    return np.asarray(np.stack(slopes, axis=1) @ inverse.T)


def _atoms(
    field: GridField, lattice: FloatArray, cells: tuple[int, int, int]
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    """Spheres at the atoms of the block, those on its faces on all of them."""
    if len(field.elements) * np.prod(cells) > MAX_ATOMS:
        return []
    places, numbers = images_in_block(field.coordinates, field.elements, cells)
    return sphere_triangles(places @ lattice, numbers) if len(places) <= MAX_ATOMS else []
