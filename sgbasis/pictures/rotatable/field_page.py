"""Surfaces of one value of a field with its atoms, and sections of it, as pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from basis_store import FieldError, GridField
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.fields.fourier_series import FourierSeries
from sgbasis.pictures.atom_spheres import MAX_ATOMS, images_in_block
from sgbasis.pictures.cell_drawing import view_direction
from sgbasis.pictures.fields.field_surface import (
    upright_lattice,
)
from sgbasis.pictures.fields.value_scale import ValueScale
from sgbasis.pictures.rotatable.scene import (
    NEGATIVE,
    POSITIVE,
    Trace,
    atom_traces,
    cell_traces,
    needs_plotly,
    page_bytes,
    scene_layout,
    surface_trace,
    text_html,
)
from sgbasis.pictures.style import INK
from sgbasis.surfaces.surface_mesh import SurfaceMesh
from sgbasis.surfaces.surface_source import SurfaceSource

_POINTS, _MOST = 72, 150_000
"""Points of the grid along the longest axis, and triangles of a page at most."""


@needs_plotly
def isosurface_page(
    field: GridField, levels: Sequence[float], *, cells: tuple[int, int, int] = (1, 1, 1), name: str = ""
) -> bytes:
    """A page with the surfaces on which a field has some values, and its atoms.

    Args:
        field: the field.
        levels: the values; negative ones are blue, and enclose what is lower.
        cells: along each axis.
        name: for the title.

    Raises:
        FieldError: the field does not take a value, or there are too many triangles.
        basis_store.MissingDependencyError: plotly or scikit-image is not installed.
    """
    lattice = upright_lattice(field)
    lengths = np.linalg.norm(lattice, axis=1)
    one, two, three = (max(16, round(_POINTS / max(cells) * float(n / lengths.max()))) for n in lengths)
    source = SurfaceSource(FourierSeries.of(field).on_grid((one, two, three)), lattice)
    unit = "" if field.unit == "1" else f" {field.unit}"
    traces: list[Trace] = []
    count = 0
    for level in levels:
        mesh = source.mesh(level, cells, solid=True, below=level < 0)
        count += len(mesh.faces)
        if count > _MOST:
            raise FieldError(f"the surfaces have more than {_MOST:,} triangles: take fewer cells")
        colour = NEGATIVE if level < 0 else POSITIVE
        traces.append(surface_trace(mesh.vertices, mesh.faces, colour, f"{level:g}{unit}"))
    if len(field.elements) * np.prod(cells) <= MAX_ATOMS:
        places, numbers = images_in_block(field.coordinates, field.elements, cells)
        traces += atom_traces(places @ lattice, numbers)
    traces += cell_traces(lattice, cells)
    title = f"{text_html(field.quantity)} of {text_html(name)}" if name else text_html(field.quantity)
    return page_bytes(traces, {"scene": scene_layout(view_direction(lattice))}, title=title)


@needs_plotly
def mesh_page(mesh: SurfaceMesh, lattice: np.ndarray, cells: tuple[int, int, int], *, title: str) -> bytes:
    """A page with one surface in its cells.

    Args:
        mesh: the surface.
        lattice: (3, 3) rows of one cell.
        cells: along each axis.
        title: plain text.

    Raises:
        basis_store.MissingDependencyError: plotly is not installed.
    """
    traces = [surface_trace(mesh.vertices, mesh.faces, POSITIVE, "surface"), *cell_traces(lattice, cells)]
    layout = {"scene": scene_layout(view_direction(lattice)), "showlegend": False}
    return page_bytes(traces, layout, title=text_html(title))


@needs_plotly
def section_page(
    field: GridField,
    plane: CrystalPlane,
    section: tuple[np.ndarray, np.ndarray, np.ndarray],
    scale: ValueScale,
    *,
    name: str = "",
) -> bytes:
    """A page with a section of a field, whose values are shown where the pointer is.

    Args:
        field: for its quantity and unit.
        plane: of the section.
        section: (n,) and (m,) coordinates along the axes of the plane in Angstrom, and (n, m) values.
        scale: limits and colours.
        name: for the title.

    Raises:
        basis_store.MissingDependencyError: plotly is not installed.
    """
    from plotly.graph_objects import Contour

    u, v, values = section
    unit = "" if field.unit == "1" else f" ({field.unit})"
    # Pages draw contours at equal steps: of the places in the colours, whose numbers are those of the values.
    norm, ticks = scale.norm, scale.ticks()
    places = {
        "x": u.astype(np.float32), "y": v.astype(np.float32),
        "z": np.asarray(norm(values.T), dtype=np.float32).clip(0, 1),
    }  # fmt: skip
    # Bands of a scale without 0 would have an edge there.
    bands = _at(np.asarray(norm(scale.levels)))
    if scale.signed and not (scale.levels == 0).any():
        bands |= {"coloring": "heatmap"}
    trace = Contour(
        **places, zmin=0, zmax=1, colorscale="RdBu_r" if scale.signed else "Viridis",
        contours=bands, line={"width": 0},
        colorbar={
            "title": {"text": f"{text_html(field.quantity)}{unit}"}, "thickness": 14,
            "tickvals": np.asarray(norm(ticks)).tolist(), "ticktext": [f"{one:.6g}" for one in ticks],
        },
        customdata=values.T.astype(np.float32),
        hovertemplate="%{x:.2f}, %{y:.2f} \u00c5: %{customdata:.4g}<extra></extra>",
    )  # fmt: skip
    # Lines of both signs apart, since there may be none at 0.
    lines = [
        Contour(
            **places, contours=_at(np.asarray(norm(some))) | {"coloring": "none"}, showscale=False,
            line={"width": 0.6, "color": INK, "dash": dash}, hoverinfo="skip",
            showlegend=False,
        )
        for some, dash in ((scale.levels[scale.levels >= 0], "solid"), (scale.levels[scale.levels < 0], "dash"))
        if len(some)
    ]  # fmt: skip
    axes = {"showgrid": False, "zeroline": False, "ticks": "inside", "mirror": True, "linewidth": 1}
    layout = {
        "xaxis": axes | {"title": {"text": "\u00c5"}, "constrain": "domain"},
        "yaxis": axes | {"title": {"text": "\u00c5"}, "scaleanchor": "x"},
        "margin": {"l": 60, "r": 10, "t": 10, "b": 50},
    }
    where = "through three points"
    if plane.indices is not None:
        indices = " ".join(map(str, plane.indices))
        where = f"plane ({indices}), {plane.distance:.4g} \u00c5 from the origin"
    title = f"{text_html(field.quantity)}{f' of {text_html(name)}' if name else ''}, {where}"
    return page_bytes([trace, *lines], layout, title=title)


def _at(places: np.ndarray) -> dict[str, float | str]:
    """Contours at ascending places with equal steps between them, but for the first and the last of a range."""
    size = float(np.median(np.diff(places))) if len(places) > 1 else 1.0
    first = int(len(places) > 2 and places[1] - places[0] < 0.999 * size)
    last = len(places) - 1 - int(len(places) > 2 and places[-1] - places[-2] < 0.999 * size)
    return {"start": float(places[first]), "end": float(places[last]), "size": size}
