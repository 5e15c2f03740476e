"""Features of pairs of sites: the periodic images of one around the other, at short and long range."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from basis_store import CrystalRecord
from runtime.bases.store import Store, load_store
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.harmonics import moment_norms
from runtime.site_kernels.neighbours import neighbours
from runtime.site_kernels.orbit_kernel import OrbitKernel
from runtime.site_kernels.reciprocal_kernel import ReciprocalKernel
from runtime.site_kernels.structure_factors import structure_factors


class PairKernel(nn.Module):
    """Invariant kernels K_w(x_I, x_J) of T6 between all sites of a crystal, from both sides of Poisson's sum.

    ``kernel(record)`` is (n, n, n_features): row I, column J holds moments of all images of J about site I. The
    columns are norms of moments, for each degree l: first ``radial`` Gaussians in distance up to ``cutoff``
    (:class:`runtime.DirectKernel`: sharp, short range), then ``shells`` Gaussians in |G|
    (:class:`runtime.ReciprocalKernel`: smooth, longer range). Sums are over all waves of the real lattice, so a
    pair of sites has the same features for every choice of cell.

    The diagonal is about the images of a site itself. K_IJ is not K_JI; divided by the multiplicity of J, it is
    symmetric at l = 0.

    There is no gradient with respect to coordinates. Values are computed on the device of the module, except for
    the search of neighbours, which the CPU does, always in float64 and anew in each call: keep them. They are
    returned in the type of the module.

    Args:
        cutoff: Angstrom, of the direct part.
        radial: number of Gaussians in distance; at least 2.
        g_max: centre of the last shell in 1/Angstrom, |G| without 2 pi.
        shells: number of shells in |G|.
        degree: highest l, 0 to 4.
        store: holds the operations; default: the store that ships with the package.
    """

    def __init__(
        self,
        *,
        cutoff: float = 6.0,
        radial: int = 12,
        g_max: float = 1.0,
        shells: int = 20,
        degree: int = 0,
        store: Store | None = None,
    ) -> None:
        super().__init__()
        self.direct = DirectKernel(cutoff, radial, degree)
        self.reciprocal = ReciprocalKernel(g_max, shells, degree)
        self.invariant = OrbitKernel(self.reciprocal.shells)
        self.store = load_store() if store is None else store

    @property
    def n_features(self) -> int:
        """Columns: (degree + 1) (radial + shells)."""
        return (self.direct.degree + 1) * (len(self.direct.centres) + len(self.reciprocal.shells.centres))

    @torch.no_grad()
    def forward(self, record: CrystalRecord) -> Tensor:
        """Features of all pairs of the n sites of a crystal; (n, n, n_features).

        Raises:
            basis_store.SettingError: the store does not hold the record's setting.
        """
        compiled, device = self.store.compiled(record.setting), self.direct.centres.device
        n, degree = len(record), self.direct.degree
        found = neighbours(record, compiled, self.direct.cutoff)
        near = self.direct(found.vectors.to(device), (found.receivers * n + found.senders).to(device), n * n)
        factors = structure_factors(record, compiled, self.reciprocal.shells.g_cutoff, device=device)
        # OrbitKernel needs half of the work, but has degree 0 only.
        far = self.reciprocal(factors) if degree else self.invariant([factors])[0][:, :, None]
        parts = [
            moment_norms(near, degree).view(n, n, -1).to(self.direct.centres),
            moment_norms(far, degree).flatten(2).to(self.direct.centres),
        ]
        return torch.cat(parts, dim=-1)
