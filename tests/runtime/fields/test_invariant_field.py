"""The module of a field: values, derivatives, grids, products, in agreement with the basis and with each other."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from basis_store import CellChange, FieldError, GridField, Setting, write_coefficients
from runtime import InvariantField, expand, load_store

STORE = load_store()
SETTINGS = [
    "1",
    "2",
    "14",
    "19",
    "76",
    "122",
    "146",
    "148:R",
    "167",
    "194",
    "198",
    "214",
    "225",
    "227",
    "227:1",
    "230",
]


def lattice_of(setting: Setting) -> np.ndarray:
    if setting.lattice_family == "orthogonal":
        return 3 * np.eye(3)
    return np.array([[3, 0, 0], [-1.5, 3 * 0.75**0.5, 0], [0, 0, 4]])


def random_field(name: str, count: int = 30, seed: int = 0) -> InvariantField:
    basis = STORE.basis(name, count=count)
    field = InvariantField.from_basis(basis, lattice_of(basis.setting), dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        field.coefficients.copy_(torch.randn(len(field.coefficients), generator=generator, dtype=torch.float64))
    return field


@pytest.mark.parametrize("name", SETTINGS)
def test_values_and_derivatives_are_those_of_the_basis(name: str) -> None:
    field = random_field(name)
    b, basis = field.coefficients, STORE.basis(name, count=len(field.coefficients))
    x = torch.rand(7, 3, dtype=torch.float64)
    lattice = torch.from_numpy(lattice_of(field.setting))
    torch.testing.assert_close(field(x), basis(x) @ b, atol=1e-12, rtol=0)
    slopes = torch.einsum("nmc,m->nc", basis.gradient(x, lattice=lattice), b)
    torch.testing.assert_close(field.gradient(x), slopes, atol=1e-11, rtol=0)
    curvatures = torch.einsum("nmcc,m->n", basis.hessian(x, lattice=lattice), b)
    torch.testing.assert_close(field.laplacian(x), curvatures, atol=1e-10, rtol=0)
    assert field.gradient(x.reshape(7, 1, 3)).shape == (7, 1, 3)
    assert field(x[:0]).shape == (0,)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("primitive", [False, True])
def test_grids_of_any_cell_hold_the_values_at_their_points(name: str, primitive: bool) -> None:
    field = random_field(name)
    origin = (0.1, 1 / 3, 0.25)
    cell = CellChange.primitive(field.setting, origin) if primitive else CellChange.conventional(origin)
    for shape in ((3, 4, 5), (12, 11, 10), (1, 1, 2)):  # coarse ones included: exact at their points
        points = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1) / shape
        expected = field(torch.from_numpy(cell.to_setting(points)))
        torch.testing.assert_close(field.on_grid(shape, cell), expected, atol=1e-12, rtol=0)
    fine = field.on_grid(field.resolving_shape())
    torch.testing.assert_close(field.norm().square(), fine.square().mean(), atol=0, rtol=1e-12)
    torch.testing.assert_close(field.project(fine), field.coefficients.detach(), atol=1e-12, rtol=0)
    shape = (25, 25, 25)
    torch.testing.assert_close(
        field.project(field.on_grid(shape, cell), cell), field.coefficients.detach(), atol=1e-12, rtol=0
    )
    volume = abs(np.linalg.det(lattice_of(field.setting)))
    assert field.integral().item() == pytest.approx(float(fine.mean().detach()) * volume)


@pytest.mark.parametrize("name", ["14", "148:R", "198", "227", "230"])
def test_products_are_projected_exactly(name: str) -> None:
    one, other = random_field(name, 25), random_field(name, 12, seed=1)
    product = one.multiply(other)
    fine = (48, 48, 48)
    expected = one.project(one.on_grid(fine) * other.on_grid(fine))
    torch.testing.assert_close(product.coefficients, expected, atol=1e-12, rtol=0)
    product.norm().backward()
    assert one.coefficients.grad is not None and other.coefficients.grad is not None
    assert one.coefficients.grad.abs().sum() > 0 < other.coefficients.grad.abs().sum()
    same = random_field(name, 25, seed=2)
    mean = (one.on_grid(fine) * same.on_grid(fine)).mean()
    torch.testing.assert_close(one.inner(same), mean, atol=1e-12, rtol=1e-12)
    # Green: the mean of |grad f|^2 is minus that of f times its Laplacian.
    points = torch.from_numpy(np.stack(np.meshgrid(*map(np.arange, (24, 24, 24)), indexing="ij"), -1) / 24)
    with torch.no_grad():
        mean = -(same(points) * same.laplacian(points)).mean()
        torch.testing.assert_close(same.dirichlet(), mean, atol=1e-9, rtol=1e-10)


@pytest.mark.parametrize("name", ["14", "198"])
def test_derivatives_by_coefficients_and_points(name: str) -> None:
    field = random_field(name, 6)
    x = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)
    b = field.coefficients.detach().clone().requires_grad_()

    def check(function: object, *inputs: torch.Tensor) -> None:
        assert torch.autograd.gradcheck(function, inputs)  # type: ignore[arg-type]

    check(lambda b, x: field.with_coefficients(b)(x), b, x)
    check(lambda b, x: field.with_coefficients(b).gradient(x), b, x)
    check(lambda b, x: field.with_coefficients(b).laplacian(x), b, x)
    check(lambda b: field.with_coefficients(b).on_grid((3, 4, 2)), b)
    check(field.project, torch.rand(3, 4, 5, dtype=torch.float64, requires_grad=True))
    check(lambda b: field.with_coefficients(b).multiply(field.with_coefficients(b)).coefficients, b)
    check(lambda b: field.with_coefficients(b).norm() + field.with_coefficients(b).dirichlet(), b)
    assert torch.autograd.gradgradcheck(field, (x,))
    (slopes,) = torch.autograd.grad(field(x).sum(), x)
    inverse = torch.linalg.inv(field.lattice)
    torch.testing.assert_close(slopes @ inverse.T, field.gradient(x), atol=1e-11, rtol=0)


def test_state_types_and_copies() -> None:
    field = random_field("227")
    other = InvariantField.from_basis(STORE.basis("227", count=30), lattice_of(field.setting))
    assert other.coefficients.dtype == torch.float32 and not other.coefficients.any()
    assert list(field.state_dict()) == ["coefficients"]
    other.load_state_dict(field.state_dict())
    x = torch.rand(5, 3)
    expected = field(x.double())
    for one in (other, copy.deepcopy(field).float(), copy.deepcopy(field)):
        values = one(x)
        assert values.dtype == torch.float32
        torch.testing.assert_close(values.double(), expected, atol=2e-5, rtol=0)
    assert "227:2 Fd-3m" in repr(field)
    with pytest.raises(ValueError, match=r"values of \(5,\)"):
        field.with_coefficients(torch.zeros(5))
    with pytest.raises(ValueError, match="same functions"):
        field.inner(random_field("225"))
    with pytest.raises(ValueError, match="no product"):
        field.multiply(random_field("225"))


def test_from_a_file_that_was_expanded(tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(size=(9, 9, 9))
    expansion = expand(GridField(values, 3 * np.eye(3), "potential", "eV"), "198")
    write_coefficients(tmp_path / "f.h5", expansion.coefficients)
    field = InvariantField.from_file(tmp_path / "f.h5", dtype=torch.float64)
    np.testing.assert_allclose(field.on_grid((9, 9, 9)).detach(), expansion.symmetrised.values, atol=1e-13)
    finer = field.grid_field((18, 18, 18))
    assert finer.quantity == "potential" and finer.unit == "eV"
    np.testing.assert_allclose(finer.values[::2, ::2, ::2], expansion.symmetrised.values, atol=1e-13)
    np.testing.assert_array_equal(field.to_coefficients().values, expansion.coefficients.values)


def test_a_cell_with_which_the_field_does_not_repeat_is_refused() -> None:
    field = random_field("221")
    with pytest.raises(FieldError, match="no lattice translation"):
        field.on_grid((4, 4, 4), CellChange.primitive("225"))
    with pytest.raises(FieldError, match="a grid has 1 to"):
        field.on_grid((0, 4, 4))


def test_functions_that_are_not_of_the_setting_are_refused() -> None:
    from dataclasses import replace

    field = random_field("225").functions
    with pytest.raises(FieldError, match="not of orbits of 227:2 Fd-3m"):
        InvariantField(replace(field, setting=Setting.standard(227)))
    with pytest.raises(FieldError, match="no cubic cell"):
        InvariantField(replace(field, lattice=np.diag([3.0, 3, 4])))


def test_a_gpu_gives_what_the_cpu_gives() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    for name in ("14", "198", "230"):
        for dtype, bound in ((torch.float64, 1e-12), (torch.float32, 2e-5)):
            field = random_field(name).to(dtype)
            other = copy.deepcopy(field).to("cuda")
            x, shape, cell = torch.rand(50, 3, dtype=dtype), (20, 20, 18), CellChange.primitive(name, (0.1, 0, 0))
            scale = float(field.laplacian(x).detach().abs().max())
            pairs = [
                (field(x), other(x.cuda())),
                (field.gradient(x) / scale, other.gradient(x.cuda()) / scale),
                (field.laplacian(x) / scale, other.laplacian(x.cuda()) / scale),
                (field.on_grid(shape, cell), other.on_grid(shape, cell)),
                (field.project(field.on_grid((40, 40, 40))), other.project(other.on_grid((40, 40, 40)))),
                (field.multiply(field).coefficients, other.multiply(other).coefficients),
            ]
            gradients = []
            for one in (field, other):
                one.multiply(one).norm().backward()
                gradients.append(one.coefficients.grad)
            for cpu, gpu in (*pairs, tuple(gradients)):
                assert cpu is not None and gpu is not None and gpu.is_cuda
                torch.testing.assert_close(gpu.cpu(), cpu, atol=bound * 10, rtol=bound * 10)
