"""An encoding of the sites of any crystal whose columns mean the same in all groups and in every crystal."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalRecord
from runtime.kernels.reciprocal_kernel import ReciprocalKernel
from runtime.kernels.structure_factors import crystal_orbits
from runtime.plugins.moments import moment_norms
from runtime.store import Store, load_store


class SiteEncoding(nn.Module):
    """What each site sees of its own orbit, of its element and of all atoms, by shells in |G| and by angle.

    ``encoding(*records)`` are (n, n_features), the sites of all records one after the other. The columns are, for
    each of three classes of atoms, each degree l and each shell, the length of the moments of
    :class:`runtime.kernels.ReciprocalKernel` about the site:

    * its own orbit: with l = 0 this is T6's K_w(x, x) = sum_O w(|G_O|) |psi_O(x)|^2, the moduli of the group's
      basis at the site (T5), collected by |G|. It tells how the site lies among the symmetry elements;
    * all atoms of its element, and
    * all atoms: the structure factor of Debye's equation, resolved by site.

    l > 0 adds the shape of the surroundings, hence angles, which networks on distances alone do not see.

    Why not |psi_O(x)| itself: it does not depend on the origin either, but function j of one group has nothing to
    do with function j of another, nor with the same function in a crystal of another size, and the axes that a
    group leaves open (a, b and c of Pmmm) may be named anew. Shells in |G| are lengths of the real lattice: a
    column means the same in all crystals, changes smoothly under strain, and a primitive cell, a supercell or a
    description with less symmetry gives the same values (but for the first class, which is about symmetry).

    There is no gradient with respect to coordinates. Values are computed in float64, once per crystal, and
    returned in the type and on the device of the module.

    Args:
        largest: centre of the last shell in 1/Angstrom, |G| without 2 pi.
        shells: number of shells; they see as far as some ``shells / (2 pi greatest)`` Angstrom.
        degree: highest l, 0 to 3.
        store: where operations come from; default: the store that ships with the package.
    """

    def __init__(
        self, *, largest: float = 1.0, shells: int = 20, degree: int = 2, store: Store | None = None
    ) -> None:
        super().__init__()
        self.kernel = ReciprocalKernel(largest, shells, degree)
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
        reach, device = self.kernel.shells.reach, self.kernel.shells.centres.device
        orbits = crystal_orbits(record, self.store.compiled(record.setting), reach, device=device)
        n = len(record)
        elements, element = np.unique(record.numbers, return_inverse=True)
        of_element = elements[:, None] == record.numbers
        classes = np.concatenate([np.eye(n), of_element, np.ones((1, n))])
        seen = np.stack([np.arange(n), n + element, np.full(n, n + len(elements))], axis=1)
        moments = self.kernel(orbits, torch.from_numpy(classes).to(device), torch.from_numpy(seen).to(device))
        return moment_norms(moments, self.kernel.degree).flatten(1)
