"""The reciprocal side of the kernels (T6), resolved by |G| and by angle: scattering as a site sees it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CompiledSetting, CrystalRecord
from runtime.kernels.harmonics import real_harmonics
from runtime.kernels.images import cell_atoms
from runtime.kernels.reciprocal import waves_at, waves_within

_TAIL = 6.0
"""Widths beyond the last shell's centre at which the sum over waves ends; what is left out is of order 1e-8."""


class SiteWaves(NamedTuple):
    """The waves of a crystal's real lattice at its sites: (K) waves, one of each G and -G, and G = 0.

    Attributes:
        vectors: (K, 3) G in 1/Angstrom, without 2 pi, Cartesian.
        phases: (n, K) complex128, e_k(x_I) at the sites.
        factors: (n, K) complex128, the sum of e_k over the atoms of the site's orbit in the cell, divided by its
            volume (T7: F_I / V); twice that where -G is left out.
    """

    vectors: Tensor
    phases: Tensor
    factors: Tensor


def site_waves(record: CrystalRecord, compiled: CompiledSetting, reach: float) -> SiteWaves:
    """All waves with |G| <= ``reach`` (1/Angstrom) that the group's centring lets through."""
    waves = waves_within(record.lattice, reach)
    centrings = compiled.translations24[(compiled.rotations == np.eye(3)).all(axis=(1, 2))].astype(np.int64)
    present = (waves @ centrings.T % 24 == 0).all(axis=1)
    waves = np.concatenate([np.zeros((1, 3), np.int64), waves[present]])
    k = torch.from_numpy(waves.astype(np.float64))
    atoms, _ = cell_atoms(record, compiled)
    orbits = torch.split(torch.from_numpy(atoms), record.multiplicities.tolist())
    factors = torch.stack([waves_at(orbit, k).sum(0) for orbit in orbits])
    factors[:, 1:] *= 2
    return SiteWaves(
        vectors=torch.from_numpy(waves @ np.linalg.inv(record.lattice).T),
        phases=waves_at(torch.from_numpy(record.coordinates), k),
        factors=factors / record.volume,
    )


class ReciprocalKernel(nn.Module):
    """Moments of what surrounds a site, by Gaussian shells in |G| and by degree: Debye's sum, resolved by site.

    For a site at x and senders y, such as all images of a site J or all atoms of an element,

        K_s,lm(x) = (1/V) sum_k w_s(|G|) (|G|/g_s)^l Y_lm(G/|G|) Re[i^l e_k(x) conj e_k(y)]
                  = sum over images of kappa_s,l(r) Y_lm(r/|r|),   r from x to the image,

    over every wave of the real lattice. Here w_s is Gaussian about a centre c_s (and about -c_s, so that it is
    smooth at 0) of a width s, g_s^2 = c_s^2 + width^2, and w_s is divided by its integral, so that kappa_s,0 is 1
    at r = 0 and

        kappa_s,0(r) = exp(-2 (pi width r)^2) [c_s^2 sinc(2 pi c_s r) + width^2 cos(2 pi c_s r)] / g_s^2.

    With l = 0 these are the kernels of T6; they reach out to some 1 / (2 pi width) in space, much further than
    sums over images can cheaply go, and belong beside :class:`DirectKernel`, which is sharp at short distances.
    A site counts as an image of itself: it adds 1 at l = 0.

    Args:
        greatest: centre of the last shell, 1/Angstrom, without 2 pi. The others are evenly spaced from
            ``greatest / shells``; their width is the spacing.
        shells: number of shells.
        degree: highest l, 0 to 4.
    """

    centres: Tensor

    def __init__(self, greatest: float, shells: int, degree: int) -> None:
        super().__init__()
        self.degree, self.width = degree, greatest / shells
        self.register_buffer("centres", torch.linspace(self.width, greatest, shells), persistent=False)
        self.reach = greatest + _TAIL * self.width

    @property
    def n_angular(self) -> int:
        """(degree + 1)^2."""
        return (self.degree + 1) ** 2

    def forward(self, vectors: Tensor, receivers: Tensor, senders: Tensor) -> Tensor:
        """Sums over waves, in the type of ``vectors``.

        Args:
            vectors: (K, 3) as :attr:`SiteWaves.vectors`.
            receivers: (n, K) as :attr:`SiteWaves.phases`.
            senders: (n, c, K), or (1, c, K) if they are the same for all receivers: sums of
                :attr:`SiteWaves.factors`.

        Returns:
            (n, c, (degree + 1)^2, shells).
        """
        real, imaginary = self._weights(vectors)
        rows = []
        for receiver, sender in zip(receivers, senders.expand(len(receivers), -1, -1), strict=True):
            products = receiver * sender.conj()
            rows.append(products.real @ real + products.imag @ imaginary)
        return torch.stack(rows).view(len(rows), -1, self.n_angular, len(self.centres))

    def _weights(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """What real and imaginary parts of products are multiplied by; (K, (degree + 1)^2 shells) each."""
        centres = self.centres.to(vectors)
        lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
        shells = torch.exp(-0.5 * ((lengths - centres) / self.width) ** 2)
        shells = shells + torch.exp(-0.5 * ((lengths + centres) / self.width) ** 2)
        squares = centres**2 + self.width**2
        shells = shells / (4 * math.pi * math.sqrt(math.tau) * self.width * squares)
        angular = real_harmonics(vectors / lengths.clamp(min=1e-12), self.degree)
        parts = []
        for degree in range(self.degree + 1):
            some = angular[:, degree**2 : (degree + 1) ** 2, None]
            parts.append(some * (shells * (lengths / squares.sqrt()) ** degree)[:, None])
        # Re[i^l z] is Re z, -Im z, -Re z, Im z, Re z for l = 0, 1, 2, 3, 4.
        real = torch.cat([part * (1, 0, -1, 0, 1)[degree] for degree, part in enumerate(parts)], dim=1)
        imaginary = torch.cat([part * (0, -1, 0, 1, 0)[degree] for degree, part in enumerate(parts)], dim=1)
        return real.flatten(1), imaginary.flatten(1)
