"""An encoding of the sites of any crystal; its columns mean the same in all groups and in every crystal."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalRecord
from runtime.bases.store import Store, load_store
from runtime.site_kernels.harmonics import moment_norms
from runtime.site_kernels.reciprocal_kernel import ReciprocalKernel
from runtime.site_kernels.structure_factors import structure_factors

_NOISE = 1e-12
"""Of the largest moment that a class of atoms has in a crystal: below it are zeros of symmetry, where rounding
leaves about 1e-16 of it, and the tails of shells that hold no wave of the crystal."""


class SiteEncoding(nn.Module):
    """Neighbour-density moments of each site: of its own orbit, its element and all atoms, by shells in |G|.

    ``encoding(*records)`` are (n, n_features), the sites of all records one after the other. The columns are, for
    each of three classes of atoms, each degree l and each shell, from the moments of
    :class:`runtime.ReciprocalKernel` about the site: for l = 0 the moment itself, with its sign; for l > 0 the
    root mean square over m. Column (c (degree + 1) + l) shells + s is class c, degree l, shell s; columns are not
    scaled. The classes are

    * its own orbit: with l = 0 this is T6's K_w(x, x) = sum_O w(|G_O|) |psi_O(x)|^2, the moduli of the group's
      basis at the site (T5), collected by |G|; they depend on where the site is among the symmetry elements;
    * all atoms of its element, and
    * all atoms: the structure factor of Debye's equation, resolved by site.

    l > 0 adds angles between neighbours, which networks on distances alone do not have. Moments that the site
    symmetry forbids, such as all of l = 1 at sites with an inversion, are exactly 0.

    No column says which elements there are, neither at the site nor around it: put the columns beside an embedding
    of ``record.numbers``, the atomic numbers of the sites.

    |psi_O(x)| itself does not depend on the origin either. But function j of one group is not comparable with
    function j of another, nor with the same function in a crystal of another size, and axes that are equivalent in
    a group (a, b and c of Pmmm) can be permuted. Shells in |G| are lengths of the real lattice: a column means the
    same in all crystals, changes smoothly under strain, and is the same for a primitive cell, a supercell or a
    description with less symmetry (except in the first class, which is about symmetry).

    There is no gradient with respect to coordinates. Values are computed on the device of the module, always in
    float64, one crystal after the other and anew in each call: keep them. They are returned in the type of the
    module.

    Args:
        g_max: centre of the last shell in 1/Angstrom, |G| without 2 pi.
        shells: number of shells; their range in space is about ``shells / (2 pi g_max)`` Angstrom.
        degree: highest l, 0 to 4.
        store: holds the operations; default: the store that ships with the package.
    """

    def __init__(
        self, *, g_max: float = 1.0, shells: int = 20, degree: int = 2, store: Store | None = None
    ) -> None:
        super().__init__()
        self.kernel = ReciprocalKernel(g_max, shells, degree)
        self.store = load_store() if store is None else store

    @property
    def n_features(self) -> int:
        """Columns: 3 (degree + 1) shells."""
        return 3 * (self.kernel.degree + 1) * len(self.kernel.shells.centres)

    @torch.no_grad()
    def forward(self, *records: CrystalRecord) -> Tensor:
        """Encode the sites of one or more crystals; (n, n_features) for n sites in all.

        Raises:
            basis_store.SettingError: the store does not hold the setting of a record.
        """
        return torch.cat([self._encode(record) for record in records]).to(self.kernel.shells.centres)

    def _encode(self, record: CrystalRecord) -> Tensor:
        shells, compiled = self.kernel.shells, self.store.compiled(record.setting)
        device = shells.centres.device
        factors = structure_factors(record, compiled, shells.g_cutoff, device=device)
        n = len(record)
        elements, element = np.unique(record.numbers, return_inverse=True)
        of_element = elements[:, None] == record.numbers
        classes = np.concatenate([np.eye(n), of_element, np.ones((1, n))])
        seen = np.stack([np.arange(n), n + element, np.full(n, n + len(elements))], axis=1)
        moments = self.kernel(factors, torch.from_numpy(classes).to(device), torch.from_numpy(seen).to(device))
        values = moment_norms(moments, self.kernel.degree)
        # Without this, columns that are 0 in all crystals of a set would have standard deviations of 1e-17.
        sizes = values.abs()
        return values.where(sizes > _NOISE * sizes.amax(dim=(0, 2, 3), keepdim=True), 0).flatten(1)
