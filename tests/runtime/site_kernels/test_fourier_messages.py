"""Fourier messages equal sums over all images of all atoms, whatever the description of the crystal (T11)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from basis_store import CrystalArrays, CrystalRecord, Setting, standard_settings
from runtime import Store
from runtime.site_kernels.fourier_filters import FourierFilters
from runtime.site_kernels.fourier_messages import FourierMessages
from runtime.site_kernels.neighbours import site_neighbours
from tests.runtime.site_kernels.wave_tables import G_CUTOFF, GAUSSIANS, WIDTHS, messages_of, wave_table
from tests.support.brute_kernels import brute_kernel
from tests.support.crystals.made_records import all_atoms, in_p1, made_record
from tests.support.crystals.rewritings import larger_cells, rewritings

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))


def made(setting: Setting | int, n_sites: int = 3) -> CrystalRecord:
    setting = Setting.standard(setting) if isinstance(setting, int) else setting
    return made_record(setting, np.random.default_rng(setting.number), n_sites)


def values_of(numbers: np.ndarray) -> Tensor:
    """(S, 2) of elements, so that they go with an atom from one description to another."""
    table = torch.rand(100, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return table[torch.from_numpy(numbers.astype(np.int64))]


def messages(records: list[CrystalRecord], store: Store) -> Tensor:
    crystals = CrystalArrays.of(records)
    return messages_of(wave_table(crystals, store), values_of(crystals.numbers))


def assert_near(value: Tensor, expected: Tensor, limit: float = 1e-10) -> None:
    assert value.shape == expected.shape
    assert float((value - expected).abs().max()) < limit * float(expected.abs().max())


@STANDARD
def test_the_sum_over_all_images_of_all_atoms(setting: Setting, store: Store) -> None:
    crystals = CrystalArrays.of([made(setting, 2 if setting.number >= 195 else 3)])
    x, lattices = torch.from_numpy(crystals.coordinates), torch.from_numpy(crystals.lattices)
    values = values_of(crystals.numbers)
    expected = values.clone()  # the atom itself
    for column, width in enumerate(WIDTHS):
        found = site_neighbours(crystals, store.compiled, 7.6 * width, x, lattices)
        terms = torch.exp(-0.5 * (found.vectors.norm(dim=1) / width) ** 2) * values[found.senders, column]
        expected[:, column].index_add_(0, found.receivers, terms)
    assert_near(messages_of(wave_table(crystals, store), values), expected)


@STANDARD
def test_they_do_not_depend_on_the_description(setting: Setting, store: Store) -> None:
    """Other sites, origins, orientations and orders; the full cell, a supercell and a skew one."""
    record = made(setting, 1 if setting.number >= 195 else 2)
    expected = messages([record], store)
    numbers = record.numbers.tolist()
    others = list(rewritings(record, store, np.random.default_rng(setting.number)))
    if setting.number < 143:
        others += larger_cells(record)
    else:
        others += [("the full cell", in_p1(record))]
    crystals = [other for _, other in others]
    found = messages(crystals, store).split([len(other) for other in crystals])
    for other, one in zip(crystals, found, strict=True):
        assert_near(one, expected[[numbers.index(number) for number in other.numbers.tolist()]])


def test_a_batch_is_its_crystals(store: Store) -> None:
    records = [made(number, n) for number, n in ((1, 20), (62, 3), (2, 4), (62, 3), (62, 3), (167, 9), (230, 1))]
    together = messages(records, store).split([len(record) for record in records])
    for record, found in zip(records, together, strict=True):
        torch.testing.assert_close(found, messages([record], store), atol=0, rtol=1e-13)
    assert messages([], store).shape == (0, 2)


def test_skew_cells(store: Store) -> None:
    record = made(1, 5)
    change = np.array([[1, 0, 0], [7, 1, 0], [-4, 9, 1]])
    skew = dataclasses.replace(
        record, lattice=change @ record.lattice, coordinates=record.coordinates @ np.linalg.inv(change)
    )
    assert_near(messages([skew], store), messages([record], store))


@pytest.mark.parametrize("number", [1, 2, 5, 19, 62, 122, 152, 167, 198, 216])
def test_gradients_equal_those_of_all_waves_and_atoms(number: int, store: Store) -> None:
    """By coordinates, and by every strain, also those that break the symmetry."""
    record = made(number, 3 if number <= 5 else 1)
    x = torch.from_numpy(record.coordinates).requires_grad_()
    cell = torch.from_numpy(record.lattice).requires_grad_()
    values = values_of(record.numbers)
    kernel = brute_kernel(record, store.compiled(record.setting), GAUSSIANS, G_CUTOFF, x, cell)
    table = wave_table(CrystalArrays.of([record]), store, coordinates=x, lattices=cell[None])
    expected = torch.einsum("ijc,jc->ic", kernel, values)
    probe = torch.rand(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    slopes = [
        torch.autograd.grad((one * probe).sum(), (x, cell)) for one in (messages_of(table, values), expected)
    ]
    for found, wanted in zip(*slopes, strict=True):
        assert_near(found, wanted, limit=1e-9)


def test_derivatives_by_differences(store: Store) -> None:
    """First and second, by values, filters, coordinates and lattices of two crystals."""
    crystals = CrystalArrays.of([made(152, 2), made(1, 1)])
    module = FourierMessages(3, 2).double()
    basis = FourierFilters(0.3, 2, coulomb=1.0)

    def function(values: Tensor, filters: Tensor, x: Tensor, lattices: Tensor) -> Tensor:
        table = wave_table(crystals, store, basis, 0.3, x, lattices)
        return torch.func.functional_call(module, {"filters": filters}, (values, table))

    given = (
        torch.rand(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)),
        module.filters.detach().clone(),
        torch.from_numpy(crystals.coordinates.copy()),
        torch.from_numpy(crystals.lattices.copy()),
    )
    inputs = tuple(each.requires_grad_() for each in given)
    assert torch.autograd.gradcheck(function, inputs, atol=1e-6)
    assert torch.autograd.gradgradcheck(function, inputs, atol=1e-5)


def test_single_precision(store: Store) -> None:
    records = [made(number, n) for number, n in ((1, 9), (62, 3), (225, 2), (31, 2))]
    crystals = CrystalArrays.of(records)
    table, values = wave_table(crystals, store), values_of(crystals.numbers)
    expected = messages_of(table, values)
    converted = [each.float() if isinstance(each, Tensor) else each for each in table]
    assert_near(messages_of(type(table)(*converted), values.float()).double(), expected, limit=1e-5)


def test_filters_are_normalised_and_end_at_the_cutoff() -> None:
    """The transform of each is 1 at r = 0; all vanish at the cutoff with their slopes, in both types."""
    filters = FourierFilters(0.8, 6, coulomb=1.5)
    lengths = torch.linspace(0, 0.8, 200_001, dtype=torch.float64)
    columns = filters(lengths)
    assert columns.shape == (filters.n_columns, len(lengths)) == (7, len(lengths))
    integrals = torch.trapezoid(columns * 4 * math.pi * lengths**2, lengths)
    torch.testing.assert_close(integrals, torch.ones_like(integrals), atol=1e-4, rtol=0)
    assert not columns[:, -1].any() and not filters(torch.tensor([0.9])).any()
    assert columns[-1, 0] == 0 and columns[:-1, 0].gt(0).all()
    assert (columns[:, -2] < 1e-9 * columns.amax(1)).all()
    torch.testing.assert_close(filters(lengths.float()).double(), columns, atol=1e-2, rtol=1e-5)


def test_the_coulomb_filter_is_the_potential_of_gaussian_charges() -> None:
    """erf(r / sqrt(2) sigma) / r over its value at r = 0, by Ewald's other half: no cutoff in space."""
    sigma, filters = 1.5, FourierFilters(40.0, 1, coulomb=1.5)
    lengths = (torch.arange(400_000, dtype=torch.float64) + 0.5) * 1e-5
    column = filters(lengths)[1]
    for r in (0.5, 3.0, 20.0):
        found = float((column * 4 * math.pi * lengths**2 * torch.sinc(2 * lengths * r)).sum() * 1e-5)
        expected = math.erf(r / (math.sqrt(2) * sigma)) / r * sigma * math.sqrt(math.pi / 2)
        assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("sizes", [(0.0, 3, None), (0.5, 0, None), (0.5, 3, 0.0), (math.inf, 3, None)])
def test_filters_that_make_no_sense(sizes: tuple[float, int, float | None]) -> None:
    with pytest.raises(ValueError, match="positive cutoff"):
        FourierFilters(*sizes)


def test_an_atom_feels_its_own_images(store: Store) -> None:
    """One site: the message is its value times the lattice sum of the kernel, more than the kernel at 0."""
    record = made(221, 1)
    atoms, _ = all_atoms(record)
    found = messages([record], store)
    assert (found > 1.5 * values_of(record.numbers)).all() and len(atoms) > 1
