"""Waves at the sites of many crystals equal Reynolds means (T4), with bounded memory, never crystal by crystal."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from basis_store import CrystalArrays, CrystalRecord, Setting, standard_settings
from runtime import Batch, Store
from runtime.models.batch import per
from runtime.site_kernels import site_waves as module
from runtime.site_kernels.fourier_messages import FourierMessages, WaveTable
from runtime.site_kernels.orbit_representatives import lattice_orbits, orbit_representatives
from runtime.site_kernels.site_pairs import dense_pairs
from runtime.site_kernels.site_waves import SiteWaves, site_waves
from tests.runtime.site_kernels.test_orbit_kernel import OTHERS, Work
from tests.support.brute_kernels import structure_factors
from tests.support.crystals.made_records import in_p1, made_record

SETTINGS = [*standard_settings(), *OTHERS]
G_CUTOFF = 0.45


def made(setting: Setting | int, n_sites: int = 2) -> CrystalRecord:
    setting = Setting.standard(setting) if isinstance(setting, int) else setting
    return made_record(setting, np.random.default_rng(setting.number), n_sites)


def waves_of(crystals: CrystalArrays, store: Store, g_cutoff: float = G_CUTOFF) -> SiteWaves:
    x, lattices = torch.from_numpy(crystals.coordinates), torch.from_numpy(crystals.lattices)
    return site_waves(crystals, store.compiled, g_cutoff, x, lattices)


def test_orbits_of_all_settings_at_once(store: Store) -> None:
    """They are those of each crystal alone, also where a box of indices is too large to be kept."""
    records = [made(setting, 1) for setting in SETTINGS]
    long = dataclasses.replace(made(1), lattice=np.diag([60.0, 70.0, 80.0]))
    records = [long, *records, made(2, 3), made(62, 3), *records[::-1], long]
    crystals = CrystalArrays.of(records)
    orbits = lattice_orbits(crystals, store.compiled, G_CUTOFF)
    starts = np.searchsorted(orbits.crystals, np.arange(len(records) + 1))
    assert (np.diff(orbits.crystals) >= 0).all() and starts[-1] == len(orbits.waves)
    for row, record in enumerate(records):
        alone = orbit_representatives(store.compiled(record.setting), record.lattice, G_CUTOFF)
        own = slice(starts[row], starts[row + 1])
        assert np.array_equal(orbits.waves[own], alone.waves)
        assert np.array_equal(orbits.sizes[own], alone.sizes)
    assert starts[1] > 1 << 15


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: str(one.hall_number))
def test_rows_are_reynolds_means(setting: Setting, store: Store) -> None:
    """Real and imaginary part, or one real number where an operation reverses the wave; k = 0 comes first."""
    record, compiled = made(setting, 3 if setting.number < 195 else 2), store.compiled(setting)
    crystals = CrystalArrays.of([record])
    waves, orbits = waves_of(crystals, store), lattice_orbits(crystals, store.compiled, G_CUTOFF)
    means = structure_factors(record, compiled, orbits.waves, torch.from_numpy(record.coordinates)).numpy()
    means = means / record.multiplicities[:, None]
    rows, sizes, lengths = [np.ones(len(record))], [1], [0.0]
    reversed_ = np.array([(wave @ compiled.rotations == -wave).all(axis=1).any() for wave in orbits.waves], bool)
    for wave, size, turns, is_real, mean in zip(
        orbits.waves, orbits.sizes, orbits.turns48, reversed_, means.T, strict=True
    ):
        assert (turns >= 0) == is_real
        if is_real:
            real = mean * np.exp(-2j * np.pi * turns / 48)
            assert np.abs(real.imag).max() < 1e-12
        rows += [real.real] if is_real else [mean.real, mean.imag]
        lengths += [np.linalg.norm(wave @ np.linalg.inv(record.lattice).T)] * (1 if is_real else 2)
        sizes += [int(size)] * (1 if is_real else 2)
    np.testing.assert_allclose(waves.values.reshape(len(record), -1).numpy(), np.array(rows).T, atol=1e-12)
    np.testing.assert_allclose(waves.lengths.numpy(), lengths, atol=1e-13)
    np.testing.assert_allclose(waves.scales.numpy(), np.array(sizes) / record.volume, rtol=1e-13)
    assert waves.counts.tolist() == [len(rows)] and waves.row_counts.tolist() == [len(rows)] * len(record)


def test_all_atoms_are_used_if_a_site_lists_others(store: Store) -> None:
    """Any operation that maps a site to an atom is as good; centrings are then not paired by rotation."""
    record, compiled = made(225, 2), store.compiled(Setting.standard(225))
    images = record.images.astype(np.int64)
    x = np.repeat(record.coordinates, record.multiplicities, axis=0)
    rng = np.random.default_rng(0)
    for place, (image, point) in enumerate(zip(record.images, x, strict=True)):
        atoms = compiled.rotations @ point + compiled.translations24 / 24
        steps = atoms - atoms[image]
        images[place] = rng.choice(np.flatnonzero(np.abs(steps - np.rint(steps)).max(axis=1) < 1e-6))
    other = dataclasses.replace(record, images=images.astype(np.int16))
    assert (other.images != record.images).any()
    found, expected = (waves_of(CrystalArrays.of([one]), store).values for one in (other, record))
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def test_nothing_is_done_crystal_by_crystal(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of calls, of Python and of C, does not grow with the number of crystals."""
    monkeypatch.setattr(module, "_CPU_BLOCK", 1 << 40)
    records = [made(number) for number in (1, 2, 14, 62, 152, 225)]

    def calls(crystals: CrystalArrays) -> int:
        count = 0

        def counted(*event: Any) -> None:
            nonlocal count
            count += event[1] in ("call", "c_call")

        waves_of(crystals, store)  # tables of settings are kept
        sys.setprofile(counted)
        try:
            waves_of(crystals, store)
        finally:
            sys.setprofile(None)
        return count

    few, many = (calls(CrystalArrays.of(records * times)) for times in (1, 40))
    assert many < 1.2 * few


@pytest.mark.parametrize("differentiable", [False, True])
def test_memory_is_bounded(differentiable: bool, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few times what is returned, and one block: phases of a large crystal are never in memory together."""
    monkeypatch.setattr(module, "_CPU_BLOCK", 1 << 13)
    crystals = CrystalArrays.of([in_p1(made(62, 6), change=np.diag([2, 1, 1])), made(62, 9), made(225, 3)])
    x, lattices = torch.from_numpy(crystals.coordinates), torch.from_numpy(crystals.lattices)
    x.requires_grad_(differentiable)
    with Work() as work:
        waves = site_waves(crystals, store.compiled, 0.8, x, lattices)
        held = work.bytes
        if differentiable:
            torch.autograd.grad(waves.values.sum(), x)
    result = sum(value.nbytes for value in vars(waves).values() if isinstance(value, Tensor))
    assert result > 1 << 20
    assert held < (6 if differentiable else 1.5) * result
    assert work.max_bytes < (8 if differentiable else 2) * result + 64 * (1 << 13)


@dataclass(frozen=True, eq=False)
class WavesBatch(Batch):
    """Waves among the fields of a batch."""

    multiplicities: Tensor = per("sites")
    first_rows: Tensor = per("sites", numbers_of="waves")
    row_counts: Tensor = per("sites", counts_of="wave_values")
    wave_lengths: Tensor = per("waves")
    scales: Tensor = per("waves")
    values: Tensor = per("wave_values")

    @classmethod
    def of(cls, crystals: CrystalArrays, store: Store) -> WavesBatch:
        waves, sites = waves_of(crystals, store), crystals.site_counts
        return cls(
            {"sites": sites, "waves": waves.counts, "wave_values": waves.counts * sites},
            torch.from_numpy(crystals.multiplicities).double(),
            waves.first_rows, waves.row_counts, waves.lengths, waves.scales, waves.values,
        )  # fmt: skip

    def table(self) -> WaveTable:
        counts = self.counts["wave_values"], self.counts["sites"], self.counts["waves"]
        pairs = dense_pairs(*counts, self.first_rows, self.row_counts)
        basis = torch.exp(-self.wave_lengths)[None]
        return WaveTable(self.values, basis, self.scales, self.multiplicities, pairs)


def test_waves_in_batches(store: Store) -> None:
    """Taken in any order, joined and padded, every crystal receives the same messages."""
    records = [made(number, n) for number, n in ((1, 5), (62, 3), (225, 1), (31, 2), (62, 3))]
    batch = WavesBatch.of(CrystalArrays.of(records), store)
    module_ = FourierMessages(1, 2).double()
    given = torch.rand(batch.size("sites"), 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = module_(given, batch.table()).split(batch.counts["sites"].tolist())
    values = given.split(batch.counts["sites"].tolist())
    rows = np.array([3, 0, 4, 2])
    taken = batch.take(rows)
    joined = WavesBatch.join([taken, batch.take(np.array([1]))])
    sizes = {axis: joined.size(axis) + more for axis, more in (("sites", 3), ("waves", 17), ("wave_values", 40))}
    padded = joined.padded(sizes | {"crystals": 7})
    order = [*rows.tolist(), 1]
    wanted = torch.cat([expected[row] for row in order])
    sent = torch.cat([values[row] for row in order])
    torch.testing.assert_close(module_(sent, joined.table()), wanted, atol=1e-13, rtol=1e-13)
    more = torch.cat([sent, torch.ones(3, 2, dtype=torch.float64)])
    torch.testing.assert_close(module_(more, padded.table())[:-3], wanted, atol=1e-13, rtol=1e-13)


def test_a_cell_too_small_for_any_wave(store: Store) -> None:
    waves = waves_of(CrystalArrays.of([made(225)]), store, 1e-3)
    assert waves.counts.tolist() == [1] and waves.lengths.tolist() == [0.0]
    assert waves.values.tolist() == [1.0, 1.0]
