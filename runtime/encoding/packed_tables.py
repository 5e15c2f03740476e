"""The sums of several settings as rectangular tables on one device, for the GPU kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from basis_store import Representation
from basis_store.array_types import FloatArray, IntArray
from runtime.arrays import on_device
from runtime.encoding.wave_sums import WaveSums

WIDTH = 16
"""Sums side by side in a packed table."""

FIELDS = 5
"""Of a member: h, k, l, alpha in 24ths, weight."""


class PackedTables:
    """Sums of waves as rectangular tables of integers, one setting after the other.

    A table has WIDTH sums of like size side by side, and as many rows as the largest of them has members; members
    of weight 0 fill the rest.

    Args:
        settings: packed, of one number of columns.
        device: of the tables.

    Attributes:
        starts: (settings + 1,) int32: where the tables of a setting begin.
        rows: (tables, 4) int32: where the rows of a table begin and end, in ``members`` and in ``row_columns``.
        members: (rows, FIELDS, WIDTH) int32.
        row_columns: (rows, parts WIDTH) int32: the columns of each sum, real and imaginary parts in turn; column 0
            with a weight of 0 where it has no more.
        sources: (settings, columns) int32: where each real column, or real or imaginary part, finds its part of a
            sum among those of its setting; two neighbours find neighbours, from an even place on.
        n_sums: most sums of a setting, filled up to whole tables.
        is_complex: whether columns have an imaginary part.
    """

    def __init__(self, settings: Sequence[PackedSetting], device: torch.device) -> None:
        def joined(arrays: Sequence[IntArray]) -> Tensor:
            return torch.from_numpy(np.concatenate(arrays).astype(np.int32)).to(device)

        def ends(parts: Sequence[int]) -> IntArray:
            return np.cumsum([0, *parts])

        members = ends([len(packed.members) for packed in settings])
        columns = ends([len(packed.row_columns) for packed in settings])
        shifts = np.stack([members, members, columns, columns], axis=1)
        self.starts = joined([ends([len(packed.rows) for packed in settings])])
        self.rows = joined([packed.rows + shift for packed, shift in zip(settings, shifts[:-1], strict=True)])
        self.members = joined([packed.members for packed in settings])
        self.row_columns = joined([packed.row_columns for packed in settings])
        self.sources = joined([packed.sources[None] for packed in settings])
        self.n_sums = WIDTH * max(len(packed.rows) for packed in settings)
        self.is_complex = len(settings[0].weights) > 1
        weights = np.stack([packed.weights for packed in settings])
        row_weights = np.concatenate([packed.row_weights for packed in settings])
        self._weights = {torch.float64: [torch.from_numpy(some).to(device) for some in (weights, row_weights)]}

    def weights(self, dtype: torch.dtype) -> list[Tensor]:
        """Of :class:`WaveSums`: (settings, parts, columns); of ``row_columns``: (rows, parts, parts WIDTH)."""
        if dtype not in self._weights:
            self._weights[dtype] = [some.to(dtype) for some in self._weights[torch.float64]]
        return self._weights[dtype]


class PackedSetting(NamedTuple):
    """The tables of one setting, as in :class:`PackedTables`."""

    rows: IntArray
    members: IntArray
    row_columns: IntArray
    row_weights: FloatArray
    sources: IntArray
    weights: FloatArray


def packed(wave_sums: WaveSums) -> PackedSetting:
    """Pack the sums of a setting."""
    # 1. Sums by falling number of members, so that those of one table are of like size; real ones in pairs.
    step = 1 if wave_sums.is_complex else 2
    counts = np.bincount(wave_sums.sums, minlength=1)  # a small ball may have no orbit
    sizes = np.pad(counts, (0, len(counts) % step)).reshape(-1, step)
    places = np.empty_like(sizes)
    places[np.argsort(-sizes.max(axis=1), kind="stable")] = np.arange(sizes.size).reshape(-1, step)
    place = places.ravel()
    # 2. Their members, and their columns, each in a rectangle per table.
    n_tables = -(-len(place) // WIDTH)
    members, member_ends = _rectangles(place[wave_sums.sums], wave_sums.members, n_tables)
    parts = len(wave_sums.weights)
    n_columns = len(wave_sums.columns)
    weights = wave_sums.weights.reshape(parts, n_columns, parts)
    used = np.flatnonzero(weights.any(axis=(0, 2)))
    own = parts * used[:, None] + np.arange(parts)
    entries = np.stack([own, *weights[:, used]], axis=1).reshape(len(used), (parts + 1) * parts)
    columns, column_ends = _rectangles(place[wave_sums.columns[used]], entries, n_tables)
    # (rows, parts + 1, parts, WIDTH) -> (rows, parts + 1, WIDTH parts): both parts of a sum next to each other
    shape = len(columns), parts + 1, parts, WIDTH
    columns = columns.reshape(shape).swapaxes(2, 3).reshape(*shape[:2], parts * WIDTH)
    rows = np.stack([member_ends[:-1], member_ends[1:], column_ends[:-1], column_ends[1:]], axis=1)
    sources = (parts * place[wave_sums.columns][:, None] + np.arange(parts)).ravel()
    return PackedSetting(
        rows, members.astype(np.int64), columns[:, 0].astype(np.int64), columns[:, 1:], sources, wave_sums.weights
    )


def _rectangles(places: IntArray, entries: NDArray[Any], n_tables: int) -> tuple[NDArray[Any], IntArray]:
    """Entries (e, f) of the sums at ``places`` as rows (r, f, WIDTH), 0 elsewhere, and the ends of the tables."""
    counts = np.bincount(places, minlength=n_tables * WIDTH)
    ends = np.cumsum([0, *counts.reshape(n_tables, WIDTH).max(axis=1)])
    order = np.argsort(places, kind="stable")
    sorted_places = places[order]
    within = np.arange(len(places)) - (np.cumsum(counts) - counts)[sorted_places]
    rectangles = np.zeros((ends[-1], entries.shape[1], WIDTH), entries.dtype)
    rectangles[ends[sorted_places // WIDTH] + within, :, sorted_places % WIDTH] = entries[order]
    return rectangles, ends


class TableCache:
    """Packed tables of every setting that was encoded so far, on one device.

    Args:
        sums_of: the sums of a setting.
        device: of the tables.
    """

    def __init__(self, sums_of: Callable[[Representation], WaveSums], device: torch.device) -> None:
        self._sums_of, self._device = sums_of, device
        self._known: dict[Representation, PackedSetting] = {}
        self._places: dict[Representation, int] = {}
        self._tables: PackedTables | None = None
        self._last: tuple[tuple[Representation, ...], Tensor] | None = None

    def __call__(self, settings: tuple[Representation, ...]) -> tuple[PackedTables, Tensor]:
        """The tables of all settings so far, and (settings,) int32 on the device: the place of each of these."""
        new = (
            []
            if self._last and self._last[0] == settings
            else [one for one in settings if one not in self._places]
        )
        if new or self._tables is None:
            # Nothing is kept before all of it is made.
            known = self._known | {setting: packed(self._sums_of(setting)) for setting in new}
            self._tables = PackedTables(list(known.values()), self._device)
            self._known, self._places = known, {setting: place for place, setting in enumerate(known)}
        if self._last is None or self._last[0] != settings:
            places = torch.tensor([self._places[setting] for setting in settings], dtype=torch.int32, device="cpu")
            self._last = settings, on_device(places, self._device)
        return self._tables, self._last[1]
