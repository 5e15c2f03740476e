"""Kernels between sites by brute force: every wave of the lattice at every atom of the cell, without orbits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from basis_store import CompiledSetting, CrystalRecord
from basis_store.array_types import FloatArray, IntArray
from runtime.site_kernels.harmonics import real_harmonics
from runtime.site_kernels.reciprocal_kernel import ReciprocalKernel


def waves_within(lattice: FloatArray, g_cutoff: float) -> IntArray:
    """All waves k with 0 < |G| <= ``g_cutoff``; (K, 3)."""
    extents = np.floor(g_cutoff * np.linalg.norm(lattice, axis=1) + 1e-9).astype(int)
    waves = np.array(list(itertools.product(*(range(-n, n + 1) for n in extents))), dtype=np.int64)
    lengths = np.linalg.norm(waves @ np.linalg.inv(lattice).T, axis=1)
    return waves[(lengths <= g_cutoff) & waves.any(axis=1)]


def structure_factors(record: CrystalRecord, compiled: CompiledSetting, waves: IntArray, x: Tensor) -> Tensor:
    """(n, K): the sum of e_k over the atoms of each site in the conventional cell; sites at ``x``."""
    owners = torch.from_numpy(np.repeat(np.arange(len(record)), record.multiplicities))
    rotations = torch.from_numpy(compiled.rotations[record.images].astype(np.float64))
    shifts = torch.from_numpy(compiled.translations24[record.images] / 24)
    atoms = torch.einsum("aij,aj->ai", rotations, x[owners]) + shifts
    terms = torch.exp(2j * math.pi * (atoms @ torch.from_numpy(waves).double().T))
    return torch.zeros(len(x), len(waves), dtype=terms.dtype).index_add(0, owners, terms)


def brute_kernel(
    record: CrystalRecord,
    compiled: CompiledSetting,
    weights: Callable[[Tensor], Tensor],
    g_cutoff: float,
    coordinates: Tensor | None = None,
    lattice: Tensor | None = None,
) -> Tensor:
    """(n, n, columns): 1/(m_I V) sum_k w(|G|) Re[F_I(k) conj F_J(k)], k = 0 included."""
    x = torch.from_numpy(record.coordinates) if coordinates is None else coordinates
    cell = torch.from_numpy(record.lattice) if lattice is None else lattice
    waves = waves_within(record.lattice, g_cutoff)
    factors = structure_factors(record, compiled, waves, x)
    lengths = (torch.from_numpy(waves).double() @ torch.linalg.inv(cell).T).norm(dim=1)
    many = torch.from_numpy(record.multiplicities)[:, None]
    products = (factors[:, None] * factors.conj()).real / many[..., None]
    constant = many * weights(torch.zeros(1, dtype=torch.float64)).T
    return (products @ weights(lengths).T + constant) / torch.linalg.det(cell).abs()


def brute_moments(
    record: CrystalRecord, compiled: CompiledSetting, kernel: ReciprocalKernel, coordinates: Tensor | None = None
) -> Tensor:
    """(n, n, (degree + 1)^2, shells): the definition in :class:`ReciprocalKernel`, each site a class."""
    x = torch.from_numpy(record.coordinates) if coordinates is None else coordinates
    waves = np.concatenate([np.zeros((1, 3), np.int64), waves_within(record.lattice, kernel.shells.g_cutoff)])
    vectors = torch.from_numpy(waves @ np.linalg.inv(record.lattice).T)
    lengths = vectors.norm(dim=1)
    factors = structure_factors(record, compiled, waves, x)
    products = torch.exp(2j * math.pi * (x @ torch.from_numpy(waves).double().T))[:, None] * factors.conj()
    angular = real_harmonics(vectors / lengths.clamp(min=1e-12)[:, None], kernel.degree)
    shells = kernel.shells
    centres = torch.linspace(shells.width, shells.g_max, len(shells.centres), dtype=torch.float64)
    scales = (centres**2 + shells.width**2).sqrt()
    columns = []
    for place in range(kernel.n_angular):
        degree = math.isqrt(place)
        weights = kernel.shells(lengths).T * angular[:, [place]] * (lengths[:, None] / scales) ** degree
        columns.append((1j**degree * products).real @ weights)
    return torch.stack(columns, dim=2) / record.volume


def brute_orbit_moments(
    record: CrystalRecord,
    compiled: CompiledSetting,
    centres: Tensor,
    width: float,
    degree: int,
    coordinates: Tensor | None = None,
    lattice: Tensor | None = None,
) -> Tensor:
    """(n, n, shells, 3, ..): 1/V^2 sum_k w_s(|G|) Re or Im[conj F_I F_J] (G/|G|)^{tensor degree}."""
    x = torch.from_numpy(record.coordinates) if coordinates is None else coordinates
    cell = torch.from_numpy(record.lattice) if lattice is None else lattice
    waves = waves_within(record.lattice, float(centres.max()) + 6 * width)
    vectors = torch.from_numpy(waves).double() @ torch.linalg.inv(cell).T
    lengths = vectors.norm(dim=1, keepdim=True)
    shells = torch.exp(-0.5 * ((lengths - centres) / width) ** 2)
    factors = structure_factors(record, compiled, waves, x)
    products = factors.conj()[:, None] * factors
    outer = torch.ones(len(waves), 1, dtype=torch.float64)
    for _ in range(degree):
        outer = (outer[:, :, None] * (vectors / lengths)[:, None, :]).flatten(1)
    parts = products.real if degree % 2 == 0 else products.imag
    moments = torch.einsum("ijk,ks,kt->ijst", parts, shells, outer) / torch.linalg.det(cell) ** 2
    return moments.reshape(*moments.shape[:3], *(3,) * degree)
