"""How a mixed batch is cut: points of one setting together, a few hundred of one lattice family at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from basis_store import Setting
from basis_store.groups.wave_shells import LATTICE_FAMILIES


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


def plan(settings: Sequence[Setting], crystals: Tensor, size: int) -> list[Block]:
    """Cut the points of a batch into blocks.

    Args:
        settings: of every crystal.
        crystals: (n,) crystal of every point, on any device.
        size: greatest number of points in a block.

    Returns:
        Blocks that hold every point once, setting by setting.
    """
    kinds = sorted(set(settings), key=lambda setting: (LATTICE_FAMILIES.index(setting.lattice_family), setting))
    rank = {setting: place for place, setting in enumerate(kinds)}
    ranks = torch.tensor([rank[setting] for setting in settings], device=crystals.device)[crystals]
    blocks: list[list[Segment]] = []
    for setting, count in zip(kinds, torch.bincount(ranks, minlength=len(kinds)).tolist(), strict=True):
        for first in range(0, count, size):
            taken, filled = min(size, count - first), blocks[-1][-1].stop if blocks else 0
            if (
                not blocks
                or blocks[-1][0].setting.lattice_family != setting.lattice_family
                or filled + taken > size
            ):
                blocks.append([])
                filled = 0
            blocks[-1].append(Segment(setting, filled, filled + taken))
    order = torch.argsort(ranks, stable=True)
    rows = torch.split(order, [segments[-1].stop for segments in blocks])
    return [Block(*pair) for pair in zip(rows, blocks, strict=True)]
