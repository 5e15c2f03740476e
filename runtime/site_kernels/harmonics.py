"""Real spherical harmonics of degree 0 to 4 as polynomials of a unit vector, and how they rotate."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from runtime.arrays import points

HIGHEST_DEGREE = 4


def real_harmonics(u: Tensor, degree: int) -> Tensor:
    """Real spherical harmonics of all degrees up to ``degree``, (..., (degree + 1)^2).

    Normalised so that the sum of squares over the 2 l + 1 functions of degree l is 2 l + 1 on the unit sphere.

    Args:
        u: (..., 3) unit vectors.
        degree: 0 to 4.

    Raises:
        TypeError: the vectors are neither float32 nor float64.
        ValueError: another degree or shape.
    """
    if not 0 <= degree <= HIGHEST_DEGREE:
        raise ValueError(f"the degree is 0 to {HIGHEST_DEGREE}, not {degree}")
    x, y, z = points(u, "unit vectors").unbind(-1)
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
    if degree >= 4:
        two, three, four = 1.5 * math.sqrt(5), 1.5 * math.sqrt(35 / 2), 1.5 * math.sqrt(35)
        one = two / math.sqrt(2)
        values += [four * x * y * (x * x - y * y), three * y * (3 * x * x - y * y) * z]
        values += [two * x * y * (7 * z * z - 1), one * y * z * (7 * z * z - 3)]
        values += [0.375 * (35 * z**4 - 30 * z * z + 3), one * x * z * (7 * z * z - 3)]
        values += [two / 2 * (x * x - y * y) * (7 * z * z - 1), three * x * (x * x - 3 * y * y) * z]
        values += [four / 4 * (x * x * (x * x - 3 * y * y) - y * y * (3 * x * x - y * y))]
    return torch.stack(values).movedim(0, -1)


def harmonic_rotation(rotations: Tensor, degree: int) -> Tensor:
    """The matrices D of one degree: Y(R u) = D Y(u) for every unit vector u.

    Args:
        rotations: (..., 3, 3) orthogonal R, float64; improper ones too.
        degree: l, 0 to 4.

    Returns:
        (..., 2 l + 1, 2 l + 1) orthogonal, float64.
    """
    count = torch.arange(4 * degree + 4, dtype=torch.float64, device="cpu")
    z, angle = 1 - (2 * count + 1) / len(count), 2.399963 * count  # on a spiral, so that ``before`` has full rank
    radius = (1 - z * z).sqrt()
    points = torch.stack([radius * angle.cos(), radius * angle.sin(), z], dim=-1)
    before = real_harmonics(points, degree)[:, degree**2 :]
    after = real_harmonics(points @ rotations.mT, degree)[..., degree**2 :]
    rotated: Tensor = torch.linalg.pinv(before) @ after
    return rotated.mT


def moment_norms(moments: Tensor, degree: int) -> Tensor:
    """Root mean square over m of moments of each degree l, which no rotation or reflection changes.

    Args:
        moments: (..., (degree + 1)^2, features).
        degree: highest l.

    Returns:
        (..., degree + 1, features); of degree 0 the moment itself, with its sign.
    """
    parts = [moments[..., 0, :]]
    for each in range(1, degree + 1):
        parts.append(moments[..., each**2 : (each + 1) ** 2, :].square().mean(dim=-2).sqrt())
    return torch.stack(parts, dim=-2)
