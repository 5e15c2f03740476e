"""Neighbours of many crystals at once on a GPU, beside the same on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from basis_store import CrystalArrays
from benchmarks.gpu.setup import Setup, check_close
from benchmarks.row import Row
from runtime.site_kernels.neighbours import Neighbours, site_neighbours

_CUTOFF = 6.0
_BYTES = 8 + 8 + 24
"""Of a neighbour: two sites and a vector."""


def check_neighbours(setup: Setup) -> None:
    """Neighbours of a few hundred crystals are those that the CPU finds."""
    crystals = setup.crystals(setup.sizes.checked)
    found, expected = (_found(setup, crystals, device) for device in (setup.device, torch.device("cpu")))
    # A length that rounding alone makes shorter than the cutoff is right on one side and on both.
    found, expected = (
        Neighbours(*(part[one.vectors.norm(dim=1) < _CUTOFF - 1e-6] for part in one)) for one in (found, expected)
    )
    if len(found.receivers) != len(expected.receivers):
        raise AssertionError(f"{len(found.receivers)} neighbours, not {len(expected.receivers)}")
    for name in ("receivers", "senders", "vectors"):
        check_close(getattr(found, name), getattr(expected, name), 1e-9, name)


CHECKS = (check_neighbours,)


def rows(setup: Setup) -> Iterator[Row]:
    """Crystals per second."""
    crystals = setup.crystals(setup.sizes.neighbours)
    some = setup.crystals(min(setup.sizes.neighbours, setup.sizes.on_cpu))
    n_found = len(_found(setup, crystals, setup.device).receivers)
    (ours,) = setup.times(lambda: _found(setup, crystals, setup.device))
    peer = setup.once(lambda: _found(setup, some, torch.device("cpu")))
    yield Row(
        name="gpu_neighbours",
        what=f"neighbours within {_CUTOFF:g} Angstrom of all sites of {setup.words(crystals)}, {n_found:,} found",
        unit="crystals/s",
        ours=len(crystals) / ours,
        peer=len(some) / peer,
        peer_name="the same on the CPU",
        limit=len(crystals) / setup.machine.seconds(bytes_moved=_BYTES * n_found),
        limited_by="writing sites and vectors",
    )


def _found(setup: Setup, crystals: CrystalArrays, device: torch.device) -> Neighbours:
    coordinates, lattices = (torch.from_numpy(one).to(device) for one in (crystals.coordinates, crystals.lattices))
    return site_neighbours(crystals, setup.store.compiled, _CUTOFF, coordinates, lattices)
