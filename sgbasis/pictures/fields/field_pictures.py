"""Pictures of fields for papers: sections, line profiles and isosurfaces, as PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from basis_store import FieldError, GridField
from basis_store.array_types import FloatArray
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.fields.field_values import along_line
from sgbasis.fields.fourier_series import FourierSeries
from sgbasis.fields.plane_choice import choose_plane
from sgbasis.pictures.fields.field_profile import profile_figure
from sgbasis.pictures.fields.field_section import NEARBY, section_figure
from sgbasis.pictures.fields.field_surface import surface_figure
from sgbasis.pictures.fields.value_scale import ValueScale, has_no_zero_line, is_signed, value_scale
from sgbasis.pictures.style import PRINT_DPI, PictureKind, needs_plot_extra, picture_bytes

SECTION_POINTS, TABLE_POINTS = 481, 201
"""Along the longer side of a section: in a picture, and in a table of its numbers."""
LINE_POINTS = 501


@needs_plot_extra
def section_picture(
    field: GridField,
    plane: CrystalPlane | None = None,
    *,
    kind: PictureKind = "png",
    levels: int | Sequence[float] | None = None,
    limits: tuple[float, float] | None = None,
    logarithmic: bool | None = None,
    nearby: float | None = None,
    name: str = "",
    dpi: int = PRINT_DPI,
) -> bytes:
    """A section of a field: bands of colour, contour lines, atoms and cells, with axes in Angstrom.

    Values are those of the Fourier series through the values of the field. Where the sign of the field matters
    (potentials, spin densities, differences) colours are symmetric about 0, and contours below 0 are dashed.

    Args:
        field: the field.
        plane: of its cell; default: the one with small indices that has most elements and atoms.
        kind: of picture.
        levels: about how many contours, or their values in ascending order; default: about 12, or 20
            where the sign matters.
        limits: values at the ends of the scale; default: those of the section, without ripples about 0.
        logarithmic: scale, for densities; default: if they have high peaks, as at heavy atoms.
        nearby: atoms up to this distance from the plane are drawn, in Angstrom; default: 0.5.
        name: for the title.
        dpi: dots per inch.

    Returns:
        The bytes of the picture; equal input gives equal bytes for one version of matplotlib.

    Raises:
        FieldError: the plane is one of another cell, or the levels do not fit.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    series = FourierSeries.of(field)
    if plane is None:
        chosen = choose_plane(field, series)
        plane = CrystalPlane.of_indices(field.lattice, chosen.indices, offset=chosen.offset)
    if not np.allclose(plane.lattice, field.lattice, rtol=1e-6, atol=1e-9):
        raise FieldError("the plane is one of another cell than that of the field")
    section = plane.section(series, SECTION_POINTS)
    scale = section_scale(field, section[2], levels, limits, logarithmic=logarithmic)
    figure = section_figure(field, plane, section, scale, name=name, nearby=NEARBY if nearby is None else nearby)
    return picture_bytes(figure, kind, dpi=dpi)


def section_scale(
    field: GridField,
    values: FloatArray,
    levels: int | Sequence[float] | None,
    limits: tuple[float, float] | None,
    *,
    logarithmic: bool | None,
) -> ValueScale:
    """Levels and colours of a section with these values; arguments as for :func:`section_picture`.

    Args:
        field: for its quantity.
        values: of the section.
        levels: about how many contours, or their values.
        limits: values at the ends of the scale.
        logarithmic: scale; None: chosen by the values.

    Raises:
        FieldError: the levels do not fit.
    """
    return value_scale(
        values,
        signed=is_signed(field) and not logarithmic,
        with_zero=not has_no_zero_line(field),
        logarithmic=logarithmic,
        levels=levels,
        limits=limits,
    )


@needs_plot_extra
def profile_picture(
    field: GridField,
    start: Sequence[float] | FloatArray,
    end: Sequence[float] | FloatArray,
    *,
    kind: PictureKind = "png",
    limits: tuple[float, float] | None = None,
    logarithmic: bool = False,
    name: str = "",
    dpi: int = PRINT_DPI,
) -> bytes:
    """A field along a line, over the distance in Angstrom, with the atoms on it.

    Args:
        field: the field.
        start: (3,) fractional coordinates of the beginning of the line.
        end: (3,) of its end.
        kind: of picture.
        limits: of the axis of the values.
        logarithmic: axis of the values.
        name: for the title.
        dpi: dots per inch.

    Raises:
        FieldError: both ends are one point; a logarithmic axis of values that are nowhere positive.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    table = along_line(FourierSeries.of(field), (start, end), LINE_POINTS, field.lattice)
    if logarithmic and not table.values.max() > 0:
        raise FieldError("a logarithmic scale needs values above 0, and there are none")
    if limits is not None and (limits[0] >= limits[1] or (logarithmic and limits[0] <= 0)):
        raise FieldError(f"values are not drawn from {limits[0]:g} to {limits[1]:g}")
    figure = profile_figure(
        field, np.array(start, dtype=np.float64), np.array(end, dtype=np.float64),
        (table.columns[:, 0], table.values), name=name, logarithmic=logarithmic, limits=limits,
    )  # fmt: skip
    return picture_bytes(figure, kind, dpi=dpi)


@needs_plot_extra
def isosurface_picture(
    field: GridField,
    levels: Sequence[float],
    *,
    kind: PictureKind = "png",
    cells: tuple[int, int, int] = (1, 1, 1),
    name: str = "",
    dpi: int = PRINT_DPI,
) -> bytes:
    """The surfaces on which a field has some values, lit, with its atoms, in a block of cells.

    Args:
        field: the field.
        levels: the values; positive ones are red and enclose what is higher, negative ones blue and what is lower.
        kind: of picture; in an SVG or PDF surfaces are an image.
        cells: along each axis.
        name: for the title.
        dpi: dots per inch.

    Raises:
        FieldError: the field does not take a value, or there are too many cells.
        basis_store.MissingDependencyError: a package of the extras plot and fields is not installed.
    """
    return picture_bytes(surface_figure(field, levels, cells=cells, name=name), kind, dpi=dpi)


def paired_levels(field: GridField, levels: Sequence[float]) -> list[float]:
    """The levels, and of a field whose sign matters also minus them, where it takes these values."""
    found: list[float] = []
    for level in levels:
        pair = [level, -level] if is_signed(field) and level else [level]
        found += [one for one in pair if one == level or field.values.min() < one < field.values.max()]
    return list(dict.fromkeys(found))
