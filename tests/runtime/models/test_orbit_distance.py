"""Distances of orbits: a metric on orbits, for all 230 groups. (Against brute force: regression 8.)"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_store import Setting, standard_settings
from runtime import Store
from runtime.models.crystal_fourier_transformer.orbit_distance import (
    orbit_distance,
    reduced_basis,
    shortest_length,
)
from runtime.models.crystal_fourier_transformer.pretraining import random_lattices


def test_orbits_have_one_distance(store: Store) -> None:
    """d does not change when x or y is replaced by an image, nor when they are exchanged; d(x, g x) = 0."""
    generator = torch.Generator().manual_seed(0)
    for setting in standard_settings():
        basis = store.basis(setting, count=1)
        operations = basis.rotations, basis.translations24
        lattices = random_lattices(setting.crystal_system, 3, generator)
        x, y = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64)
        chosen = torch.randint(len(basis.rotations), (3,), generator=generator)
        moved = basis.images(x)[torch.arange(3), chosen] + torch.randint(-3, 4, (3, 3), generator=generator)
        distance = orbit_distance(x, y, lattices, *operations)
        for one, other in ((moved, y), (y, x), (y, moved)):
            torch.testing.assert_close(
                orbit_distance(one, other, lattices, *operations), distance, atol=1e-9, rtol=0
            )
        torch.testing.assert_close(
            orbit_distance(x, moved, lattices, *operations), torch.zeros_like(distance), atol=1e-9, rtol=0
        )
        assert (distance > 0).all()


@pytest.mark.parametrize("number", [1, 3, 16, 75, 143, 168, 195])
def test_random_cells_have_the_symmetry_of_their_system(number: int, store: Store) -> None:
    setting = Setting.standard(number)
    lattices = random_lattices(setting.crystal_system, 200, torch.Generator().manual_seed(0))
    metric = lattices @ lattices.mT
    # The highest group of a system may have more rotations; those of its settings keep the metric in any case.
    rotations = torch.cat(
        [
            store.basis(other, count=1).rotations
            for other in standard_settings()
            if other.crystal_system == setting.crystal_system
        ]
    ).double()
    for rotation in rotations.unique(dim=0):
        torch.testing.assert_close(rotation.T @ metric @ rotation, metric, atol=1e-10, rtol=0)
    lengths = lattices.norm(dim=-1)
    assert (lengths >= 0.8).all()
    assert (lengths <= 16).all()
    assert (torch.linalg.det(lattices) > 0).all()


def test_reduction_keeps_the_lattice_and_shortens_its_basis() -> None:
    generator = torch.Generator().manual_seed(0)
    lattices = random_lattices("triclinic", 500, generator)
    shears = torch.eye(3, dtype=torch.float64).repeat(500, 1, 1)
    for _ in range(6):
        i, j = torch.randperm(3, generator=generator)[:2].tolist()
        shears[:, i] += torch.randint(-3, 4, (500, 1), generator=generator) * shears[:, j]
    reduced = reduced_basis(shears @ lattices)
    change = reduced @ torch.linalg.inv(shears @ lattices)
    torch.testing.assert_close(change, change.round(), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        torch.linalg.det(change).abs(), torch.ones(500, dtype=torch.float64), atol=1e-6, rtol=0
    )
    lengths = reduced.norm(dim=-1)
    assert (lengths.diff(dim=-1) >= -1e-9).all()
    # Minkowski: no combination of the basis with coefficients in {-1, 0, 1} is shorter than its longest member.
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)] * 3)
    for combination in signs[signs.abs().sum(-1) > 0]:
        longest = int(combination.nonzero().max())
        assert ((combination @ reduced).norm(dim=-1) >= lengths[:, longest] - 1e-6).all()


def test_lengths_do_not_depend_on_the_basis() -> None:
    generator = torch.Generator().manual_seed(2)
    lattices = random_lattices("triclinic", 300, generator)
    steps = torch.rand(300, 4, 3, generator=generator, dtype=torch.float64)
    change = torch.tensor(np.array([[1, 4, -7], [0, 1, 5], [0, 0, 1]], float))
    other = shortest_length(steps @ torch.linalg.inv(change), change @ lattices)
    torch.testing.assert_close(other, shortest_length(steps, lattices), atol=1e-9, rtol=0)
