"""Real solid angles: spherical harmonics of degree 0 to 3, as polynomials of a unit vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor

HIGHEST_DEGREE = 3


def real_harmonics(u: Tensor, degree: int) -> Tensor:
    """Real spherical harmonics of all degrees up to ``degree``; (..., 3) -> (..., (degree + 1)^2).

    Normalised so that the sum of squares over the 2 l + 1 functions of degree l is 2 l + 1 on the unit sphere.

    Args:
        u: unit vectors.
        degree: 0 to 3.
    """
    if not 0 <= degree <= HIGHEST_DEGREE:
        raise ValueError(f"the degree is 0 to {HIGHEST_DEGREE}, not {degree}")
    x, y, z = u.unbind(-1)
    values = [torch.ones_like(x)]
    if degree >= 1:
        root = math.sqrt(3)
        values += [root * x, root * y, root * z]
    if degree >= 2:
        root = math.sqrt(15)
        values += [root * x * y, root * y * z, root * x * z]
        values += [root / 2 * (x * x - y * y), math.sqrt(5) / 2 * (3 * z * z - 1)]
    if degree >= 3:
        two, four, six = math.sqrt(7) / 2, math.sqrt(35 / 8), math.sqrt(21 / 8)
        values += [four * y * (3 * x * x - y * y), math.sqrt(105) * x * y * z, six * y * (5 * z * z - 1)]
        values += [two * z * (5 * z * z - 3), six * x * (5 * z * z - 1)]
        values += [math.sqrt(105) / 2 * z * (x * x - y * y), four * x * (x * x - 3 * y * y)]
    return torch.stack(values, dim=-1)
