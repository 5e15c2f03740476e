"""The neighbour search of many crystals at once: any cell, any device, with derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_store import CrystalArrays, CrystalRecord, Setting, all_settings, standard_settings
from runtime import Store
from runtime.site_kernels import lattice_search
from runtime.site_kernels.neighbours import Neighbours, neighbours, periodic_neighbours, site_neighbours
from tests.support.crystals.made_records import all_atoms, in_p1, made_record

CUTOFF = 5.0


def found_in(crystals: CrystalArrays, store: Store, device: str = "cpu") -> Neighbours:
    x = torch.from_numpy(crystals.coordinates).to(device)
    return site_neighbours(crystals, store.compiled, CUTOFF, x, torch.from_numpy(crystals.lattices).to(device))


def by_hand(record: CrystalRecord) -> np.ndarray:
    """Sorted (receiver, sender, length) of all images in a box that is large enough for any cell."""
    atoms, owners = all_atoms(record)
    inverse = np.linalg.inv(record.lattice)
    extents = np.ceil(CUTOFF * np.linalg.norm(inverse, axis=0)).astype(int) + 1
    cells = np.indices(2 * extents + 1).reshape(3, -1).T - extents
    rows = []
    for receiver, x in enumerate(record.coordinates):
        lengths = np.linalg.norm(((atoms - x)[:, None] + cells) @ record.lattice, axis=-1)
        atom, cell = np.nonzero((lengths < CUTOFF) & (lengths > 1e-6))
        rows += [(receiver, owners[a], lengths[a, c]) for a, c in zip(atom, cell, strict=True)]
    table = np.array(rows).reshape(-1, 3)
    return table[np.lexsort(table.T[::-1])]


def table_of(found: Neighbours) -> np.ndarray:
    columns = [found.receivers, found.senders, found.vectors.norm(dim=1)]
    table = torch.stack([column.double() for column in columns], dim=1).cpu().numpy()
    return np.asarray(table[np.lexsort(table.T[::-1])])


@pytest.mark.parametrize("start", range(0, 530, 53))
def test_all_settings_at_once(start: int, store: Store) -> None:
    """Fifty settings in one call give what each gives alone, and what a box of cells gives."""
    rng = np.random.default_rng(start)
    records = [made_record(setting, rng, n_sites=2) for setting in all_settings()[start : start + 53]]
    records.insert(7, in_p1(records[0]))
    together = found_in(CrystalArrays.of(records), store)
    assert (together.receivers.diff() >= 0).all()
    first = 0
    for record in records:
        own = (together.receivers >= first) & (together.receivers < first + len(record))
        part = Neighbours(together.receivers[own] - first, together.senders[own] - first, together.vectors[own])
        alone = neighbours(record, store.compiled(record.setting), CUTOFF)
        for one, other in zip(part, alone, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
        np.testing.assert_allclose(table_of(alone), by_hand(record), rtol=0, atol=1e-9)
        first += len(record)


def test_cells_as_skew_as_can_be(store: Store) -> None:
    """The same crystal in cells that a search of nearest images gets wrong (tests/regressions/test_08)."""
    rng = np.random.default_rng(1)
    record = in_p1(made_record(Setting.standard(2), rng))
    expected = np.sort(table_of(neighbours(record, store.compiled(record.setting), CUTOFF))[:, 2])
    for _ in range(8):
        change = np.eye(3, dtype=np.int64)
        for _ in range(4):  # adds one row to another, up to twice
            one, other = rng.choice(3, 2, replace=False)
            change[one] += rng.integers(-2, 3) * change[other]
        skew = in_p1(record, change=change)
        lengths = np.sort(table_of(neighbours(skew, store.compiled(skew.setting), CUTOFF))[:, 2])
        np.testing.assert_allclose(lengths, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("number", [1, 14, 166, 194, 225])
def test_vectors_are_differentiable_by_positions_and_lattice(number: int, store: Store) -> None:
    record = made_record(Setting.standard(number), np.random.default_rng(number), n_sites=2)
    x = torch.from_numpy(record.coordinates).requires_grad_()
    lattice = torch.from_numpy(record.lattice.copy()).requires_grad_()

    def energy(x: torch.Tensor, lattice: torch.Tensor) -> torch.Tensor:
        found = neighbours(record, store.compiled(record.setting), CUTOFF, x, lattice)
        lengths = found.vectors.norm(dim=1)
        return ((1 - lengths / CUTOFF) ** 3 * found.vectors[:, 0]).sum()

    assert torch.autograd.gradcheck(energy, (x, lattice))
    assert torch.autograd.gradgradcheck(energy, (x, lattice))


def test_blocks_are_only_a_matter_of_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    crystals = CrystalArrays.of([made_record(setting, rng, n_sites=2) for setting in standard_settings()[::23]])
    whole = found_in(crystals, store)
    monkeypatch.setattr(lattice_search, "_CPU_BLOCK", 1)
    for one, other in zip(found_in(crystals, store), whole, strict=True):
        assert torch.equal(one, other)


def test_a_lattice_smaller_and_one_larger_than_the_cutoff() -> None:
    tiny, huge = np.eye(3) * 0.9, np.eye(3) * 40.0
    origin = np.zeros((1, 3))
    points = np.argwhere(np.ones((13,) * 3)) - 6
    lengths = 0.9 * np.linalg.norm(points, axis=1)
    found = periodic_neighbours(origin, origin, np.zeros(1, np.int64), tiny, CUTOFF)
    assert len(found.vectors) == np.count_nonzero((lengths > 0) & (lengths < CUTOFF))
    two = np.array([[0.0, 0.0, 0.0], [0.99, 0.0, 0.0]])
    found = periodic_neighbours(two, two, np.arange(2), huge, CUTOFF)
    np.testing.assert_allclose(found.vectors.numpy(), [[-0.4, 0, 0], [0.4, 0, 0]], atol=1e-12)
    assert not len(periodic_neighbours(origin, origin, np.zeros(1, np.int64), huge, CUTOFF).vectors)


def test_a_point_far_outside_of_the_cell() -> None:
    lattice = np.array([[3.0, 0, 0], [1.0, 3.5, 0], [0.3, 0.4, 4.0]])
    near = np.array([[0.1, 0.2, 0.3]])
    owner = np.zeros(1, np.int64)
    one, other = (
        periodic_neighbours(x, near, owner, lattice, CUTOFF) for x in (near, near + np.array([1000, -2000, 3]))
    )
    np.testing.assert_allclose(table_of(other), table_of(one), atol=1e-9)


def test_no_crystals(store: Store) -> None:
    found = found_in(CrystalArrays.of([]), store)
    assert [tuple(part.shape) for part in found] == [(0,), (0,), (0, 3)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_finds_the_same(store: Store) -> None:
    rng = np.random.default_rng(4)
    crystals = CrystalArrays.of([made_record(setting, rng, n_sites=2) for setting in standard_settings()])
    for one, other in zip(found_in(crystals, store, "cuda"), found_in(crystals, store), strict=True):
        torch.testing.assert_close(one.cpu(), other, rtol=0, atol=1e-10)
