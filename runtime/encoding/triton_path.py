"""One GPU kernel from coordinates to all P_k, and one for the gradient: what each program of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from basis_store import Setting
from runtime.encoding.tiles import FIELDS, WIDTH, Tiles, TileTable
from runtime.encoding.triton_kernels import encoding_kernel, gradient_kernel

POINTS = 32
"""Points of a program."""


class Work(NamedTuple):
    """What the programs of a batch take.

    Attributes:
        tiles: of all settings.
        order: (n,) int64, points sorted by setting.
        blocks: (b, 4) int32: first in ``order``, how many, first tile of their setting, end of its tiles.
    """

    tiles: Tiles
    order: Tensor
    blocks: Tensor


def divide(table: TileTable, settings: Sequence[Setting], crystals: Tensor) -> Work:
    """Cut a batch into blocks of points of one setting; on the device, without waiting for it."""
    tiles, places = table.places(settings)
    device = crystals.device
    kinds = sorted(set(places))
    rank = {place: number for number, place in enumerate(kinds)}
    ranks = torch.tensor([rank[place] for place in places], device=device)[crystals]
    order = torch.argsort(ranks, stable=True)
    starts = torch.searchsorted(ranks[order], torch.arange(len(kinds) + 1, device=device))
    n_blocks = (starts.diff() + POINTS - 1) // POINTS
    ends = torch.cumsum(n_blocks, 0)
    # As many blocks as there could be, since only the device knows how many there are: the last ones are empty.
    block = torch.arange(len(crystals) // POINTS + len(kinds), device=device)
    kind = torch.searchsorted(ends, block, right=True).clamp(max=len(kinds) - 1)
    first = starts[kind] + (block - (ends - n_blocks)[kind]) * POINTS
    taken = (starts[kind + 1] - first).clamp(0, POINTS)
    place = torch.tensor(kinds, device=device)[kind]
    blocks = torch.stack([first, taken, tiles.starts[place], tiles.starts[place + 1]], dim=1)
    return Work(tiles, order, blocks.int())


def encode(x: Tensor, work: Work, values: Tensor) -> None:
    """From (n, 3) write (n, 2 K) ``values``: Re P_k and Im P_k of each wave in turn."""
    grid = (len(work.blocks), work.tiles.most)
    encoding_kernel[grid](
        x.contiguous(), values, work.order, work.blocks, work.tiles.members, work.tiles.units, work.tiles.rows,
        values.shape[1] // 2, POINTS=POINTS, WIDTH=WIDTH, FIELDS=FIELDS,
    )  # fmt: skip


def encode_gradient(x: Tensor, gradient: Tensor, work: Work) -> Tensor:
    """(n, 3) of (n, 2 K) incoming gradients."""
    slopes = torch.empty_like(x, memory_format=torch.contiguous_format)
    gradient_kernel[(len(work.blocks),)](
        x.contiguous(), gradient.contiguous(), slopes, work.order, work.blocks,
        work.tiles.members, work.tiles.units, work.tiles.rows,
        gradient.shape[1] // 2, POINTS=POINTS, WIDTH=WIDTH, FIELDS=FIELDS,
    )  # fmt: skip
    return slopes
