"""The units of many settings as rectangular tiles of integers, for one kernel to walk through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store import Setting
from basis_store.array_types import IntArray
from runtime.encoding.half_orbits import HalfOrbits

WIDTH = 16
"""Units side by side in a tile."""

FIELDS = 6
"""Of a member: h, k, l, alpha in 24ths, column of k, column of -k; the columns are -1 where there is no member."""


class Tiles(NamedTuple):
    """Tiles of several settings, one setting after the other.

    A tile is WIDTH units of like size side by side, and as many rows as the largest of them has members. Columns
    that are always 0 (systematic absences, waves that the other family has more) form tiles that sum nothing.

    Attributes:
        members: (rows, FIELDS, WIDTH) int32.
        units: (tiles, 2, WIDTH) int32: |O|, 0 for columns that are 0; 1 where u is real.
        rows: (tiles, 3) int32: where the rows of a tile begin, where those that are summed end, where all end.
        starts: (settings + 1,) int32: where the tiles of a setting begin.
        most: greatest number of tiles of a setting.
    """

    members: Tensor
    units: Tensor
    rows: Tensor
    starts: Tensor
    most: int


class TileTable:
    """Tiles of every setting that was ever asked for, on one device.

    Args:
        orbits_of: units of a setting.
        n_columns: K, columns of an encoding.
        device: where to.
    """

    def __init__(self, orbits_of: Callable[[Setting], HalfOrbits], n_columns: int, device: torch.device) -> None:
        self._orbits_of, self._n_columns, self._device = orbits_of, n_columns, device
        self._known: dict[Setting, list[tuple[IntArray, IntArray, bool]]] = {}
        self._tiles: Tiles | None = None

    def places(self, settings: Sequence[Setting]) -> tuple[Tiles, list[int]]:
        """The tiles, and which entry of ``starts`` each of the settings has."""
        new = [setting for setting in dict.fromkeys(settings) if setting not in self._known]
        for setting in new:
            self._known[setting] = _setting_tiles(self._orbits_of(setting), self._n_columns)
        if self._tiles is None or new:
            self._tiles = _joined(list(self._known.values()), self._device)
        place = {setting: number for number, setting in enumerate(self._known)}
        return self._tiles, [place[setting] for setting in settings]


def _setting_tiles(orbits: HalfOrbits, n_columns: int) -> list[tuple[IntArray, IntArray, bool]]:
    """Of each tile its members, its units, and whether they are summed."""
    members = np.column_stack([orbits.waves, orbits.phases24, orbits.columns])
    groups = np.split(members, np.cumsum(np.bincount(orbits.units, minlength=len(orbits.sizes)))[:-1])
    by_size = sorted(range(len(groups)), key=lambda unit: -len(groups[unit]))
    tiles = []
    for start in range(0, len(by_size), WIDTH):
        chosen = by_size[start : start + WIDTH]
        units = np.stack([orbits.sizes[chosen], orbits.real[chosen]])
        tiles.append((*_rectangle([groups[unit] for unit in chosen], units), True))
    empty = np.setdiff1d(np.arange(n_columns), orbits.columns)
    pairs = np.append(empty, empty[len(empty) - len(empty) % 2 :]).reshape(
        -1, 2
    )  # the last of an odd number twice
    zeros = np.column_stack([np.zeros((len(pairs), 4), np.int64), pairs])
    groups = np.array_split(zeros, WIDTH) if len(zeros) else []
    if groups:
        tiles.append((*_rectangle(groups, np.zeros((2, WIDTH), np.int64)), False))
    return tiles


def _rectangle(groups: Sequence[IntArray], units: IntArray) -> tuple[IntArray, IntArray]:
    rectangle = np.zeros((max(map(len, groups)), FIELDS, WIDTH), np.int64)
    rectangle[:, 4:] = -1
    for column, group in enumerate(groups):
        rectangle[: len(group), :, column] = group
    return rectangle, np.pad(units, ((0, 0), (0, WIDTH - units.shape[1])))


def _joined(settings: Sequence[Sequence[tuple[IntArray, IntArray, bool]]], device: torch.device) -> Tiles:
    tiles = [tile for setting in settings for tile in setting]
    ends = np.cumsum([len(members) for members, _, _ in tiles])
    starts = np.concatenate([[0], ends[:-1]])
    summed = np.where([sums for _, _, sums in tiles], ends, starts)
    tables = (
        np.concatenate([members for members, _, _ in tiles]),
        np.stack([units for _, units, _ in tiles]),
        np.stack([starts, summed, ends], axis=1),
        np.concatenate([[0], np.cumsum([len(setting) for setting in settings])]),
    )
    members, units, rows, places = (torch.from_numpy(table.astype(np.int32)).to(device) for table in tables)
    return Tiles(members, units, rows, places, max(map(len, settings)))
