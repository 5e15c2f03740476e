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
_DECADES = 3.0
"""Of a logarithmic scale at most, if nothing is said."""
_ROUND_NUMBERS = ((1, 2, 5), (1, 1.5, 2, 3, 5, 7))

SIGNED_COLOURS, SEQUENTIAL_COLOURS = "RdBu_r", "viridis"

_UNITS = {
    "e/Angstrom^3": r"$e\,\mathrm{\AA}^{-3}$",
    "e/Bohr^3": r"$e\,a_0^{-3}$",
    "e^2/Angstrom^3": r"$e^2\,\mathrm{\AA}^{-3}$",
}


@dataclass(frozen=True, eq=False)
class ValueScale:
    """What values are drawn at and in which colours.

    Attributes:
        levels: (n,) ascending; contours, and edges of the bands of colour.
        signed: whether the colours are symmetric about 0.
        logarithmic: whether colours go by the logarithm.
        extend: on which sides values lie beyond the levels, in matplotlib's words.
    """

    levels: FloatArray
    signed: bool
    logarithmic: bool
    extend: str

    @property
    def colours(self) -> str:
        """The name of a colour map."""
        return SIGNED_COLOURS if self.signed else SEQUENTIAL_COLOURS

    @property
    def norm(self) -> Normalize:
        """From values to places in the colour map."""
        from matplotlib.colors import LogNorm, Normalize

        low, high = float(self.levels[0]), float(self.levels[-1])
        if self.signed:
            high = max(abs(low), abs(high))
            low = -high
        return LogNorm(low, high) if self.logarithmic else Normalize(low, high)

    @property
    def ticks(self) -> FloatArray:
        """The levels that have numbers at the colour bar."""
        step = math.ceil(len(self.levels) / 13)
        if self.signed and not (self.levels == 0).any():  # the same above and below
            above, below = self.levels[self.levels > 0], self.levels[self.levels < 0]
            return np.concatenate([below[::-1][::step][::-1], above[::step]])
        # Counted from 0, where that is a level.
        zero = int(np.abs(self.levels).argmin()) if self.signed else 0
        return self.levels[zero % step :: step]


def is_signed(field: GridField) -> bool:
    """Whether the sign of a field matters: by its quantity, or because both signs are large."""
    if any(word in field.quantity for word in _SIGNED):
        return True
    below, above = max(0.0, -float(field.values.min())), max(0.0, float(field.values.max()))
    return min(below, above) > _BALANCED * max(below, above)


def is_difference(field: GridField) -> bool:
    """Whether a field is a difference: about 0 rounding and the ends of series decide about its sign."""
    return field.quantity.endswith("difference")


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
    logarithmic: bool = False,
    levels: int | Sequence[float] | None = None,
    limits: tuple[float, float] | None = None,
) -> ValueScale:
    """Levels for some values.

    Args:
        values: that are drawn.
        signed: whether the scale is symmetric about 0.
        with_zero: whether 0 is a level of a signed scale that is chosen here.
        logarithmic: levels in equal ratios, for positive values.
        levels: about how many, or the levels themselves; default: 12, or 20 if ``signed``.
        limits: the lowest and the highest level; default: that of the values.

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
    if levels is not None and not isinstance(levels, int):
        found = _given_levels(levels, logarithmic=logarithmic)
    elif logarithmic:
        positive = values[values > 0]
        smallest = low if limits is not None else max(float(positive.min()), high * 10**-_DECADES)
        if not smallest > 0:
            raise FieldError(f"a logarithmic scale begins above 0, not at {smallest:g}")
        found = _ratios(smallest, high, levels)
    else:
        found = _steps(low, high, levels or (_SIGNED_COUNT if signed else _COUNT), signed=signed)
        if signed and not with_zero and len(found) > 3:
            found = found[np.abs(found) > 1e-9 * np.abs(found).max()]
    below, above = float(values.min()) < found[0], float(values.max()) > found[-1]
    extend = "both" if below and above else "min" if below else "max" if above else "neither"
    return ValueScale(found, signed, logarithmic, extend)


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
        return enclosing[0] if len(enclosing[0]) >= _COUNT else enclosing[1]
    if count <= max(len(one) for one in enclosing):
        return min(enclosing, key=lambda one: abs(len(one) - count - 1))
    return np.geomspace(low, high, count + 1)
