"""Integer invariant norms of waves, one per lattice family, and the complete shells they define.

    orthogonal   wave_norm(h, k, l) = 3 (h^2 + k^2 + l^2)
    hexagonal    wave_norm(h, k, l) = 4 (h^2 + h k + k^2) + 3 l^2
    ball of radius r:  norm <= 3 r^2

In two dimensions the waves are (h, k), and l is left out: a disc is what a ball has at l = 0.

Every operation of a setting preserves the norm of its lattice family, so balls and shells consist of whole orbits;
no floating-point comparison can split one at the boundary. Waves are ordered by norm, then lexicographically with
the largest first: (1,0,0) comes before (0,1,0) and before (-1,0,0).
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store.errors import CutoffError
from basis_store.groups.group import LatticeFamily

MAX_RADIUS = 1000
"""int16 indices and int32 norms allow more, but such a ball does not fit into memory."""

CODE = np.array([1 << 32, 1 << 16, 1])
"""k @ CODE is an integer that sorts like k, lexicographically; distinct k and k R have distinct ones.

In two dimensions ``CODE[:2]``.
"""

LATTICE_FAMILIES: tuple[LatticeFamily, ...] = ("orthogonal", "hexagonal")


def wave_norm(waves: ArrayLike, family: LatticeFamily) -> NDArray[np.int64]:
    """Invariant integer norm of ``waves`` (..., 3) or (..., 2) in ``family``; shape (...,)."""
    h, k, *rest = np.moveaxis(np.asarray(waves, dtype=np.int64), -1, 0)
    norms = 3 * (h * h + k * k) if family == "orthogonal" else 4 * (h * h + h * k + k * k)
    for l in rest:  # noqa: E741 - Miller indices
        norms = norms + 3 * l * l
    return np.asarray(norms)


def ball_norm(radius: float) -> int:
    """Largest norm in the ball of ``radius``: ``floor(3 radius^2)``; exact for integers and sqrt(norm / 3).

    Raises:
        CutoffError: the radius is negative, infinite or not a number.
    """
    if not 0 <= radius <= MAX_RADIUS:
        raise CutoffError(f"a radius lies between 0 and {MAX_RADIUS}, not {radius}")
    # The square of a rounded root must not fall short of the norm that it came from.
    return math.floor(3 * radius * radius * (1 + 1e-12))


@functools.lru_cache(maxsize=8)
def waves_within(family: LatticeFamily, max_norm: int, dimension: int = 3) -> NDArray[np.int16]:
    """(n, dimension) int16, read-only: all waves but 0 of a ``family`` up to norm ``max_norm``, in store order."""
    # norm >= 3 h^2 for each index in both lattice families: 4(h^2 + hk + k^2) = 3 h^2 + (h + 2k)^2.
    max_index = math.isqrt(max_norm // 3)
    axis = np.arange(-max_index, max_index + 1)
    grid = np.stack(np.meshgrid(*[axis] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    norms = wave_norm(grid, family)
    inside = (norms <= max_norm) & (norms > 0)
    grid, norms = grid[inside], norms[inside]
    waves = grid[store_order(grid, norms)].astype(np.int16)
    waves.setflags(write=False)
    return waves


@functools.lru_cache(maxsize=1024)
def number_of_waves(family: LatticeFamily, max_norm: int, dimension: int = 3) -> int:
    """How many waves but 0 of a ``family`` have a norm up to ``max_norm``; counted without listing them."""
    max_index = math.isqrt(max_norm // 3)
    h = np.arange(-max_index, max_index + 1)[:, None]
    k = h.T
    rest = max_norm - (3 * (h * h + k * k) if family == "orthogonal" else 4 * (h * h + h * k + k * k))
    rest = rest[rest >= 0] // 3
    if dimension == 2:
        return len(rest) - 1
    # For each (h, k) the l with 3 l^2 up to what is left: n from each side, and 0.
    n = np.sqrt(rest).astype(np.int64)
    n -= n * n > rest
    n += (n + 1) * (n + 1) <= rest
    return int((2 * n + 1).sum()) - 1


def in_store_order(codes: NDArray[np.int64], norms: NDArray[np.int64]) -> bool:
    """Whether waves ascend in norm and, for equal norms, descend lexicographically; so they are distinct.

    Args:
        codes: (n,) ``waves @ CODE[:dimension]``.
        norms: (n,) of the waves.
    """
    step = np.diff(norms)
    return bool(((step > 0) | ((step == 0) & (np.diff(codes) < 0))).all())


def store_order(waves: NDArray[np.integer], norms: NDArray[np.integer]) -> NDArray[np.intp]:
    """(n,) rows that sort ``waves`` (n, d) by norm, then lexicographically with the largest first."""
    return np.lexsort((*-waves.T[::-1], norms))


def is_leading(waves: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) whether the first index of each wave (n, d) that is not 0 is positive: one of each k, -k."""
    return np.asarray(waves.astype(np.int64) @ CODE[: waves.shape[1]] > 0)
