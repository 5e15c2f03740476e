"""Partial structure factors of the sites of a crystal, at one wave of each orbit: what T6 and T7 sum over."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from basis_store import TURN, CompiledSetting, CrystalRecord, point_group_operations
from basis_store.bases.compiled_setting import check_compiled
from runtime.arrays import sites_and_lattice
from runtime.site_kernels.orbit_representatives import orbit_representatives


@dataclass(frozen=True, eq=False)
class StructureFactors:
    """The sites of a crystal and the orbits of waves of its real lattice; F_I(k) of any block of them.

    F_I(k), the sum of e_k over the atoms of site I in the cell, is needed at one wave of an orbit alone:
    F(kR) = exp(-2 pi i k.t) F(k) (D2), with the same phase for every site, so that conj(F_I) F_J is constant over
    the orbit; and F(-k) = conj(F(k)). So "orbit" means O and -O together here. k = 0 and systematic absences are
    left out.

    There are n sites with A images in the primitive cell, M orbits, and h rotations, one of each R, -R.

    Attributes:
        multiplicities: (n,) atoms of each site in the conventional cell.
        owners: (A,) the site of each image, ascending.
        points: (A, 3) fractional coordinates of the images. They are measured from a centre of inversion where
            there is one: all F are real then.
        images: (n, h) the image to which the operation of each rotation maps each site.
        waves: (M, 3) representatives k.
        sizes: (M,) number of waves of each orbit.
        maps: (h, 3, 3) R times the reciprocal lattice: the waves of an orbit are k.maps and -k.maps.
        volume: () of the conventional cell, in cubic Angstrom.
        centrings: number of primitive cells in it.
        centrosymmetric: whether -1 is among the rotations of the group.
    """

    multiplicities: Tensor
    owners: Tensor
    points: Tensor
    images: Tensor
    waves: Tensor
    sizes: Tensor
    maps: Tensor
    volume: Tensor
    centrings: int
    centrosymmetric: bool

    @property
    def n_sites(self) -> int:
        """The number of sites."""
        return len(self.multiplicities)

    def vectors(self, rows: slice) -> Tensor:
        """All waves of the orbits ``rows``, without each -k; (h, m, 3) Cartesian, 1/Angstrom, without 2 pi."""
        return self.waves[rows] @ self.maps

    def phases(self, rows: slice, *, sines: bool) -> Tensor:
        """Cos and, with ``sines``, sin of 2 pi k.x, at images x for waves k of ``rows``; (1 or 2, A, m)."""
        products = self.points @ self.waves[rows].T
        angles = math.tau * (products - products.detach().round())
        return torch.stack([angles.cos(), angles.sin()]) if sines else angles.cos()[None]

    def partial(self, phases: Tensor) -> Tensor:
        """F_I: sums of phases (.., A, m) over the atoms of each site in the conventional cell; (.., n, m)."""
        shape = *phases.shape[:-2], self.n_sites, phases.shape[-1]
        return self.centrings * phases.new_zeros(shape).index_add(-2, self.owners, phases)


def structure_factors(
    record: CrystalRecord,
    compiled: CompiledSetting,
    g_cutoff: float,
    coordinates: Tensor | None = None,
    lattice: Tensor | None = None,
    *,
    device: torch.device | None = None,
) -> StructureFactors:
    """Structure factors at all orbits of waves with |G| <= ``g_cutoff``.

    Args:
        record: the crystal. Its own coordinates and lattice decide which images differ and which waves count.
        compiled: its setting.
        g_cutoff: 1/Angstrom, without 2 pi.
        coordinates: (n, 3) fractional, to differentiate by; all tensors have their type and device. On a special
            position, a gradient holds for displacements that keep it. Default: the record's, in float64.
        lattice: (3, 3) rows in Angstrom, to differentiate by; default: the record's.
        device: of the record's own coordinates, where they are used.

    Raises:
        TypeError: coordinates or lattice are neither float32 nor float64.
        ValueError: they have another shape.
    """
    x, cell = sites_and_lattice(record, coordinates, lattice, device)
    cell = cell.to(x)
    check_compiled(compiled)
    group = point_group_operations(compiled.operations)
    n, order = len(record), len(group.rotations)
    # 1. Which operations fix each site. Their number is known from its multiplicity: those that move it least.
    moved = record.coordinates @ group.rotations.swapaxes(1, 2) + group.translations24[:, None] / TURN
    gaps = (moved - record.coordinates)[:, :, None] - group.centrings24 / TURN  # (order, n, centrings, 3)
    gaps = np.linalg.norm((gaps - np.rint(gaps)) @ record.lattice, axis=-1).min(axis=2).T
    n_fixed = order * len(group.centrings24) // record.multiplicities
    fixed = gaps <= np.sort(gaps, axis=1)[np.arange(n), n_fixed - 1, None]
    # 2. The distinct images: rotations of one left coset of the stabiliser map a site to the same image.
    first = np.where(fixed[:, None], group.products, order).min(axis=2)
    owners, numbers = np.nonzero(first == np.arange(order))
    images = np.zeros((n, order), np.int64)
    images[owners, numbers] = np.arange(len(owners))
    images = np.take_along_axis(images, first, axis=1)[:, group.half]

    # 3. The waves, and an origin at a centre of inversion.
    centre = np.zeros(3) if group.inversion is None else group.translations24[group.inversion] / (2 * TURN)
    orbits = orbit_representatives(compiled, record.lattice, g_cutoff)

    # 4. Tensors, differentiable by coordinates and lattice.
    sites = torch.from_numpy(owners).to(x.device)
    rotated = (torch.from_numpy(group.rotations[numbers]).to(x) * x[sites, None]).sum(-1)
    products = torch.linalg.cross(cell.roll(-1, 0), cell.roll(1, 0))
    volume = (cell[0] * products[0]).sum()
    return StructureFactors(
        multiplicities=torch.from_numpy(record.multiplicities).to(x),
        owners=sites,
        points=rotated + torch.from_numpy(group.translations24[numbers] / TURN - centre).to(x),
        images=torch.from_numpy(images).to(x.device),
        waves=torch.from_numpy(orbits.waves).to(x),
        sizes=torch.from_numpy(orbits.sizes).to(x),
        maps=torch.from_numpy(group.rotations[group.half]).to(x) @ (products / volume),
        volume=volume.abs(),
        centrings=len(group.centrings24),
        centrosymmetric=group.inversion is not None,
    )


def orbit_lengths(vectors: Tensor) -> Tensor:
    """(m,) |G| of orbits with the waves ``vectors`` (h, m, 3).

    All waves of an orbit have the same |G|. It is a root mean square because the derivative of that is right also
    for a strain that breaks the symmetry.
    """
    return vectors.square().sum(-1).mean(0).sqrt()
