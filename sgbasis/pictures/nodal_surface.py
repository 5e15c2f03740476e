"""The nodal surface f = 0 of a basis function in its cell, shaded in the colours of the two signs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from basis_store.array_types import FloatArray
from sgbasis.pictures.atom_spheres import sphere_triangles
from sgbasis.pictures.cell_drawing import ELEVATION, draw_cell, view_direction
from sgbasis.pictures.lighting import lit
from sgbasis.pictures.placed_atoms import PlacedAtoms
from sgbasis.pictures.wave_sum import WaveSum

# The two sides of the surface, in the hues of the section: red where f > 0, blue where f < 0.
_POSITIVE, _NEGATIVE = np.array([0.86, 0.40, 0.30]), np.array([0.27, 0.54, 0.76])


def draw_nodal_surface(
    axes: Any, function: WaveSum, lattice: FloatArray, cells: int, atoms: PlacedAtoms | None = None
) -> None:
    """Draw the surface and the cells.

    Args:
        axes: 3-D axes.
        function: what is drawn.
        lattice: (3, 3) row vectors of the cell.
        cells: how many cells along each axis.
        atoms: to draw as well.
    """
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection
    from skimage.measure import marching_cubes

    # 1. Triangles. The number of grid points is one more than a multiple of 24, so that nodal planes pass between
    # them, where crossings come out sharpest. On the faces of the cell they cannot; a level of nearly 0 keeps the
    # surface whole there.
    points = max(97 if cells == 1 else 49, 24 * math.ceil(function.max_index / 6) + 1)
    values = np.pad(np.tile(function.grid_values(points), (cells,) * 3), (0, 1), mode="wrap")
    vertices, faces, _, _ = marching_cubes(values, level=1e-7)
    vertices = vertices / points
    triangles = ((vertices - cells / 2) @ lattice)[faces]
    # 2. Colours. The edges of the triangles, in the same colours, close the hairlines between them.
    viewer = view_direction(lattice)
    colours = _shaded(triangles, vertices[faces].mean(axis=1), viewer, function, lattice)
    if atoms is not None:
        # One collection, which is painted from the back to the front.
        places, numbers = atoms.in_cells(cells)
        for corners, normals, hues in sphere_triangles((places - cells / 2) @ lattice, numbers, unit=atoms.unit):
            shades = lit(hues, normals, corners.mean(axis=1) @ viewer, viewer)
            seen = normals @ viewer > 0
            triangles = np.concatenate([triangles, corners[seen]])
            colours = np.concatenate([colours, shades[seen]])
    axes.computed_zorder = False
    axes.add_collection3d(
        Poly3DCollection(triangles, facecolors=colours, edgecolors=colours, linewidths=0.4, zorder=2)
    )
    # 3. The cell; the sphere around it fills the panel, whatever its shape.
    radius = draw_cell(axes, lattice, cells, viewer)
    axes.set(xlim=(-radius, radius), ylim=(-radius, radius), zlim=(-radius, radius))
    axes.set_box_aspect((1, 1, 1), zoom=1.72)
    axes.set_proj_type("persp", focal_length=1.6)
    axes.view_init(ELEVATION, math.degrees(math.atan2(viewer[1], viewer[0])))
    axes.set_axis_off()


def _shaded(
    triangles: FloatArray, centres: FloatArray, viewer: FloatArray, function: WaveSum, lattice: FloatArray
) -> FloatArray:
    """(m, 3) colours: the side that is seen gives the hue, the angles to the lamps give the brightness.

    Args:
        triangles: (m, 3, 3) corners.
        centres: (m, 3) their centres in fractional coordinates.
        viewer: (3,) unit vector to the viewer.
        function: the function that vanishes on the surface.
        lattice: (3, 3) row vectors of the cell.
    """
    # 1. Normals. At singular points of the surface the gradient vanishes, and the triangle's own normal serves.
    normals = function.gradient(centres) @ np.linalg.inv(lattice).T
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    flat = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals = np.where(length > 1e-6, normals, flat)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    # 2. Hue.
    facing = np.sign(normals @ viewer)[:, None]
    hue = np.where(facing > 0, _POSITIVE, _NEGATIVE)
    seen = normals * np.where(facing == 0, 1, facing)
    return lit(hue, seen, centres @ lattice @ viewer, viewer)
