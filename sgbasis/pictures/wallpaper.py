"""Functions of plane groups as wallpaper: several of them side by side, each over several cells.

Cells have the lengths and the angle that the point group asks for, and generic ones where it leaves them open.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from basis_compiler import formula_latex, formula_text, trigonometric_form
from basis_store import CompiledSetting
from basis_store.array_types import FloatArray
from basis_store.bases.compiled_setting import check_compiled
from sgbasis.pictures.style import (
    INK,
    PAPER,
    PictureKind,
    character_mathtext,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    symbol_mathtext,
)
from sgbasis.pictures.wave_sum import WaveSum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_PATTERNS = 6
"""How many functions are drawn if none is named."""
WIDTH = 11.0
"""Of the picture of several functions, in inches."""
_MARGIN, _CAPTION, _TITLE = 0.25, 0.42, 0.65
_BANDS, _STEPS, _LONGEST_FORMULA = 11, 320, 46
_GENERIC_EDGES, _GENERIC_COSINE = (0.9, 1.12), math.cos(math.radians(101))


def cell_of_plane(compiled: CompiledSetting) -> FloatArray:
    """(2, 2) row vectors of a cell whose metric the point group preserves, a to the right; the mean edge is 1."""
    a, b = _GENERIC_EDGES
    metric = np.array([[a * a, a * b * _GENERIC_COSINE], [a * b * _GENERIC_COSINE, b * b]])
    rotations = compiled.rotations.astype(np.float64)
    metric = np.einsum("gji,jk,gkl->il", rotations, metric, rotations) / len(rotations)
    metric /= np.sqrt(np.diag(metric)).mean() ** 2
    length = math.sqrt(metric[0, 0])
    along = metric[0, 1] / length
    return np.array([[length, 0], [along, math.sqrt(metric[1, 1] - along**2)]])


@needs_plot_extra
def wallpaper_picture(
    compiled: CompiledSetting, functions: Sequence[int] | None = None, *, cells: int = 3, kind: PictureKind = "png"
) -> bytes:
    """A picture of functions of a plane group as patterns, red where they are positive; one cell is outlined.

    The same input gives the same bytes for the same version of matplotlib.

    Args:
        compiled: the plane group.
        functions: their numbers, as in :meth:`runtime.Basis.evaluate`; default, the first six but the constant. Of
            complex functions the real part is drawn.
        cells: how many cells wide each pattern is, about.
        kind: of picture.

    Raises:
        IndexError: there is no function of this number, or it is the constant.
        TypeError: ``compiled`` is something else, or no plane group.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    check_compiled(compiled)
    if compiled.setting.dimension != 2:
        raise TypeError(f"{compiled.label} is no plane group: function_picture draws its functions")
    first = compiled.n_constants
    if functions is None:
        functions = range(first, min(first + N_PATTERNS, compiled.n_functions))
    if first and 0 in functions:
        raise IndexError("function 0 is the constant 1: there is nothing to draw")
    lattice = cell_of_plane(compiled)
    columns = min(3, len(functions))
    rows = math.ceil(len(functions) / columns)
    side = (WIDTH - _MARGIN) / max(columns, 2) - _MARGIN
    width, height = columns * (side + _MARGIN) + _MARGIN, rows * (side + _CAPTION) + _TITLE + _MARGIN
    figure = new_figure(width, height)
    figure.text(_MARGIN / width, 1 - 0.4 / height, _title(compiled), fontsize=17, color=INK, va="center")
    for place, function in enumerate(functions):
        row, column = divmod(place, columns)
        left, bottom = _MARGIN + column * (side + _MARGIN), _MARGIN + (rows - 1 - row) * (side + _CAPTION)
        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        _draw_pattern(axes, WaveSum.of(compiled, function), lattice, cells)
        axes.set_title(_caption(compiled, function), fontsize=11, color=INK, pad=5)
    return picture_bytes(figure, kind)


def _title(compiled: CompiledSetting) -> str:
    named, symbol = compiled.representation, symbol_mathtext(compiled.setting.symbol)
    character = "" if named.is_trivial else f"   {character_mathtext(named.character)}"
    part = "" if named.is_real else "   real parts"
    return f"Plane group No. {compiled.setting.number}   {symbol}{character}{part}"


def _draw_pattern(axes: Axes, function: WaveSum, lattice: FloatArray, cells: int) -> None:
    """A square of the pattern with the middle of a cell in its own middle, and the edges of that cell."""
    from matplotlib.patheffects import withStroke

    half = cells / 2
    steps = np.linspace(-half, half, _STEPS)
    x, y = np.meshgrid(steps, steps, indexing="xy")
    # From Cartesian coordinates to fractional ones.
    points = np.stack([x, y], axis=-1) @ np.linalg.inv(lattice) + 0.5
    values = function.values(points)
    limit = 1.001 * np.abs(values).max()
    filled = axes.contourf(x, y, values, levels=np.linspace(-limit, limit, 2 * _BANDS + 1), cmap="RdBu_r")
    filled.set_edgecolor("face")
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) - 0.5
    axes.plot(*(corners @ lattice).T, color=INK, linewidth=1.2)
    for name, corner in (("0", (0, 0)), ("$a$", (1, 0)), ("$b$", (0, 1))):
        x_of_name, y_of_name = 1.22 * (np.array(corner) - 0.5) @ lattice
        text = axes.text(x_of_name, y_of_name, name, color=INK, fontsize=11, ha="center", va="center")
        text.set_path_effects([withStroke(linewidth=2.5, foreground=PAPER)])
    axes.set(xlim=(-half, half), ylim=(-half, half))
    axes.set_aspect("equal")
    axes.set_axis_off()


def _caption(compiled: CompiledSetting, function: int) -> str:
    """The formula if it is short, otherwise the root of the orbit."""
    if compiled.representation.is_real:
        form = trigonometric_form(compiled, function)
        if len(formula_text(form)) <= _LONGEST_FORMULA:
            return f"$f_{{{function}}} = {formula_latex(form)}$"
    root = compiled.roots[function - compiled.n_constants].tolist()
    indices = r"\,".join(rf"\bar{{{-one}}}" if one < 0 else str(one) for one in root)
    return rf"$f_{{{function}}}$  of  $\{{{indices}\}}$"
