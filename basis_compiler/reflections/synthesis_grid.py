"""Grids for Fourier syntheses: fine enough for all waves, and closed under the operations of a setting."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from basis_store import TURN, Operations, ReflectionError
from basis_store.array_types import IntArray

Shape = tuple[int, int, int]

MAX_POINTS = 1 << 26
"""Of a grid: half a gigabyte of values."""


def synthesis_shape(group: Operations, least: Sequence[float]) -> Shape:
    """The smallest convenient grid that every operation maps to itself.

    Axes that a rotation mixes have equally many points; translations are steps of the grid; the numbers of points
    have no prime factors but 2, 3 and 5, for which FFTs are fast.

    Args:
        group: the operations of the setting.
        least: how many points each axis has at least.

    Raises:
        ReflectionError: it has more than :data:`MAX_POINTS` points.
    """
    _check_size([math.ceil(n) for n in least])
    # Axes that rotations mix, also by way of a third.
    mixed = group.rotations.any(axis=0).astype(np.int64)
    reach = np.linalg.matrix_power(mixed + mixed.T + np.eye(3, dtype=np.int64), 2)
    steps = [TURN // math.gcd(TURN, *group.translations24[:, axis].tolist()) for axis in range(3)]
    shape = []
    for axis in range(3):
        linked = np.flatnonzero(reach[axis]).tolist()
        step = math.lcm(*(steps[other] for other in linked))
        shape.append(_smooth_multiple(step, max(least[other] for other in linked)))
    _check_size(shape)
    return shape[0], shape[1], shape[2]


def check_shape(shape: Sequence[int], hkl: IntArray) -> Shape:
    """The shape (N1, N2, N3) of a grid, if it holds the waves ``hkl`` (n, 3).

    Raises:
        ReflectionError: it is too coarse or too large.
    """
    needed = 2 * np.abs(hkl).max(axis=0, initial=0) + 1
    if any(given < least for given, least in zip(shape, needed.tolist(), strict=True)):
        raise ReflectionError(
            f"a grid of {_text(shape)} points is too coarse for indices up to {_text((needed - 1) // 2)}: at "
            f"least {_text(needed)} points are needed"
        )
    _check_size(shape)
    return shape[0], shape[1], shape[2]


def _smooth_multiple(step: int, least: float) -> int:
    number = step * max(1, math.ceil(least / step))
    while not _is_smooth(number):
        number += step
    return number


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1


def _check_size(shape: Sequence[int]) -> None:
    if math.prod(int(n) for n in shape) > MAX_POINTS:
        raise ReflectionError(
            f"a grid of {_text(shape)} points is needed; at most {MAX_POINTS:,} are computed: leave out "
            "reflections of small d, or give a coarser grid"
        )


def _text(numbers: Sequence[int] | IntArray) -> str:
    return " x ".join(str(int(one)) for one in numbers)
