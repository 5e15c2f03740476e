"""Pictures of basis functions: a section and the nodal surface f = 0.

The cell's edges and angles are not part of a space group. Drawn is a metric that its point group preserves: the
average of R^T M R over the operations for one generic M, so that a cubic cell is a cube, a hexagonal one has
120 degrees, and a triclinic one keeps all six parameters. The caption states it.
"""

from __future__ import annotations

import functools
import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from basis_compiler.bases.formula_text import formula_latex, formula_text
from basis_compiler.bases.trigonometric_form import trigonometric_form
from basis_store.array_types import FloatArray
from basis_store.bases.schema import CompiledSetting
from basis_store.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_P = ParamSpec("_P")
_T = TypeVar("_T")

WIDTH, HEIGHT, DPI = 11.0, 6.0, 150
"""Of the picture, in inches and dots per inch."""

_AXES = "xyz"
_INK, _PAPER = "#22272e", "#ffffff"
# The two sides of the surface, in the hues of the map: red where f > 0, blue where f < 0.
_POSITIVE, _NEGATIVE = np.array([0.86, 0.40, 0.30]), np.array([0.27, 0.54, 0.76])
_ELEVATION = 20.0
# An odd number of bands on each side of 0: saddles of trigonometric sums lie at simple fractions of the maximum.
_BANDS = 11
_LONGEST_FORMULA = 80


@dataclass(frozen=True)
class Section:
    """The plane where one fractional coordinate is constant."""

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
        return f"{_AXES[self.axis]} = {self.at}"


def needs_plot_extra(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Runs a function in matplotlib's default style, or says what to install; it may import matplotlib inside."""

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            import matplotlib
            import skimage.measure  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError(
                f"pictures need matplotlib and scikit-image ({error}): pip install 'sgbasis[plot]'"
            ) from error
        with matplotlib.rc_context(
            {**matplotlib.rcParamsDefault, "mathtext.fontset": "stix", "font.family": "STIXGeneral"}
        ):
            return function(*args, **kwargs)

    return checked


@needs_plot_extra
def function_picture(
    compiled: CompiledSetting, function: int, *, section: Section | None = None, cells: int = 1
) -> bytes:
    """A PNG of one real basis function: contours on a plane, and the surface on which it vanishes.

    The same input gives the same bytes for the same versions of matplotlib and scikit-image.

    Args:
        compiled: the setting.
        function: 1 to ``compiled.n_orbits``, numbered as in :meth:`runtime.Basis.evaluate`.
        section: the plane; default, the first of z = 0, 1/8, 1/4 ... on which the function is not constant.
        cells: how many cells to draw along each axis.

    Returns:
        The bytes of a PNG, 1650 x 900 pixels.

    Raises:
        IndexError: the setting has no function of this number, or it is the constant.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    if function == 0:
        raise IndexError("function 0 is the constant 1: there is nothing to draw")
    waves, coefficients = plane_waves(compiled, function)
    lattice = drawn_lattice(compiled)
    plane = section or _default_section(waves, coefficients)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    left = figure.add_axes((0.055, 0.135, 0.37, 0.665))
    bar = figure.add_axes((0.435, 0.19, 0.011, 0.555))
    right = figure.add_axes((0.49, 0.08, 0.50, 0.90), projection="3d")
    _draw_section(figure, left, bar, waves, coefficients, lattice, plane, cells)
    _draw_surface(right, waves, coefficients, lattice, cells)
    _write_texts(figure, compiled, function, lattice, plane)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def plane_waves(compiled: CompiledSetting, function: int) -> tuple[NDArray[np.int64], NDArray[np.complex128]]:
    """f(x) = sum_k c_k exp(2 pi i k.x): the waves (n, 3) and coefficients (n,) of one real function (T2).

    Raises:
        IndexError: the setting has no function of this number.
    """
    if not 1 <= function <= compiled.n_orbits:
        raise IndexError(
            f"{compiled.setting.label} has functions 1 to {compiled.n_orbits} in this store, not {function}"
        )
    orbit = function - 1
    part = int(compiled.parts[orbit])
    if part == -1:
        orbit -= 1
    start, stop = compiled.orbit_starts[orbit : orbit + 2]
    waves = compiled.waves[start:stop].astype(np.int64)
    phases = compiled.phases24[start:stop].astype(np.int64) + compiled.real_phases24[orbit]
    psi = np.exp(2j * np.pi * (phases % 24) / 24) / math.sqrt(len(waves))
    if part == 0:
        return waves, psi
    # sqrt2 Re psi = (psi + conj psi)/sqrt2, sqrt2 Im psi = (psi - conj psi)/(i sqrt2)
    psi = psi / (math.sqrt(2) if part == 1 else 1j * math.sqrt(2))
    return np.concatenate([waves, -waves]), np.concatenate([psi, psi.conj()])


def drawn_lattice(compiled: CompiledSetting) -> FloatArray:
    """(3, 3) row vectors of a cell whose metric the point group preserves, c upright; the mean edge is 1."""
    edges, cosines = np.array([0.9, 1.0, 1.15]), np.cos(np.radians([83.0, 105.0, 98.0]))
    alpha, beta, gamma = cosines
    metric = np.array([[1, gamma, beta], [gamma, 1, alpha], [beta, alpha, 1]]) * np.outer(edges, edges)
    rotations = compiled.rotations.astype(np.float64)
    metric = np.einsum("gji,jk,gkl->il", rotations, metric, rotations) / len(rotations)
    metric /= np.sqrt(np.diag(metric)).mean() ** 2
    # Lower triangular for the order c, a, b: c along z, a in the plane of x and z.
    order = [2, 0, 1]
    lower = np.linalg.cholesky(metric[np.ix_(order, order)])
    lattice = np.empty((3, 3))
    lattice[order] = lower[:, [1, 2, 0]]
    return lattice


def _values(waves: NDArray[np.int64], coefficients: NDArray[np.complex128], points: FloatArray) -> FloatArray:
    """Values of f at fractional ``points`` (..., 3)."""
    return np.asarray((np.exp(2j * np.pi * (points @ waves.T)) @ coefficients).real)


def _default_section(waves: NDArray[np.int64], coefficients: NDArray[np.complex128]) -> Section:
    grid = np.stack(np.meshgrid(*[np.arange(12) / 12 + 0.01] * 2, [0.0], indexing="ij"), axis=-1)
    for eighths in range(8):
        values = _values(waves, coefficients, grid + np.array([0, 0, eighths / 8]))
        if np.ptp(values) > 1e-6:
            return Section(2, Fraction(eighths, 8))
    # The function depends on z only.
    return Section(1, Fraction(0))


def _draw_section(
    figure: Figure,
    axes: Axes,
    bar: Axes,
    waves: NDArray[np.int64],
    coefficients: NDArray[np.complex128],
    lattice: FloatArray,
    section: Section,
    cells: int,
) -> None:
    first, second = [axis for axis in range(3) if axis != section.axis]
    steps = np.linspace(0, cells, 240 * cells + 1)
    u, v = np.meshgrid(steps, steps, indexing="ij")
    points = np.full((*u.shape, 3), float(section.at))
    points[..., first], points[..., second] = u, v
    values = _values(waves, coefficients, points)
    # Rounding must not tear a zero line that runs along the edge of the cell.
    values[np.abs(values) < 1e-9] = 0
    # The plane in its own Cartesian frame: the first edge to the right.
    a, b = lattice[first], lattice[second]
    length = np.linalg.norm(a)
    along = a @ b / length
    edges = np.array([[length, 0], [along, math.sqrt(b @ b - along**2)]])
    x, y = np.moveaxis(np.stack([u, v], axis=-1) @ edges, -1, 0)
    # The range of the whole function, so that sections of one function compare.
    limit = 1.001 * max(
        np.abs(_grid_values(waves, coefficients, 4 * int(np.abs(waves).max()) + 44)).max(), np.abs(values).max()
    )
    filled = axes.contourf(x, y, values, levels=np.linspace(-limit, limit, 2 * _BANDS + 1), cmap="RdBu_r")
    filled.set_edgecolor("face")
    if values.any():
        axes.contour(x, y, values, levels=[0], colors=_INK, linewidths=1.6)
    for step in range(cells + 1):
        for start, end in (((step, 0), (step, cells)), ((0, step), (cells, step))):
            line = np.array([start, end]) @ edges
            outer = step in (0, cells)
            axes.plot(*line.T, color=_INK, linewidth=1.0 if outer else 0.6, linestyle="-" if outer else "--")
    axes.set_aspect("equal")
    axes.set_axis_off()
    _name_edges(axes, edges * cells, ("abc"[first], "abc"[second]))
    ticks = figure.colorbar(filled, cax=bar, ticks=[-limit, 0, limit])
    ticks.ax.set_yticklabels([f"{-limit:.1f}", "0", f"{limit:.1f}"], fontsize=9, color=_INK)
    ticks.outline.set_linewidth(0.5)
    ticks.ax.tick_params(length=0)


def _name_edges(axes: Axes, edges: FloatArray, names: tuple[str, str]) -> None:
    centre = edges.sum(axis=0) / 2
    reach = np.linalg.norm(edges, axis=1).mean()
    places = [(-0.05 * reach * centre / np.linalg.norm(centre), "0", 12)]
    for edge, other, name in ((edges[0], edges[1], names[0]), (edges[1], edges[0], names[1])):
        outward = -(other - edge * (other @ edge) / (edge @ edge))
        places.append((edge * 0.5 + 0.06 * reach * outward / np.linalg.norm(outward), f"${name}$", 14))
    for (x, y), text, size in places:
        axes.text(x, y, text, ha="center", va="center", color=_INK, fontsize=size)


def _grid_values(waves: NDArray[np.int64], coefficients: NDArray[np.complex128], points: int) -> FloatArray:
    """Values of f on a periodic grid of ``points`` along each axis: one inverse Fourier transform."""
    spectrum = np.zeros((points,) * 3, dtype=np.complex128)
    np.add.at(spectrum, tuple((waves % points).T), coefficients)
    return np.asarray(np.fft.ifftn(spectrum, norm="forward").real)


def _draw_surface(
    axes: Any,
    waves: NDArray[np.int64],
    coefficients: NDArray[np.complex128],
    lattice: FloatArray,
    cells: int,
) -> None:
    from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection
    from skimage.measure import marching_cubes

    # One more than a multiple of 24: nodal planes pass between grid points, where crossings come out sharpest.
    # On the faces of the cell they cannot; there a level of nearly 0 keeps rounding from tearing them.
    points = max(97 if cells == 1 else 49, 24 * math.ceil(np.abs(waves).max() / 6) + 1)
    values = _grid_values(waves, coefficients, points)
    values = np.pad(np.tile(values, (cells,) * 3), (0, 1), mode="wrap")
    vertices, faces, _, _ = marching_cubes(values, level=1e-7)
    vertices = vertices / points
    triangles = ((vertices - cells / 2) @ lattice)[faces]
    viewer = _viewer(lattice)
    colours = _shaded(triangles, vertices[faces].mean(axis=1), viewer, waves, coefficients, lattice)
    # The edges close the hairlines between antialiased triangles.
    axes.computed_zorder = False
    axes.add_collection3d(
        Poly3DCollection(triangles, facecolors=colours, edgecolors=colours, linewidths=0.4, zorder=2)
    )
    edges = _cell_edges(lattice, cells)
    corners = np.concatenate(edges)
    farthest = corners[(corners @ viewer).argmin()]
    behind = [bool(np.isclose(edge, farthest).all(axis=1).any()) for edge in edges]
    for order, hidden in ((1, True), (3, False)):
        some = [edge for edge, back in zip(edges, behind, strict=True) if back == hidden]
        axes.add_collection3d(Line3DCollection(some, colors=_INK, linewidths=0.9, zorder=order))
    # The sphere around the cell fills the panel, whatever the cell's shape.
    reach = np.linalg.norm(corners, axis=1).max()
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    axes.set_box_aspect((1, 1, 1), zoom=1.72)
    axes.set_proj_type("persp", focal_length=1.6)
    axes.view_init(_ELEVATION, math.degrees(math.atan2(viewer[1], viewer[0])))
    axes.set_axis_off()
    _name_cell(axes, lattice, cells, viewer)


def _name_cell(axes: Any, lattice: FloatArray, cells: int, viewer: FloatArray) -> None:
    """The origin, and each edge's letter beside the parallel edge that lies outermost on the page."""
    middle = lattice.sum(axis=0) * cells / 2
    reach = np.linalg.norm(middle)
    for axis, name in enumerate("abc"):
        first, second = (lattice[other] * cells for other in range(3) if other != axis)
        centres = [lattice[axis] * cells / 2 + i * first + j * second - middle for i in (0, 1) for j in (0, 1)]
        along = lattice[axis] - viewer * (lattice[axis] @ viewer)
        along /= np.linalg.norm(along)
        # On the page, and square to the edge.
        outward = [one - viewer * (one @ viewer) - along * (one @ along) for one in centres]
        lengths = [round(float(np.linalg.norm(one)), 9) for one in outward]
        best = lengths.index(max(lengths))
        where = centres[best] + 0.11 * reach * outward[best] / lengths[best]
        axes.text(*where, f"${name}$", ha="center", va="center", color=_INK, fontsize=15, zorder=4)
    axes.text(*(-middle * (1 + 0.1)), "0", ha="center", va="center", color=_INK, fontsize=12, zorder=4)


def _viewer(lattice: FloatArray) -> FloatArray:
    """Unit vector to the eye: a to the right, b into the picture, a little from above, whatever gamma is."""
    a, b = lattice[0, :2], lattice[1, :2]
    gamma = math.degrees(math.acos(a @ b / math.sqrt(a @ a * (b @ b))))
    elevation = math.radians(_ELEVATION)
    azimuth = math.atan2(a[1], a[0]) + math.radians(-62 - 0.8 * (gamma - 90))
    flat = math.cos(elevation)
    return np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])


def _shaded(
    triangles: FloatArray,
    centres: FloatArray,
    viewer: FloatArray,
    waves: NDArray[np.int64],
    coefficients: NDArray[np.complex128],
    lattice: FloatArray,
) -> FloatArray:
    """Colours of triangles: the side that is seen gives the hue, the angles to the lamps the brightness."""
    slopes = np.exp(2j * np.pi * (centres @ waves.T)) @ (2j * np.pi * coefficients[:, None] * waves)
    normals = slopes.real @ np.linalg.inv(lattice).T
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    flat = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    # At singular points of the surface the gradient vanishes; the triangle's own normal serves there.
    normals = np.where(length > 1e-6, normals, flat)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    facing = np.sign(normals @ viewer)[:, None]
    hue = np.where(facing > 0, _POSITIVE, _NEGATIVE)
    seen = normals * np.where(facing == 0, 1, facing)
    up = np.array([0.0, 0.0, 1.0])
    side = np.cross(up, viewer)
    key = viewer + 0.9 * up - 0.5 * side
    key /= np.linalg.norm(key)
    half = key + viewer
    half /= np.linalg.norm(half)
    # Wrapped light: faces that turn away from the lamp keep some shape.
    diffuse = (0.5 + 0.5 * (seen @ key)[:, None]) ** 1.4
    shine = np.clip(seen @ half, 0, 1)[:, None] ** 40
    depth = centres @ lattice @ viewer
    haze = ((depth.max() - depth) / max(float(np.ptp(depth)), 1e-9))[:, None] * 0.22
    colours = hue * (0.40 + 0.72 * diffuse) + 0.26 * shine
    return np.asarray(np.clip(colours * (1 - haze) + haze, 0, 1))


def _cell_edges(lattice: FloatArray, cells: int) -> list[FloatArray]:
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, -1).T
    placed = (corners - 0.5) @ lattice * cells
    return [
        placed[[i, j]] for i in range(8) for j in range(i + 1, 8) if np.abs(corners[i] - corners[j]).sum() == 1
    ]


def _write_texts(
    figure: Figure, compiled: CompiledSetting, function: int, lattice: FloatArray, section: Section
) -> None:
    form = trigonometric_form(compiled, function)
    setting = compiled.setting
    choice = f", setting {setting.choice}" if setting.choice and not setting.is_standard else ""
    name = f"No. {setting.number}   {symbol_mathtext(setting.symbol)}{choice}   function {function}"
    figure.text(0.03, 0.93, name, fontsize=17, color=_INK, va="center")
    short = len(formula_text(form)) <= _LONGEST_FORMULA
    formula = formula_latex(form) if short else rf"\mathrm{{{len(form.terms)}\ terms}}"
    figure.text(0.03, 0.865, f"$f_{{{function}}} = {formula}$", fontsize=13, color=_INK, va="center")
    figure.text(0.235, 0.045, f"section ${section}$, zero line black", fontsize=10, color=_INK, ha="center")
    note = f"surface $f_{{{function}}} = 0$, red on the positive side; cell with {_metric_text(lattice)}"
    figure.text(0.74, 0.045, note, fontsize=10, color=_INK, ha="center")


def symbol_mathtext(symbol: str) -> str:
    """A Hermann-Mauguin symbol as printed: bars over rotoinversions, screw subscripts, letters in italics."""
    text = re.sub(r"-(\d)", r"\\bar{\1}", symbol)
    text = re.sub(r"_(\d)", r"_{\1}", text)
    return f"${text}$"


def _metric_text(lattice: FloatArray) -> str:
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
