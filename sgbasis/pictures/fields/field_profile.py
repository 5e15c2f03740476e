"""A field along a line: its values over the distance in Angstrom, and the atoms on the line."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from basis_store import GridField
from basis_store.array_types import FloatArray
from sgbasis.pictures.fields.picture_title import PictureTitle
from sgbasis.pictures.fields.value_scale import is_signed, quantity_label
from sgbasis.pictures.style import INK, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 6.4, 3.6
"""Inches."""
_ON_LINE = 0.3
"""Angstrom: atoms that are closer to a line are marked."""
_MAX_IMAGES = 5_000_000
"""Images of atoms that are looked at: along a line through thousands of cells they cannot be told apart."""
_CURVE = "#2166ac"
"""The blue of pictures of functions."""


def profile_figure(
    field: GridField,
    start: FloatArray,
    end: FloatArray,
    profile: tuple[FloatArray, FloatArray],
    *,
    name: str = "",
    logarithmic: bool = False,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """The figure.

    Args:
        field: for its quantity, unit and atoms.
        start: (3,) fractional coordinates of the beginning.
        end: (3,) of the end.
        profile: (n,) distances from the start in Angstrom, and (n,) values.
        name: for the title.
        logarithmic: axis of the values.
        limits: of the axis of the values.
    """
    distances, values = profile
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes((0.125, 0.16, 0.845, 0.69))
    shown = np.where(values > 0, values, np.nan) if logarithmic else values
    axes.plot(distances, shown, color=_CURVE, linewidth=1.6, zorder=3)
    if logarithmic:
        axes.set_yscale("log")
    elif is_signed(field):
        axes.axhline(0, color=INK, linewidth=0.7, zorder=1)
    axes.set_xlim(0, float(distances[-1]))
    if limits is not None:
        axes.set_ylim(*limits)
    axes.minorticks_on()
    axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=9, colors=INK)
    axes.set_xlabel(r"Distance ($\mathrm{\AA}$)", fontsize=11, color=INK)
    axes.set_ylabel(quantity_label(field), fontsize=11, color=INK)
    for at, symbol in atoms_on_line(field, start, end):
        axes.axvline(at, color=INK, linewidth=0.6, linestyle=":", zorder=2, gid="atom")
        axes.annotate(
            symbol, (at, 1.0), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points", ha="center",
            fontsize=9, color=INK,
        )  # fmt: skip
    points = " to ".join(f"({', '.join(f'{one:.4g}' for one in place)})" for place in (start, end))
    left, right = 0.125 * WIDTH, 0.97 * WIDTH
    title = PictureTitle.of(name, [points.replace("-", "\u2212")], room=right - left, widest=right - left)
    title.write(figure, left, right, 0.055 * HEIGHT - 0.4 * title.height)
    return figure


def atoms_on_line(field: GridField, start: FloatArray, end: FloatArray) -> list[tuple[float, str]]:
    """Distance from the start in Angstrom and element of each atom on a line, or an image of it, in order."""
    from basis_compiler.crystals.crystal import ELEMENTS

    if not len(field.elements):
        return []
    way = (end - start) @ field.lattice
    length = float(np.linalg.norm(way))
    room = _ON_LINE * np.linalg.norm(np.linalg.inv(field.lattice), axis=0)
    low = np.floor(np.minimum(start, end) - room) - 1
    high = np.ceil(np.maximum(start, end) + room) + 1
    if float(np.prod(high - low + 1)) * len(field.elements) > _MAX_IMAGES:
        return []
    found = []
    ranges = [range(int(a), int(b) + 1) for a, b in zip(low, high, strict=True)]
    translations = np.array(list(itertools.product(*ranges)))
    for place, z in zip(field.coordinates - np.floor(field.coordinates), field.elements, strict=True):
        away = (place + translations - start) @ field.lattice
        along = away @ way / length
        near = np.linalg.norm(away - along[:, None] * way / length, axis=1) < _ON_LINE
        inside = near & (along > -1e-6) & (along < length + 1e-6)
        found += [(float(at), ELEMENTS[z]) for at in along[inside]]
    return sorted(found)
