"""A section through a basis function: its contours on a plane where one coordinate is constant."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.datasets.formula import symbol
from sgbasis.pictures.placed_atoms import PlacedAtoms
from sgbasis.pictures.style import INK, PAPER
from sgbasis.pictures.wave_sum import WaveSum

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COORDINATES = "xyz"
# An odd number of bands on each side of 0: saddles of trigonometric sums lie at simple fractions of the maximum.
_BANDS = 11
IN_PLANE, NEARBY = 0.05, 0.5
"""Angstrom: atoms closer to a plane lie in it, or are drawn as well."""


@dataclass(frozen=True)
class Section:
    """The plane where one fractional coordinate is constant.

    Attributes:
        axis: 0, 1 or 2: the coordinate x, y or z.
        at: its value.
    """

    axis: Literal[0, 1, 2]
    at: Fraction

    @classmethod
    def parse(cls, text: str) -> Section:
        """Read ``z=1/8``.

        Raises:
            ValueError: it is not written like that.
        """
        match = re.fullmatch(r"\s*([xyz])\s*=\s*(-?\d+(?:/[1-9]\d*|\.\d+)?)\s*", text)
        if not match:
            raise ValueError(f"a section is written z=1/8 (x, y or z, and a fraction), not {text!r}")
        axis: Literal[0, 1, 2] = 0 if match[1] == "x" else 1 if match[1] == "y" else 2
        return cls(axis, Fraction(match[2]))

    def __str__(self) -> str:
        return f"{_COORDINATES[self.axis]} = {self.at}"


def default_section(function: WaveSum) -> Section:
    """The plane that shows most of the range of the function, of those at eighths; of equal ones the simplest."""
    ranges = _plane_ranges(function)
    # Coordinates 0 first, then 1/2, then fourths, then eighths; z before y before x.
    order = sorted(ranges, key=lambda one: (one.at.denominator, one.at, -one.axis))
    most = max(ranges.values())
    return next(one for one in order if ranges[one] > 0.99 * most)


def shown_share(function: WaveSum, section: Section) -> float:
    """The range of the function on a plane, relative to its range in the cell."""
    first, second = [axis for axis in range(3) if axis != section.axis]
    steps = np.arange(_fine(function)) / _fine(function)
    points = np.full((len(steps), len(steps), 3), float(section.at))
    points[..., first], points[..., second] = np.meshgrid(steps, steps, indexing="ij")
    return float(np.ptp(function.values(points)) / np.ptp(function.grid_values(_fine(function))))


def _plane_ranges(function: WaveSum) -> dict[Section, float]:
    """The range of the function on every plane at eighths."""
    points = _fine(function)
    values = function.grid_values(points)
    ranges = {}
    for axis in (0, 1, 2):
        of_planes = np.ptp(np.moveaxis(values, axis, 0).reshape(points, -1), axis=1)
        for eighths in range(8):
            ranges[Section(axis, Fraction(eighths, 8))] = float(of_planes[eighths * points // 8])
    return ranges


def _fine(function: WaveSum) -> int:
    """Points along each axis of a grid that has special positions, and some points for each wave."""
    return 24 * max(2, math.ceil(function.max_index / 4))


def draw_section(
    figure: Figure,
    axes: Axes,
    bar: Axes,
    function: WaveSum,
    lattice: FloatArray,
    section: Section,
    cells: int,
    atoms: PlacedAtoms | None = None,
) -> None:
    """Draw filled contours, the zero line and the edges of the cells, and a colour bar.

    Args:
        figure: the figure of both axes.
        axes: where the section is drawn.
        bar: where the colour bar is drawn.
        function: what is drawn.
        lattice: (3, 3) row vectors of the cell.
        section: the plane.
        cells: how many cells along each edge.
        atoms: to draw where they are near the plane.
    """
    first, second = [axis for axis in range(3) if axis != section.axis]
    edges = _plane_edges(lattice[first], lattice[second])
    # 1. The function on the plane.
    steps = np.linspace(0, cells, 240 * cells + 1)
    u, v = np.meshgrid(steps, steps, indexing="ij")
    points = np.full((*u.shape, 3), float(section.at))
    points[..., first], points[..., second] = u, v
    values = function.values(points)
    # Rounding must not break a zero line that runs along the edge of the cell.
    values[np.abs(values) < 1e-9] = 0
    x, y = np.moveaxis(np.stack([u, v], axis=-1) @ edges, -1, 0)
    # 2. Contours over the range of the whole function, so that sections of one function can be compared.
    limit = 1.001 * max(np.abs(function.grid_values(4 * function.max_index + 44)).max(), np.abs(values).max())
    filled = axes.contourf(x, y, values, levels=np.linspace(-limit, limit, 2 * _BANDS + 1), cmap="RdBu_r")
    filled.set_edgecolor("face")
    if values.any():
        axes.contour(x, y, values, levels=[0], colors=INK, linewidths=1.6)
    # 3. The cells.
    for step in range(cells + 1):
        for start, end in (((step, 0), (step, cells)), ((0, step), (cells, step))):
            line = np.array([start, end]) @ edges
            outer = step in (0, cells)
            axes.plot(*line.T, color=INK, linewidth=1.0 if outer else 0.6, linestyle="-" if outer else "--")
    axes.set_aspect("equal")
    axes.set_axis_off()
    _label_edges(axes, edges * cells, ("abc"[first], "abc"[second]))
    if atoms is not None:
        _draw_atoms(axes, atoms, section, edges, cells)
    # 4. The colour bar.
    ticks = figure.colorbar(filled, cax=bar, ticks=[-limit, 0, limit])
    ticks.ax.set_yticklabels([f"{-limit:.1f}", "0", f"{limit:.1f}"], fontsize=9, color=INK)
    ticks.outline.set_linewidth(0.5)
    ticks.ax.tick_params(length=0)
    bar.set_title("$f$", fontsize=12, color=INK, pad=7)


def _draw_atoms(axes: Axes, atoms: PlacedAtoms, section: Section, edges: FloatArray, cells: int) -> None:
    """Filled circles where atoms lie in the plane, open ones where they are near it; with their symbols."""
    from matplotlib.patheffects import withStroke

    first, second = [axis for axis in range(3) if axis != section.axis]
    normal = np.linalg.inv(atoms.lattice)[:, section.axis]
    spacing = atoms.unit / float(np.linalg.norm(normal))  # Angstrom between planes of the cell
    places, numbers = atoms.in_cells(cells)
    away = (places[:, section.axis] - float(section.at)) % 1
    away = np.minimum(away, 1 - away) * spacing
    # Of the images along the normal one is drawn.
    shown = np.unique(
        np.column_stack([places[:, [first, second]].round(6), numbers, (away <= IN_PLANE), away <= NEARBY]), axis=0
    )
    rim = [withStroke(linewidth=2.2, foreground=PAPER)]
    for u, v, number, lies_in, is_near in shown:
        if is_near:
            x, y = np.array([u, v]) @ edges
            axes.plot(
                x, y, "o", markersize=6, markerfacecolor=INK if lies_in else PAPER, markeredgecolor=INK,
                path_effects=rim, zorder=6, clip_on=False,
            )  # fmt: skip
            axes.annotate(
                symbol(int(number)), (x, y), (5, 5), textcoords="offset points", fontsize=10, color=INK,
                path_effects=rim, zorder=7,
            )  # fmt: skip


def _plane_edges(a: FloatArray, b: FloatArray) -> FloatArray:
    """(2, 2) rows: two cell vectors in the Cartesian frame of their plane, the first one to the right."""
    length = np.linalg.norm(a)
    along = a @ b / length
    return np.array([[length, 0], [along, math.sqrt(b @ b - along**2)]])


def _label_edges(axes: Axes, edges: FloatArray, names: tuple[str, str]) -> None:
    """Write the origin and the names of two edges (2, 2) outside the parallelogram they span."""
    centre = edges.sum(axis=0) / 2
    scale = np.linalg.norm(edges, axis=1).mean()
    places = [(-0.05 * scale * centre / np.linalg.norm(centre), "0", 12)]
    for edge, other, name in ((edges[0], edges[1], names[0]), (edges[1], edges[0], names[1])):
        outward = -(other - edge * (other @ edge) / (edge @ edge))
        places.append((edge * 0.5 + 0.06 * scale * outward / np.linalg.norm(outward), f"${name}$", 14))
    for (x, y), text, size in places:
        axes.text(x, y, text, ha="center", va="center", color=INK, fontsize=size)
