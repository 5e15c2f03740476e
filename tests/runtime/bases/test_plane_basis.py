"""Bases of plane groups at points of the plane: symmetry, orthonormality, derivatives, projections."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from basis_compiler import compile_recipe, compile_setting
from basis_store import PlaneGroup, Recipe, Representation, plane_groups, representations, write_store
from runtime import Basis, Store, WaveEncoder, load_store

NAMED = [one for group in plane_groups() for one in representations(group)]
REAL = [one for one in NAMED if one.is_real]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    recipe = Recipe(groups="plane", characters="all", radius=3, min_functions=12)
    path = tmp_path_factory.mktemp("plane") / "plane.h5"
    write_store(path, compile_recipe(recipe), recipe, tensors=None)
    return load_store(path)


@pytest.mark.parametrize("named", NAMED, ids=str)
def test_functions_have_their_character_and_are_orthonormal(store: Store, named: Representation) -> None:
    basis = store.basis(named)
    x = torch.rand(4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values, images = basis.evaluate_complex(x), basis.evaluate_complex(basis.images(x))
    chi = torch.polar(torch.ones(len(basis.rotations)).double(), basis.characters24.double() * torch.pi / 12)
    torch.testing.assert_close(images, chi[:, None] * values[:, None])
    # Waves up to 7: products of two are below 15, so 16 points along each edge integrate them exactly.
    assert basis.waves.abs().max() < 16
    axis = torch.arange(32, dtype=torch.float64) / 32
    grid = basis.evaluate_complex(torch.cartesian_prod(axis, axis))
    gram = grid.conj().T @ grid / len(grid)
    torch.testing.assert_close(gram, torch.eye(len(gram), dtype=gram.dtype), atol=1e-10, rtol=0)


@pytest.mark.parametrize("named", REAL, ids=str)
def test_values_and_derivatives_are_those_of_the_space_group(store: Store, named: Representation) -> None:
    basis = store.basis(named)
    count = basis.n_functions
    x = torch.rand(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    z = torch.full((3, 1), 0.37, dtype=torch.float64)
    assert isinstance(named.setting, PlaneGroup)
    space = compile_setting(Representation(named.setting.setting, named.number), radius=4, min_functions=0)
    flat = np.flatnonzero(space.roots[:, 2] == 0)
    whole = Basis(space, shared_waves=np.zeros((0, 3), np.int64))
    chosen = torch.from_numpy(flat + space.n_constants)
    if space.n_constants:
        chosen = torch.cat([torch.zeros(1, dtype=torch.long), chosen])
    chosen = chosen[:count]
    there = torch.cat([x, z], dim=1)
    torch.testing.assert_close(basis(x)[:, : len(chosen)], whole(there)[:, chosen])
    lattice = torch.tensor([[3.0, 0.0], [-0.7, 2.5]], dtype=torch.float64)
    tall = torch.nn.functional.pad(lattice, (0, 1, 0, 1)).clone()
    tall[2, 2] = 4.0
    for cell, cell_of_space in ((None, None), (lattice, tall)):
        slopes = basis.gradient(x, lattice=cell)
        assert slopes.shape == (3, count, 2)
        expected = whole.gradient(there, lattice=cell_of_space)[:, chosen, :2]
        torch.testing.assert_close(slopes[:, : len(chosen)], expected)
        curvatures = basis.hessian(x, lattice=cell)
        assert curvatures.shape == (3, count, 2, 2)
        expected = whole.hessian(there, lattice=cell_of_space)[:, chosen, :2, :2]
        torch.testing.assert_close(curvatures[:, : len(chosen)], expected)


def test_projections_are_means_over_the_group(store: Store) -> None:
    for name in ("plane:p4gm", "plane:p31m", "plane:p2gg:B1"):
        basis = store.basis(name, radius=3)
        x = torch.rand(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        waves = torch.tensor([[1, 0], [0, 1], [1, 1], [2, -1], [-1, 2], [0, 2]])
        images = basis.images(x)
        planes = torch.exp(2j * torch.pi * (images @ waves.double().T))
        chi = torch.polar(torch.ones(len(basis.rotations)).double(), basis.characters24.double() * -torch.pi / 12)
        torch.testing.assert_close(basis.project(x, waves), (chi[:, None] * planes).mean(dim=1))
        matrix = basis.routing_matrix(dtype=torch.complex128)
        torch.testing.assert_close(matrix @ matrix, matrix)


def test_other_shapes_and_uses_are_refused(store: Store) -> None:
    basis = store.basis("plane:17")
    with pytest.raises(ValueError, match=r"coordinates have shape \(..., 2\), not \(4, 3\)"):
        basis(torch.zeros(4, 3))
    with pytest.raises(ValueError, match=r"waves have shape \(K, 2\), not \(1, 3\)"):
        basis.routing(torch.zeros(1, 3, dtype=torch.long))
    with pytest.raises(ValueError, match=r"a lattice has shape \(2, 2\)"):
        basis.gradient(torch.zeros(4, 2), lattice=torch.eye(3))
    with pytest.raises(ValueError, match=r"coordinates have shape \(..., 3\)"):
        load_store().basis("P6mm")(torch.zeros(4, 2))
    with pytest.raises(ValueError, match="plane"):
        WaveEncoder(store)
