"""Sums over one wave of each orbit equal sums over all waves and atoms, in bounded work and memory (T6, T7)."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from basis_store import CrystalRecord, Setting, standard_settings
from runtime import Store
from runtime.site_kernels import pair_sums
from runtime.site_kernels.orbit_kernel import OrbitKernel, gaussian_transforms
from runtime.site_kernels.orbit_moments import OrbitMoments
from runtime.site_kernels.orbit_representatives import orbit_representatives
from runtime.site_kernels.reciprocal_kernel import GaussianShells, ReciprocalKernel
from runtime.site_kernels.structure_factors import StructureFactors, structure_factors
from tests.support.brute_kernels import brute_kernel, brute_moments, brute_orbit_moments, waves_within
from tests.support.crystals.made_records import all_atoms, in_p1, made_record
from tests.support.crystals.rewritings import rewritings

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
# The first origin choice, where no centre of inversion is at the origin; rhombohedral and other axes.
OTHERS = [Setting.from_hall(number) for number in (228, 280, 335, 359, 404, 426, 518, 525, 63, 326, 437, 459)]
MORE = pytest.mark.parametrize("setting", [*standard_settings(), *OTHERS], ids=lambda one: str(one.hall_number))
SHELLS = GaussianShells(0.2, 2)


def made(setting: Setting | int, n_sites: int = 3) -> CrystalRecord:
    setting = Setting.standard(setting) if isinstance(setting, int) else setting
    return made_record(setting, np.random.default_rng(setting.number), n_sites)


def kernel_of(record: CrystalRecord, store: Store, weights: Callable[[Tensor], Tensor] = SHELLS) -> Tensor:
    return OrbitKernel(weights)([structure_factors(record, store.compiled(record.setting), SHELLS.g_cutoff)])[0]


def assert_near(value: Tensor, expected: Tensor, size: Tensor | None = None, limit: float = 1e-10) -> None:
    size = expected if size is None else size
    assert value.shape == expected.shape
    assert float((value - expected).abs().max()) < limit * float(size.abs().max())


@MORE
def test_representatives_generate_every_wave_that_is_present(setting: Setting, store: Store) -> None:
    """Against the mean over the group (T4) at a random point: absent waves are those where it vanishes."""
    record, compiled = made(setting), store.compiled(setting)
    g_cutoff = 0.45
    orbits = orbit_representatives(compiled, record.lattice, g_cutoff)
    images = np.concatenate([compiled.rotations, -compiled.rotations]).astype(np.int64)
    found: set[tuple[int, ...]] = set()
    for wave, size in zip(orbits.waves, orbits.sizes, strict=True):
        orbit = {tuple(image) for image in (wave @ images).tolist()}
        assert max(orbit) == tuple(wave.tolist())
        assert len(orbit) == size
        assert not orbit & found
        found |= orbit
    waves = waves_within(record.lattice, g_cutoff)
    points = compiled.rotations @ np.array([0.1234, 0.3456, 0.7891]) + compiled.translations24 / 24
    present = np.abs(np.exp(2j * np.pi * (points @ waves.T)).mean(axis=0)) > 1e-9
    assert found == {tuple(wave) for wave in waves[present].tolist()}


@MORE
def test_sums_over_orbits_equal_sums_over_all_waves_and_atoms(setting: Setting, store: Store) -> None:
    n = 2 if setting.number >= 195 else 3
    record, compiled = made(setting, n), store.compiled(setting)
    gaussians = functools.partial(gaussian_transforms, widths=(1.5, 2.5))
    for weights in (SHELLS, gaussians):
        assert_near(kernel_of(record, store, weights), brute_kernel(record, compiled, weights, SHELLS.g_cutoff))
    moments = ReciprocalKernel(0.2, 2, 4)
    factors = structure_factors(record, compiled, SHELLS.g_cutoff)
    expected = brute_moments(record, compiled, moments)
    assert_near(moments(factors), expected)
    assert_near(ReciprocalKernel(0.2, 2, 0)(factors)[:, :, 0], kernel_of(record, store))
    classes = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)[:, :n]
    of_classes = torch.einsum("ijqs,cj->icqs", expected, classes)
    assert_near(moments(factors, classes), of_classes)
    seen = torch.tensor([[0, 1], [2, 1], [0, 2]])[:n]
    assert_near(moments(factors, classes, seen), of_classes[torch.arange(n)[:, None], seen])
    size = None
    for degree in range(5):
        module = OrbitMoments(0.2, 2, degree)
        tensors = brute_orbit_moments(record, compiled, module.centres, module.width, degree)
        size = tensors if size is None else size  # of odd degree all may vanish
        assert_near(module(record, compiled), tensors, size)


@STANDARD
def test_the_kernel_does_not_depend_on_the_description(setting: Setting, store: Store) -> None:
    record = made(setting)
    by_element = np.argsort(record.numbers)
    expected = kernel_of(record, store)[by_element][:, by_element]
    for _, other in rewritings(record, store, np.random.default_rng(setting.number)):
        order = np.argsort(other.numbers)
        assert_near(kernel_of(other, store)[order][:, order], expected)


@STANDARD
def test_the_kernel_does_not_depend_on_the_choice_of_cell(setting: Setting, store: Store) -> None:
    """In P1, with a site for every atom: kernels add up over the atoms of each site."""
    record = made(setting, n_sites=1 if setting.number >= 195 else 2)
    owners = torch.from_numpy(all_atoms(record)[1])
    whole = kernel_of(in_p1(record), store)
    added = torch.zeros(len(whole), len(record), whole.shape[2], dtype=whole.dtype).index_add(1, owners, whole)
    assert_near(added, kernel_of(record, store)[owners])


def test_a_batch_is_its_crystals(store: Store) -> None:
    records = [made(number, n_sites) for number, n_sites in ((1, 20), (62, 3), (167, 9), (230, 1), (225, 2))]
    batch = [structure_factors(record, store.compiled(record.setting), SHELLS.g_cutoff) for record in records]
    for value, record in zip(OrbitKernel(SHELLS)(batch), records, strict=True):
        assert torch.equal(value, kernel_of(record, store))
    assert OrbitKernel(SHELLS)([]) == []


def test_a_cell_too_small_for_any_wave(store: Store) -> None:
    """Only the mean of the kernel remains: k = 0."""
    record = made(225, 2)
    compiled = store.compiled(record.setting)
    factors = structure_factors(record, compiled, 1e-3)
    assert len(factors.waves) == 0
    constant = SHELLS(torch.zeros(1, dtype=torch.float64))[:, 0] * factors.multiplicities[:, None] / record.volume
    torch.testing.assert_close(OrbitKernel(SHELLS)([factors])[0], constant.expand(2, -1, -1))
    torch.testing.assert_close(ReciprocalKernel(0.2, 2, 2)(factors)[:, :, 0], constant.expand(2, -1, -1))


@pytest.mark.parametrize("number", [1, 4, 5, 19, 62, 122, 152, 167, 198, 216])
def test_gradients_equal_those_of_all_waves_and_atoms(number: int, store: Store) -> None:
    """By coordinates of sites on general positions, and by every strain, also those that break the symmetry."""
    record = made(number, n_sites=3 if number in (1, 4, 19) else 1)  # these have no special positions
    compiled = store.compiled(record.setting)
    x = torch.from_numpy(record.coordinates).requires_grad_()
    cell = torch.from_numpy(record.lattice).requires_grad_()
    factors = structure_factors(record, compiled, SHELLS.g_cutoff, x, cell)
    moments = OrbitMoments(0.2, 2, 2)
    kernels = OrbitKernel(SHELLS)([factors])[0], brute_kernel(record, compiled, SHELLS, SHELLS.g_cutoff, x, cell)
    brute = brute_orbit_moments(record, compiled, moments.centres, moments.width, 2, x, cell)
    for value, expected in (kernels, (moments(record, compiled, x, cell), brute)):
        probe = torch.rand(value.shape, dtype=value.dtype, generator=torch.Generator().manual_seed(0))
        found = torch.autograd.grad((value * probe).sum(), (x, cell), retain_graph=True)
        expected_gradient = torch.autograd.grad((expected * probe).sum(), (x, cell), retain_graph=True)
        for one, other in zip(found, expected_gradient, strict=True):
            assert_near(one, other, limit=1e-9)
    angular = ReciprocalKernel(0.2, 2, 3)
    (found,) = torch.autograd.grad(angular(factors).sum(), x)
    (expected_gradient,) = torch.autograd.grad(brute_moments(record, compiled, angular, x).sum(), x)
    assert_near(found, expected_gradient, limit=1e-9)


class Work(TorchDispatchMode):
    """Counts cosines and sines, multiplications in matrix products, and the peak memory in bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.phases = self.products = self.bytes = self.max_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name in ("cos", "sin"):
            self.phases += result.numel()
        if name in ("mm", "bmm"):
            self.products += result.numel() * args[0].shape[-1]
        given = {each.untyped_storage().data_ptr() for each in tree_leaves(args) if isinstance(each, Tensor)}
        for each in tree_leaves(result):
            if isinstance(each, Tensor) and each.untyped_storage().data_ptr() not in given:
                size = each.untyped_storage().nbytes()
                self.bytes += size
                self.max_bytes = max(self.max_bytes, self.bytes)
                weakref.finalize(each, self._freed, size)
        return result

    def _freed(self, size: int) -> None:
        self.bytes -= size


def work_of(record: CrystalRecord, store: Store) -> tuple[Work, StructureFactors]:
    """The work of T6 between all sites."""
    factors = structure_factors(record, store.compiled(record.setting), SHELLS.g_cutoff)
    with Work() as work:
        OrbitKernel(SHELLS)([factors])
    return work, factors


@pytest.mark.parametrize("number", [1, 2, 16, 47, 123, 221, 225])
def test_work_grows_with_sites_times_waves(number: int, store: Store) -> None:
    """Three sites, 3 to 500 atoms: phases per site and wave do not grow with the atoms, and products decrease."""
    record = made(number)
    n, atoms = len(record), int(record.multiplicities.sum())
    work, factors = work_of(record, store)
    parts = 1 if factors.centrosymmetric else 2
    assert work.phases == parts * len(factors.points) * len(factors.waves)
    assert len(factors.points) * factors.centrings == atoms
    # Waves on symmetry elements have smaller orbits; their share falls as a cell grows.
    assert len(factors.points) * len(factors.waves) < 2 * n * int(factors.sizes.sum())
    assert work.products < len(factors.waves) * (n * n * len(SHELLS.centres) + 3 * len(factors.points) + 500)
    if 2 < number < 225:
        whole, _ = work_of(in_p1(record), store)
        assert work.phases < whole.phases * n / atoms * 2
        assert work.products < whole.products * (n / atoms) ** 2 * 4


@pytest.mark.parametrize(("number", "n_sites"), [(1, 9), (62, 4), (152, 4), (225, 2)])
def test_memory_is_bounded_by_chunks(
    number: int, n_sites: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In backward, too: one chunk, the inputs and some copies of the result; the graph holds no chunk."""
    record = made(number, n_sites)
    compiled = store.compiled(record.setting)
    x = torch.from_numpy(record.coordinates).requires_grad_()
    angular, tensors = ReciprocalKernel(0.25, 2, 2), OrbitMoments(0.25, 2, 2)
    factors = structure_factors(record, compiled, angular.shells.g_cutoff, x)
    works = (
        lambda: OrbitKernel(angular.shells)([factors])[0],
        lambda: angular(factors),
        lambda: tensors(record, compiled, x),
    )
    limit = 1 << 15
    for work in works:
        with Work() as unbounded:
            whole = work()
            (gradient,) = torch.autograd.grad(whole.sum(), x, retain_graph=True)
        with Work() as bounded, monkeypatch.context() as patch:
            patch.setattr(pair_sums, "CHUNK_BYTES", limit)
            value = work()
            held = bounded.bytes
            (other,) = torch.autograd.grad(value.sum(), x, retain_graph=True)
        assert_near(value.detach(), whole.detach(), limit=1e-12)
        assert_near(other, gradient, limit=1e-9)
        copies = 4 * value.nbytes + sum(each.nbytes for each in vars(factors).values() if isinstance(each, Tensor))
        assert held < 2 * copies
        assert bounded.max_bytes < 2 * limit + copies
        assert unbounded.max_bytes > 3 * bounded.max_bytes
