"""Pictures of property tensors: the surface of a function of direction, with the axes of the crystal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.errors import TensorError
from runtime.tensors.dielectric import directional_value, principal
from runtime.tensors.elasticity import extreme_youngs_moduli, stability, youngs_modulus
from runtime.tensors.voigt import stiffness_matrix
from sgbasis.pictures.style import INK, PAPER, needs_plot_extra, new_figure, png_bytes, symbol_mathtext

if TYPE_CHECKING:
    from sgbasis.prediction.predicted_value import Prediction


WIDTH, HEIGHT = 7.0, 6.0
"""Of the picture, in inches."""

_POLAR, _AROUND = 151, 301
_ELEVATION, _AZIMUTH = 22.0, 32.0


@needs_plot_extra
def youngs_modulus_picture(stiffness: ArrayLike, record: CrystalRecord) -> bytes:
    """A PNG of Young's modulus by direction: the distance of the surface from the centre is E(n) in GPa.

    The same input gives the same bytes for the same version of matplotlib.

    Args:
        stiffness: (6, 6) in Voigt's form or (3, 3, 3, 3), in GPa, in the record's frame.
        record: the crystal, whose axes are drawn.

    Returns:
        The bytes of a PNG, 1050 x 900 pixels.

    Raises:
        TensorError: another shape, not symmetric, or of an unstable crystal, for which E(n) has no meaning.
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    if not stability(stiffness).is_stable:
        raise TensorError("the stiffness is not that of a stable crystal: it has no Young's modulus to draw")
    n = _sphere()
    low, high = (one.value for one in extreme_youngs_moduli(stiffness))
    return _picture(
        n,
        youngs_modulus(stiffness, n),
        record,
        title=f"Young's modulus of {_name(record)}",
        caption=f"{low:.1f} to {high:.1f} GPa",
        unit="E (GPa)",
        limits=(low, high),
    )


@needs_plot_extra
def dielectric_picture(tensor: ArrayLike, record: CrystalRecord, *, electronic: bool = False) -> bytes:
    r"""A PNG of a dielectric tensor by direction: the distance of the surface from the centre is n.epsilon.n.

    Args:
        tensor: (3, 3) symmetric, relative, in the record's frame; all principal values positive.
        record: the crystal, whose axes are drawn.
        electronic: whether the ions are held fixed; named in the title.

    Returns:
        The bytes of a PNG, 1050 x 900 pixels.

    Raises:
        TensorError: another shape, not symmetric, or a principal value that is not positive.
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    values = principal(tensor).values
    if values[0] <= 0:
        raise TensorError(f"a principal value is {values[0]:.3g}: a surface needs all of them positive")
    n = _sphere()
    kind = "Electronic dielectric" if electronic else "Dielectric"
    return _picture(
        n,
        directional_value(tensor, n),
        record,
        title=f"{kind} constant of {_name(record)}",
        caption="principal values " + ", ".join(f"{value:.2f}" for value in values),
        unit=r"$\epsilon$ along the field",
        limits=(float(values[0]), float(values[-1])),
    )


def tensor_picture(prediction: Prediction) -> bytes:
    """A PNG of a predicted tensor, elastic (its Young's modulus) or dielectric.

    Args:
        prediction: of one crystal.

    Returns:
        The bytes of a PNG, 1050 x 900 pixels.

    Raises:
        TensorError: the tensor is of another kind, or cannot be drawn.
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    from sgbasis.prediction.predicted_value import tensor_kind

    value, record, kind = np.asarray(prediction.value), prediction.record, tensor_kind(prediction)
    if kind == "elastic":
        return youngs_modulus_picture(stiffness_matrix(value), record)
    if kind == "dielectric":
        return dielectric_picture(value, record, electronic="electronic" in prediction.property)
    raise TensorError(f"there is no picture of {prediction.property}: only of elastic and dielectric tensors")


def _name(record: CrystalRecord) -> str:
    """Formula and space group as they are printed in a paper, in matplotlib's mathtext."""
    formula = re.sub(r"(\d+)", r"$_{\1}$", record.formula)
    return f"{formula}, {symbol_mathtext(record.setting.symbol)}"


def _sphere() -> FloatArray:
    """(polar, around, 3) unit vectors on a net of longitudes and latitudes."""
    polar = np.linspace(0, np.pi, _POLAR)[:, None]
    around = np.linspace(0, 2 * np.pi, _AROUND)[None]
    flat = np.sin(polar)
    return np.stack([flat * np.cos(around), flat * np.sin(around), np.cos(polar) + 0 * around], axis=-1)


def _picture(
    n: FloatArray,
    values: FloatArray,
    record: CrystalRecord,
    *,
    title: str,
    caption: str,
    unit: str,
    limits: tuple[float, float],
) -> bytes:
    from matplotlib.colors import Normalize
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    figure = new_figure(WIDTH, HEIGHT)
    axes: Any = figure.add_axes((0.0, 0.0, 0.86, 0.88), projection="3d")
    bar = figure.add_axes((0.86, 0.24, 0.022, 0.44))
    low, high = limits
    if high - low < 1e-3 * high:  # one colour, in the middle of the bar
        low, high = 0.95 * low, 1.05 * high
    rotated = _drawing_frame(record)
    points = (values[..., None] * n) @ rotated.T
    colours = _shaded(points, Normalize(low, high)(values))
    axes.computed_zorder = False
    faces, shades = _corners(points).reshape(-1, 4, 3), _corners(colours).mean(axis=2).reshape(-1, 4)
    # The edges close the hairlines between antialiased faces.
    axes.add_collection3d(Poly3DCollection(faces, facecolors=shades, edgecolors=shades, linewidths=0.3, zorder=2))
    _draw_axes(axes, record, n, values, rotated)
    radius = float(values.max())
    axes.set(xlim=(-radius, radius), ylim=(-radius, radius), zlim=(-radius, radius))
    axes.set_box_aspect((1, 1, 1), zoom=1.3)
    axes.set_proj_type("ortho")
    axes.view_init(_ELEVATION, _AZIMUTH)
    axes.set_axis_off()
    _draw_bar(figure, bar, Normalize(low, high), unit)
    figure.text(0.045, 0.945, title, color=INK, fontsize=17, va="center")
    figure.text(0.045, 0.895, caption, color=INK, fontsize=12.5, va="center")
    return png_bytes(figure)


def _drawing_frame(record: CrystalRecord) -> FloatArray:
    """(3, 3) rows of the Cartesian frame of the picture: c upright, a in the plane of x and z."""
    lattice = record.lattice
    z = lattice[2] / np.linalg.norm(lattice[2])
    x = lattice[0] - (lattice[0] @ z) * z
    x /= np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


def _viewer() -> FloatArray:
    """(3,) unit vector to the viewer."""
    up, around = np.radians([_ELEVATION, _AZIMUTH])
    return np.array([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])


def _shaded(points: FloatArray, fraction: FloatArray) -> FloatArray:
    """(polar, around, 4) colours: the value gives the hue, the angle to a lamp near the viewer the brightness.

    Args:
        points: (polar, around, 3) of the surface.
        fraction: (polar, around) values from 0 (smallest) to 1 (largest).
    """
    import matplotlib

    along = np.gradient(points, axis=0)
    around = np.gradient(np.concatenate([points[:, -2:-1], points, points[:, 1:2]], 1), axis=1)[:, 1:-1]
    normals = np.cross(along, around)
    # At the poles all longitudes meet: there the normal of the next row is used.
    normals[[0, -1]] = normals[[1, -2]]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    lamp = _viewer() + np.array([0.15, -0.45, 0.55])
    outward = np.sign((normals * points).sum(axis=-1))
    light = np.maximum(outward * (normals @ (lamp / np.linalg.norm(lamp))), 0)
    colours = matplotlib.colormaps["viridis"](fraction)
    colours[..., :3] *= (0.58 + 0.42 * light)[..., None]
    return np.asarray(colours)


def _corners(net: FloatArray) -> FloatArray:
    """(rows - 1, columns - 1, 4, ...) the corners of each face of a net (rows, columns, ...), in cyclic order."""
    return np.stack([net[:-1, :-1], net[:-1, 1:], net[1:, 1:], net[1:, :-1]], axis=2)


def _draw_axes(axes: Any, record: CrystalRecord, n: FloatArray, values: FloatArray, rotated: FloatArray) -> None:
    """Draw a line along each crystal axis, from the surface outwards where it is visible, named at its end."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=3.2, foreground=PAPER, alpha=0.85)]
    radius = float(values.max())
    for row, name in zip(record.lattice, "abc", strict=True):
        unit = row / np.linalg.norm(row)
        start = values[np.unravel_index(int((n @ unit).argmax()), values.shape)]
        unit = rotated @ unit
        line = unit * np.linspace(start, max(start + 0.15 * radius, 1.12 * radius), 120)[:, None]
        seen = line[~_hidden(line, values, rotated)]
        style = {"color": INK, "zorder": 3, "path_effects": rim}
        axes.plot(*seen.T, linewidth=1.3, **style)
        axes.text(*(line[-1] + 0.08 * radius * unit), f"${name}$", ha="center", va="center", fontsize=16, **style)


def _hidden(points: FloatArray, values: FloatArray, rotated: FloatArray) -> NDArray[np.bool_]:
    """(m,) which of some points (m, 3) the surface hides: those whose line of sight to the viewer enters it."""
    sight = (points[:, None] + np.linspace(0.02, 2.2, 150)[:, None] * values.max() * _viewer()) @ rotated
    lengths = np.linalg.norm(sight, axis=-1)
    polar = np.arccos(np.clip(sight[..., 2] / lengths, -1, 1)) / np.pi
    around = np.arctan2(sight[..., 1], sight[..., 0]) / (2 * np.pi) % 1.0
    radii = values[np.rint(polar * (_POLAR - 1)).astype(int), np.rint(around * (_AROUND - 1)).astype(int)]
    return np.asarray((lengths < 0.99 * radii).any(axis=1))


def _draw_bar(figure: Any, bar: Any, norm: Any, unit: str) -> None:
    from matplotlib.cm import ScalarMappable

    colours = figure.colorbar(ScalarMappable(norm=norm, cmap="viridis"), cax=bar)
    colours.outline.set_linewidth(0.5)
    bar.tick_params(length=2, labelsize=10, colors=INK)
    bar.set_title(unit, fontsize=12, color=INK, pad=10)
