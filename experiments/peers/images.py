"""Atoms around each site of a crystal's asymmetric unit, from the store's operations, in any device's memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store import CrystalArrays
from runtime.bases.store import Store
from runtime.site_kernels.neighbours import site_neighbours

TIE = 1e-3
"""Angstrom; distances that round to the same multiple are equal."""


class Images(NamedTuple):
    """Atoms near S sites.

    Attributes:
        receivers: (E,) the site, ascending.
        senders: (E,) the site whose image the atom is, ascending for each receiver.
        distances: (E,) Angstrom, float64.
    """

    receivers: Tensor
    senders: Tensor
    distances: Tensor


def images_of_sites(arrays: CrystalArrays, store: Store, cutoff: float, device: torch.device) -> Images:
    """All atoms within a cutoff of each site, without the site itself.

    Args:
        arrays: the crystals.
        store: has the operations of their groups.
        cutoff: Angstrom.
        device: where to search.
    """
    coordinates, lattices = (torch.from_numpy(x).to(device) for x in (arrays.coordinates, arrays.lattices))
    found = site_neighbours(arrays, store.compiled, cutoff, coordinates, lattices)
    return Images(found.receivers, found.senders, found.vectors.norm(dim=1))


def nearest(images: Images, numbers: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The nearest atoms of each site; at equal distances those of lighter elements.

    Args:
        images: of S sites.
        numbers: (S,) atomic numbers.
        count: atoms of each site.

    Returns:
        (n,) senders and distances of those that there are, and (n,) their places in a table (S, count), flat.
    """
    steps = (images.distances / TIE).round().long()
    key = steps * (int(numbers.max()) + 1 if len(numbers) else 1) + numbers[images.senders]
    order = torch.argsort(key, stable=True)
    order = order[torch.argsort(images.receivers[order], stable=True)]
    receivers = images.receivers[order]
    ranks = ranks_in_groups(receivers, len(numbers))
    kept = order[ranks < count]
    places = (receivers * count + ranks)[ranks < count]
    return images.senders[kept], images.distances[kept], places


def ranks_in_groups(groups: Tensor, n_groups: int) -> Tensor:
    """The number of each member within its group.

    Args:
        groups: (n,) ascending.
        n_groups: their number.
    """
    starts = torch.searchsorted(groups, torch.arange(n_groups, device=groups.device))
    return torch.arange(len(groups), device=groups.device) - starts[groups]


def site_fields(arrays: CrystalArrays, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """Fields that the batches of all peers have.

    Args:
        arrays: the crystals.
        device: of the fields.
        dtype: of weights.

    Returns:
        (S,) ``numbers``, ``crystals`` and ``weights``: atomic number, crystal, and share in the crystal's atoms.
    """
    counts = torch.from_numpy(arrays.site_counts).to(device)
    weights = arrays.multiplicities / np.repeat(arrays.atom_counts, arrays.site_counts)
    return {
        "numbers": torch.from_numpy(arrays.numbers.astype(np.int64)).to(device),
        "crystals": torch.repeat_interleave(counts, output_size=len(arrays.numbers)),
        "weights": torch.from_numpy(weights).to(device, dtype),
    }
