"""What all pictures have in common: resolution, colours, fonts, and the bytes of a PNG."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

from basis_store.extras import needed_for

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_P = ParamSpec("_P")
_T = TypeVar("_T")

DPI = 150
"""Dots per inch."""
PRINT_DPI = 300
"""Of pictures of fields."""
INK, PAPER = "#22272e", "#ffffff"
"""Colours of lines and texts, and of the background."""

PictureKind = Literal["png", "svg", "pdf"]
PICTURE_KINDS: dict[str, PictureKind] = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
"""By the ending of a file."""

ROTATABLE = ".html"
"""The ending of pictures that can be turned in a browser."""


def picture_kind(path: Path) -> PictureKind:
    """The kind of picture that a file with this ending holds; KeyError for another ending."""
    return PICTURE_KINDS[path.suffix.lower()]


_WITHOUT_DATES: dict[PictureKind, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


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


def picture_bytes(figure: Figure, kind: PictureKind, *, dpi: int = DPI) -> bytes:
    """The figure as a file; equal figures are equal files.

    Args:
        figure: the figure.
        kind: of file.
        dpi: dots per inch of a PNG, and of what is drawn as an image in the other two.
    """
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "sgbasis", "svg.fonttype": "path", "pdf.fonttype": 42}):
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_WITHOUT_DATES[kind])
    return buffer.getvalue()


def indices_mathtext(indices: Iterable[int], brackets: str = "()") -> str:
    """Miller indices, or the components of a direction with ``"[]"``, as printed: bars over negative ones."""
    parts = [rf"\bar{{{-one}}}" if one < 0 else str(one) for one in indices]
    return "$" + brackets[0] + r"\,".join(parts) + brackets[1] + "$"


def name_text(name: str, longest: int = 40) -> str:
    """A name from outside, such as that of a file, for matplotlib: short, printable, and no formula."""
    short = name if len(name) <= longest else f"{name[: longest - 3]}..."
    return "".join(one if one.isprintable() else "?" for one in short).replace("$", r"\$")


def unit_mathtext(unit: str) -> str:
    """A unit as printed: ``g/cm^3`` with powers; one without powers, or not of this form, as it is written."""
    match = re.fullmatch(r"([A-Za-z]+)(?:\^(\d))?(?:/([A-Za-z]+)(?:\^(\d))?)?", unit)
    if match is None or "^" not in unit:
        return name_text(unit)
    above, power, below, other = (part and part.replace("Angstrom", r"\AA") for part in match.groups())
    parts = [f"{above}^{{{power}}}" if power else above, *([f"{below}^{{-{other or 1}}}"] if below else [])]
    product = r"\,".join(parts)
    return rf"$\mathrm{{{product}}}$"


def logarithmic_ticks(axis: Axis) -> None:
    """Plain numbers at 1, 2, 5 of each decade; the axis is already logarithmic."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def symbol_mathtext(symbol: str) -> str:
    """A Hermann-Mauguin symbol as printed: bars over rotoinversions, screw subscripts, letters in italics."""
    text = re.sub(r"-(\d)", r"\\bar{\1}", symbol)
    text = re.sub(r"_([0-9A-Za-z])", r"_{\1}", text)
    return f"${text}$"


def character_mathtext(symbol: str) -> str:
    """A Mulliken symbol as printed: ``B1g`` with a lower index, ``1E`` with an upper one in front."""
    match = re.fullmatch(r"([12]?)([ABE])(\d?[gu]?)('{0,2})", symbol)
    if match is None:
        return symbol
    before = f"{{}}^{{{match[1]}}}" if match[1] else ""
    return f"${before}{match[2]}{f'_{{{match[3]}}}' if match[3] else ''}{match[4]}$"
