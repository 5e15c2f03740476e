"""The unit cell in a picture: its shape, its edges, their names, and the direction from which it is seen.

The cell's edges and angles are not part of a space group. Drawn is a metric that its point group preserves: the
average of R^T M R over the operations for one generic M, so that a cubic cell is a cube, a hexagonal one has
120 degrees, and a triclinic one keeps all six parameters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from basis_store import CompiledSetting
from basis_store.array_types import FloatArray
from sgbasis.pictures.style import INK

ELEVATION = 20.0
"""Of the viewer above the plane of a and b, in degrees."""


def drawn_lattice(compiled: CompiledSetting) -> FloatArray:
    """(3, 3) row vectors of a cell whose metric the point group preserves, c upright; the mean edge is 1."""
    edges, cosines = np.array([0.9, 1.0, 1.15]), np.cos(np.radians([83.0, 105.0, 98.0]))
    alpha, beta, gamma = cosines
    metric = np.array([[1, gamma, beta], [gamma, 1, alpha], [beta, alpha, 1]]) * np.outer(edges, edges)
    rotations = compiled.rotations.astype(np.float64)
    metric = np.einsum("gji,jk,gkl->il", rotations, metric, rotations) / len(rotations)
    metric /= np.sqrt(np.diag(metric)).mean() ** 2
    return upright(metric)


def upright(metric: FloatArray) -> FloatArray:
    """(3, 3) row vectors of a right-handed cell with this metric (3, 3): c along z, a in the plane of x and z."""
    # Lower triangular for the order c, a, b.
    order = [2, 0, 1]
    lower = np.linalg.cholesky(metric[np.ix_(order, order)])
    lattice = np.empty((3, 3))
    lattice[order] = lower[:, [1, 2, 0]]
    return lattice


def metric_text(lattice: FloatArray) -> str:
    """Axial ratios and the angles that are not 90 degrees, in matplotlib's mathtext."""
    a, b, c = np.linalg.norm(lattice, axis=1)
    ratio = f"$a : b : c = 1 : {b / a:.2f} : {c / a:.2f}$"
    units = lattice / np.linalg.norm(lattice, axis=1, keepdims=True)
    cosines = [units[i] @ units[j] for i, j in ((1, 2), (0, 2), (0, 1))]
    angles = [
        rf"$\{name} = {math.degrees(math.acos(cosine)):.0f}\degree$"
        for name, cosine in zip(("alpha", "beta", "gamma"), cosines, strict=True)
        if abs(cosine) > 1e-9
    ]
    equal = abs(a - b) < 1e-9 and abs(b - c) < 1e-9
    return ", ".join(["$a = b = c$" if equal else ratio.replace(" : 1.00", " : 1"), *angles])


def view_direction(lattice: FloatArray) -> FloatArray:
    """(3,) unit vector to the viewer: a to the right, b into the picture, a little from above, for any gamma."""
    a, b = lattice[0, :2], lattice[1, :2]
    gamma = math.degrees(math.acos(a @ b / math.sqrt(a @ a * (b @ b))))
    elevation = math.radians(ELEVATION)
    azimuth = math.atan2(a[1], a[0]) + math.radians(-62 - 0.8 * (gamma - 90))
    horizontal = math.cos(elevation)
    return np.array([horizontal * math.cos(azimuth), horizontal * math.sin(azimuth), math.sin(elevation)])


def draw_cell(axes: Any, lattice: FloatArray, cells: int, viewer: FloatArray) -> float:
    """Draw the edges of ``cells`` cells along each axis, centred at 0, and name them.

    Edges that meet in the corner farthest from the viewer lie behind all else, the others in front.

    Args:
        axes: 3-D axes.
        lattice: (3, 3) row vectors of one cell.
        cells: how many.
        viewer: (3,) unit vector to the viewer.

    Returns:
        The radius of the sphere around the cells.
    """
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    edges = _edges(lattice, cells)
    corners = np.concatenate(edges)
    farthest = corners[(corners @ viewer).argmin()]
    behind = [bool(np.isclose(edge, farthest).all(axis=1).any()) for edge in edges]
    for order, hidden in ((1, True), (3, False)):
        some = [edge for edge, back in zip(edges, behind, strict=True) if back == hidden]
        axes.add_collection3d(Line3DCollection(some, colors=INK, linewidths=0.9, zorder=order))
    _label_edges(axes, lattice, cells, viewer)
    return float(np.linalg.norm(corners, axis=1).max())


def _edges(lattice: FloatArray, cells: int) -> list[FloatArray]:
    """The twelve edges, each as (2, 3) end points."""
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, -1).T
    placed = (corners - 0.5) @ lattice * cells
    return [
        placed[[i, j]] for i in range(8) for j in range(i + 1, 8) if np.abs(corners[i] - corners[j]).sum() == 1
    ]


def _label_edges(axes: Any, lattice: FloatArray, cells: int, viewer: FloatArray) -> None:
    """Write the origin, and each edge's name next to the parallel edge that lies outermost in the picture."""
    middle = lattice.sum(axis=0) * cells / 2
    scale = np.linalg.norm(middle)
    for axis, name in enumerate("abc"):
        first, second = (lattice[other] * cells for other in range(3) if other != axis)
        centres = [lattice[axis] * cells / 2 + i * first + j * second - middle for i in (0, 1) for j in (0, 1)]
        along = lattice[axis] - viewer * (lattice[axis] @ viewer)
        along /= np.linalg.norm(along)
        # In the plane of the picture, and normal to the edge.
        outward = [one - viewer * (one @ viewer) - along * (one @ along) for one in centres]
        lengths = [round(float(np.linalg.norm(one)), 9) for one in outward]
        best = lengths.index(max(lengths))
        place = centres[best] + 0.11 * scale * outward[best] / lengths[best]
        axes.text(*place, f"${name}$", ha="center", va="center", color=INK, fontsize=15, zorder=4)
    axes.text(*(-middle * (1 + 0.1)), "0", ha="center", va="center", color=INK, fontsize=12, zorder=4)
