"""What all rotatable pictures have in common: the page, surfaces, cells and atoms, in the style of the others."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, ParamSpec, TypeVar

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from basis_store.datasets.formula import symbol
from basis_store.extras import needed_for
from basis_store.printable import short_line
from sgbasis.pictures.atom_spheres import element_colour, sphere, sphere_radius
from sgbasis.pictures.style import INK, PAPER

_P = ParamSpec("_P")
_T = TypeVar("_T")

FONT = "STIXGeneral, 'STIX Two Text', 'Times New Roman', serif"
POSITIVE, NEGATIVE = "rgb(219, 102, 77)", "rgb(69, 138, 194)"
"""The two sides of surfaces, as in other pictures."""
MIN_HEIGHT = 18
"""Of a picture, in rem."""
_LIGHT = {"ambient": 0.5, "diffuse": 0.75, "specular": 0.25, "roughness": 0.6, "fresnel": 0.1}
_LAMP = {"x": 2000, "y": -3000, "z": 4000}

Trace = Any
"""An object of plotly."""


def needs_plotly(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Decorate a function that makes a rotatable picture and may import plotly inside.

    Raises:
        MissingDependencyError: when the function is called, and a package of the extra plot is not installed.
    """

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with needed_for("a rotatable picture", "plot"):
            import skimage.measure  # noqa: F401
        return function(*args, **kwargs)

    return checked


def text_html(text: str) -> str:
    """A text from outside for plotly, which reads a few tags."""
    return escape(short_line(text), quote=False)


def surface_trace(vertices: FloatArray, faces: IntArray, colour: str, name: str) -> Trace:
    """A lit surface of triangles.

    Args:
        vertices: (n, 3).
        faces: (m, 3) numbers of the corners.
        colour: of all of them.
        name: in the legend, where a click hides it.
    """
    from plotly.graph_objects import Mesh3d

    x, y, z = vertices.T.astype(np.float32)
    i, j, k = faces.T.astype(np.int32)
    return Mesh3d(
        x=x, y=y, z=z, i=i, j=j, k=k, color=colour, name=name, showlegend=True, hoverinfo="skip",
        lighting=_LIGHT, lightposition=_LAMP,
    )  # fmt: skip


def cell_traces(lattice: FloatArray, cells: tuple[int, int, int] = (1, 1, 1)) -> list[Trace]:
    """The edges of a block of cells from the origin on, with the names of the axes.

    Args:
        lattice: (3, 3) rows of one cell.
        cells: along each axis.
    """
    from plotly.graph_objects import Scatter3d

    block = lattice * np.array(cells)[:, None]
    corners = np.array(list(itertools.product((0, 1), repeat=3)))
    ends = [
        (one @ block, other @ block)
        for one, other in itertools.combinations(corners, 2)
        if np.abs(one - other).sum() == 1
    ]
    gap = np.full(3, np.nan)
    x, y, z = np.concatenate([[*pair, gap] for pair in ends]).T
    edges = Scatter3d(
        x=x, y=y, z=z, mode="lines", line={"color": INK, "width": 3}, name="cell", hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    places = np.vstack([np.zeros(3) - 0.04 * block.sum(axis=0), block * 1.08])
    names = Scatter3d(
        x=places[:, 0], y=places[:, 1], z=places[:, 2], mode="text",
        text=["0", "<i>a</i>", "<i>b</i>", "<i>c</i>"],
        textfont={"size": 18, "color": INK, "family": FONT}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    return [edges, names]


def atom_traces(places: FloatArray, numbers: IntArray, *, unit: float = 1.0) -> list[Trace]:
    """Spheres at atoms, an entry of the legend for each element.

    Args:
        places: (n, 3) Cartesian.
        numbers: (n,) atomic numbers.
        unit: of the places, in Angstrom.
    """
    points, faces = sphere(14)
    traces = []
    for number in np.unique(numbers).tolist():
        centres = places[numbers == number]
        vertices = (centres[:, None] + sphere_radius(number) / unit * points).reshape(-1, 3)
        shifted = (np.arange(len(centres))[:, None, None] * len(points) + faces).reshape(-1, 3)
        red, green, blue = (round(255 * part) for part in element_colour(number))
        traces.append(surface_trace(vertices, shifted, f"rgb({red}, {green}, {blue})", symbol(number)))
    return traces


def scene_layout(viewer: FloatArray, *, zoom: float = 1.0) -> dict[str, Any]:
    """A scene without axes that keeps the shape of the cell, seen from ``viewer`` (3,)."""
    hidden = {"visible": False, "showspikes": False}
    eye = dict(zip("xyz", (2.15 / zoom * viewer).tolist(), strict=True))
    return {
        "xaxis": hidden, "yaxis": hidden, "zaxis": hidden, "aspectmode": "data",
        "camera": {"eye": eye, "up": {"x": 0, "y": 0, "z": 1}, "projection": {"type": "perspective"}},
    }  # fmt: skip


def page_bytes(
    traces: Iterable[Trace],
    layout: dict[str, Any],
    *,
    title: str,
    notes: Sequence[str] = (),
    height: int = MIN_HEIGHT,
) -> bytes:
    """The page: a title, the picture, and lines of text below; plotly.js is part of it.

    Args:
        traces: of plotly.
        layout: of plotly, in addition to fonts and colours.
        title: in the markup that plotly and HTML share: ``<i>``, ``<sub>``.
        notes: lines below the picture, in the same markup.
        height: of the picture at least, in rem.
    """
    from plotly.graph_objects import Figure
    from plotly.io import to_html

    common = {
        "font": {"family": FONT, "size": 15, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "margin": {"l": 0, "r": 0, "t": 10, "b": 0},
        "legend": {"x": 0.01, "y": 0.99, "itemsizing": "constant", "bgcolor": "rgba(255, 255, 255, 0.7)"},
    }
    figure = Figure(list(traces), common | layout)
    picture = to_html(
        figure,
        full_html=False,
        include_plotlyjs=True,
        div_id="picture",  # equal pictures are equal files
        default_height="100%",
        config={"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "png", "scale": 3}},
    )
    plain = _without_tags(title)
    below = "".join(f"<p>{one}</p>" for one in notes)
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{plain}</title>
<style>
:root {{ color-scheme: light; }}
body {{ margin: 0; height: 100vh; display: flex; flex-direction: column; color: {INK}; background: {PAPER};
  font-family: {FONT}; }}
h1 {{ font-size: 1.45rem; font-weight: normal; margin: .8rem 1.2rem .2rem; overflow-wrap: anywhere; }}
p {{ margin: .1rem 1.2rem .4rem; }}
main {{ flex: 1; min-height: {height}rem; }}
main > div {{ height: 100%; }}
</style>
</head>
<body>
<h1>{title}</h1>
<main>{picture}</main>
{below}
</body>
</html>
"""
    return page.encode("utf-8", "replace")


def _without_tags(title: str) -> str:
    import re

    return re.sub(r"</?(?:i|sub|sup|b)>", "", title)
