"""Regression 8. The nearest periodic image was found by rounding fractional differences.

That is right for rectangular cells only: 60 % of random pairs in P1 and 49 % in P-1 got too large a distance.
"""

from __future__ import annotations

import torch

from basis_store import Setting
from runtime import Store
from runtime.models.crystal_fourier_transformer.orbit_distance import orbit_distance, shortest_length
from runtime.models.crystal_fourier_transformer.pretraining import random_lattices

N = 400


def steps_of(store: Store, number: int, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """(n, g, 3) from the images of y to x."""
    return x[:, None] - store.basis(Setting.standard(number), count=1).images(y)


def by_rounding(steps: torch.Tensor, lattices: torch.Tensor) -> torch.Tensor:
    """The bug."""
    return ((steps - steps.round()) @ lattices).norm(dim=-1).amin(dim=1)


def by_brute_force(steps: torch.Tensor, lattices: torch.Tensor) -> torch.Tensor:
    """All n with |n_i| <= 1/2 + rho |b_i*|, rho the length of some v: |v_i| = |v.b_i*| <= rho |b_i*|."""
    rounded = steps - steps.round()
    shortest = []
    for rows, lattice in zip(rounded, lattices, strict=True):
        rho = (rows @ lattice).norm(dim=-1).min()
        extents = (0.5 + rho * torch.linalg.inv(lattice).norm(dim=0)).floor().long().tolist()
        grid = torch.cartesian_prod(*[torch.arange(-r, r + 1, dtype=torch.float64) for r in extents])
        shortest.append(((rows[:, None] + grid) @ lattice).norm(dim=-1).min())
    return torch.stack(shortest)


def test_rounding_is_wrong_for_many_pairs_and_the_enumeration_for_none(store: Store) -> None:
    generator = torch.Generator().manual_seed(0)
    for number, smallest_share in ((1, 0.5), (2, 0.4)):
        lattices = random_lattices("triclinic", N, generator)
        x, y = torch.rand(2, N, 3, generator=generator, dtype=torch.float64)
        steps = steps_of(store, number, x, y)
        exact = by_brute_force(steps, lattices)
        wrong = by_rounding(steps, lattices) > exact + 1e-9
        assert wrong.double().mean() > smallest_share
        basis = store.basis(Setting.standard(number), count=1)
        found = orbit_distance(x, y, lattices, basis.rotations, basis.translations24)
        torch.testing.assert_close(found, exact, atol=1e-10, rtol=0)


def test_very_skew_cells(store: Store) -> None:
    """A cell sheared to a thousand times its thickness: the same lattice, hence the same distances."""
    generator = torch.Generator().manual_seed(1)
    lattices = random_lattices("triclinic", N, generator)
    x, y = torch.rand(2, N, 3, generator=generator, dtype=torch.float64)
    for number in (1, 2):
        steps = steps_of(store, number, x, y)
        exact = by_brute_force(steps, lattices)
        shear = torch.eye(3, dtype=torch.float64).repeat(N, 1, 1)
        for _ in range(8):
            i, j = torch.randperm(3, generator=generator)[:2].tolist()
            shear[:, i] += torch.randint(-4, 5, (N, 1), generator=generator) * shear[:, j]
        sheared, moved = shear @ lattices, steps @ torch.linalg.inv(shear)
        assert torch.linalg.cond(sheared).median() > 1e3
        found = shortest_length(moved, sheared).amin(dim=1)
        torch.testing.assert_close(found, exact, atol=1e-6, rtol=0)
        assert (by_rounding(moved, sheared) > exact + 1e-6).double().mean() > 0.9
