"""The encoding as one GPU kernel from coordinates to all P_k, and one for the gradient: their tables and calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store import Setting
from basis_store.array_types import IntArray
from runtime.encoding.half_orbits import HalfOrbits
from runtime.encoding.triton_kernels import encoding_kernel, gradient_kernel

POINTS = 32
"""Points of a program."""

WIDTH = 16
"""Friedel pairs of orbits side by side in a packed table."""

FIELDS = 6
"""Of a member: h, k, l, alpha in 24ths, column of k, column of -k; the columns are -1 where there is no member."""


class PackedTables(NamedTuple):
    """The Friedel pairs of several settings as rectangular tables of integers, one setting after the other.

    A table has WIDTH pairs of like size side by side, and as many rows as the largest of them has members. Columns
    that are always 0 (systematic absences, waves that the other family has more) form tables that sum nothing.

    Attributes:
        members: (rows, FIELDS, WIDTH) int32.
        pairs: (tables, 2, WIDTH) int32: |O|, 0 for columns that are 0; 1 where u is real.
        rows: (tables, 3) int32: where the rows of a table begin, where those that are summed end, where all end.
        starts: (settings + 1,) int32: where the tables of a setting begin.
        max_tables: largest number of tables of a setting.
    """

    members: Tensor
    pairs: Tensor
    rows: Tensor
    starts: Tensor
    max_tables: int


class TableCache:
    """Packed tables of every setting that was encoded so far, on one device.

    Args:
        orbits_of: Friedel pairs of a setting.
        n_columns: K, columns of an encoding.
        device: of the tables.
    """

    def __init__(self, orbits_of: Callable[[Setting], HalfOrbits], n_columns: int, device: torch.device) -> None:
        self._orbits_of, self._n_columns, self._device = orbits_of, n_columns, device
        self._known: dict[Setting, list[_Table]] = {}
        self._tables: PackedTables | None = None

    def places(self, settings: Sequence[Setting]) -> tuple[PackedTables, list[int]]:
        """The tables of all settings so far, and which entry of ``starts`` each of these settings has."""
        new = [setting for setting in dict.fromkeys(settings) if setting not in self._known]
        for setting in new:
            self._known[setting] = _setting_tables(self._orbits_of(setting), self._n_columns)
        if self._tables is None or new:
            self._tables = _joined(list(self._known.values()), self._device)
        place = {setting: number for number, setting in enumerate(self._known)}
        return self._tables, [place[setting] for setting in settings]


class Work(NamedTuple):
    """A batch, cut into pieces for the programs of a kernel.

    Attributes:
        tables: of all settings.
        order: (n,) int64, points sorted by setting.
        blocks: (b, 4) int32: first in ``order``, how many, first table of their setting, end of its tables.
    """

    tables: PackedTables
    order: Tensor
    blocks: Tensor


def divide(cache: TableCache, settings: Sequence[Setting], crystals: Tensor) -> Work:
    """Cut a batch into blocks of points of one setting; on the device, without waiting for it.

    Args:
        cache: has or makes the tables.
        settings: of every crystal.
        crystals: (n,) crystal of every point.
    """
    tables, places = cache.places(settings)
    device = crystals.device
    kinds = sorted(set(places))
    rank = {place: number for number, place in enumerate(kinds)}
    ranks = torch.tensor([rank[place] for place in places], device=device)[crystals]
    order = torch.argsort(ranks, stable=True)
    starts = torch.searchsorted(ranks[order], torch.arange(len(kinds) + 1, device=device))
    n_blocks = (starts.diff() + POINTS - 1) // POINTS
    ends = torch.cumsum(n_blocks, 0)
    # As many blocks as there could be, since their number is known on the device only: the last ones are empty.
    block = torch.arange(len(crystals) // POINTS + len(kinds), device=device)
    kind = torch.searchsorted(ends, block, right=True).clamp(max=len(kinds) - 1)
    first = starts[kind] + (block - (ends - n_blocks)[kind]) * POINTS
    taken = (starts[kind + 1] - first).clamp(0, POINTS)
    place = torch.tensor(kinds, device=device)[kind]
    blocks = torch.stack([first, taken, tables.starts[place], tables.starts[place + 1]], dim=1)
    return Work(tables, order, blocks.int())


def encode(x: Tensor, work: Work, values: Tensor) -> None:
    """From (n, 3) write (n, 2 K) ``values``: Re P_k and Im P_k of each wave in turn."""
    grid = (len(work.blocks), work.tables.max_tables)
    encoding_kernel[grid](
        x.contiguous(), values, work.order, work.blocks, work.tables.members, work.tables.pairs, work.tables.rows,
        values.shape[1] // 2, POINTS=POINTS, WIDTH=WIDTH, FIELDS=FIELDS,
    )  # fmt: skip


def encode_gradient(x: Tensor, gradient: Tensor, work: Work) -> Tensor:
    """(n, 3) gradients by ``x`` from (n, 2 K) gradients by the values; without a graph."""
    slopes = torch.empty_like(x, memory_format=torch.contiguous_format)
    gradient_kernel[(len(work.blocks),)](
        x.contiguous(), gradient.contiguous(), slopes, work.order, work.blocks,
        work.tables.members, work.tables.pairs, work.tables.rows,
        gradient.shape[1] // 2, POINTS=POINTS, WIDTH=WIDTH, FIELDS=FIELDS,
    )  # fmt: skip
    return slopes


class _Table(NamedTuple):
    """One packed table: members (rows, FIELDS, WIDTH), pairs (2, WIDTH), and whether its members are summed."""

    members: IntArray
    pairs: IntArray
    summed: bool


def _setting_tables(orbits: HalfOrbits, n_columns: int) -> list[_Table]:
    """All tables of a setting."""
    # 1. Friedel pairs by falling number of members, so that those of one table are of like size.
    members = np.column_stack([orbits.waves, orbits.phases24, orbits.columns])
    groups = np.split(members, np.cumsum(np.bincount(orbits.pairs, minlength=len(orbits.sizes)))[:-1])
    by_size = sorted(range(len(groups)), key=lambda pair: -len(groups[pair]))
    tables = []
    for start in range(0, len(by_size), WIDTH):
        chosen = by_size[start : start + WIDTH]
        pairs = np.stack([orbits.sizes[chosen], orbits.real[chosen]])
        tables.append(_Table(*_rectangle([groups[pair] for pair in chosen], pairs), summed=True))
    # 2. Columns of no orbit: written two at a time, the last of an odd number twice.
    empty = np.setdiff1d(np.arange(n_columns), orbits.columns)
    columns = np.append(empty, empty[len(empty) - len(empty) % 2 :]).reshape(-1, 2)
    zeros = np.column_stack([np.zeros((len(columns), 4), np.int64), columns])
    if len(zeros):
        rectangle = _rectangle(np.array_split(zeros, WIDTH), np.zeros((2, WIDTH), np.int64))
        tables.append(_Table(*rectangle, summed=False))
    return tables


def _rectangle(groups: Sequence[IntArray], pairs: IntArray) -> tuple[IntArray, IntArray]:
    rectangle = np.zeros((max(map(len, groups)), FIELDS, WIDTH), np.int64)
    rectangle[:, 4:] = -1
    for column, group in enumerate(groups):
        rectangle[: len(group), :, column] = group
    return rectangle, np.pad(pairs, ((0, 0), (0, WIDTH - pairs.shape[1])))


def _joined(settings: Sequence[Sequence[_Table]], device: torch.device) -> PackedTables:
    tables = [table for setting in settings for table in setting]
    ends = np.cumsum([len(table.members) for table in tables])
    starts = np.concatenate([[0], ends[:-1]])
    summed = np.where([table.summed for table in tables], ends, starts)
    arrays = (
        np.concatenate([table.members for table in tables]),
        np.stack([table.pairs for table in tables]),
        np.stack([starts, summed, ends], axis=1),
        np.concatenate([[0], np.cumsum([len(setting) for setting in settings])]),
    )
    members, pairs, rows, places = (torch.from_numpy(array.astype(np.int32)).to(device) for array in arrays)
    return PackedTables(members, pairs, rows, places, max(map(len, settings)))
