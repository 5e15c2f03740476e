"""The reciprocal side of the invariant kernels (T6): sums over waves, cheap where a kernel is smooth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from basis_store import CompiledSetting


def waves_within(lattice: NDArray[np.float64], reach: float) -> NDArray[np.int64]:
    """All waves k with 0 < |G| <= ``reach`` (1/Angstrom), one of each k, -k: an ellipsoid in indices, not a ball.

    Args:
        lattice: (3, 3) rows in Angstrom.
        reach: greatest |G| in 1/Angstrom, without 2 pi.

    Returns:
        (K, 3) integers.
    """
    # G.a_i = k_i for the cell vectors a_i, so |k_i| <= |G| |a_i|.
    extents = np.floor(reach * np.linalg.norm(lattice, axis=1) + 1e-9).astype(int)
    grids = [range(-n, n + 1) for n in extents[1:]]
    waves = np.array(list(itertools.product(range(extents[0] + 1), *grids)), dtype=np.int64).reshape(-1, 3)
    upper = waves @ np.array([1 << 40, 1 << 20, 1]) > 0
    lengths = np.linalg.norm(waves @ np.linalg.inv(lattice).T, axis=1)
    return np.asarray(waves[upper & (lengths <= reach)])


def reciprocal_kernel(
    x: Tensor,
    y: Tensor,
    multiplicities: Tensor,
    compiled: CompiledSetting,
    lattice: NDArray[np.float64],
    gaussians: Sequence[tuple[float, float]],
    reach: float,
) -> Tensor:
    """Sum over all images of each y of kappa(x - g y), from the Fourier transform of kappa.

    kappa is a sum of Gaussians: weight * exp(-r^2 / 2 width^2) for each (weight, width) in ``gaussians``. The
    value at (x, y) is m_y / V sum_k kappa^(|G_k|) Re[e_k(x) conj P_k(y)], P_k the Reynolds form (T4) by the
    store's operations, so that every wave of the real lattice is reached, not only those of the stored ball.

    Args:
        x: (n, 3) fractional.
        y: (m, 3) fractional.
        multiplicities: (m,) atoms of each y in the conventional cell.
        compiled: the setting.
        lattice: (3, 3) rows in Angstrom.
        gaussians: (weight, width in Angstrom) of each term of kappa.
        reach: cut the sum at this |G| (1/Angstrom); what is left out is of order exp(-2 (pi width reach)^2).

    Returns:
        (n, m): the constant term (k = 0) included.
    """
    waves = waves_within(lattice, reach)
    lengths = np.linalg.norm(waves @ np.linalg.inv(lattice).T, axis=1)
    squares = torch.as_tensor(lengths**2, dtype=x.dtype, device=x.device)
    weights = torch.zeros_like(squares)
    constant = 0.0
    for weight, width in gaussians:
        height = weight * (math.tau * width * width) ** 1.5
        weights += height * torch.exp(-2 * (math.pi * width) ** 2 * squares)
        constant += height
    k = torch.as_tensor(waves, dtype=x.dtype, device=x.device)
    rotations = torch.as_tensor(compiled.rotations.astype(np.int64), device=x.device).to(x.dtype)
    shifts = torch.as_tensor(compiled.translations24.astype(np.int64), device=x.device).to(x.dtype) / 24
    images = torch.einsum("gij,mj->mgi", rotations, y) + shifts
    at_x, at_y = waves_at(x, k), waves_at(images, k).mean(dim=1)
    volume = abs(float(np.linalg.det(lattice)))
    sums = 2 * ((at_x * weights) @ at_y.conj().T).real + constant
    return sums * multiplicities.to(x.dtype) / volume


def waves_at(points: Tensor, waves: Tensor) -> Tensor:
    """exp(2 pi i k.x) of all ``waves`` (K, 3) at all ``points`` (..., 3); (..., K)."""
    turns = (points[..., None, :] * waves).sum(-1)
    return torch.polar(torch.ones_like(turns), math.tau * (turns - turns.round()))
