"""The waves of crystals as Fourier messages take them, and the messages of one fixed kernel."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from basis_store import CrystalArrays
from runtime import Store
from runtime.site_kernels.fourier_messages import FourierMessages, WaveTable
from runtime.site_kernels.orbit_kernel import gaussian_transforms
from runtime.site_kernels.site_pairs import dense_pairs
from runtime.site_kernels.site_waves import site_waves

WIDTHS = 1.6, 2.5
"""Angstrom. Beyond the cutoff in |G| below, the transforms of these Gaussians are less than 1e-13."""

G_CUTOFF = 0.78

GAUSSIANS = functools.partial(gaussian_transforms, widths=WIDTHS)


def wave_table(
    crystals: CrystalArrays,
    store: Store,
    basis: Callable[[Tensor], Tensor] = GAUSSIANS,
    g_cutoff: float = G_CUTOFF,
    coordinates: Tensor | None = None,
    lattices: Tensor | None = None,
) -> WaveTable:
    """In float64, differentiable by coordinates and lattices."""
    x = torch.from_numpy(crystals.coordinates) if coordinates is None else coordinates
    cells = torch.from_numpy(crystals.lattices) if lattices is None else lattices
    waves = site_waves(crystals, store.compiled, g_cutoff, x, cells)
    entries = waves.counts * crystals.site_counts
    pairs = dense_pairs(entries, crystals.site_counts, waves.counts, waves.first_rows, waves.row_counts)
    many = torch.from_numpy(crystals.multiplicities).double()
    return WaveTable(waves.values, basis(waves.lengths), waves.scales, many, pairs)


def messages_of(table: WaveTable, values: Tensor) -> Tensor:
    """(S, columns): column c of the values with function c of the basis."""
    module = FourierMessages(len(table.basis), len(table.basis)).to(values.dtype)
    module.filters.data = torch.eye(len(table.basis), dtype=values.dtype)
    return module.requires_grad_(False)(values, table)
