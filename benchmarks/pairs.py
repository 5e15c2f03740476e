"""Pair kernels (T6) of a mixed batch; ``python -m benchmarks.pairs`` prints how their cost grows with the atoms.

Two peers give the same numbers. Debye's double sum is over all pairs of atoms of the primitive cell, at every
wave. The other computes the structure factor of every site from all of its atoms, at every wave: without orbits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from basis_store import CrystalRecord, Setting
from benchmarks.crystal_sample import sample_records
from benchmarks.machine import Machine
from benchmarks.row import Row, side_by_side
from runtime import (
    GaussianShells,
    OrbitKernel,
    Store,
    StructureFactors,
    load_store,
    orbit_representatives,
    structure_factors,
)
from runtime.features.atoms import primitive_cell

CRYSTALS = 64
SHELLS = GaussianShells(1.0, 20)

GROUPS, SITES = (1, 2, 16, 47, 123, 221, 225), 6

_BLOCK = 1 << 19
"""Phases per step in the peers."""

store = functools.cache(load_store)


def rows(machine: Machine) -> list[Row]:
    """Kernels between all sites of the same crystals in three ways, from records to values."""
    records, words = sample_records(CRYSTALS)
    ours, waves, debye = side_by_side([
        lambda: by_orbits(records, SHELLS, store()),
        lambda: [by_waves(record, SHELLS, store()) for record in records],
        lambda: [by_pairs_of_atoms(record, SHELLS, store()) for record in records],
    ], repeats=3)  # fmt: skip
    operations = sum(min_operations(factors_of(record, SHELLS, store()), SHELLS) for record in records)
    row = functools.partial(
        Row,
        what=(
            f"T6 between all sites of {words}, {len(SHELLS.centres)} shells, "
            f"|G| < {SHELLS.g_cutoff:.1f} / Angstrom"
        ),
        ours=ours,
        limit=machine.seconds(operations=2 * operations),
        limited_by="arithmetic: a product for each orbit, pair and shell; float64 at half the rate of float32",
    )
    return [
        row(name="pair_kernels", peer=debye, peer_name="Debye's sum over pairs of atoms"),
        row(name="pair_kernels_waves", peer=waves, peer_name="all atoms at all waves"),
    ]


def by_orbits(records: list[CrystalRecord], shells: GaussianShells, store: Store) -> list[Tensor]:
    """Ours: (n, n, shells) for each crystal."""
    with torch.no_grad():
        kernels: list[Tensor] = OrbitKernel(shells)([factors_of(record, shells, store) for record in records])
    return kernels


def factors_of(record: CrystalRecord, shells: GaussianShells, store: Store) -> StructureFactors:
    """The input of our kernels."""
    return structure_factors(record, store.compiled(record.setting), shells.g_cutoff)


def min_operations(factors: StructureFactors, shells: GaussianShells) -> float:
    """Multiplications and additions of one product for each pair of sites, orbit and shell."""
    pairs = factors.n_sites * (factors.n_sites + 1) / 2
    return pairs * len(factors.waves) * (2 * len(shells.centres) + (1 if factors.centrosymmetric else 3))


class Atoms:
    """The part that both peers share: a primitive cell of N atoms, and its waves in blocks, k = 0 included."""

    def __init__(self, record: CrystalRecord, shells: GaussianShells, store: Store) -> None:
        cell = primitive_cell(record, store.compiled(record.setting))
        self.n_sites, self.shells = len(record), shells
        self.atoms, self.sites = torch.from_numpy(cell.coordinates), torch.from_numpy(cell.sites)
        self.waves = orbit_representatives(
            store.compiled(Setting.standard(1)), cell.lattice, shells.g_cutoff
        ).waves
        self.lengths = np.linalg.norm(self.waves @ np.linalg.inv(cell.lattice).T, axis=1)
        self.volume = abs(float(np.linalg.det(cell.lattice)))

    def blocks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Waves (m, 3), one of each k, -k, and their weights (m, shells)."""
        size = max(1, _BLOCK // len(self.atoms))
        for start in range(0, len(self.waves), size):
            lengths = torch.from_numpy(self.lengths[start : start + size])
            yield torch.from_numpy(self.waves[start : start + size]).double(), 2 * self.shells(lengths).T

    def kernel(self, sums: Tensor) -> Tensor:
        """(n, n, shells) from sums over all pairs of atoms."""
        many = torch.bincount(self.sites).double()
        constant = many[:, None, None] * many[:, None] * self.shells(many.new_zeros(1))[:, 0]
        kernel: Tensor = (sums + constant) / (many[:, None, None] * self.volume)
        return kernel


def by_waves(record: CrystalRecord, shells: GaussianShells, store: Store) -> Tensor:
    """(n, n, shells) from structure factors of all atoms at all waves."""
    cell = Atoms(record, shells, store)
    n = cell.n_sites
    sums = torch.zeros(n * n, len(shells.centres), dtype=torch.float64)
    for waves, weights in cell.blocks():
        angles = math.tau * (cell.atoms @ waves.T)
        factors = torch.zeros(2, n, len(waves), dtype=torch.float64)
        factors.index_add_(1, cell.sites, torch.stack([angles.cos(), angles.sin()]))
        sums += (factors[:, :, None] * factors[:, None]).sum(0).flatten(0, 1) @ weights
    return cell.kernel(sums.view(n, n, -1))


def by_pairs_of_atoms(record: CrystalRecord, shells: GaussianShells, store: Store) -> Tensor:
    """(n, n, shells) from the phases between any two atoms."""
    cell = Atoms(record, shells, store)
    sums = torch.zeros(cell.n_sites, cell.n_sites, len(shells.centres), dtype=torch.float64)
    for waves, weights in cell.blocks():
        for site, atom in zip(cell.sites, cell.atoms, strict=True):
            cosines = torch.cos(math.tau * ((cell.atoms - atom) @ waves.T))
            sums[site].index_add_(0, cell.sites, cosines @ weights)
    return cell.kernel(sums)


def growth() -> None:
    """Print times for six sites at the same density in groups of rising order; ms, and ns per site and wave."""
    from tests.support.crystals.made_records import made_record

    print(" group  atoms   waves  orbits |     orbits/ms      waves/ms     Debye/ms | per site and wave/ns")
    for number in GROUPS:
        record = made_record(Setting.standard(number), np.random.default_rng(number), SITES)
        cell, factors = Atoms(record, SHELLS, store()), factors_of(record, SHELLS, store())
        ways: list[Callable[[], object]] = [
            functools.partial(by_orbits, [record], SHELLS, store()),
            functools.partial(by_waves, record, SHELLS, store()),
            functools.partial(by_pairs_of_atoms, record, SHELLS, store()),
        ]
        times = side_by_side(ways, repeats=3)
        n_waves = 2 * len(cell.waves)
        sizes = f"{number:6} {len(cell.atoms):6} {n_waves:7} {len(factors.waves):7}"
        each = " ".join(f"{1e9 * seconds / (len(record) * n_waves):9.1f}" for seconds in times)
        print(sizes, "|", " ".join(f"{1e3 * seconds:13.2f}" for seconds in times), "|", each)


if __name__ == "__main__":
    growth()
