"""Fourier messages (T11): sums over all images of all atoms, by way of the orbits of waves of a crystal.

    S_c(O) = sum_J m_J conj P_O(x_J) a_Jc,     V_c(I) = (1/V) sum_O |O| w_c(|G_O|) Re[P_O(x_I) S_c(O)]

P_O are real rows here, as in :mod:`runtime.site_kernels.site_waves`: both sums are products with the same table of
sites and rows, and its transpose.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from runtime.arrays import random_weights
from runtime.site_kernels.pair_contractions import sums_over_receivers, sums_over_senders
from runtime.site_kernels.site_pairs import SitePairs


class WaveTable(NamedTuple):
    """The waves of a batch of crystals with S sites and R rows, for all messages between its sites.

    Attributes:
        values: (E,) of rows at sites: site by site, row by row.
        basis: (columns, R) functions of |G|, such as :class:`FourierFilters`, in cubic Angstrom.
        scales: (R,) waves of the orbit, divided by the volume of the cell.
        multiplicities: (S,) atoms of each site in the same cell.
        pairs: of a site as receiver and a row as sender, see :func:`dense_pairs`.
    """

    values: Tensor
    basis: Tensor
    scales: Tensor
    multiplicities: Tensor
    pairs: SitePairs


class FourierMessages(nn.Module):
    """For each channel a convolution of the sites' values with a learned kernel, over the infinite crystal (T11).

    With filters w_c = sum_s basis_s f_sc and their transforms kappa_c, of the distance in space,

        V_c(I) = sum over all images y of all sites J of kappa_c(|x_I - y|) a_Jc,

    a site itself included. It does not depend on the choice of cell and origin, has no cutoff in space, and its
    cost grows with sites times orbits times channels.

    Args:
        columns: number of functions of |G| in the basis.
        channels: number of values of a site.
    """

    def __init__(self, columns: int, channels: int) -> None:
        super().__init__()
        self.filters = random_weights(columns, channels, std=columns**-0.5)

    def forward(self, values: Tensor, waves: WaveTable) -> Tensor:
        """Messages to all sites.

        Args:
            values: (S, channels) of sites.
            waves: of the same crystals.

        Returns:
            (S, channels).
        """
        table = waves.values[None, None]
        sent = sums_over_receivers(table, None, (waves.multiplicities[:, None] * values)[None, None], waves.pairs)
        filtered = sent * ((waves.basis * waves.scales).mT @ self.filters)
        return sums_over_senders(table, None, filtered, waves.pairs)[0, 0]
