"""Which points of a mixed batch are in which setting: made once, used as often as the same atoms come again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from basis_store import Setting
from basis_store.groups.wave_shells import LATTICE_FAMILIES
from runtime.arrays import on_device

POINTS = 256
"""Points of a block: its intermediate values then fit a core's cache."""


class Segment(NamedTuple):
    """Points ``start`` to ``stop`` of a block, all in one setting."""

    setting: Setting
    start: int
    stop: int


class Block(NamedTuple):
    """Some points of one lattice family.

    Attributes:
        rows: (b,) which points of the batch.
        segments: all of them, one after the other.
    """

    rows: Tensor
    segments: list[Segment]


@dataclass(frozen=True, eq=False)
class EncodingPlan:
    """The points of a batch sorted by setting; made by :meth:`WaveEncoder.plan`.

    Attributes:
        settings: each setting of the batch once, those of one lattice family together.
        order: (n,) int64, points sorted by setting.
        kinds: (n,) int16, the setting of each point in this order: ascending places in ``settings``.
    """

    settings: tuple[Setting, ...]
    order: Tensor
    kinds: Tensor

    @cached_property
    def blocks(self) -> list[Block]:
        """The points in blocks of one lattice family; a GPU is waited for."""
        # 1. Fill blocks with the points of each setting; open a new one where it is full or the family changes.
        blocks: list[list[Segment]] = []
        counts = torch.bincount(self.kinds, minlength=len(self.settings)).tolist()
        for setting, count in zip(self.settings, counts, strict=True):
            for first in range(0, count, POINTS):
                taken, filled = min(POINTS, count - first), blocks[-1][-1].stop if blocks else 0
                if (
                    not blocks
                    or blocks[-1][0].setting.lattice_family != setting.lattice_family
                    or filled + taken > POINTS
                ):
                    blocks.append([])
                    filled = 0
                blocks[-1].append(Segment(setting, filled, filled + taken))
        # 2. The points of each block.
        rows = torch.split(self.order, [segments[-1].stop for segments in blocks])
        return [Block(*pair) for pair in zip(rows, blocks, strict=True)]


class Composition(NamedTuple):
    """The settings of the crystals of a batch.

    Attributes:
        given: setting of each crystal.
        settings: each of them once, those of one lattice family together.
        ranks: (crystals,) int16, place of each crystal in ``settings``; on the device of the batch.
    """

    given: list[Setting]
    settings: tuple[Setting, ...]
    ranks: Tensor

    @classmethod
    def of(cls, given: Sequence[Setting], device: torch.device) -> Composition:
        """Sort and rank the settings."""
        numbers = [setting.hall_number for setting in given]  # integers are hashed faster
        settings = sorted(
            dict(zip(numbers, given, strict=True)).values(),
            key=lambda one: (LATTICE_FAMILIES.index(one.lattice_family), one.hall_number),
        )
        rank = {setting.hall_number: place for place, setting in enumerate(settings)}
        ranks = torch.tensor([rank[number] for number in numbers], dtype=torch.int16, device="cpu")
        return cls(list(given), tuple(settings), on_device(ranks, device))

    def plan(self, crystals: Tensor) -> EncodingPlan:
        """Sort points by the setting of their crystal; on the device, without waiting for it."""
        kinds, order = torch.sort(self.ranks.index_select(0, crystals), stable=True)
        return EncodingPlan(self.settings, order, kinds)
