"""A basis function as a surface in its cell that can be turned, with a section that can be shown."""

from __future__ import annotations

import math

import numpy as np

from basis_store import CompiledSetting, CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.bases.compiled_setting import check_compiled
from sgbasis.pictures.cell_drawing import drawn_lattice, view_direction
from sgbasis.pictures.placed_atoms import PlacedAtoms
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
from sgbasis.pictures.rotatable.tensor_page import symbol_text
from sgbasis.pictures.section import Section, default_section
from sgbasis.pictures.wave_sum import WaveSum
from sgbasis.surfaces.isosurface import isosurface

_SIDE = 0.004
"""Of the range: the two sides of the surface f = 0 are those of values this much above and below it."""
_POINTS = 73
"""Along an axis of a cell; fewer for several cells."""


@needs_plotly
def function_page(
    compiled: CompiledSetting,
    function: int,
    *,
    section: Section | None = None,
    cells: int = 1,
    crystal: CrystalRecord | None = None,
) -> bytes:
    """A page with the surface f = 0 of a real basis function, red on the positive side.

    Args:
        compiled: the setting.
        function: its number, not that of the constant; of complex functions the real part is drawn.
        section: a plane, which the legend shows; default: the one that shows most.
        cells: along each axis.
        crystal: of this group; its atoms are drawn as well, in its own cell.

    Raises:
        IndexError: the setting has no function of this number, or it is the constant.
        CrystalError: the crystal has another group.
        basis_store.MissingDependencyError: plotly or scikit-image is not installed.
    """
    check_compiled(compiled)
    if function == 0 and compiled.n_constants:
        raise IndexError("function 0 is the constant 1: there is nothing to draw")
    drawn = WaveSum.of(compiled, function)
    atoms = None if crystal is None else PlacedAtoms.of(crystal, compiled)
    lattice = drawn_lattice(compiled) if atoms is None else atoms.lattice
    plane = section or default_section(drawn)
    points = max(_POINTS if cells == 1 else 49, 24 * math.ceil(drawn.max_index / 6) + 1)
    values = drawn.grid_values(points)
    reach = _SIDE * float(np.ptp(values))
    traces: list[Trace] = []
    for level, colour, name in ((reach, POSITIVE, "f = 0, from f > 0"), (-reach, NEGATIVE, "f = 0, from f < 0")):
        mesh = isosurface(values, level, lattice, cells=(cells,) * 3, solid=False)
        traces.append(surface_trace(mesh.vertices, mesh.faces, colour, name))
    traces += [_section_trace(drawn, lattice, plane, cells), *cell_traces(lattice, (cells,) * 3)]
    if atoms is not None:
        places, numbers = atoms.in_cells(cells)
        traces += atom_traces(places @ lattice, numbers, unit=atoms.unit)
    part = "" if compiled.representation.is_real else "real part of "
    label, _, symbol = compiled.label.partition(" ")
    title = f"{text_html(label)} {symbol_text(symbol)}, {part}function {function}"
    notes = [f"Surface f = 0, red on the positive side; the legend shows the section {plane} as well."]
    layout = {"scene": scene_layout(view_direction(lattice)), "coloraxis": _colours(values)}
    return page_bytes(traces, layout, title=title, notes=notes)


def _colours(values: FloatArray) -> dict[str, object]:
    limit = float(np.abs(values).max())
    bar = {"title": {"text": "<i>f</i>"}, "thickness": 14, "len": 0.5, "outlinewidth": 0.5}
    return {"colorscale": "RdBu_r", "cmin": -limit, "cmax": limit, "showscale": False, "colorbar": bar}


def _section_trace(drawn: WaveSum, lattice: FloatArray, plane: Section, cells: int) -> Trace:
    from plotly.graph_objects import Surface

    first, second = [axis for axis in range(3) if axis != plane.axis]
    steps = np.linspace(0, cells, 120 * cells + 1)
    points = np.full((len(steps), len(steps), 3), float(plane.at % 1))
    points[..., first], points[..., second] = np.meshgrid(steps, steps, indexing="ij")
    x, y, z = np.moveaxis(points @ lattice, -1, 0).astype(np.float32)
    return Surface(
        x=x, y=y, z=z, surfacecolor=drawn.values(points).astype(np.float32), coloraxis="coloraxis",
        name=f"section {plane}", showlegend=True, visible="legendonly",
        hovertemplate="f = %{surfacecolor:.3f}<extra></extra>",
    )  # fmt: skip
