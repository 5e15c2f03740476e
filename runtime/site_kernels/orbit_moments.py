"""Orbit moments (T7): Cartesian tensors from partial structure factors; they obey the point group."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from basis_store import CompiledSetting, CrystalRecord
from runtime.arrays import constant
from runtime.site_kernels.pair_sums import pair_sums
from runtime.site_kernels.reciprocal_kernel import TAIL_WIDTHS, shell_centres
from runtime.site_kernels.structure_factors import structure_factors


class OrbitMoments(nn.Module):
    """Tensors of pairs of sites, by Gaussian shells in |G|.

    For sites I and J with partial structure factors F_I(k), the sum of e_k over the atoms of the orbit of I in the
    cell (m_I P_k(x_I) in the symbols of T7), and shells w_s about centres c_s,

        M_IJ,s = 1/V^2 sum_k w_s(|G|) Re[conj F_I(k) F_J(k)] (G/|G|)^{tensor l}        for even l, Im for odd l,

    over every wave k != 0 of the real lattice. The product is the same for all waves of an orbit O, so that this
    is computed as the sum over orbits of w_s(|G_O|) Re[conj F_I F_J] Q_O^(l), in bounded memory. It rotates with
    the crystal, does not depend on the choice of origin or cell, and is symmetric in I and J for even l,
    antisymmetric for odd l.

    By Poisson's sum (T6) it equals a sum over pairs of atoms with a kernel of their distance: moments like
    those of :class:`runtime.DirectKernel`, summed over the orbit of the first site.

    Args:
        g_max: centre of the last shell in |G|, 1/Angstrom, without 2 pi; the others are evenly spaced from
            ``g_max / shells``, and their width is the spacing.
        shells: number of shells.
        degree: rank l of the tensors, 0 to 4.

    Attributes:
        g_cutoff: largest |G| of the sums, 1/Angstrom.

    Raises:
        ValueError: another degree.
    """

    centres: Tensor

    def __init__(self, g_max: float, shells: int, degree: int) -> None:
        super().__init__()
        if not 0 <= degree <= 4:
            raise ValueError(f"the degree is 0 to 4, not {degree}")
        self.degree, self.width = degree, g_max / shells
        centres = shell_centres(g_max, shells, torch.empty(0, dtype=torch.float64, device="cpu"))
        self.g_max = g_max
        self.register_buffer("centres", constant(centres), persistent=False)
        self.g_cutoff = g_max + TAIL_WIDTHS * self.width
        # A symmetric tensor has one component for each multiset of indices.
        self._chosen = list(itertools.combinations_with_replacement(range(3), degree))
        indices = itertools.product(range(3), repeat=degree)
        self._places = [self._chosen.index(tuple(sorted(each))) for each in indices]

    def forward(
        self,
        record: CrystalRecord,
        compiled: CompiledSetting,
        coordinates: Tensor | None = None,
        lattice: Tensor | None = None,
    ) -> Tensor:
        """Moments of all pairs of sites, in float64 or in the type of ``coordinates``.

        Args:
            record: the crystal.
            compiled: its setting.
            coordinates: (n, 3) fractional, to differentiate by; default: the record's.
            lattice: (3, 3) rows in Angstrom, to differentiate by; default: the record's. The record's own
                lattice decides which waves are summed over.

        Returns:
            (n, n, shells, 3, ..., 3) with ``degree`` Cartesian indices, in 1/Angstrom^6, in the lattice's frame.
        """
        factors = structure_factors(record, compiled, self.g_cutoff, coordinates, lattice)
        n, shells = len(record), len(self.centres)
        columns = shells * len(self._chosen)
        sums = pair_sums(factors, self._weights, columns, imaginary=self.degree % 2 == 1) / factors.volume**2
        return sums.view(n, n, shells, -1)[..., self._places].view(n, n, shells, *(3,) * self.degree)

    def _weights(self, vectors: Tensor) -> Tensor:
        """Means over the waves (h, m, 3) of each orbit of w_s (G/|G|)^{tensor l}; (shells components, m)."""
        lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
        centres = shell_centres(self.g_max, len(self.centres), vectors)
        shells = torch.exp(-0.5 * ((lengths - centres) / self.width) ** 2)
        axes = (vectors / lengths).unbind(-1)
        components = []
        for chosen in self._chosen:
            component = torch.ones_like(axes[0])
            for axis in chosen:
                component = component * axes[axis]
            components.append(component)
        return torch.einsum("hms,hmc->scm", shells, torch.stack(components, dim=-1)).flatten(0, 1) / len(vectors)
