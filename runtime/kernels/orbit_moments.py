"""Orbit moments (T7): Cartesian tensors from partial structure factors; they obey the point group."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CompiledSetting, CrystalRecord
from runtime.kernels.reciprocal import waves_at, waves_within

_TAIL = 6.0
"""Widths beyond the last shell's centre at which the sum over waves ends; what is left out is of order 1e-8."""


class OrbitMoments(nn.Module):
    """Tensors of pairs of sites, by Gaussian shells in |G|.

    For sites I and J with partial structure factors F_I(k), the sum of e_k over the atoms of the orbit of I in the
    cell (m_I P_k(x_I) in the symbols of T7), and shells w_s about centres c_s,

        M_IJ,s = 1/V^2 sum_k w_s(|G|) Re[conj F_I(k) F_J(k)] (G/|G|)^{tensor l}        for even l, Im for odd l,

    over every wave k != 0 of the real lattice. The product is the same for all waves of an orbit O, so that this
    is the sum over orbits of w_s(|G_O|) Re[conj F_I F_J] Q_O^(l). It turns with the crystal, does not depend on
    the choice of origin or cell, and is symmetric in I and J for even l, antisymmetric for odd l.

    On the other side of T6 it is a sum over pairs of atoms with a kernel of their distance: the moments of
    :class:`runtime.kernels.DirectKernel`, summed over the orbit of the first site.

    Args:
        greatest: centre of the last shell, 1/Angstrom, without 2 pi; the others are evenly spaced from
            ``greatest / shells``, and their width is the spacing.
        shells: number of shells.
        degree: rank l of the tensors, 0 to 4.
    """

    centres: Tensor

    def __init__(self, greatest: float, shells: int, degree: int) -> None:
        super().__init__()
        if not 0 <= degree <= 4:
            raise ValueError(f"the degree is 0 to 4, not {degree}")
        self.degree, self.width = degree, greatest / shells
        self.register_buffer(
            "centres", torch.linspace(self.width, greatest, shells, dtype=torch.float64), persistent=False
        )
        self.reach = greatest + _TAIL * self.width

    def forward(
        self,
        record: CrystalRecord,
        compiled: CompiledSetting,
        coordinates: Tensor | None = None,
        lattice: Tensor | None = None,
    ) -> Tensor:
        """Moments of all pairs of sites, in float64 or in the type of what is given.

        Args:
            record: the crystal.
            compiled: its setting.
            coordinates: (n, 3) fractional, to differentiate by; default: the record's.
            lattice: (3, 3) rows in Angstrom, to differentiate by; default: the record's. Which waves are summed
                over is decided by the record's lattice.

        Returns:
            (n, n, shells, 3, ..., 3) with ``degree`` Cartesian indices, in 1/Angstrom^6, in the lattice's frame.
        """
        x = torch.from_numpy(record.coordinates) if coordinates is None else coordinates
        cell = torch.from_numpy(record.lattice).to(x) if lattice is None else lattice
        waves = torch.from_numpy(waves_within(record.lattice, self.reach).astype(np.float64)).to(x)
        vectors = waves @ torch.linalg.inv(cell).T
        lengths = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
        shells = torch.exp(-0.5 * ((lengths - self.centres.to(x)) / self.width) ** 2)
        factors = _structure_factors(x, waves, record, compiled)
        products = factors.conj()[:, None] * factors[None]
        # One wave of each k, -k is listed; the other one adds the same.
        parts = 2 * (products.real if self.degree % 2 == 0 else products.imag)
        outer = torch.ones(len(waves), 1, dtype=x.dtype, device=x.device)
        for _ in range(self.degree):
            outer = (outer[:, :, None] * (vectors / lengths)[:, None, :]).flatten(1)
        volume = torch.linalg.det(cell).abs()
        moments: Tensor = torch.einsum("ijk,ks,kt->ijst", parts, shells, outer) / volume**2
        return moments.reshape(*moments.shape[:3], *(3,) * self.degree)


def _structure_factors(x: Tensor, waves: Tensor, record: CrystalRecord, compiled: CompiledSetting) -> Tensor:
    """(n, K) complex: for each site the sum of e_k over the atoms of its orbit in the cell."""
    owners = torch.from_numpy(np.repeat(np.arange(len(record)), record.multiplicities)).to(x.device)
    rotations = torch.from_numpy(compiled.rotations[record.images].astype(np.float64)).to(x)
    shifts = torch.from_numpy(compiled.translations24[record.images] / 24).to(x)
    atoms = torch.einsum("aij,aj->ai", rotations, x[owners]) + shifts
    terms = waves_at(atoms, waves)
    zeros = torch.zeros(len(x), len(waves), dtype=terms.dtype, device=x.device)
    factors: Tensor = zeros.index_add(0, owners, terms)
    return factors
