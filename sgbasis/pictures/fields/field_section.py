"""A section of a field: bands of colour, contour lines, atoms and cells, with axes in Angstrom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from basis_store import GridField
from basis_store.array_types import FloatArray, IntArray
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.pictures.fields.picture_title import PictureTitle, text_inches
from sgbasis.pictures.fields.value_scale import ValueScale, quantity_label
from sgbasis.pictures.style import INK, PAPER, indices_mathtext, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LARGEST = 4.6
"""Of the section, in inches."""
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.72, 1.18, 0.62, 0.46
"""Margins in inches."""
_BAR = 0.17
"""Width of the colour bar in inches."""
IN_PLANE = 0.05
"""Angstrom: atoms that are closer to a plane lie in it."""
_NUMBER = 0.22
"""Of the height of a colour bar for each of its numbers at least, in inches."""
NEARBY = 0.5
"""Angstrom: atoms that are closer are drawn."""


def section_figure(
    field: GridField,
    plane: CrystalPlane,
    section: tuple[FloatArray, FloatArray, FloatArray],
    scale: ValueScale,
    *,
    name: str = "",
    nearby: float = NEARBY,
) -> Figure:
    """The figure.

    Args:
        field: for its quantity, unit and atoms.
        plane: of the section.
        section: what :func:`section_values` gives.
        scale: levels and colours.
        name: for the title.
        nearby: atoms up to this distance from the plane are drawn, in Angstrom.
    """
    (low_u, high_u), (low_v, high_v) = plane.u_range, plane.v_range
    inches = _LARGEST / max(high_u - low_u, high_v - low_v)
    width, height = (high_u - low_u) * inches, (high_v - low_v) * inches
    # A flat section has room for the label of its colour bar.
    whole_width = _LEFT + width + _RIGHT
    atoms = plane.images(field.coordinates, max(nearby, IN_PLANE))
    texts = [plane_text(plane)]
    if (np.abs(atoms[1][:, 2]) > IN_PLANE).any():
        texts.append(f"(open circles: within {nearby:g} $\\mathrm{{\\AA}}$)")
    title = PictureTitle.of(name, texts, room=width, widest=whole_width - _LEFT - 0.1)
    whole_height = _BOTTOM + max(height, 1.6) + _TOP + title.height
    figure = new_figure(whole_width, whole_height)
    low = (_BOTTOM + (max(height, 1.6) - height) / 2) / whole_height
    axes = figure.add_axes((_LEFT / whole_width, low, width / whole_width, height / whole_height))
    bar = figure.add_axes(((_LEFT + width + 0.14) / whole_width, low, _BAR / whole_width, height / whole_height))
    _draw_values(axes, section, scale)
    _draw_cells(axes, plane)
    _draw_atoms(axes, field, plane, atoms, inches)
    axes.set_aspect("equal")
    axes.set(xlim=plane.u_range, ylim=plane.v_range)
    axes.tick_params(direction="in", top=True, right=True, labelsize=9, colors=INK)
    across, upwards = _axis_labels(plane)
    axes.set_xlabel(across, fontsize=11, color=INK)
    axes.set_ylabel(upwards, fontsize=11, color=INK)
    _draw_bar(figure, bar, axes, scale, quantity_label(field))
    title.write(figure, _LEFT, _LEFT + width, 0.25)
    return figure


def plane_text(plane: CrystalPlane) -> str:
    """Which plane it is, in matplotlib's mathtext."""
    if plane.indices is None:
        return "plane through three points"
    distance = plane.distance
    where = (
        "through the origin" if abs(distance) < 5e-4 else f"at {distance:.3g} $\\mathrm{{\\AA}}$ from the origin"
    )
    return f"{indices_mathtext(plane.indices)} {where}"


def _draw_values(axes: Axes, section: tuple[FloatArray, FloatArray, FloatArray], scale: ValueScale) -> None:
    u, v, values = section
    # Contours through values that rounding scatters about a level would be noise.
    near = 1e-10 * float(np.abs(scale.levels).max())
    values = np.where(np.abs(values) < near, 0.0, values)
    filled = axes.contourf(
        u, v, values.T, levels=scale.levels, cmap=scale.colours, norm=scale.norm, extend=scale.extend
    )
    filled.set_edgecolor("face")
    if not np.ptp(values) > 0:
        return
    if scale.signed:
        for levels, style, line in (
            (scale.levels[scale.levels > 0], "-", 0.55),
            (scale.levels[scale.levels < 0], "--", 0.55),
            (scale.levels[scale.levels == 0], "-", 1.3),
        ):
            if len(levels):
                axes.contour(u, v, values.T, levels=levels, colors=INK, linewidths=line, linestyles=style)
    else:
        axes.contour(u, v, values.T, levels=scale.levels, colors=INK, linewidths=0.55)


def _draw_cells(axes: Axes, plane: CrystalPlane) -> None:
    """The edges of the cells of the plane."""
    if plane.cells is None or plane.vectors is None:
        return
    first, second = plane.vectors @ plane.lattice @ plane.axes[:2].T
    n, m = plane.cells
    lines = [(i * first, i * first + m * second) for i in range(n + 1)]
    lines += [(j * second, j * second + n * first) for j in range(m + 1)]
    for start, end in lines:
        for colour, width, style in ((PAPER, 1.7, "-"), (INK, 0.7, "-")):
            axes.plot(*np.array([start, end]).T, color=colour, linewidth=width, linestyle=style, zorder=4)


def _draw_atoms(
    axes: Axes, field: GridField, plane: CrystalPlane, atoms: tuple[IntArray, FloatArray], inches: float
) -> None:
    """Draw atoms that are close to the plane: their numbers and places. An Angstrom has some inches."""
    from matplotlib.patheffects import withStroke

    from basis_compiler.crystals.crystal import ELEMENTS

    numbers, places = atoms
    rim = [withStroke(linewidth=2.2, foreground=PAPER)]
    lies_in = np.abs(places[:, 2]) <= IN_PLANE
    size = 5.5 if len(numbers) <= 60 else 3.0
    for some, face in ((places[lies_in], INK), (places[~lies_in], PAPER)):
        axes.plot(
            *some[:, :2].T, "o", markersize=size, markerfacecolor=face, markeredgecolor=INK, markeredgewidth=0.9,
            path_effects=rim, zorder=6, clip_on=False, gid="atoms in the plane" if face == INK else "atoms nearby",
        )  # fmt: skip
    if len(numbers) <= 60:
        for number, (u, v, _) in zip(numbers, places, strict=True):
            symbol = ELEMENTS[field.elements[number]]
            # Right and above, unless it would lie over the frame there.
            room_u, room_v = (
                (one[1] - at) * inches * 72 - 8 for one, at in ((plane.u_range, u), (plane.v_range, v))
            )
            side, aligned = (-5, "right") if 72 * text_inches(symbol, 10) > room_u else (5, "left")
            axes.annotate(
                symbol, (u, v), (side, -13 if room_v < 8 else 5), ha=aligned,
                textcoords="offset points", fontsize=10, color=INK, path_effects=rim, zorder=7, clip_on=True,
            )  # fmt: skip


def _axis_labels(plane: CrystalPlane) -> tuple[str, str]:
    """Along which directions u and v run."""
    if plane.vectors is None or plane.cells is None:
        return r"$u$ ($\mathrm{\AA}$)", r"$v$ ($\mathrm{\AA}$)"
    first, second = plane.vectors
    along = indices_mathtext(first.tolist(), "[]")
    u, v = plane.vectors @ plane.lattice
    if abs(u @ v) < 1e-6 * np.linalg.norm(u) * np.linalg.norm(v):
        upwards = f"Distance along {indices_mathtext(second.tolist(), '[]')}"
    else:
        upwards = f"Distance normal to {along}"
    return f"Distance along {along} ($\\mathrm{{\\AA}}$)", f"{upwards} ($\\mathrm{{\\AA}}$)"


def _draw_bar(figure: Figure, bar: Axes, axes: Axes, scale: ValueScale, label: str) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    filled = axes.collections[0]
    # The bands have equal heights where each is one step of the colours; otherwise heights are values.
    spacing = "proportional" if scale.even else "uniform"
    height = figure.get_size_inches()[1] * bar.get_position().height
    ticks = scale.ticks(max(2, min(13, round(height / _NUMBER))))
    drawn = figure.colorbar(filled, cax=bar, spacing=spacing, drawedges=False)
    drawn.set_ticks(FixedLocator(ticks.tolist()))
    drawn.ax.yaxis.set_minor_locator(NullLocator())
    drawn.ax.set_yticklabels([f"{one:.6g}".replace("-", "\u2212") for one in ticks])
    drawn.set_label(label, fontsize=11, color=INK)
    drawn.outline.set_linewidth(0.5)
    drawn.ax.tick_params(length=2, labelsize=9, colors=INK)
