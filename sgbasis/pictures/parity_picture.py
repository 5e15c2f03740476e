"""Predicted over true values: a parity plot."""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.counted import counted
from sgbasis.pictures.style import (
    INK,
    PictureKind,
    logarithmic_ticks,
    name_text,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    unit_mathtext,
)

_SIZE = 4.4
"""Inches."""
_MARGIN = 0.04
"""Around the values, of their range."""


@needs_plot_extra
def parity_picture(
    true: FloatArray, predicted: FloatArray, *, name: str, unit: str, logarithmic: bool, kind: PictureKind
) -> bytes:
    """A point for each crystal, and the line on which both values are equal.

    Args:
        true: (n,) at least one.
        predicted: (n,) in the same unit.
        name: of the values.
        unit: of the values; ``""`` for pure numbers.
        logarithmic: axes, for positive values.
        kind: of picture.

    Raises:
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(_SIZE, _SIZE)
    figure.set_layout_engine("constrained")
    panel = figure.subplots()
    values = np.concatenate([true, predicted])
    scaled = np.log10(values) if logarithmic else values
    low, high = float(scaled.min()), float(scaled.max())
    margin = _MARGIN * (high - low) or 0.5
    ends = np.array([low - margin, high + margin])
    ends = 10.0**ends if logarithmic else ends
    panel.plot(ends, ends, color=INK, linewidth=0.8, zorder=1)
    # Thousands of points lie on each other: the more there are, the more they shine through.
    share = float(np.clip(150 / len(true), 0.15, 0.7))
    panel.scatter(true, predicted, s=12, alpha=share, linewidths=0, color="C0", zorder=2, rasterized=True)
    scale = "log" if logarithmic else "linear"
    panel.set(xscale=scale, yscale=scale, xlim=ends, ylim=ends, aspect="equal")
    for axis in (panel.xaxis, panel.yaxis):  # the same ticks on both
        if logarithmic:
            logarithmic_ticks(axis)
        else:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    shown = f"{name_text(name)} ({unit_mathtext(unit)})" if unit else name_text(name)
    panel.set(xlabel=f"true {shown}", ylabel=f"predicted {shown}", title=counted(len(true), "crystal"))
    return picture_bytes(figure, kind)
