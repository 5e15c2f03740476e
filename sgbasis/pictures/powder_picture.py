"""Powder patterns: lines, a profile and the indices of the strongest lines, one panel for each crystal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basis_compiler.reflections.scattering_factors import NAMES
from sgbasis.pictures.style import (
    INK,
    PictureKind,
    name_text,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    symbol_mathtext,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from basis_compiler import ReflectionList

MAX_PANELS = 8
WIDTH, PANEL_HEIGHT, MARGINS = 8.0, 2.5, 1.1
"""Inches."""

_STICKS = "#c0392b"
_LABELS = 14
_LABEL_GAP = 0.017
"""Of the width of the panel, between the labels of two lines."""


@needs_plot_extra
def powder_picture(
    lists: Sequence[ReflectionList],
    *,
    fwhm: float = 0.1,
    eta: float = 0.5,
    labels: int = _LABELS,
    kind: PictureKind = "png",
) -> bytes:
    """A PNG or SVG of powder patterns: profiles in black, lines in red with ticks below, hkl of the strongest.

    In each panel an isolated line of the strongest intensity is 100 high; lines that overlap add up.

    Args:
        lists: the reflections of 1 to 8 crystals, for one radiation.
        fwhm: full width at half maximum of the profiles, in degrees.
        eta: share of the Lorentzian, 0 (Gaussian) to 1.
        labels: how many lines at most have their indices written.
        kind: of picture.

    Raises:
        ReflectionError: a pattern of more points than are computed.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    height = PANEL_HEIGHT * len(lists) + MARGINS
    figure = new_figure(WIDTH, height)
    shown = [found.two_theta[np.isfinite(found.powder_intensities)] for found in lists]
    limits = _limits(np.concatenate(shown), fwhm)
    bottom, free = 0.55 / height, 1 - MARGINS / height
    for i, found in enumerate(lists):
        panel = free / len(lists)
        low = bottom + panel * (len(lists) - 1 - i)
        axes = figure.add_axes((0.085, low, 0.895, panel * (0.97 if len(lists) > 1 else 1.0)))
        _draw(axes, found, limits, fwhm, eta, labels, named=len(lists) > 1)
        if i < len(lists) - 1:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel(r"$2\theta$ (degrees)", color=INK, fontsize=11)
    first = lists[0]
    source = f"{NAMES[first.radiation]}, $\\lambda$ = {first.wavelength:.6g} $\\mathrm{{\\AA}}$"
    figure.text(0.98, 1 - 0.32 / height, source, ha="right", va="center", fontsize=10, color=INK)
    if len(lists) == 1:
        figure.text(0.085, 1 - 0.32 / height, _name(first), ha="left", va="center", fontsize=12, color=INK)
    figure.text(
        0.022, bottom + free / 2, "Intensity (strongest line 100)", rotation=90, ha="center", va="center",
        fontsize=11, color=INK,
    )  # fmt: skip
    return picture_bytes(figure, kind)


def _draw(
    axes: Axes,
    found: ReflectionList,
    limits: tuple[float, float],
    fwhm: float,
    eta: float,
    labels: int,
    *,
    named: bool,
) -> None:
    angles, intensities, lines = found.peaks
    strongest = max(float(intensities.max(initial=0.0)), 1e-300)
    heights = 100 * intensities / strongest
    grid, profile = found.profile(fwhm=fwhm, eta=eta, limits=limits)
    # The height of a line of unit area, so that an isolated line is as high as its stick.
    peak = 2 / fwhm * (eta / np.pi + (1 - eta) * np.sqrt(np.log(2) / np.pi))
    curve = 100 * profile / (strongest * peak)
    axes.vlines(angles, 0, heights, color=_STICKS, linewidth=1.1, alpha=0.85, zorder=2)
    axes.plot(grid, curve, color=INK, linewidth=0.8, zorder=3)
    top = max(100.0, float(curve.max(initial=0.0)))
    axes.vlines(angles, -0.075 * top, -0.025 * top, color=_STICKS, linewidth=0.8)
    axes.set_xlim(*limits)
    axes.set_ylim(-0.1 * top, 1.34 * top)
    axes.set_yticks([0, 50, 100])
    axes.tick_params(direction="in", top=True, right=True, labelsize=9, colors=INK)
    axes.minorticks_on()
    axes.tick_params(which="minor", direction="in", top=True, right=False, left=False)
    span = limits[1] - limits[0]
    at = np.clip(np.searchsorted(grid, angles), 0, len(grid) - 1)
    for line in _labelled(angles, heights, _LABEL_GAP * span, labels):
        own = np.flatnonzero(lines == line)
        near = slice(max(0, int(at[line]) - 5), int(at[line]) + 6)
        height = max(float(heights[line]), float(curve[near].max(initial=0.0)))
        axes.text(
            angles[line], height + 0.025 * top, _indices(found, own), rotation=90, ha="center", va="bottom",
            fontsize=8, color=INK, zorder=4,
        )  # fmt: skip
    if named:
        axes.text(
            0.985, 0.93, _name(found), transform=axes.transAxes, ha="right", va="top", fontsize=11, color=INK
        )


def _labelled(angles: np.ndarray, heights: np.ndarray, gap: float, count: int) -> list[int]:
    """The strongest lines whose labels have room, strongest first."""
    chosen: list[int] = []
    for line in np.argsort(-heights, kind="stable").tolist():
        if len(chosen) == count or heights[line] < 1.5:
            break
        if all(abs(angles[line] - angles[other]) >= gap for other in chosen):
            chosen.append(line)
    return chosen


def _indices(found: ReflectionList, rows: np.ndarray) -> str:
    """The indices of the reflections of a line, the strongest first: bars for minus, spaces around two digits."""
    rows = rows[np.argsort(-found.powder_intensities[rows], kind="stable")]
    texts = [_hkl(found.hkl[row].tolist()) for row in rows[:2]]
    return ", ".join(texts) + ", …" * (len(rows) > 2)


def _hkl(hkl: list[int]) -> str:
    parts = [rf"\bar{{{-index}}}" if index < 0 else str(index) for index in hkl]
    space = r"\," if max(map(abs, hkl)) > 9 else ""
    return f"${space.join(parts)}$"


def _name(found: ReflectionList) -> str:
    """The crystal and its group, by the symbol of the setting that indices refer to, if there is one."""
    crystal = found.standard.crystal.name
    stem = Path(crystal).stem if " (block " not in crystal else crystal
    return f"{name_text(stem)},  {symbol_mathtext((found.setting or found.standard.setting).symbol)}"


def _limits(angles: np.ndarray, fwhm: float) -> tuple[float, float]:
    if not len(angles):
        return 0.0, 90.0
    low, high = float(angles.min()), float(angles.max())
    room = 0.03 * (high - low) + 10 * fwhm
    return max(0.0, low - room), min(180.0, high + room)
