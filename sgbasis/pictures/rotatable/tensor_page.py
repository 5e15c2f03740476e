"""Tensors of one or several crystals as surfaces that can be turned, on one scale."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from sgbasis.pictures.rotatable.scene import (
    FONT,
    MIN_HEIGHT,
    Trace,
    needs_plotly,
    page_bytes,
    scene_layout,
    text_html,
)
from sgbasis.pictures.style import INK
from sgbasis.pictures.tensors.directional import Directional
from sgbasis.pictures.tensors.tensor_surface import check_drawn, drawing_frame, viewer

_STEP = 2
"""Only every such line of the net is drawn."""
_COLUMNS = 4
_TITLE, _TITLE_OF_ROWS = 0.09, 0.17
"""Of the height of a row, the part of its titles: where there is one row, and where there are several."""
_ROW = 17
"""Height of one of several rows at least, in rem."""


@needs_plotly
def tensor_page(drawn: Sequence[Directional]) -> bytes:
    """A page with a function of direction of one crystal, or the same one of several on one scale.

    Args:
        drawn: the functions, of one quantity.

    Raises:
        TensorError: none, too many, or different quantities.
        basis_store.MissingDependencyError: plotly is not installed.
    """
    limits = check_drawn(drawn)
    radius = max(float(np.abs(one.values).max()) for one in drawn)
    # Scenes that are narrower than high are cut off at their sides.
    columns = min(_COLUMNS, math.ceil(math.sqrt(len(drawn))))
    rows = -(-len(drawn) // columns)
    layout: dict[str, Any] = {"annotations": [], "showlegend": False}
    layout["coloraxis"] = {
        "colorscale": "RdBu_r" if drawn[0].is_signed else "Viridis", "cmin": limits[0], "cmax": limits[1],
        "showscale": limits[1] - limits[0] >= 1e-3 * limits[1],
        "colorbar": {"title": {"text": _axis(drawn[0])}, "thickness": 14, "len": 0.6, "outlinewidth": 0.5},
    }  # fmt: skip
    traces: list[Trace] = []
    for number, one in enumerate(drawn):
        scene = f"scene{number + 1 if number else ''}"
        row, column = divmod(number, columns)
        left, top = column / columns, 1 - row / rows
        layout[scene] = scene_layout(viewer(), zoom=1.7 if len(drawn) == 1 else 1.15) | {
            "domain": {
                "x": [left, left + 1 / columns],
                "y": [top - 1 / rows, top - (_TITLE if rows == 1 else _TITLE_OF_ROWS) / rows],
            }
        }
        reach = [-1.3 * radius, 1.3 * radius]
        for axis in ("xaxis", "yaxis", "zaxis"):
            layout[scene] |= {axis: {"visible": False, "range": reach}}
        layout[scene]["aspectmode"] = "cube"
        traces += _traces(one, scene, radius)
        if len(drawn) > 1:
            text = f"{crystal_html(one.record)}<br>{_plain(one.summary)}"
            layout["annotations"].append(
                {
                    "x": left + 0.5 / columns, "y": top, "xref": "paper", "yref": "paper",
                    "xanchor": "center", "yanchor": "top",
                    "text": text, "showarrow": False, "font": {"size": 14, "family": FONT, "color": INK},
                }
            )  # fmt: skip
    if len(drawn) == 1:
        title = f"{drawn[0].quantity} of {crystal_html(drawn[0].record)}: {_plain(drawn[0].summary)}"
    else:
        title = f"{drawn[0].quantity}, all on one scale"
    return page_bytes(traces, layout, title=title, height=max(_ROW * rows, MIN_HEIGHT))


def crystal_html(record: CrystalRecord) -> str:
    """Formula and space group in the markup of plotly."""
    formula = re.sub(r"(\d+)", r"<sub>\1</sub>", record.formula)
    return f"{formula}, {symbol_text(record.setting.symbol)}"


def symbol_text(symbol: str) -> str:
    """A Hermann-Mauguin symbol: bars as combining characters, lower indices, italics."""
    barred = re.sub(r"-(\d)", "\\1\u0305", text_html(symbol))
    lowered = re.sub(r"_([0-9A-Za-z])", r"<sub>\1</sub>", barred)
    return f"<i>{lowered}</i>"


def _traces(one: Directional, scene: str, radius: float) -> list[Trace]:
    from plotly.graph_objects import Scatter3d, Surface

    n, values = one.directions[::_STEP, ::_STEP], one.values[::_STEP, ::_STEP]
    frame = drawing_frame(one.record)
    x, y, z = np.moveaxis((np.abs(values)[..., None] * n) @ frame.T, -1, 0).astype(np.float32)
    unit = _plain(one.unit)
    surface = Surface(
        x=x, y=y, z=z, surfacecolor=values.astype(np.float32), coloraxis="coloraxis", scene=scene,
        hovertemplate=f"%{{surfacecolor:.4g}} {unit}<extra></extra>",
        lighting={"ambient": 0.65, "diffuse": 0.6, "specular": 0.15},
        contours={axis: {"highlight": False} for axis in "xyz"},
    )  # fmt: skip
    units = (one.record.lattice / np.linalg.norm(one.record.lattice, axis=1, keepdims=True)) @ frame.T
    ends = np.array([_length(one, row) + 0.22 * radius for row in one.record.lattice])
    lines = np.concatenate(
        [[np.zeros(3), end * axis, np.full(3, np.nan)] for end, axis in zip(ends, units, strict=True)]
    )
    axes = Scatter3d(
        x=lines[:, 0], y=lines[:, 1], z=lines[:, 2], mode="lines", line={"color": INK, "width": 4}, scene=scene,
        hoverinfo="skip",
    )  # fmt: skip
    places = (ends + 0.07 * radius)[:, None] * units
    names = Scatter3d(
        x=places[:, 0], y=places[:, 1], z=places[:, 2], mode="text", text=["<i>a</i>", "<i>b</i>", "<i>c</i>"],
        textfont={"size": 18, "color": INK, "family": FONT}, scene=scene, hoverinfo="skip",
    )  # fmt: skip
    return [surface, axes, names]


def _length(one: Directional, direction: FloatArray) -> float:
    """Distance of the surface from the centre along a direction (3,)."""
    cosines = one.directions @ (direction / np.linalg.norm(direction))
    return float(np.abs(one.values[np.unravel_index(int(cosines.argmax()), one.values.shape)]))


def _axis(one: Directional) -> str:
    symbol = {r"\epsilon": "\u03b5"}.get(one.symbol, one.symbol)
    return f"<i>{symbol}</i>" + (f" ({_plain(one.unit)})" if one.unit else "")


def _plain(text: str) -> str:
    return text.replace("$^2$", "\u00b2")
