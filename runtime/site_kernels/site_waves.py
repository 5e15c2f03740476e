"""Symmetrised waves at the sites of crystals (T4), of many crystals at once: what Fourier messages sum over (T11).

For an orbit O with the representative k, the Reynolds mean of e_k is the mean over the atoms a of a site,

    P_O(x) = (1/|G|) sum_g e_k(g x) = mean over a of exp(2 pi i k.a),

and it is needed at one wave of each orbit only. It is kept as real numbers, *rows*: where k R = -k for an
operation (R, t), exp(-pi i k.t) P_O is real (T2), and one row is enough; otherwise there are two, its real and its
imaginary part. Either way Re[P_O(x) conj P_O(y)] is the sum over the rows of products of their values. A row is

    value(x) = mean over a of cos 2 pi (k.a - s)          s = k.t/2, or 0 and 1/4.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from basis_store import TURN, CompiledSetting, CrystalArrays, Operations, Setting, point_group_operations
from basis_store.array_types import BoolArray, FloatArray, IntArray
from runtime.site_kernels.neighbours import cell_operations
from runtime.site_kernels.orbit_representatives import lattice_orbits

_CPU_BLOCK, _DEVICE_BLOCK = 1 << 16, 1 << 22
"""Phases per step, so that memory does not grow with the crystals: about a core's cache, and a part of a GPU."""


_SIMILAR = 2.0
"""Ratio of numbers of rows up to which sites are computed together, as tables of the larger number."""


@dataclass(frozen=True, eq=False)
class SiteWaves:
    """R rows of N crystals with S sites, and E values: one for each site and each row of its crystal.

    Attributes:
        counts: (N,) rows of each crystal; in the memory of the host.
        lengths: (R,) |G| of the orbit, 1/Angstrom; the first row of each crystal is k = 0.
        scales: (R,) number of waves of O and -O together, divided by the volume of the conventional cell in cubic
            Angstrom.
        first_rows: (S,) the first row of the site's crystal.
        row_counts: (S,) the number of its rows.
        values: (E,) site by site, row by row.
    """

    counts: IntArray
    lengths: Tensor
    scales: Tensor
    first_rows: Tensor
    row_counts: Tensor
    values: Tensor


def site_waves(
    crystals: CrystalArrays,
    compiled_of: Callable[[Setting], CompiledSetting],
    g_cutoff: float,
    coordinates: Tensor,
    lattices: Tensor,
) -> SiteWaves:
    """The values of all orbits with |G| <= ``g_cutoff`` at all sites, k = 0 included, systematic absences not.

    Args:
        crystals: N crystals with S sites. Their own lattices decide which waves count.
        compiled_of: the operations of a setting.
        g_cutoff: 1/Angstrom, without 2 pi.
        coordinates: (S, 3) fractional, float64; those of the crystals, on any device, perhaps with a graph. On a
            special position, a gradient holds for displacements that keep it.
        lattices: (N, 3, 3) rows in Angstrom; the same.

    Returns:
        In float64, on the device of the lattices, differentiable by coordinates and lattices to any order.
    """
    if not len(crystals):
        none = lattices.new_zeros(0)
        return SiteWaves(np.zeros(0, np.int64), none, none, none.long(), none.long(), none)
    # 1. Rows: k = 0 first, then one or two for each orbit.
    orbits = lattice_orbits(crystals, compiled_of, g_cutoff)
    n = len(crystals)
    order = np.argsort(np.concatenate([np.arange(n), orbits.crystals]), kind="stable")
    waves = np.concatenate([np.zeros((n, 3), np.int64), orbits.waves])[order]
    sizes = np.concatenate([np.ones(n, np.int64), orbits.sizes])[order]
    turns48 = np.concatenate([np.zeros(n, np.int64), orbits.turns48])[order]
    n_rows = np.where(turns48 < 0, 2, 1)
    orbit_of_row = np.repeat(np.arange(len(order)), n_rows)
    second = np.append(False, orbit_of_row[1:] == orbit_of_row[:-1])
    shifts = np.where(second, 0.25, np.maximum(turns48, 0)[orbit_of_row] / (2 * TURN))
    of_row = np.concatenate([np.arange(n), orbits.crystals])[order][orbit_of_row]
    counts = np.bincount(of_row, minlength=n)
    of_site = np.repeat(np.arange(n), crystals.site_counts)
    first_rows, row_counts = (np.cumsum(counts) - counts)[of_site], counts[of_site]

    def moved(values: FloatArray | IntArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(lattices.device)

    # 2. Lengths and scales, differentiable by lattices; values, by coordinates.
    rows, crystal = moved(np.column_stack([waves[orbit_of_row], -shifts])), moved(of_row)
    volumes = torch.linalg.det(lattices).abs()
    return SiteWaves(
        counts=counts,
        lengths=_lengths(rows[:, :3], _mean_metrics(crystals, compiled_of, lattices).index_select(0, crystal)),
        scales=moved(sizes[orbit_of_row].astype(np.float64)) / volumes.index_select(0, crystal),
        first_rows=moved(first_rows),
        row_counts=moved(row_counts),
        values=_values(crystals, compiled_of, coordinates, first_rows, row_counts, rows),
    )


def _mean_metrics(
    crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting], lattices: Tensor
) -> Tensor:
    """(N, 3, 3) M with |G|^2 = k M k: a mean over the point group.

    All waves of an orbit have the same |G|, but only the derivative of the mean is right also for a strain that
    breaks the symmetry.
    """
    settings, places = crystals.settings()
    means = np.zeros((len(settings), 9, 9))  # of R (x) R: row-major vec(R M R^T) = (R (x) R) vec(M)
    for mean, setting in zip(means, settings, strict=True):
        rotations = point_group_operations(compiled_of(setting).operations).rotations.astype(np.float64)
        mean[:] = np.einsum("gij,gkl->ikjl", rotations, rotations).reshape(9, 9) / len(rotations)
    reciprocal = torch.linalg.inv(lattices)
    metrics = (reciprocal.mT @ reciprocal).reshape(-1, 9, 1)
    chosen = torch.from_numpy(means).to(metrics).index_select(0, torch.from_numpy(places).to(metrics.device))
    averaged: Tensor = chosen @ metrics
    return averaged.view(-1, 3, 3)


def _lengths(waves: Tensor, metrics: Tensor) -> Tensor:
    """(R,) |G| of waves (R, 3), with a derivative of 0 at k = 0."""
    squares = ((waves[:, None] @ metrics).squeeze(1) * waves).sum(1)
    zero = ~waves.any(dim=1)
    lengths: Tensor = squares.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)
    return lengths


def _values(
    crystals: CrystalArrays,
    compiled_of: Callable[[Setting], CompiledSetting],
    coordinates: Tensor,
    first_rows: IntArray,
    row_counts: IntArray,
    waves: Tensor,
) -> Tensor:
    """(E,) values at sites with ``row_counts`` rows each, of ``waves`` (R, 4): k and -s."""
    # 1. Sites by their numbers of atoms and rows, so that the atoms and rows of some sites are tables.
    kept = _of_one_cell(crystals, compiled_of)
    operations = cell_operations(crystals, compiled_of)[kept]
    owners = np.repeat(np.arange(len(coordinates)), crystals.multiplicities)[kept]
    atom_counts = np.bincount(owners, minlength=len(coordinates))
    first_atoms = np.cumsum(atom_counts) - atom_counts
    order = np.lexsort([row_counts, atom_counts])
    first_values, n_values = np.cumsum(row_counts) - row_counts, int(row_counts.sum())

    device = coordinates.device
    block_size = _CPU_BLOCK if device.type == "cpu" else _DEVICE_BLOCK
    differentiable = torch.is_grad_enabled() and coordinates.requires_grad
    values = coordinates.new_zeros(n_values + 1)  # those of padding go to the last place
    found, found_at = [], []
    for block in _blocks(atom_counts[order], row_counts[order], block_size):
        # 2. For n sites with m atoms and up to r rows each: operations, and which row and value is which.
        sites = order[block]
        atoms = first_atoms[sites, None] + np.arange(atom_counts[sites[0]])
        table = torch.from_numpy(operations[atoms]).to(device)
        numbers = np.stack([first_rows[sites], first_values[sites], row_counts[sites], sites])
        first_row, first_value, counts, chosen = torch.from_numpy(numbers).to(device)
        ranks = torch.arange(int(row_counts[sites[-1]]), device=device)
        padding = ranks >= counts[:, None]
        rows = (first_row[:, None] + ranks).masked_fill(padding, 0)
        places = (first_value[:, None] + ranks).masked_fill(padding, n_values).flatten()
        # 3. Values, at their places. A graph holds no phases: they are recomputed in backward.
        arguments = coordinates.index_select(0, chosen), table, waves, rows
        if differentiable:
            found.append(checkpoint(_means, *arguments, use_reentrant=False, preserve_rng_state=False))
            found_at.append(places)
        else:
            values.index_copy_(0, places, _means(*arguments))
    if differentiable:
        values = values.index_copy(0, torch.cat(found_at), torch.cat(found))
    return values[:-1]


def _means(x: Tensor, operations: Tensor, waves: Tensor, rows: Tensor) -> Tensor:
    """(n r,) means over atoms of cos 2 pi (k.a - s).

    Args:
        x: (n, 3) sites.
        operations: (n, m, 12) for the m atoms of each site, R row by row and t.
        waves: (R, 4), k and -s.
        rows: (n, r) which of them belong to each site.
    """
    n, m, _ = operations.shape
    atoms = operations[..., 9:] + (operations[..., :9].view(n, m, 3, 3) * x[:, None, None]).sum(3)
    atoms = math.tau * torch.cat([atoms, torch.ones_like(atoms[..., :1])], dim=2)
    k = waves.index_select(0, rows.flatten()).view(n, -1, 4)
    values: Tensor = torch.bmm(atoms, k.mT).cos().mean(dim=1)
    return values.flatten()


def _of_one_cell(crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting]) -> BoolArray:
    """(A,) which atoms of the conventional cells to keep: one of those that centrings map to each other.

    Waves have equal values at them, where they are not absent. Two operations differ by a centring if they have
    one rotation. Where a site has all operations of each rotation that it has, the first of each is enough.
    """
    settings, places = crystals.settings()
    operations = [compiled_of(setting).operations for setting in settings]
    n_centrings = np.array([len(point_group_operations(one).centrings24) for one in operations])
    kept = np.ones(len(crystals.images), bool)
    if n_centrings.max(initial=1) == 1:
        return kept
    numbers = np.concatenate([_rotation_numbers(one) for one in operations])
    lengths = np.array([len(one) for one in operations])
    starts = np.repeat((np.cumsum(lengths) - lengths)[places], crystals.atom_counts)
    sites = np.repeat(np.arange(len(crystals.multiplicities)), crystals.multiplicities)
    keys, first, counts = np.unique(
        sites * lengths.max() + numbers[starts + crystals.images], return_index=True, return_counts=True
    )
    of_site = np.repeat(n_centrings[places], crystals.site_counts)
    owners = keys // lengths.max()
    whole = np.ones(len(of_site), bool)
    whole[owners[counts != of_site[owners]]] = False
    kept = ~whole[sites]
    kept[first[whole[owners]]] = True
    return kept


@functools.lru_cache(maxsize=1024)
def _rotation_numbers(operations: Operations) -> IntArray:
    """(g,) which of the rotations each operation has."""
    return np.unique(operations.rotations.reshape(-1, 9), axis=0, return_inverse=True)[1].reshape(-1)


def _blocks(atom_counts: IntArray, row_counts: IntArray, size: int) -> Iterator[slice]:
    """Consecutive sites with equal numbers of atoms, similar ones of rows, and about ``size`` phases at most."""
    phases = np.cumsum(atom_counts * row_counts) // size
    similar = np.ceil(np.log(row_counts) / math.log(_SIMILAR))
    keys = np.stack([atom_counts, similar, phases])
    edges = np.flatnonzero((np.diff(keys, prepend=-1, append=-1) != 0).any(axis=0)).tolist()
    for start, end in itertools.pairwise(edges):
        yield slice(start, end)
