"""The inputs of a :class:`runtime.SiteTransformer`."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from basis_store.array_types import IntArray
from runtime.models.batch import Batch, per

_IMAGES = 64
"""A site costs as much as this many images."""


@dataclass(frozen=True, eq=False, repr=False)
class SitesBatch(Batch):
    """p crystals with S sites and E periodic images near them, and R rows of waves with F values at the sites.

    Attributes:
        numbers: (S,) atomic numbers.
        crystals: (S,) number of the crystal.
        weights: (S,) multiplicities divided by their sum over the crystal.
        multiplicities: (S,) atoms of each site in the conventional cell.
        log_volumes: (p, 1) natural logarithm of the volume per atom in cubic Angstrom, in which empty layers count
            only in part: see :func:`runtime.site_kernels.images.empty_layers.filled_volumes`.
        allowed: (p, D, D) float64, see :func:`runtime.allowed_tensors`; of all tensor targets together, D columns.
        receivers: (E,) site, ascending.
        senders: (E,) site of the same crystal that each is an image of, ascending for each receiver.
        vectors: (E, 3) from the receiver to the image, in Angstrom; in the reference frame of the setting, so that
            the network's inputs do not depend on the orientation of the crystal.
        lengths_of_waves: (R,) and those below: see :class:`runtime.site_kernels.site_waves.SiteWaves`; empty
            without Fourier messages.
    """

    numbers: Tensor = per("sites")
    crystals: Tensor = per("sites", numbers_of="crystals")
    weights: Tensor = per("sites")
    multiplicities: Tensor = per("sites")
    log_volumes: Tensor = per("crystals")
    allowed: Tensor = per("crystals")
    receivers: Tensor = per("images", numbers_of="sites")
    senders: Tensor = per("images", numbers_of="sites")
    vectors: Tensor = per("images")
    lengths_of_waves: Tensor = per("rows")
    scales: Tensor = per("rows")
    first_rows: Tensor = per("sites", numbers_of="rows")
    row_counts: Tensor = per("sites", counts_of="values")
    values: Tensor = per("values")

    @property
    def costs(self) -> IntArray:
        """(p,) images, and a site as much as many of them."""
        return self.counts["images"] + _IMAGES * self.counts["sites"]
