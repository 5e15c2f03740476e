"""Which points of a mixed batch are in which setting: made once, used as often as the same atoms come again.

Settings have their characters: :class:`basis_store.Representation`, trivial where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from basis_store import Representation, Setting
from basis_store.groups.group import LatticeFamily
from basis_store.groups.representation import RepresentationName, as_representation
from basis_store.groups.wave_shells import LATTICE_FAMILIES
from basis_store.tables.short_repr import ShortRepr
from runtime.arrays import on_device

POINTS = 256
"""Points of a block: its intermediate values then fit a core's cache."""


class Segment(NamedTuple):
    """Points ``start`` to ``stop`` of a block, all of one setting and character."""

    representation: Representation
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

    @property
    def lattice_family(self) -> LatticeFamily:
        """That of all of its points."""
        return self.segments[0].representation.setting.lattice_family


@dataclass(frozen=True, eq=False, repr=False)
class EncodingPlan(ShortRepr):
    """The points of a batch sorted by setting; made by :meth:`WaveEncoder.plan`.

    Attributes:
        settings: each setting of the batch, with its character, once; those of one lattice family together.
        order: (n,) int64, points sorted by setting.
        kinds: (n,) int16, the setting of each point in this order: ascending places in ``settings``.
    """

    settings: tuple[Representation, ...]
    order: Tensor
    kinds: Tensor

    @cached_property
    def blocks(self) -> list[Block]:
        """The points in blocks of one lattice family; a GPU is waited for."""
        # 1. Fill blocks with the points of each setting; open a new one where it is full or the family changes.
        blocks: list[list[Segment]] = []
        counts = torch.bincount(self.kinds, minlength=len(self.settings)).tolist()
        families = [one.setting.lattice_family for one in self.settings]
        for named, family, count in zip(self.settings, families, counts, strict=True):
            for first in range(0, count, POINTS):
                taken, filled = min(POINTS, count - first), blocks[-1][-1].stop if blocks else 0
                if (
                    not blocks
                    or blocks[-1][0].representation.setting.lattice_family != family
                    or filled + taken > POINTS
                ):
                    blocks.append([])
                    filled = 0
                blocks[-1].append(Segment(named, filled, filled + taken))
        # 2. The points of each block.
        rows = torch.split(self.order, [segments[-1].stop for segments in blocks])
        return [Block(*pair) for pair in zip(rows, blocks, strict=True)]


class Composition(NamedTuple):
    """The settings of the crystals of a batch.

    Attributes:
        given: setting of each crystal, or its name, as it was given.
        settings: each of them once, with its character, those of one lattice family together.
        ranks: (crystals,) int16, place of each crystal in ``settings``; on the device of the batch.
    """

    given: list[RepresentationName]
    settings: tuple[Representation, ...]
    ranks: Tensor

    @classmethod
    def of(cls, given: Sequence[RepresentationName], device: torch.device) -> Composition:
        """Sort and rank the settings.

        Raises:
            basis_store.SettingError: there is no setting of a name, or it is a bare number.
        """
        # Integers are hashed faster than settings.
        keys = [one.hall_number if isinstance(one, Setting) else as_representation(one) for one in given]
        named = {key: as_representation(one) for key, one in dict(zip(keys, given, strict=True)).items()}
        settings = sorted(set(named.values()), key=_place)
        rank = {one: place for place, one in enumerate(settings)}
        ranks_of = {key: rank[one] for key, one in named.items()}
        ranks = torch.tensor([ranks_of[key] for key in keys], dtype=torch.int16, device="cpu")
        return cls(list(given), tuple(settings), on_device(ranks, device))

    def plan(self, crystals: Tensor) -> EncodingPlan:
        """Sort points by the setting of their crystal; on the device, without waiting for it."""
        kinds, order = torch.sort(self.ranks.index_select(0, crystals), stable=True)
        return EncodingPlan(self.settings, order, kinds)


def _place(one: Representation) -> tuple[int, str, int, int]:
    """By lattice family, then by group and character."""
    group = one.setting
    return LATTICE_FAMILIES.index(group.lattice_family), group.kind, group.key, one.number
