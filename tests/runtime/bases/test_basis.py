"""Bases against their definitions: T2 and T4 by direct sums in float64, for all 530 settings."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from basis_store import CutoffError, Setting, SettingError, all_settings
from runtime import Store

REPRESENTATIVE = [
    Setting.standard(number) for number in (1, 2, 43, 62, 92, 146, 167, 180, 194, 205, 214, 227, 230)
]


def points(n: int, *, spread: float = 1.0, dtype: torch.dtype = torch.float64, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(n, 3, generator=generator, dtype=torch.float64) * 2 - 1).mul(spread).to(dtype)


def plane_waves(x: torch.Tensor, waves: torch.Tensor) -> torch.Tensor:
    """e_k(x) by its definition D2."""
    return torch.exp(2j * math.pi * (x @ waves.to(x).T))


def test_complex_functions_are_their_definition(store: Store, setting: Setting) -> None:
    basis = store.basis(setting)
    x = points(7)
    terms = plane_waves(x, basis.waves) * torch.exp(2j * math.pi * basis.phases24.double() / 24)
    psi = torch.zeros(7, basis.n_functions, dtype=torch.complex128).index_add_(1, basis.orbits, terms)
    torch.testing.assert_close(basis.evaluate_complex(x), psi / basis.counts.double().sqrt(), atol=1e-12, rtol=0)


def test_real_functions_are_their_definition(store: Store, setting: Setting) -> None:
    basis = store.basis(setting)
    x = points(7)
    psi, real = basis.evaluate_complex(x), basis.evaluate(x)
    phase = torch.exp(2j * math.pi * basis.real_phases24.double() / 24)
    alone = basis.parts == 0
    torch.testing.assert_close((psi * phase)[:, alone], real[:, alone].to(psi), atol=1e-12, rtol=0)
    first = (basis.parts == 1).nonzero()[:, 0]
    torch.testing.assert_close(math.sqrt(2) * psi[:, first].real, real[:, first], atol=1e-12, rtol=0)
    torch.testing.assert_close(math.sqrt(2) * psi[:, first].imag, real[:, first + 1], atol=1e-12, rtol=0)
    torch.testing.assert_close(psi[:, first].conj(), psi[:, first + 1], atol=1e-12, rtol=0)


def test_functions_are_invariant(store: Store, setting: Setting) -> None:
    basis = store.basis(setting)
    x = points(3, spread=5)
    images = basis.images(x)
    for values, moved in (
        (basis(x), basis(images)),
        (basis.evaluate_complex(x), basis.evaluate_complex(images)),
    ):
        torch.testing.assert_close(moved, values[:, None].expand_as(moved), atol=1e-12, rtol=0)


def test_functions_are_orthonormal(store: Store, setting: Setting) -> None:
    basis = store.basis(setting, radius=5)
    # A grid of 11 points per axis integrates every product of two waves with indices up to 5 exactly.
    axis = torch.arange(11, dtype=torch.float64) / 11
    grid = torch.cartesian_prod(axis, axis, axis)
    values = basis(grid)
    gram = values.T @ values / len(grid)
    torch.testing.assert_close(gram, torch.eye(basis.n_functions, dtype=torch.float64), atol=1e-12, rtol=0)


@pytest.mark.parametrize("setting", REPRESENTATIVE, ids=str)
def test_whole_bases_are_orthonormal(store: Store, setting: Setting) -> None:
    basis = store.basis(setting)
    side = 2 * int(basis.waves.abs().max()) + 1
    axis = torch.arange(side, dtype=torch.float64) / side
    values = basis(torch.cartesian_prod(axis, axis, axis))
    gram = values.T @ values / len(values)
    torch.testing.assert_close(gram, torch.eye(basis.n_functions, dtype=torch.float64), atol=1e-12, rtol=0)


def test_float32_is_accurate_a_hundred_cells_from_the_origin(store: Store, setting: Setting) -> None:
    basis = store.basis(setting)
    x = points(20, spread=100, dtype=torch.float32)
    torch.testing.assert_close(basis(x).double(), basis(x.double()), atol=2e-5, rtol=0)
    torch.testing.assert_close(
        basis.evaluate_complex(x).to(torch.complex128), basis.evaluate_complex(x.double()), atol=2e-5, rtol=0
    )


def test_float32_is_invariant(store: Store, setting: Setting) -> None:
    """A hundred cells from the origin: images in float64 have the same values as the point in float32."""
    basis = store.basis(setting)
    x = points(3, spread=100, dtype=torch.float32)
    images = basis.images(x.double())
    values = basis(x).double()[:, None].expand(-1, images.shape[1], -1)
    torch.testing.assert_close(basis(images), values, atol=2e-5, rtol=0)
    # Within the cell, also for coordinates of images rounded to float32.
    near = points(3)
    images = basis.images(near)
    values = basis(near.float())[:, None].expand(-1, images.shape[1], -1)
    torch.testing.assert_close(basis((images - images.floor()).float()), values, atol=2e-5, rtol=0)


def test_lattice_translations_are_bitwise_exact(store: Store, setting: Setting) -> None:
    basis = store.basis(setting)
    x = torch.round(points(4, dtype=torch.float64) * 2**14) / 2**14  # exact in float32 with 100 added
    cells = torch.tensor([[100.0, -100.0, 37.0]])
    for dtype in (torch.float32, torch.float64):
        assert torch.equal(basis((x + cells).to(dtype)), basis(x.to(dtype)))


def test_projection_is_the_mean_over_the_group(store: Store, setting: Setting) -> None:
    """T4: P_k from the orbit, from the images, and from the routing matrix; on the shared waves."""
    basis = store.basis(setting)
    x = points(4)
    waves = basis.shared_waves
    mean = plane_waves(basis.images(x).reshape(-1, 3), waves).reshape(4, -1, len(waves)).mean(1)
    torch.testing.assert_close(basis.project(x), mean, atol=1e-12, rtol=0)
    matrix = basis.routing_matrix(dtype=torch.complex128)
    torch.testing.assert_close(plane_waves(x, waves) @ matrix.T, mean, atol=1e-12, rtol=0)
    torch.testing.assert_close(matrix @ matrix, matrix, atol=1e-12, rtol=0)


def test_allowed_origin_shifts_are_one_phase_per_orbit(store: Store, setting: Setting) -> None:
    """T5: psi_O(x + s) = exp(2 pi i k.s) psi_O(x)."""
    basis = store.basis(setting)
    shifts = [*(basis.shifts24.double() / 24), *(basis.shift_directions.double() * 0.1234567)]
    x = points(5)
    psi = basis.evaluate_complex(x)
    roots = basis.waves[torch.cumsum(basis.counts, 0) - basis.counts].double()
    for shift in shifts:
        phase = torch.exp(2j * math.pi * (roots @ shift))
        torch.testing.assert_close(basis.evaluate_complex(x + shift), psi * phase, atol=1e-11, rtol=0)


@pytest.mark.parametrize("setting", REPRESENTATIVE, ids=str)
def test_derivatives(store: Store, setting: Setting) -> None:
    basis = store.basis(setting, count=20)
    x = points(2, spread=3).requires_grad_()
    assert torch.autograd.gradcheck(basis, (x,))
    assert torch.autograd.gradgradcheck(basis, (x,), atol=1e-3)
    functions = torch.func.vmap(torch.func.jacrev(lambda one: basis(one[None])[0]))
    torch.testing.assert_close(basis.gradient(x), functions(x), atol=1e-10, rtol=0)
    second = torch.func.vmap(torch.func.hessian(lambda one: basis(one[None])[0]))
    torch.testing.assert_close(basis.hessian(x), second(x), atol=1e-8, rtol=0)


@pytest.mark.parametrize("setting", REPRESENTATIVE, ids=str)
def test_cartesian_derivatives(store: Store, setting: Setting) -> None:
    basis = store.basis(setting, count=12)
    lattice = torch.tensor([[3.0, 0.1, 0.0], [-0.4, 4.0, 0.2], [0.3, 0.5, 5.0]], dtype=torch.float64)
    r = points(3) @ lattice

    def function(one: torch.Tensor) -> torch.Tensor:
        return basis(one @ torch.linalg.inv(lattice))

    x = r @ torch.linalg.inv(lattice)
    first = torch.func.vmap(torch.func.jacrev(function))(r)
    second = torch.func.vmap(torch.func.hessian(function))(r)
    torch.testing.assert_close(basis.gradient(x, lattice=lattice), first, atol=1e-10, rtol=0)
    torch.testing.assert_close(basis.hessian(x, lattice=lattice), second, atol=1e-8, rtol=0)


@pytest.mark.parametrize("setting", REPRESENTATIVE, ids=str)
def test_truncations_are_prefixes(store: Store, setting: Setting) -> None:
    whole = store.basis(setting)
    x = points(6)
    for count in range(1, 30):
        part = store.basis(setting, count=count)
        assert part.n_functions == count
        torch.testing.assert_close(part(x), whole(x)[:, :count], atol=1e-14, rtol=0)
        # A truncation may end between O and -O; the complex form of the first is still right.
        torch.testing.assert_close(
            part.evaluate_complex(x), whole.evaluate_complex(x)[:, :count], atol=1e-14, rtol=0
        )
    for radius in (1, 2, 3.5, 5):
        part = whole.truncate(radius=radius)
        assert part.n_functions == int((whole.norms <= 3 * radius**2).sum())
        torch.testing.assert_close(part(x), whole(x)[:, : part.n_functions], atol=1e-14, rtol=0)


def test_counts_of_the_paper(store: Store) -> None:
    assert store.basis(Setting.standard(1), radius=5).n_functions - 1 == 514
    assert store.basis(Setting.standard(228), radius=5).n_functions - 1 == 4
    assert len(store.shared_waves("orthogonal")) == 514
    assert len(store.shared_waves("hexagonal")) == 418
    assert all(store.basis(setting).n_functions - 1 >= 64 for setting in all_settings())


def test_shapes_and_types(store: Store) -> None:
    basis = store.basis(Setting.standard(225))
    assert basis(torch.rand(3)).shape == (65,)
    assert basis(torch.rand(0, 3)).shape == (0, 65)
    assert basis(torch.rand(2, 5, 3)).shape == (2, 5, 65)
    assert basis.gradient(torch.rand(2, 5, 3)).shape == (2, 5, 65, 3)
    assert basis.hessian(torch.rand(0, 3)).shape == (0, 65, 3, 3)
    assert basis.evaluate_complex(torch.rand(4, 3)).dtype == torch.complex64
    assert basis.project(torch.rand(4, 3)).shape == (4, 514)
    assert not basis.state_dict(), "tables are in the store, not in checkpoints"
    assert "225 Fm-3m, 65 functions" in repr(basis)


def test_many_points_are_evaluated_in_blocks(store: Store) -> None:
    basis = store.basis(Setting.standard(230))
    x = points(3000)
    torch.testing.assert_close(basis(x), torch.cat([basis(some) for some in x.split(7)]), atol=1e-14, rtol=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda(store: Store) -> None:
    for setting in REPRESENTATIVE:
        basis = store.basis(setting)
        x = points(50, spread=100, dtype=torch.float32)
        there = store.basis(setting).to("cuda")
        torch.testing.assert_close(there(x.cuda()).cpu(), basis(x), atol=2e-5, rtol=0)
        torch.testing.assert_close(there.project(x.cuda()).cpu(), basis.project(x), atol=2e-5, rtol=0)
        assert there.truncate(count=3).waves.is_cuda


@pytest.mark.usefixtures("unchecked")
def test_error_messages(store: Store) -> None:
    basis = store.basis(Setting.standard(227))
    with pytest.raises(SettingError, match=r"give a setting, not 227: for a space group Setting.standard\(227\)"):
        store.basis(227)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"give a setting, not 227: for a space group Setting.standard\(227\)"):
        assert 227 in store
    with pytest.raises(ValueError, match=r"has 1 to \d+ functions in this store, the constant included, not 1000"):
        basis.truncate(count=1000)
    with pytest.raises(ValueError, match=r"compiled to radius .* only, not 40"):
        basis.truncate(radius=40)
    with pytest.raises(ValueError, match=r"\[99, 0, 0\] lies beyond"):
        basis.project(torch.rand(1, 3), torch.tensor([[99, 0, 0]]))
    with pytest.raises(ValueError, match=r"shape \(..., 3\), not \(4, 2\)"):
        basis(torch.rand(4, 2))
    with pytest.raises(TypeError, match=r"float32 or float64, not float16"):
        basis(torch.rand(1, 3).half())


def test_routing_of_a_wave_beyond_a_truncation_raises(store: Store) -> None:
    basis = store.basis(Setting.standard(221), count=2)
    assert basis.routing(torch.tensor([[0, 0, 0], [0, -1, 0]])).orbits.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"\[1, 1, 0\] lies beyond this basis"):
        basis.routing(torch.tensor([[1, 1, 0]]))


def test_radius_is_compared_exactly(store: Store) -> None:
    """Norms are integers: waves with |k| = 5 exactly are within radius 5."""
    basis = store.basis(Setting.standard(1), radius=5)
    assert (basis.norms == 75).any()
    assert np.isclose(float(basis.norms.max()), 75)


def test_autocast_changes_nothing(store: Store) -> None:
    """Under mixed precision, values, images and derivatives keep the dtype of x and all bits."""
    basis = store.basis(Setting.standard(227), count=20)
    x = points(5, dtype=torch.float32)
    lattice = torch.eye(3) * 4
    plain = basis(x), basis.images(x), basis.gradient(x, lattice=lattice), basis.hessian(x, lattice=lattice)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = basis(x), basis.images(x), basis.gradient(x, lattice=lattice), basis.hessian(x, lattice=lattice)
    for one, other in zip(plain, mixed, strict=True):
        torch.testing.assert_close(other, one, atol=0, rtol=0)


def test_every_shell_is_within_its_radius(store: Store) -> None:
    """sqrt(norm / 3), rounded to a float, still includes the shell of that norm."""
    for number in (1, 194, 228):
        basis = store.basis(Setting.standard(number))
        for n in basis.norms.unique().tolist():
            assert basis.truncate(radius=math.sqrt(n / 3)).n_functions == int((basis.norms <= n).sum())


@pytest.mark.parametrize("radius", [-1.0, math.inf, math.nan, 1e200])
def test_invalid_radii_raise(store: Store, radius: float) -> None:
    with pytest.raises(CutoffError, match="a radius lies between 0 and 1000"):
        store.basis(Setting.standard(1), radius=radius)


def test_derivatives_of_every_setting(store: Store, setting: Setting) -> None:
    basis = store.basis(setting, count=12)
    x = points(2, spread=3)
    first = torch.func.vmap(torch.func.jacrev(lambda one: basis(one[None])[0]))
    torch.testing.assert_close(basis.gradient(x), first(x), atol=1e-10, rtol=0)
    second = torch.func.vmap(torch.func.jacrev(lambda one: basis.gradient(one[None])[0]))
    torch.testing.assert_close(basis.hessian(x), second(x), atol=1e-8, rtol=0)
