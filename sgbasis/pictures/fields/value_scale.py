"""Levels and colours of a field: two colours about 0 where signs matter, one sequence for densities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from basis_store import FieldError, GridField
from basis_store.array_types import FloatArray

if TYPE_CHECKING:
    from matplotlib.colors import Normalize

MAX_LEVELS = 200
_COUNT, _SIGNED_COUNT = 12, 20
"""Of levels about, if nothing is said."""
_SIGNED = ("potential", "spin density", "magnetisation", "difference")
"""Words in quantities whose sign matters."""
_BALANCED = 0.05
"""The smaller of the largest positive and negative values over the larger one, of fields whose sign matters."""
_RIPPLES = 0.5
"""The same of electron densities."""
_ABOVE_RIPPLES = 4.0
"""Contours begin at this times the mean of ripples, if nothing is said."""
_RATIOS = 7
"""Of levels in the ratios 1, 2, 5 at least, if nothing is said."""
_PEAKS = 0.25
"""Values are peaks if less than this share of them is above the first of ``_COUNT`` equal steps."""
_DECADES = 3.0
"""Of a logarithmic scale at most, if nothing is said."""
_ROUND_NUMBERS = ((1, 2, 5), (1, 1.5, 2, 3, 5, 7))

SIGNED_COLOURS, SEQUENTIAL_COLOURS = "RdBu_r", "viridis"

_UNITS = {
    "e/Angstrom^3": r"$e\,\mathrm{\AA}^{-3}$",
    "e/Bohr^3": r"$e\,a_0^{-3}$",
    "e^2/Angstrom^3": r"$e^2\,\mathrm{\AA}^{-3}$",
    "fm/Angstrom^3": r"$\mathrm{fm}\,\mathrm{\AA}^{-3}$",
    "fm^2/Angstrom^3": r"$\mathrm{fm}^2\,\mathrm{\AA}^{-3}$",
    "1/Angstrom^2": r"$\mathrm{\AA}^{-2}$",
    "1/Angstrom": r"$\mathrm{\AA}^{-1}$",
}


@dataclass(frozen=True, eq=False)
class ValueScale:
    """What values are drawn at and in which colours.

    Attributes:
        levels: (n,) ascending; contours, and edges of the bands of colour.
        signed: whether the colours are symmetric about 0.
        even: whether colours go by the value; otherwise each band is one step of the colours.
        logarithmic: whether the levels have about equal ratios.
        limited: whether the first and the last level were asked for, and so have numbers.
        extend: on which sides values lie beyond the levels, in matplotlib's words.
    """

    levels: FloatArray
    signed: bool
    even: bool
    logarithmic: bool
    limited: bool
    extend: str

    @property
    def colours(self) -> str:
        """The name of a colour map."""
        return SIGNED_COLOURS if self.signed else SEQUENTIAL_COLOURS

    @property
    def norm(self) -> Normalize:
        """From values to places in the colour map."""
        from matplotlib.colors import FuncNorm, Normalize

        nodes = _nodes(self.levels, signed=self.signed)
        low, high = (-float(nodes[-1]), float(nodes[-1])) if self.signed else (float(nodes[0]), float(nodes[-1]))
        if self.even:
            return Normalize(low, high)
        places = np.arange(len(nodes), dtype=np.float64)
        if self.signed:
            nodes, places = (np.concatenate([-one[:0:-1], one]) for one in (nodes, places))
        return FuncNorm(
            (lambda values: np.interp(values, nodes, places), lambda found: np.interp(found, places, nodes)),
            low, high,
        )  # fmt: skip

    def ticks(self, most: int = 13) -> FloatArray:
        """The levels that have numbers at the colour bar, about ``most``."""
        step = math.ceil(len(self.levels) / most)
        if self.signed and not (self.levels == 0).any():  # the same above and below
            above, below = self.levels[self.levels > 0], self.levels[self.levels < 0]
            return np.concatenate([below[::-1][::step][::-1], above[::step]])
        # Counted from 0, where that is a level.
        zero = int(np.abs(self.levels).argmin()) if self.signed else 0
        found = self.levels[zero % step :: step]
        if not self.limited or step == 1:
            return found
        ends = self.levels[[0, -1]]
        places = np.searchsorted(self.levels, found)
        apart = (places > step / 2) & (places < len(self.levels) - 1 - step / 2)
        return np.concatenate([ends[:1], found[apart], ends[1:]])


def _nodes(levels: FloatArray, *, signed: bool) -> FloatArray:
    """Between which colours are interpolated: the levels, or 0 and their distances from it."""
    if not signed:
        return levels
    distances = np.unique(np.abs(levels))
    apart = np.diff(distances, prepend=0) > 1e-9 * distances[-1]
    return np.concatenate([[0.0], distances[apart]])


def is_signed(field: GridField) -> bool:
    """Whether the sign of a field matters: by its quantity, or because both signs are large."""
    if any(word in field.quantity for word in _SIGNED):
        return True
    below, above = max(0.0, -float(field.values.min())), max(0.0, float(field.values.max()))
    # Electrons are nowhere less than none: what is negative, ends of Fourier series made.
    allowed = _RIPPLES if field.quantity == "electron density" else _BALANCED
    return min(below, above) > allowed * max(below, above)


def has_no_zero_line(field: GridField) -> bool:
    """Whether 0 is no contour of a field with two signs: there the ends of Fourier series decide the sign."""
    return "difference" in field.quantity or field.quantity == "scattering-length density"


def quantity_label(field: GridField) -> str:
    """Quantity and unit, as they are written at an axis."""
    name = field.quantity[:1].upper() + field.quantity[1:]
    plain = "".join(one if one.isprintable() else "?" for one in name).replace("$", r"\$")
    unit = _UNITS.get(field.unit, "".join(one for one in field.unit if one.isprintable()).replace("$", r"\$"))
    return plain if unit == "1" else f"{plain} ({unit})"


def value_scale(
    values: FloatArray,
    *,
    signed: bool,
    with_zero: bool = True,
    logarithmic: bool | None = False,
    levels: int | Sequence[float] | None = None,
    limits: tuple[float, float] | None = None,
) -> ValueScale:
    """Levels for some values.

    Args:
        values: that are drawn.
        signed: whether the scale is symmetric about 0.
        with_zero: whether 0 is a level of a signed scale that is chosen here.
        logarithmic: levels in about equal ratios, for positive values; None: where the values are peaks, so that
            levels at equal steps would all lie close to the highest.
        levels: about how many, or the levels themselves; default: 12, or 20 if ``signed``.
        limits: the lowest and the highest level; default: levels that enclose the values, but not the ripples
            of densities, which come from the end of a Fourier series.

    Raises:
        FieldError: logarithms of values that are not positive, or levels that are not numbers in ascending order.
    """
    low, high = (float(values.min()), float(values.max())) if limits is None else limits
    if not low <= high or (limits is not None and low == high):
        raise FieldError(f"values are drawn from a smaller to a larger one, not from {low:g} to {high:g}")
    if logarithmic and signed:
        raise FieldError("a logarithmic scale is for values that are positive, such as densities")
    if logarithmic and not high > 0:
        raise FieldError("a logarithmic scale needs values above 0, and there are none")
    ripples = 0.0 if signed or limits is not None else _ripples(values)
    if logarithmic is None:
        logarithmic = not signed and _levels_in_ratios(values, levels, limits)
    if levels is not None and not isinstance(levels, int):
        found = _given_levels(levels, logarithmic=logarithmic)
        steps = np.diff(_nodes(found, signed=signed))
        even = not logarithmic and bool(steps.max() <= (1 + 1e-6) * steps.min())
    else:
        even = not logarithmic
        if logarithmic:
            smallest = low
            if limits is None:
                smallest = max(float(values[values > 0].min()), high * 10**-_DECADES, ripples)
            if not smallest > 0:
                raise FieldError(f"a logarithmic scale begins above 0, not at {smallest:g}")
            found = _ratios(smallest, high, levels)
        else:
            found = _steps(low, high, levels or (_SIGNED_COUNT if signed else _COUNT), signed=signed)
        # Ripples have one colour and no contours.
        apart = found >= ripples if high > -low else found <= -ripples
        found = found[apart] if ripples and apart.sum() > 1 else found
        if limits is not None:
            found = _ending_at(found, low, high, even=even)
        if signed and not with_zero and len(found) > 3:
            found = found[np.abs(found) > 1e-9 * np.abs(found).max()]
    below, above = float(values.min()) < found[0], float(values.max()) > found[-1]
    extend = "both" if below and above else "min" if below else "max" if above else "neither"
    return ValueScale(found, signed, even, logarithmic, limits is not None, extend)


def _ripples(values: FloatArray) -> float:
    """How large the ripples of a density are, which has them where its Fourier series ends; 0: it has none.

    They are what has the smaller sign. Not the deepest count, which are close to a heavy atom and as large as a
    light atom elsewhere, which must be seen, but their mean over all values.
    """
    low, high = float(values.min()), float(values.max())
    if not low < 0 < high:
        return 0.0
    mean = float((-values if high > -low else values).clip(min=0).mean())
    return min(_ABOVE_RIPPLES * mean, _BALANCED * max(-low, high))


def _levels_in_ratios(
    values: FloatArray, levels: int | Sequence[float] | None, limits: tuple[float, float] | None
) -> bool:
    """Whether levels are in equal ratios if nothing is said: few of the values reach the first of equal steps."""
    low, high = (float(values.min()), float(values.max())) if limits is None else limits
    if (levels is not None and not isinstance(levels, int)) or not high > max(0.0, -low):
        return False
    if limits is not None and low <= 0:
        return False
    return float((values > high / _COUNT).mean()) < _PEAKS


def _ending_at(levels: FloatArray, low: float, high: float, *, even: bool) -> FloatArray:
    """The levels between two values, and these, without levels so close to them that numbers would overlap."""
    if even:
        room = 0.3 * float(np.diff(levels).min())
        inside = (levels > low + room) & (levels < high - room)
    else:
        inside = (levels > 1.2 * low) & (levels < high / 1.2)
    return np.concatenate([[low], levels[inside], [high]])


def _given_levels(levels: Sequence[float], *, logarithmic: bool) -> FloatArray:
    found = np.array(levels, dtype=np.float64)
    if len(found) < 2 or len(found) > MAX_LEVELS or not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise FieldError(f"levels are 2 to {MAX_LEVELS} finite numbers in ascending order")
    if logarithmic and found[0] <= 0:
        raise FieldError(f"a logarithmic scale begins above 0, not at {found[0]:g}")
    return found


def _steps(low: float, high: float, count: int, *, signed: bool) -> FloatArray:
    """Round numbers at equal steps that enclose the values; symmetric about 0, which is one, if ``signed``."""
    from matplotlib.ticker import MaxNLocator

    if signed:
        high = max(abs(low), abs(high))
        low = -high
    if not high - low > 1e-12 * max(abs(high), abs(low), 1e-300):  # a constant, which has one colour
        reach = 0.5 * abs(high) or 0.5
        return np.array([high - reach, high, high + reach])
    locator = MaxNLocator(nbins=max(2, count), steps=[1, 2, 2.5, 5, 10], symmetric=signed)
    found = np.asarray(locator.tick_values(low, high), dtype=np.float64)
    # Rounding of the values must not add empty bands.
    room = 1e-9 * (high - low)
    first = max(0, int(np.searchsorted(found, low + room, side="right")) - 1)
    last = min(len(found), int(np.searchsorted(found, high - room)) + 1)
    return found[first:last]


def _ratios(low: float, high: float, count: int | None) -> FloatArray:
    """Round numbers at about equal ratios that enclose the values."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    series = [np.array([m * 10.0**n for n in decades for m in numbers]) for numbers in _ROUND_NUMBERS]
    enclosing = []
    for one in series:
        first = int(np.searchsorted(one, low * (1 + 1e-9), side="right")) - 1
        enclosing.append(one[first : int(np.searchsorted(one, high * (1 - 1e-9))) + 1])
    if count is None:
        return enclosing[0] if len(enclosing[0]) >= _RATIOS else enclosing[1]
    if count <= max(len(one) for one in enclosing):
        return min(enclosing, key=lambda one: abs(len(one) - count - 1))
    return np.geomspace(low, high, count + 1)
