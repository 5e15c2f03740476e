"""The surface f = level of a periodic function, by marching cubes, without gaps where cells meet.

Values closer to the level than 1e-4 of the range are moved away from it, so that no vertex lies on a grid point.
Each vertex then lies on one edge of the grid, which names it: vertices on opposite faces of a cell are recognised
by their edge, not by their rounded position. The exact position on the edge is found afterwards, from the function
itself.

A solid is closed by a layer of points outside of the block, which do not belong to it; vertices in that layer are
put on the faces of the block, and those that coincide there are merged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError
from basis_store.extras import needed_for
from sgbasis.surfaces.surface_mesh import SurfaceMesh

Evaluate = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Values (n,) and derivatives (n, 3) along the fractional coordinates at fractional points (n, 3)."""

_APART = 1e-4
"""Of the range of the values."""

MAX_BLOCK = 60_000_000
"""Points of the grid of a block of cells: some gigabytes for marching cubes."""

_NEWTON_STEPS = 3


def isosurface(
    values: FloatArray,
    level: float,
    lattice: FloatArray,
    *,
    cells: tuple[int, int, int] = (1, 1, 1),
    solid: bool = True,
    below: bool = False,
    evaluate: Evaluate | None = None,
) -> SurfaceMesh:
    """The surface on which a periodic function has the value ``level``.

    Args:
        values: (N1, N2, N3) on a grid of one cell.
        level: between the smallest and the largest value.
        lattice: (3, 3) rows of the cell.
        cells: of the block, along each axis.
        solid: the closed surface of the part of the block where the function is larger; otherwise the surface
            alone, which ends at the faces of the block, and continues through the opposite ones.
        below: the part where it is smaller, and the other side of the surface.
        evaluate: the function itself, for exact positions; default: they are interpolated.

    Raises:
        FieldError: the function does not take this value, or the block has more than :data:`MAX_BLOCK` points.
        MissingDependencyError: scikit-image is not installed.
    """
    with needed_for("surfaces"):
        from skimage.measure import marching_cubes
    lowest, highest = float(values.min()), float(values.max())
    if not lowest < level < highest:
        raise FieldError(
            f"there is no surface at the level {level:g}: the values lie between {lowest:.6g} and {highest:.6g}"
        )
    shape = np.array(values.shape, dtype=np.int64) * np.array(cells)
    if float(np.prod(shape + 3.0)) > MAX_BLOCK:
        text = " x ".join(str(n) for n in shape)
        raise FieldError(f"a block of {text} points is too large ({MAX_BLOCK:,}): take fewer cells or points")
    # 1. The block with both of its ends, away from the level.
    scaled = (values - level) / (highest - lowest) * (-1 if below else 1)
    scaled = np.where(np.abs(scaled) < _APART, np.where(scaled < 0, -_APART, _APART), scaled)
    block = np.pad(np.tile(scaled, cells), (0, 1), mode="wrap")
    if solid:
        block = np.pad(block, 1, constant_values=-1.0)
    # 2. Triangles. Their normals point to smaller values: out of the solid.
    vertices, faces, _, _ = marching_cubes(block.astype(np.float32), level=0.0, gradient_direction="ascent")
    vertices = vertices.astype(np.float64) - (1 if solid else 0)
    # 3. Exact positions, and a name for each vertex.
    vertices = vertices.clip(0, shape)
    if evaluate is not None:
        vertices = _on_the_surface(vertices, np.array(values.shape), level, evaluate)
    if solid:
        vertices, faces = _merged(vertices, faces)
        classes = np.arange(len(vertices))
    else:
        classes = _edges(vertices, shape)
    if np.linalg.det(lattice) < 0:
        faces = faces[:, ::-1]
    return SurfaceMesh(vertices / values.shape @ lattice, faces.astype(np.int64), classes)


def _edge_axes(vertices: FloatArray) -> IntArray:
    """(n,) the axis of the edge of the grid on which a vertex lies; -1: inside of a cube, or at a point."""
    off_grid = np.abs(vertices - np.rint(vertices)) > _ON_GRID
    return np.asarray(np.where(off_grid.sum(axis=1) == 1, off_grid.argmax(axis=1), -1))


_ON_GRID = 1e-5
"""Steps. Vertices of marching cubes have 32 bits; those on edges are further than this from the ends."""


def _on_the_surface(vertices: FloatArray, shape: IntArray, level: float, evaluate: Evaluate) -> FloatArray:
    """The vertices moved along their edges by Newton's method to where the function has the value."""
    axes = _edge_axes(vertices)
    moving = np.flatnonzero(axes >= 0)
    axis = axes[moving]
    points = vertices[moving]
    others = np.rint(points)
    rows = np.arange(len(points))
    start = np.floor(points[rows, axis])
    at = points[rows, axis] - start
    for _ in range(_NEWTON_STEPS):
        others[rows, axis] = start + at
        values, gradients = evaluate(others / shape)
        slope = gradients[rows, axis] / shape[axis]
        steep = np.abs(slope) > 1e-9 * np.abs(slope).max(initial=0)
        step = np.where(steep, (values - level) / np.where(steep, slope, 1), 0)
        # Near a grid point on the surface the root may lie beyond the end of the edge: it stays on it.
        at = np.clip(at - step, 10 * _ON_GRID, 1 - 10 * _ON_GRID)
    others[rows, axis] = start + at
    found = vertices.copy()
    found[moving] = others
    return found


def _edges(vertices: FloatArray, shape: IntArray) -> IntArray:
    """(n,) a number for each edge of the periodic grid that has a vertex, and for each vertex inside of a cube."""
    axes = _edge_axes(vertices)
    start = np.where(np.arange(3) == axes[:, None], np.floor(vertices), np.rint(vertices)).astype(np.int64) % shape
    codes = ((start[:, 0] * shape[1] + start[:, 1]) * shape[2] + start[:, 2]) * 3 + axes
    inside = axes < 0
    codes[inside] = -1 - np.arange(int(inside.sum()))
    return np.asarray(np.unique(codes, return_inverse=True)[1].reshape(-1))


def _merged(vertices: FloatArray, faces: IntArray) -> tuple[FloatArray, IntArray]:
    """Without vertices that coincide with others, and without triangles that have no three corners then."""
    unique, numbers = np.unique(np.round(vertices, 9), axis=0, return_inverse=True)
    faces = numbers.reshape(-1)[faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    return unique, faces
