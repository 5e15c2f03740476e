"""Random cells of the crystal systems, in their standard settings: what pretraining sees.

As in the authors' release (arXiv 2512.13989), lengths are uniform from 0.8 to 16 Angstrom, and so are the angles:
beta, gamma and the dihedral angle at a of a triclinic cell (every choice of them makes a cell) from 22.5 to 157.5
degrees, a monoclinic beta from 30 to 150 degrees.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

_LENGTHS = (0.8, 16.0)


def random_lattices(crystal_system: str, n: int, generator: Generator) -> Tensor:
    """(n, 3, 3) float64 rows in Angstrom, a along x and b in the xy plane, on the CPU.

    Args:
        crystal_system: as :attr:`Setting.crystal_system`; trigonal groups are on hexagonal axes.
        n: how many.
        generator: makes the choices.
    """

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator, dtype=torch.float64)

    a, b, c = (uniform(*_LENGTHS) for _ in range(3))
    right = torch.full_like(a, math.pi / 2)
    beta = gamma = dihedral = right
    match crystal_system:
        case "triclinic":
            beta, gamma, dihedral = (uniform(math.pi / 8, math.pi * 7 / 8) for _ in range(3))
        case "monoclinic":
            beta = uniform(math.pi / 6, math.pi * 5 / 6)
        case "orthorhombic":
            pass
        case "tetragonal":
            b = a
        case "trigonal" | "hexagonal":
            b, gamma = a, right * 4 / 3
        case "cubic":
            b = c = a
        case _:
            raise ValueError(f"unknown crystal system {crystal_system!r}")
    zero = torch.zeros_like(a)
    c_y = torch.sin(beta) * torch.cos(dihedral)
    rows = [
        torch.stack([a, zero, zero], dim=-1),
        b[:, None] * torch.stack([torch.cos(gamma), torch.sin(gamma), zero], dim=-1),
        c[:, None] * torch.stack([torch.cos(beta), c_y, torch.sin(beta) * torch.sin(dihedral)], dim=-1),
    ]
    return torch.stack(rows, dim=1)
