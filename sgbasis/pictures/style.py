"""What all pictures have in common: resolution, colours, fonts, and the bytes of a PNG."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

from basis_store.extras import needed_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_P = ParamSpec("_P")
_T = TypeVar("_T")

DPI = 150
"""Dots per inch."""
INK, PAPER = "#22272e", "#ffffff"
"""Colours of lines and texts, and of the background."""


def needs_plot_extra(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Decorate a function that draws: it runs in matplotlib's default style, and may import matplotlib inside.

    Raises:
        MissingDependencyError: when the function is called, and matplotlib or scikit-image is not installed.
    """

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with needed_for("a picture", "plot"):
            import matplotlib
            import skimage.measure  # noqa: F401
        with matplotlib.rc_context(
            {**matplotlib.rcParamsDefault, "mathtext.fontset": "stix", "font.family": "STIXGeneral"}
        ):
            return function(*args, **kwargs)

    return checked


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, ``width`` x ``height`` inches, that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG, without a date or the name of the software, so that equal figures are equal files."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def picture_bytes(figure: Figure, kind: Literal["png", "svg"]) -> bytes:
    """The figure as a PNG or an SVG; equal figures are equal files."""
    if kind == "png":
        return png_bytes(figure)
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "sgbasis", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def symbol_mathtext(symbol: str) -> str:
    """A Hermann-Mauguin symbol as printed: bars over rotoinversions, screw subscripts, letters in italics."""
    text = re.sub(r"-(\d)", r"\\bar{\1}", symbol)
    text = re.sub(r"_(\d)", r"_{\1}", text)
    return f"${text}$"
