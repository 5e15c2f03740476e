"""The inputs of networks whose tokens are sites."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from basis_store.array_types import IntArray
from runtime.models.batch import Batch, per

_IMAGES = 64
"""A site costs as much as this many images."""


@dataclass(frozen=True, eq=False, repr=False)
class SitesBatch(Batch):
    """p crystals with S sites and E periodic images near them.

    Attributes:
        numbers: (S,) atomic numbers.
        crystals: (S,) number of the crystal.
        weights: (S,) multiplicities divided by their sum over the crystal.
        log_volumes: (p, 1) natural logarithm of the volume per atom in cubic Angstrom.
        allowed: (p, D, D) float64, see :func:`runtime.allowed_tensors`; of all tensor targets together, D columns.
        vectors: (E, 3) from a site to an image near it, in Angstrom; in the reference frame of the setting, so
            that the network's inputs do not depend on the orientation of the crystal. Those of one site follow
            each other.
    """

    numbers: Tensor = per("sites")
    crystals: Tensor = per("sites", numbers_of="crystals")
    weights: Tensor = per("sites")
    log_volumes: Tensor = per("crystals")
    allowed: Tensor = per("crystals")
    vectors: Tensor = per("images")

    @property
    def costs(self) -> IntArray:
        """(p,) images, and a site as much as many of them."""
        return self.counts["images"] + _IMAGES * self.counts["sites"]
