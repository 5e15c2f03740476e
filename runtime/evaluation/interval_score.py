"""How often intervals hold the known value, and how wide they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.datasets.units import with_unit


@dataclass(frozen=True)
class IntervalScore:
    """Intervals of n crystals.

    Attributes:
        n: how many have one.
        nominal: how often they should hold the value.
        coverage: how often they do.
        median_width: from end to end, in the unit of the values.
    """

    n: int
    nominal: float
    coverage: float
    median_width: float

    @classmethod
    def of(cls, values: FloatArray, low: FloatArray, high: FloatArray, *, nominal: float = 0.9) -> Self | None:
        """Compare intervals with values.

        Args:
            values: (n,) known ones.
            low: (n,) ends of intervals in the same unit; NaN where there is none.
            high: (n,) the same.
            nominal: how often they should hold the value.

        Returns:
            None where no crystal has an interval.
        """
        own = np.isfinite(low) & np.isfinite(high)
        if not own.any():
            return None
        held = (low[own] <= values[own]) & (values[own] <= high[own])
        return cls(int(own.sum()), nominal, float(held.mean()), float(np.median((high - low)[own])))

    def summary(self, unit: str) -> str:
        """A line for people.

        Args:
            unit: of the values.
        """
        width = with_unit(f"{self.median_width:.3g}", unit)
        nominal, coverage = 100 * self.nominal, 100 * self.coverage
        return f"{nominal:.0f} % intervals hold {coverage:.1f} % of the values; median width {width}"

    def to_mapping(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)
