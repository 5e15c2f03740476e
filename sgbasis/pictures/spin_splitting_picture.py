"""The spin splitting of an altermagnet by the direction of k, its nodal planes, and how energy contours split."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_compiler.magnetism.polynomial_text import form_text
from basis_store.array_types import FloatArray
from sgbasis.pictures.lighting import lit
from sgbasis.pictures.style import (
    INK,
    PictureKind,
    character_mathtext,
    name_text,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    symbol_mathtext,
)

if TYPE_CHECKING:
    from basis_compiler import SpinSymmetry, SplittingForm

WIDTH, HEIGHT = 10.0, 5.4
"""Inches."""

_POSITIVE, _NEGATIVE = np.array([0.84, 0.30, 0.22]), np.array([0.18, 0.45, 0.72])
_ZERO, _PLANE = np.array([0.97, 0.96, 0.94]), np.array([0.45, 0.47, 0.50])
_POLAR, _AROUND = 91, 181
_ELEVATION, _AZIMUTH = 24.0, 36.0
_OUTER = 1.42
"""Radius of the discs of nodal planes; that of the sphere is 1."""
_SPLIT = 0.34
"""Largest change of k^2 along a drawn contour of energy by the splitting."""


@needs_plot_extra
def spin_splitting_picture(
    found: SpinSymmetry, *, coefficients: Sequence[float] | None = None, kind: PictureKind = "png"
) -> bytes:
    """A picture of the leading form of the spin splitting of an altermagnet.

    Left, its sign and size on a sphere of wave vectors, with the nodal planes that the symmetry fixes as discs.
    Right, contours of equal energy of both spins in a plane, for E = k^2 with a splitting of arbitrary size.

    Args:
        found: the magnet.
        coefficients: of the basis polynomials, where the symmetry leaves some open; default, 1 for each.
        kind: of picture.

    Raises:
        ValueError: it is no altermagnet, or the coefficients are not as many as the polynomials.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    form = found.form
    if form is None:
        raise ValueError(f"{found.standard.crystal.name} is no altermagnet: it has no splitting to draw")
    if coefficients is not None and len(coefficients) != len(form.polynomials):
        raise ValueError(f"{len(form.polynomials)} coefficients are needed, not {len(coefficients)}")
    figure = new_figure(WIDTH, HEIGHT)
    left: Any = figure.add_axes((0.0, 0.02, 0.54, 0.84), projection="3d")
    right = figure.add_axes((0.585, 0.13, 0.375, 0.70))
    _draw_sphere(left, form, coefficients)
    _draw_contours(right, form, coefficients)
    _write_texts(figure, found, coefficients)
    return picture_bytes(figure, kind)


def _draw_sphere(axes: Any, form: SplittingForm, coefficients: Sequence[float] | None) -> None:
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    viewer = _viewer()
    # 1. The sphere, coloured by the splitting.
    polar, around = np.linspace(0, np.pi, _POLAR)[:, None], np.linspace(0, 2 * np.pi, _AROUND)[None]
    flat = np.sin(polar)
    sphere = np.stack([flat * np.cos(around), flat * np.sin(around), np.cos(polar) + 0 * around], axis=-1)
    faces = _quads(sphere)
    centres = faces.mean(axis=1)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    values = form.values(centres, coefficients)
    size = (np.abs(values) / np.abs(values).max())[:, None] ** 0.55
    hue = _ZERO + size * (np.where(values[:, None] > 0, _POSITIVE, _NEGATIVE) - _ZERO)
    colours = lit(hue, centres, centres @ viewer, viewer)
    axes.computed_zorder = False
    # The edges close the hairlines between antialiased faces.
    axes.add_collection3d(
        Poly3DCollection(faces, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=2)
    )
    # 2. Rings of the nodal planes around it: the half behind it, which it covers, and the half in front of it.
    for normal in form.nodal_normals_cartesian:
        for half, order in zip(_half_rings(normal, viewer), (1, 3), strict=True):
            axes.add_collection3d(
                Poly3DCollection([half], facecolors=[(*_PLANE, 0.36)], edgecolors="none", zorder=order)
            )
    # 3. The axes, from the sphere outwards.
    for axis, name in enumerate(("$k_x$", "$k_y$", "$k_z$")):
        direction = np.eye(3)[axis]
        ends = np.outer([1.0, 1.62], direction).T
        axes.plot(*ends, color=INK, linewidth=1.1, zorder=6 if direction @ viewer > 0 else 0)
        axes.text(*(1.78 * direction), name, fontsize=14, color=INK, ha="center", va="center", zorder=7)
    axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), zlim=(-1.25, 1.25))
    axes.set_box_aspect((1, 1, 1), zoom=1.28)
    axes.set_proj_type("ortho")
    axes.view_init(_ELEVATION, _AZIMUTH)
    axes.set_axis_off()


def _draw_contours(axes: Any, form: SplittingForm, coefficients: Sequence[float] | None) -> None:
    """Contours of k^2 +- a Delta(k) in the plane where the splitting is large."""
    across, height, title = _plane(form, coefficients)
    first, second = (axis for axis in range(3) if axis != across)
    line = np.linspace(-1.4, 1.4, 281)
    points = np.zeros((len(line), len(line), 3))
    points[..., first], points[..., second], points[..., across] = line[None], line[:, None], height
    values = form.values(points, coefficients)
    squares = points[..., first] ** 2 + points[..., second] ** 2
    # Of contours of degree 4 and 6 the polynomial grows too fast for a picture: its angular part is drawn.
    radius = np.sqrt(squares + height**2)
    angular = values / np.maximum(radius, 1e-9) ** form.degree
    shift = _SPLIT * angular / np.abs(angular[np.abs(squares - 1) < 0.1]).max()
    for sign, colour in ((1, _POSITIVE), (-1, _NEGATIVE)):
        axes.contour(line, line, squares + sign * shift * squares, levels=[1.0], colors=[colour], linewidths=2.2)
    axes.contour(
        line, line, np.where(squares < 1.8, values, np.nan), levels=[0.0], colors=[_PLANE], linewidths=0.9,
        linestyles="dashed",
    )  # fmt: skip
    names = ("$k_x$", "$k_y$", "$k_z$")
    axes.set_xlabel(names[first], fontsize=13, color=INK)
    axes.set_ylabel(names[second], fontsize=13, color=INK, rotation=0, labelpad=10)
    axes.set_aspect("equal")
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), xticks=[], yticks=[])
    for edge in axes.spines.values():
        edge.set_linewidth(0.6)
    axes.set_title(f"contours of equal energy, {title}", fontsize=11, color=INK)
    axes.plot([], [], color=_POSITIVE, linewidth=2.2, label="spin up")
    axes.plot([], [], color=_NEGATIVE, linewidth=2.2, label="spin down")
    axes.plot([], [], color=_PLANE, linewidth=0.9, linestyle="dashed", label="no splitting")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncol=3, frameon=False, fontsize=10, labelcolor=INK)


def _plane(form: SplittingForm, coefficients: Sequence[float] | None) -> tuple[int, float, str]:
    """The first plane, kz = 0 if possible, in which the splitting is not small; axis across it, height, name."""
    turns = np.linspace(0, 2 * np.pi, 361)
    largest = np.abs(form.values(_directions(), coefficients)).max()
    for across, height in ((2, 0.0), (2, 0.6), (1, 0.0), (0, 0.0), (1, 0.6), (0, 0.6)):
        first, second = (axis for axis in range(3) if axis != across)
        circle = np.zeros((len(turns), 3))
        circle[:, first], circle[:, second], circle[:, across] = np.cos(turns), np.sin(turns), height
        circle /= np.linalg.norm(circle, axis=1, keepdims=True)
        if np.abs(form.values(circle, coefficients)).max() > 0.3 * largest:
            name = f"$k_{'xyz'[across]}$"
            return across, height, f"{name} = 0" if height == 0 else f"{name} > 0"
    raise ValueError("a splitting that is small in every plane")


def _directions() -> FloatArray:
    """Unit vectors everywhere."""
    random = np.random.default_rng(0).normal(size=(4000, 3))
    return np.asarray(random / np.linalg.norm(random, axis=1, keepdims=True))


def _write_texts(figure: Any, found: SpinSymmetry, coefficients: Sequence[float] | None) -> None:
    form, group, standard = found.form, found.laue_group, found.standard
    assert form is not None and group is not None
    name = f"{name_text(Path(standard.crystal.name).stem)},  {symbol_mathtext(standard.setting.symbol)}"
    figure.text(0.03, 0.935, name, fontsize=15, color=INK, va="center")
    formula = form_text(form, latex=True)
    character = f"{character_mathtext(group.character)} of {symbol_mathtext(group.symbol)}"
    figure.text(
        0.97, 0.955, f"{form.wave}-wave altermagnet,  {character}", fontsize=12, color=INK, va="center", ha="right"
    )
    drawn = ""
    if len(form.polynomials) > 1:
        weights = [1.0] * len(form.polynomials) if coefficients is None else coefficients
        drawn = ",  drawn with " + ", ".join(f"$c_{i}$ = {one:g}" for i, one in enumerate(weights, start=1))
    text = rf"$E_\uparrow - E_\downarrow \propto {formula}$" + drawn
    figure.text(0.97, 0.9, text, fontsize=12, color=INK, va="center", ha="right")
    count = len(form.nodal_normals)
    planes = {0: "no nodal plane is", 1: "grey: the nodal plane"}.get(count, f"grey: the {count} nodal planes")
    sides = r"red where $E_\uparrow > E_\downarrow$, blue where $E_\uparrow < E_\downarrow$"
    note = f"{sides}; {planes} fixed by symmetry"
    figure.text(0.27, 0.035, note, fontsize=10, color=INK, ha="center")


def _viewer() -> FloatArray:
    elevation, azimuth = math.radians(_ELEVATION), math.radians(_AZIMUTH)
    flat = math.cos(elevation)
    return np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])


def _half_rings(normal: FloatArray, viewer: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The corners (n, 3) of the halves of a ring normal to a direction: away from the viewer, and towards."""
    first, second = _across(normal)
    towards = math.atan2(second @ viewer, first @ viewer)
    halves = []
    for middle in (towards + np.pi, towards):
        turns = np.linspace(middle - np.pi / 2, middle + np.pi / 2, 91)[:, None]
        arc = np.cos(turns) * first + np.sin(turns) * second
        halves.append(np.concatenate([_OUTER * arc, arc[::-1]]))
    return halves[0], halves[1]


def _across(normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors normal to a unit vector and to each other."""
    other = np.eye(3)[np.abs(normal).argmin()]
    first = np.cross(normal, other)
    first /= np.linalg.norm(first)
    return first, np.cross(normal, first)


def _quads(net: FloatArray) -> FloatArray:
    """(m, 4, 3) the quadrilaterals of a net (rows, columns, 3) of points."""
    corners = [net[:-1, :-1], net[1:, :-1], net[1:, 1:], net[:-1, 1:]]
    return np.stack(corners, axis=2).reshape(-1, 4, 3)
