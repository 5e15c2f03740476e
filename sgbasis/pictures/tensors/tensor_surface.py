"""Pictures of property tensors: surfaces of a function of direction, with the axes of the crystal.

The distance of the surface from the centre is the value, or its size where it has both signs. Several crystals
stand side by side, on one scale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.errors import TensorError
from sgbasis.pictures.style import (
    DPI,
    INK,
    PAPER,
    PictureKind,
    name_text,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    symbol_mathtext,
)
from sgbasis.pictures.tensors.directional import (
    Directional,
    dielectric_directional,
    youngs_modulus_directional,
)

WIDTH, HEIGHT = 7.0, 6.0
"""Of the picture of one tensor, in inches."""
MOST_PANELS = 24

_PANEL, _TITLES, _COLUMNS = 3.4, 0.55, 4
"""Inches of a panel and of the titles above it, and panels beside each other at most, of a picture of several."""
_ELEVATION, _AZIMUTH = 22.0, 32.0


@needs_plot_extra
def youngs_modulus_picture(stiffness: ArrayLike, record: CrystalRecord, *, kind: PictureKind = "png") -> bytes:
    """A picture of Young's modulus by direction: the distance of the surface from the centre is E(n) in GPa.

    The same input gives the same bytes for the same version of matplotlib.

    Args:
        stiffness: (6, 6) in Voigt's form or (3, 3, 3, 3), in GPa, in the record's frame.
        record: the crystal, whose axes are drawn.
        kind: of picture.

    Returns:
        The bytes of the picture; of a PNG, 1050 x 900 pixels.

    Raises:
        TensorError: another shape, not symmetric, or of an unstable crystal, for which E(n) has no meaning.
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    return tensor_picture([youngs_modulus_directional(stiffness, record)], kind=kind)


@needs_plot_extra
def dielectric_picture(
    tensor: ArrayLike, record: CrystalRecord, *, electronic: bool = False, kind: PictureKind = "png"
) -> bytes:
    r"""A picture of a dielectric tensor by direction: the distance of the surface from the centre is n.epsilon.n.

    Args:
        tensor: (3, 3) symmetric, relative, in the record's frame; all principal values positive.
        record: the crystal, whose axes are drawn.
        electronic: whether the ions are held fixed; named in the title.
        kind: of picture.

    Returns:
        The bytes of the picture; of a PNG, 1050 x 900 pixels.

    Raises:
        TensorError: another shape, not symmetric, or a principal value that is not positive.
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    return tensor_picture([dielectric_directional(tensor, record, electronic=electronic)], kind=kind)


@needs_plot_extra
def tensor_picture(
    drawn: Sequence[Directional], *, kind: PictureKind = "png", step: int = 1, dpi: int = DPI
) -> bytes:
    """A picture of one function of direction, or of the same one of several crystals on one scale.

    Args:
        drawn: the functions, of one quantity.
        kind: of picture.
        step: only every such line of the net is drawn.
        dpi: dots per inch of a PNG, and of surfaces in the others.

    Raises:
        TensorError: none, too many, or different quantities.
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    limits = check_drawn(drawn)
    with_bar = limits[1] - limits[0] >= 1e-3 * limits[1]  # one value has no scale of colours
    radius = max(float(np.abs(one.values).max()) for one in drawn)
    single = len(drawn) == 1
    layout = _one_panel() if single else _several_panels(len(drawn))
    figure = new_figure(*layout.size)
    for one, box in zip(drawn, layout.panels, strict=True):
        axes = figure.add_axes(box, projection="3d")
        _draw_surface(axes, one, limits, radius, step, zoom=1.3 if single else 1.15, font=16 if single else 13)
    if single:
        _write(figure, (0.045, 0.945), f"{drawn[0].quantity} of {_name(drawn[0].record)}", 17)
        _write(figure, (0.045, 0.895), drawn[0].summary, 12.5)
    else:
        _write(figure, layout.title, f"{drawn[0].quantity}, all on one scale", 17)
        for one, (left, bottom, width, height) in zip(drawn, layout.panels, strict=True):
            above = left + width / 2, bottom + height
            _write(figure, (above[0], above[1] + 0.25 / layout.size[1]), _panel_title(one, drawn), 13, ha="center")
            _write(figure, above, one.summary, 10.5, ha="center")
    if with_bar:
        _draw_bar(figure, figure.add_axes(layout.bar), drawn[0], limits)
    return picture_bytes(figure, kind, dpi=dpi)


Box = tuple[float, float, float, float]
"""Left, bottom, width and height, in fractions of the picture."""


class _Layout(NamedTuple):
    """Where everything is: the size in inches, all else in fractions of it."""

    size: tuple[float, float]
    panels: Sequence[Box]
    title: tuple[float, float]
    bar: Box


def _one_panel() -> _Layout:
    return _Layout((WIDTH, HEIGHT), [(0.0, 0.0, 0.86, 0.88)], (0.045, 0.945), (0.86, 0.24, 0.022, 0.44))


def _several_panels(count: int) -> _Layout:
    columns = min(_COLUMNS, count)
    row_height = _PANEL + _TITLES
    width, height = _PANEL * columns + 1.1, row_height * -(-count // columns) + 0.6
    boxes = [
        (
            _PANEL * (number % columns) / width,
            1 - (0.6 + row_height * (number // columns + 1)) / height,
            _PANEL / width,
            _PANEL / height,
        )
        for number in range(count)
    ]
    tall = min(2.6, 0.6 * height) / height
    bar = (1 - 0.82 / width, 0.5 - tall / 2, 0.15 / width, tall)
    return _Layout((width, height), boxes, (0.25 / width, 1 - 0.32 / height), bar)


def _write(figure: Any, at: tuple[float, float], text: str, size: float, *, ha: str = "left") -> None:
    figure.text(*at, text, color=INK, fontsize=size, ha=ha, va="center")


def check_drawn(drawn: Sequence[Directional]) -> tuple[float, float]:
    """The smallest and largest value of all.

    Raises:
        TensorError: none, too many for one picture, or different quantities.
    """
    if not 1 <= len(drawn) <= MOST_PANELS or len({one.quantity for one in drawn}) > 1:
        raise TensorError(f"a picture shows one quantity of 1 to {MOST_PANELS} crystals, not of {len(drawn)}")
    return min(one.limits[0] for one in drawn), max(one.limits[1] for one in drawn)


def _name(record: CrystalRecord) -> str:
    """Formula and space group as they are printed in a paper, in matplotlib's mathtext."""
    formula = re.sub(r"(\d+)", r"$_{\1}$", record.formula)
    return f"{formula}, {symbol_mathtext(record.setting.symbol)}"


def _panel_title(one: Directional, drawn: Sequence[Directional]) -> str:
    """Formula and space group; with the name of the crystal where these are not enough."""
    name = _name(one.record)
    alike = sum(_name(other.record) == name for other in drawn) > 1
    return f"{name}  ({name_text(one.record.identifier.rpartition('/')[2], 24)})" if alike else name


def _colours(one: Directional) -> str:
    return "RdBu_r" if one.is_signed else "viridis"


def _draw_surface(
    axes: Any,
    one: Directional,
    limits: tuple[float, float],
    radius: float,
    step: int,
    *,
    zoom: float,
    font: float,
) -> None:
    from matplotlib.colors import Normalize
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    n, values = one.directions[::step, ::step], one.values[::step, ::step]
    rotated = drawing_frame(one.record)
    points = (np.abs(values)[..., None] * n) @ rotated.T
    low, high = limits
    fraction = Normalize(low, high)(values) if high > low else np.full(values.shape, 0.5)
    colours = _shaded(points, fraction, _colours(one))
    axes.computed_zorder = False
    faces, shades = _corners(points).reshape(-1, 4, 3), _corners(colours).mean(axis=2).reshape(-1, 4)
    # The edges close the hairlines between antialiased faces.
    axes.add_collection3d(
        Poly3DCollection(faces, facecolors=shades, edgecolors=shades, linewidths=0.3, zorder=2, rasterized=True)
    )
    _draw_axes(axes, one.record, n, np.abs(values), rotated, radius, font)
    axes.set(xlim=(-radius, radius), ylim=(-radius, radius), zlim=(-radius, radius))
    axes.set_box_aspect((1, 1, 1), zoom=zoom)
    axes.set_proj_type("ortho")
    axes.view_init(_ELEVATION, _AZIMUTH)
    axes.set_axis_off()


def drawing_frame(record: CrystalRecord) -> FloatArray:
    """(3, 3) rows of the Cartesian frame of the picture: c upright, a in the plane of x and z."""
    lattice = record.lattice
    z = lattice[2] / np.linalg.norm(lattice[2])
    x = lattice[0] - (lattice[0] @ z) * z
    x /= np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


def viewer() -> FloatArray:
    """(3,) unit vector to the viewer."""
    up, around = np.radians([_ELEVATION, _AZIMUTH])
    return np.array([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])


def _shaded(points: FloatArray, fraction: FloatArray, colours: str) -> FloatArray:
    """(polar, around, 4) colours: the value gives the hue, the angle to a lamp near the viewer the brightness.

    Args:
        points: (polar, around, 3) of the surface.
        fraction: (polar, around) values from 0 (smallest) to 1 (largest).
        colours: the name of a sequence of colours.
    """
    import matplotlib

    along = np.gradient(points, axis=0)
    around = np.gradient(np.concatenate([points[:, -2:-1], points, points[:, 1:2]], 1), axis=1)[:, 1:-1]
    normals = np.cross(along, around)
    # At the poles all longitudes meet: there the normal of the next row is used.
    normals[[0, -1]] = normals[[1, -2]]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    lamp = viewer() + np.array([0.15, -0.45, 0.55])
    outward = np.sign((normals * points).sum(axis=-1))
    light = np.maximum(outward * (normals @ (lamp / np.linalg.norm(lamp))), 0)
    shaded = matplotlib.colormaps[colours](fraction)
    shaded[..., :3] *= (0.58 + 0.42 * light)[..., None]
    return np.asarray(shaded)


def _corners(net: FloatArray) -> FloatArray:
    """(rows - 1, columns - 1, 4, ...) the corners of each face of a net (rows, columns, ...), in cyclic order."""
    return np.stack([net[:-1, :-1], net[:-1, 1:], net[1:, 1:], net[1:, :-1]], axis=2)


def _draw_axes(
    axes: Any,
    record: CrystalRecord,
    n: FloatArray,
    sizes: FloatArray,
    rotated: FloatArray,
    radius: float,
    font: float,
) -> None:
    """Draw a line along each crystal axis, from the surface outwards where it is visible, named at its end."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=3.2, foreground=PAPER, alpha=0.85)]
    own = float(sizes.max())
    for row, name in zip(record.lattice, "abc", strict=True):
        unit = row / np.linalg.norm(row)
        start = sizes[np.unravel_index(int((n @ unit).argmax()), sizes.shape)]
        unit = rotated @ unit
        line = unit * np.linspace(start, max(start + 0.15 * radius, own + 0.12 * radius), 120)[:, None]
        seen = line[~_hidden(line, sizes, rotated)]
        style = {"color": INK, "zorder": 3, "path_effects": rim}
        axes.plot(*seen.T, linewidth=1.3, **style)
        axes.text(
            *(line[-1] + 0.08 * radius * unit), f"${name}$", ha="center", va="center", fontsize=font, **style
        )


def _hidden(points: FloatArray, sizes: FloatArray, rotated: FloatArray) -> NDArray[np.bool_]:
    """(m,) which of some points (m, 3) the surface hides: those whose line of sight to the viewer enters it."""
    sight = (points[:, None] + np.linspace(0.02, 2.2, 150)[:, None] * sizes.max() * viewer()) @ rotated
    lengths = np.linalg.norm(sight, axis=-1)
    polar = np.arccos(np.clip(sight[..., 2] / np.maximum(lengths, 1e-12), -1, 1)) / np.pi
    around = np.arctan2(sight[..., 1], sight[..., 0]) / (2 * np.pi) % 1.0
    last = np.array(sizes.shape) - 1
    radii = sizes[np.rint(polar * last[0]).astype(int), np.rint(around * last[1]).astype(int)]
    return np.asarray((lengths < 0.99 * radii).any(axis=1))


def _draw_bar(figure: Any, bar: Any, one: Directional, limits: tuple[float, float]) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    mapped = ScalarMappable(norm=Normalize(*limits), cmap=_colours(one))
    colours = figure.colorbar(mapped, cax=bar)
    colours.outline.set_linewidth(0.5)
    bar.tick_params(length=2, labelsize=10, colors=INK)
    bar.set_title(f"${one.symbol}$" + (f" ({one.unit})" if one.unit else ""), fontsize=12, color=INK, pad=10)
