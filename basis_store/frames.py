"""Integer invariant norms of waves, one per frame, and the complete shells they define.

    orthogonal   norm(h, k, l) = 3 (h^2 + k^2 + l^2)
    hexagonal    norm(h, k, l) = 4 (h^2 + h k + k^2) + 3 l^2
    ball of radius r:  norm <= 3 r^2

Every operation of a setting preserves the norm of its frame, so balls and shells are closed under it,
with no float and no torn orbit on the boundary. Waves are ordered by norm, then lexicographically with
the greatest first: (1,0,0) comes before (0,1,0) and before (-1,0,0).
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store.setting import Frame

FRAMES: tuple[Frame, ...] = ("orthogonal", "hexagonal")


def norm(waves: ArrayLike, frame: Frame) -> NDArray[np.int64]:
    """Invariant integer norm of ``waves`` (..., 3) in ``frame``; shape (...,)."""
    h, k, l = np.moveaxis(np.asarray(waves, dtype=np.int64), -1, 0)  # noqa: E741 - Miller indices
    if frame == "orthogonal":
        return np.asarray(3 * (h * h + k * k + l * l))
    return np.asarray(4 * (h * h + h * k + k * k) + 3 * l * l)


def ball_norm(radius: float) -> int:
    """Greatest norm inside the ball of ``radius``: ``floor(3 radius^2)``. Exact for integer radii."""
    return math.floor(3 * radius * radius)


@functools.lru_cache(maxsize=8)
def ball(frame: Frame, greatest_norm: int) -> NDArray[np.int16]:
    """All waves but 0 with norm up to ``greatest_norm``, in the order of the store; (n, 3) int16, read-only."""
    # norm >= 3 h^2 for each index in both frames: 4(h^2 + hk + k^2) = 3 h^2 + (h + 2k)^2.
    reach = math.isqrt(greatest_norm // 3)
    axis = np.arange(-reach, reach + 1)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    norms = norm(grid, frame)
    inside = (norms <= greatest_norm) & (norms > 0)
    waves = in_store_order(grid[inside], norms[inside]).astype(np.int16)
    waves.setflags(write=False)
    return waves


def in_store_order(waves: NDArray[np.integer], norms: NDArray[np.integer]) -> NDArray[np.integer]:
    """``waves`` (n, 3) sorted by norm, then lexicographically with the greatest first."""
    return waves[np.lexsort((-waves[:, 2], -waves[:, 1], -waves[:, 0], norms))]
