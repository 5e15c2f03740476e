"""The picture of learning curves: error against training crystals, a panel for each property."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from basis_store.files.atomic_write import write_atomically
from experiments.result_rows import curves
from sgbasis.pictures.style import INK, needs_plot_extra, new_figure, picture_bytes

PUBLISHED = Path("docs/figures/published_peers.json")

TITLES = {
    "formation_energy_per_atom": "formation energy (eV/atom)",
    "band_gap": "band gap (eV)",
    "bulk_modulus_vrh": "bulk modulus (log10 GPa)",
    "shear_modulus_vrh": "shear modulus (log10 GPa)",
}
"""Of the panels, by property."""

_STYLES = {
    "SiteTransformer": ("#c0392b", "o"),
    "OrbitTransformer": ("#e08e45", "p"),
    "Crystalformer": ("#2a6f97", "s"),
    "CGCNN": ("#5b8c5a", "D"),
    "CrystalFourierTransformer": ("#8e6bb0", "^"),
    "CompositionModel": ("#8a8f98", "v"),
}
"""Colour and marker of each model."""

_TICKS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""Within a decade, of errors."""


@needs_plot_extra
def draw(rows: Sequence[Mapping[str, Any]], path: Path, published: Path = PUBLISHED) -> None:
    """Draw the rows that there are, and published figures as open circles.

    Args:
        rows: of finished runs.
        path: PNG to write.
        published: JSON file of published figures.
    """
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter  # noqa: PLC0415 - optional

    found, others = curves(rows), json.loads(published.read_text(encoding="utf-8"))["rows"]
    properties = [name for name in TITLES if any(key[0] == name for key in found)]
    figure = new_figure(3.6 * max(1, len(properties)), 3.5)
    for place, name in enumerate(properties, start=1):
        panel = figure.add_subplot(1, len(properties), place)
        for model, (colour, marker) in _STYLES.items():
            if points := found.get((name, model)):
                panel.plot(
                    list(points), list(points.values()), marker=marker, color=colour, label=model, markersize=4
                )
        for number, one in enumerate(one for one in others if one["property"] == name):
            panel.plot(one["crystals"], one["mae"], "o", markerfacecolor="none", color=INK, markersize=4)
            panel.annotate(
                one["model"], (one["crystals"], one["mae"]), xytext=(-4, 0), textcoords="offset points",
                fontsize=7, color=INK, horizontalalignment="right",
                verticalalignment="bottom" if number % 2 else "top",
            )  # fmt: skip
        panel.set(xscale="log", yscale="log", xlabel="training crystals", title=TITLES[name])
        for axis, ticks in ((panel.xaxis, (1.0, 2.0, 5.0)), (panel.yaxis, _TICKS)):
            axis.set_major_locator(LogLocator(subs=ticks))
            axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
            axis.set_minor_formatter(NullFormatter())
        panel.tick_params(which="both", labelsize=8)
        if place == 1:
            panel.set_ylabel("validation MAE (open: published, other data)")
            panel.legend(frameon=False, fontsize=7)
    figure.set_layout_engine("constrained")
    write_atomically(path, picture_bytes(figure, "png"))
