"""What a format says about its arrays, as data: type, shape in terms of counts, and range of the values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class ContentError(ValueError):
    """What contradicts a format. :meth:`CheckedFile.errors` adds the name of the file and what to do."""


class StoredArray(NamedTuple):
    """One array of a format: the HDF5 dataset ``axis/name``.

    Attributes:
        axis: group of the dataset, and name of the count of its rows.
        name: within the group.
        dtype: little-endian, as numpy writes it.
        row_shape: shape of one row.
        low, high: the smallest and the largest value. A float array with limits holds neither NaN nor infinities.
        rows: the count that its length equals; ``"x+1"`` is one more than count ``x``. Default, ``axis``.
    """

    axis: str
    name: str
    dtype: str
    row_shape: tuple[int, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    rows: str = ""

    @property
    def path(self) -> str:
        """Full name of the dataset."""
        return f"{self.axis}/{self.name}"

    @property
    def label(self) -> str:
        """What messages call the array: the offsets of an axis are the axis."""
        return self.axis if self.name == "offsets" else self.path

    def check_range(self, array: NDArray[Any]) -> None:
        """Raise :class:`ContentError` if a value lies outside ``low`` to ``high``."""
        if not array.size or (self.low, self.high) == (-math.inf, math.inf):
            return
        low, high = array.min(), array.max()
        if not (self.low <= low and high <= self.high):  # so also for NaN
            value = low if self.low > low else high
            raise ContentError(f"{self.path} holds {value:.12g}, outside {self.low:g} to {self.high:g}")


def check_shapes(arrays: Iterable[StoredArray], lengths: dict[str, int]) -> None:
    """Raise :class:`ContentError` if two arrays say different things about a count.

    Args:
        arrays: of the format.
        lengths: of the stored ones, by path.
    """
    counts: dict[str, tuple[int, StoredArray]] = {}
    for array in arrays:
        name, _, extra = (array.rows or array.axis).partition("+")
        count = lengths[array.path] - int(extra or 0)
        expected, other = counts.setdefault(name, (count, array))
        if count != expected or count < 0:
            raise ContentError(
                f"the rows of {array.axis} are out of range: {other.label} and {array.label} differ in length"
            )


def check_offsets(axis: str, offsets: NDArray[np.int64], n_rows: int) -> None:
    """Raise :class:`ContentError` unless ``offsets`` ascend from 0 to ``n_rows``."""
    if offsets[0] or offsets[-1] != n_rows or (np.diff(offsets) < 0).any():
        raise ContentError(f"the rows of {axis} are out of range: its offsets do not ascend from 0 to {n_rows}")
