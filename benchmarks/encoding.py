"""Encoding a mixed batch: one number per orbit, compared with the paper's dense routing and with brute force.

The peers are the obvious code without orbits, in PyTorch on the same threads:

* dense routing as released: all crystals padded to 444 atoms, all waves of both families at each, times the matrix
  M_G of the group, (230, 514, 514) and (230, 418, 418) complex64, gathered per crystal;
* the same without the padding;
* brute force: the mean of every wave over all images of an atom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from basis_store import Setting, standard_settings
from basis_store.groups.group import LatticeFamily
from basis_store.groups.wave_shells import LATTICE_FAMILIES
from benchmarks.machine import Machine
from benchmarks.row import Row, side_by_side
from runtime import Store, WaveEncoder, load_store

ATOMS, PADDED = 4096, 444
_CRYSTALS_AT_ONCE = 23
_REPEATS = 3


@dataclass(frozen=True)
class MixedBatch:
    """Atoms of crystals of all 230 groups, from one atom up.

    Attributes:
        x: (n, 3) coordinates, crystal after crystal.
        counts: (230,) atoms of each crystal, in the memory of the host.
    """

    x: Tensor
    counts: Tensor

    @classmethod
    def made(
        cls, atoms: int, device: torch.device | None = None, dtype: torch.dtype = torch.float32
    ) -> MixedBatch:
        """The same atoms on every device.

        Args:
            atoms: at least 230.
            device: of the coordinates.
            dtype: of the coordinates.
        """
        generator = torch.Generator().manual_seed(0)
        counts = torch.bincount(torch.randint(230, (atoms - 230,), generator=generator), minlength=230) + 1
        return cls(torch.rand(atoms, 3, generator=generator).to(device, dtype), counts)

    @cached_property
    def settings(self) -> list[Setting]:
        """One for each crystal."""
        return list(standard_settings())

    @cached_property
    def groups(self) -> Tensor:
        """(230,) numbers of the groups."""
        return torch.arange(1, 231, device=self.x.device)

    @cached_property
    def crystals(self) -> Tensor:
        """(n,) the crystal of each atom."""
        return torch.repeat_interleave(self.counts).to(self.x.device)

    def cells(self, x: Tensor) -> list[Tensor]:
        """The coordinates ``x`` (n, 3) of each crystal."""
        return list(torch.split(x, self.counts.tolist()))

    def padded(self, x: Tensor, length: int) -> Tensor:
        """(230, length, 3) of coordinates (n, 3)."""
        table = x.new_zeros(len(self.counts) * length, 3)
        return table.index_copy(0, self.places(length), x).view(len(self.counts), length, 3)

    def places(self, length: int) -> Tensor:
        """(n,) where each atom is in the rows of a table with a given length for each crystal."""
        ranks = torch.arange(len(self.x)) - torch.repeat_interleave(
            self.counts.cumsum(0) - self.counts, self.counts
        )
        return (torch.repeat_interleave(self.counts) * length + ranks).to(self.x.device)


class DenseRouting:
    """The paper's M_G of all 230 groups, on a device."""

    def __init__(self, store: Store, device: torch.device | None = None) -> None:
        self._waves = {family: store.shared_waves(family).to(device) for family in LATTICE_FAMILIES}
        self._tables = {family: _routing_table(store, family).to(device) for family in LATTICE_FAMILIES}

    def __call__(self, x: Tensor, groups: Tensor) -> Tensor:
        """(p, n, 3) coordinates of crystals of the (p,) groups -> (p, n, 514) P_k of their own lattice family."""
        both = [self._routed(family, x, groups) for family in LATTICE_FAMILIES]
        return torch.where(_is_hexagonal(groups)[:, None, None], both[1], both[0])

    def in_parts(self, x: Tensor, groups: Tensor, crystals: int) -> Iterator[Tensor]:
        """The same, some crystals at a time."""
        for some, numbers in zip(torch.split(x, crystals), torch.split(groups, crystals), strict=True):
            yield self(some, numbers)

    def _routed(self, family: LatticeFamily, x: Tensor, groups: Tensor) -> Tensor:
        angles = x @ (math.tau * self._waves[family].to(x).T)
        waves = torch.polar(torch.ones_like(angles), angles)
        routed = waves @ self._tables[family][groups - 1].mT
        return torch.nn.functional.pad(routed, (0, 514 - routed.shape[-1]))


def _routing_table(store: Store, family: LatticeFamily) -> Tensor:
    waves = store.shared_waves(family)
    table = torch.zeros(230, len(waves), len(waves), dtype=torch.complex64)
    for setting in standard_settings():
        if setting.lattice_family == family:
            table[setting.number - 1] = store.basis(setting).routing_matrix()
    return table


def _is_hexagonal(groups: Tensor) -> Tensor:
    hexagonal = [setting.number for setting in standard_settings() if setting.lattice_family == "hexagonal"]
    return torch.isin(groups, torch.tensor(hexagonal, device=groups.device))


def brute_force(store: Store) -> Callable[[Tensor, int], Tensor]:
    """(n, 3) points of one crystal, and its group -> (n, 514): the mean over all images of each point."""
    bases = [store.basis(setting) for setting in standard_settings()]

    def encode(x: Tensor, group: int) -> Tensor:
        basis = bases[group - 1]
        angles = basis.images(x) @ (math.tau * basis.shared_waves.to(x).T)
        means = torch.polar(torch.ones_like(angles), angles).mean(dim=1)
        return torch.nn.functional.pad(means, (0, 514 - means.shape[-1]))

    return encode


def rows(machine: Machine) -> list[Row]:
    """A mixed batch of 4,096 atoms in 230 crystals, one of each group, of 1 to about 35 atoms."""
    store = load_store()
    batch = MixedBatch.made(ATOMS)
    x, settings, crystals, counts = batch.x, batch.settings, batch.crystals, batch.counts
    padded, cells = batch.padded(x, PADDED), batch.cells(x)
    encoder, dense, brute = WaveEncoder(store), DenseRouting(store), brute_force(store)

    def as_released() -> Iterator[Tensor]:
        return dense.in_parts(padded, batch.groups, _CRYSTALS_AT_ONCE)

    def unpadded() -> Iterator[Tensor]:
        for cell, group in zip(cells, torch.split(batch.groups, 1), strict=True):
            yield dense(cell[None], group)[0]

    def by_brute_force(x: Tensor) -> Iterator[Tensor]:
        for cell, group in zip(batch.cells(x), batch.groups.tolist(), strict=True):
            yield brute(cell, group)

    def with_gradient(encode: Callable[[Tensor], Iterator[Tensor]]) -> None:
        points = x.clone().requires_grad_()
        for values in encode(points):
            values.real.sum().backward()  # type: ignore[no-untyped-call]

    def in_orbits(x: Tensor) -> Iterator[Tensor]:
        yield encoder(x, settings, crystals)

    ours = encoder(x, settings, crystals)
    for peer in (unpadded(), by_brute_force(x)):
        torch.testing.assert_close(torch.cat(list(peer)), ours, atol=2e-5, rtol=0)
    routed = torch.cat(list(as_released()))
    atoms = torch.cat([cell[:count] for cell, count in zip(routed, counts.tolist(), strict=True)])
    torch.testing.assert_close(atoms, ours, atol=2e-5, rtol=0)
    del routed, atoms
    seconds = side_by_side(
        [
            lambda: encoder(x, settings, crystals),
            lambda: [None for _ in as_released()],
            lambda: [None for _ in unpadded()],
            lambda: [None for _ in by_brute_force(x)],
            lambda: with_gradient(in_orbits),
            lambda: with_gradient(by_brute_force),
        ],
        _REPEATS,
    )
    moved = ours.numel() * ours.element_size() + x.numel() * x.element_size()
    peers = {
        "encode": f"dense routing as released, {PADDED} padded atoms, both lattice families",
        "encode_unpadded": "dense routing without padding, both lattice families",
        "encode_brute_force": "mean over all operations",
    }
    found = [
        Row(
            name=name, what=f"{ATOMS:,} atoms of 230 groups, shared ball", ours=seconds[0], peer=peer,
            peer_name=peer_name, limit=machine.seconds(bytes_moved=moved), limited_by="writing the result",
        )
        for (name, peer_name), peer in zip(peers.items(), seconds[1:4], strict=True)
    ]  # fmt: skip
    gradients = Row(
        name="encode_gradient", what="the same with the gradient by coordinates", ours=seconds[4], peer=seconds[5],
        peer_name="mean over all operations", limit=machine.seconds(bytes_moved=2 * moved),
        limited_by="writing the result, reading its gradient",
    )  # fmt: skip
    return [*found, gradients]
