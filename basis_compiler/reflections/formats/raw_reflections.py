"""Rows of reflections as a file has them, on their way to :class:`basis_store.ReflectionData`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from basis_store import ReflectionError
from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import shortened
from basis_store.reflections.radiation import Radiation
from basis_store.reflections.reflection_data import MAX_INDEX, MAX_VALUE

MAX_REFLECTIONS = 5_000_000
"""Of a file."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?")


@dataclass(eq=False)
class RawReflections:
    """Rows of a file.

    Attributes:
        name: of the file, for messages.
        columns: what the values of a row are: ``intensity``, ``intensity sigma``, ``amplitude``, ``amplitude
            sigma``, ``calculated``, ``phase``, ``d``; NaN where a row has none.
        unit: what the places of rows are counted in: ``"line"`` or ``"row"``.
        unmerged: whether the file is meant to list every measurement, so that indices are repeated.
        cell: (6,) or None.
        setting: Hall number or None.
        wavelength: in Angstrom, or None.
        radiation: what was scattered, or None.
        f000: F(000) on the scale of the amplitudes, or None.
        notes: sentences.
        places: where each row stands.
    """

    name: str
    columns: Sequence[str]
    unit: str = "line"
    unmerged: bool = True
    cell: FloatArray | None = None
    setting: int | None = None
    wavelength: float | None = None
    radiation: Radiation | None = None
    f000: float | None = None
    notes: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    _hkl: list[tuple[int, ...]] = field(default_factory=list)
    _values: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, place: int, hkl: Sequence[float], values: Sequence[float]) -> None:
        """Add a row that stands at ``place``.

        Raises:
            ReflectionError: indices that are not integers, negative sigmas, too many rows; names the place.
        """
        if not all(math.isfinite(one) and one == round(one) and abs(one) <= MAX_INDEX for one in hkl):
            shown = " ".join(f"{one:g}" for one in hkl)
            raise self.error(place, f"the indices {shown} are not three integers up to {MAX_INDEX}")
        for column, value in zip(self.columns, values, strict=True):
            if abs(value) > MAX_VALUE:
                raise self.error(place, f"the {column} {value:g} is not a number up to {MAX_VALUE:g}")
            if column.endswith("sigma") and value < 0:
                raise self.error(place, f"sigma is {value:g}: no uncertainty is negative; is it another column?")
        if len(self.places) >= MAX_REFLECTIONS:
            raise ReflectionError(f"{self.name}: it has more than {MAX_REFLECTIONS:,} reflections")
        self._hkl.append(tuple(round(one) for one in hkl))
        self._values.append(tuple(values))
        self.places.append(place)

    def error(self, place: int, reason: str) -> ReflectionError:
        """The error for the row at a place."""
        return ReflectionError(f"{self.name}, {self.unit} {place}: {reason}")

    def hkl(self) -> IntArray:
        """(n, 3) the indices."""
        return np.array(self._hkl, dtype=np.int64).reshape(-1, 3)

    def values(self, column: str) -> FloatArray | None:
        """(n,) a column with NaN where a row has none; None if the file has none at all."""
        if column not in self.columns:
            return None
        position = self.columns.index(column)
        values = np.array([row[position] for row in self._values], dtype=np.float64)
        return None if np.isnan(values).all() else values


def number(text: str) -> float | None:
    """A number as programs of any language write it; None if the text is none, such as ``nan``."""
    return float(re.sub("[dD]", "e", text)) if _NUMBER.fullmatch(text) else None


def line_error(name: str, count: int, line: str, reason: str) -> ReflectionError:
    """The error for a line that is not understood."""
    return ReflectionError(f"{name}, line {count}: {reason}: {shortened(line.strip())[:60]!r}")
