"""Fields with a character are those with f(g x) = chi(g) f(x), by explicit averaging over operations (T9, T12)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from basis_compiler import compile_setting
from basis_compiler.groups.spglib_database import operations
from basis_store import (
    TURN,
    CellChange,
    CharacterError,
    FieldError,
    GridField,
    MagneticGroup,
    Operations,
    Representation,
    magnetic_groups,
    open_store,
    read_coefficients,
    representations,
    standard_settings,
    write_coefficients,
)
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.group import Group
from runtime import Basis, InvariantField, expand, symmetrise
from runtime.fields.expansion import Expansion
from runtime.fields.grid_lattice import GridLattice, operations_of
from runtime.fields.row_average import keeps_rows

RNG = np.random.default_rng(16)
NAMES = [
    "1:A", "2:Au", "4:B", "19:B2", "75:B", "88:Bg", "122:B1", "136:B1g", "136:B2g", "148:R:Au", "167:A2u",
    "176:Bu", "194:B1g", "198:A", "205:Au", "214:A2", "216:A2", "225:A2u", "227:1:A1u", "230:A2g",
    "BNS:136.499:odd", "BNS:62.446:odd", "BNS:62.446:even", "BNS:225.121:odd", "BNS:205.36:odd", "BNS:9.41:odd",
]  # fmt: skip


def lattice_of(group: Group) -> FloatArray:
    if group.lattice_family == "orthogonal":
        return 3 * np.eye(3)
    return np.array([[3, 0, 0], [-1.5, 3 * 0.75**0.5, 0], [0, 0, 4]])


def image_indices(shape: tuple[int, ...], group: Operations) -> Iterator[IntArray]:
    """(N,) flat index of the image of every point of a grid of the conventional cell, operation by operation."""
    x = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, 3)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        moved = (x / shape @ rotation.T + translation / TURN) * shape
        steps = np.rint(moved).astype(int)
        assert np.abs(moved - steps).max() < 1e-9
        yield np.ravel_multi_index(tuple((steps % shape).T), shape)


def mean(values: FloatArray, images: list[IntArray], characters24: IntArray) -> FloatArray:
    """The mean over the group of conj(chi(g)) f(g x), for real characters."""
    signs = np.where(characters24 == 0, 1, -1)
    total = sum(sign * values.reshape(-1)[image] for sign, image in zip(signs, images, strict=True))
    return np.reshape(total / len(images), values.shape)


def closed_shape(group: Operations) -> tuple[int, int, int]:
    cell = CellChange.conventional()
    return next(one for n in (4, 6, 8, 12) if GridLattice(one := (n, n, n), cell, group).closed)


def check(named: list[Representation]) -> int:
    """Compare all ways of symmetrising with the explicit mean; returns for how many there is one by rows."""
    shape: tuple[int, int, int] | None = None
    images: list[IntArray] = []
    by_rows = 0
    for one in named:
        group = operations_of(one)
        np.testing.assert_array_equal(group.characters24, operations(one).characters24)
        shape = shape or closed_shape(group)
        lattice = GridLattice(shape, CellChange.conventional(), group)
        images = images or list(image_indices(shape, group))
        values = RNG.normal(size=lattice.shape)
        field = GridField(values, lattice_of(one.setting))
        expected = mean(values, images, group.characters24)
        by_fourier = Expansion(field, lattice, one, symmetrised=True).symmetrised.values
        np.testing.assert_allclose(by_fourier, expected, atol=1e-13, err_msg=one.label)
        if keeps_rows(lattice):
            by_rows += 1
            np.testing.assert_allclose(symmetrise(field, one).values, expected, atol=1e-13, err_msg=one.label)
    return by_rows


def test_symmetrising_is_averaging_for_every_real_character_of_every_group() -> None:
    count = by_rows = 0
    for setting in standard_settings():
        named = [one for one in representations(setting) if one.is_real and not one.is_trivial]
        count, by_rows = count + len(named), by_rows + check(named)
    assert count == 750 and by_rows > 600


def test_symmetrising_is_averaging_for_odd_fields_of_magnetic_groups() -> None:
    """Some of every type; where translations reverse the field, waves of another lattice remain."""
    groups = [one for one in magnetic_groups() if "odd" in one.characters][::9]
    assert {one.type for one in groups} == {3, 4}
    for group in groups:
        check([Representation.of(group, "odd")])


@pytest.mark.parametrize("name", NAMES)
def test_the_module_is_the_basis(name: str) -> None:
    """Values and derivatives; grids; coefficients there and back; and chi(g) under every operation."""
    compiled = compile_setting(name, radius=3, min_functions=12)
    shared = open_store().shared_waves[compiled.setting.lattice_family]
    basis = Basis(compiled, shared_waves=shared)
    named, lattice = compiled.representation, lattice_of(compiled.setting)
    field = InvariantField.from_basis(basis, lattice, dtype=torch.float64)
    b = torch.from_numpy(RNG.normal(size=len(field.coefficients)))
    field = field.with_coefficients(b)
    basis = basis.truncate(count=len(b))
    x = torch.rand(5, 3, dtype=torch.float64)
    torch.testing.assert_close(field(x), basis(x) @ b, atol=1e-12, rtol=0)
    rows = torch.from_numpy(lattice)
    slopes = torch.einsum("nmc,m->nc", basis.gradient(x, lattice=rows), b)
    torch.testing.assert_close(field.gradient(x), slopes, atol=1e-11, rtol=0)
    curvatures = torch.einsum("nmcc,m->n", basis.hessian(x, lattice=rows), b)
    torch.testing.assert_close(field.laplacian(x), curvatures, atol=1e-10, rtol=0)
    signs = torch.where(basis.characters24 == 0, 1.0, -1.0).to(x)
    torch.testing.assert_close(field(basis.images(x)), signs * field(x)[:, None], atol=1e-12, rtol=0)
    shape = field.resolving_shape()
    values = field.on_grid(shape)
    torch.testing.assert_close(field.project(values), b, atol=1e-12, rtol=0)
    torch.testing.assert_close(field.inner(field), values.square().mean(), atol=1e-12, rtol=1e-12)
    assert field.integral().item() == pytest.approx(float(values.mean()) * np.linalg.det(lattice), abs=1e-12)
    # Expanded from a grid, the coefficients come back, and of the others none.
    fine = (24, 24, 24)
    found = expand(GridField(field.on_grid(fine).numpy(), lattice), named).coefficients
    mine = {(tuple(root), int(part)): value for root, part, value in _functions(field)}
    theirs = {
        (tuple(r), int(p)): v for r, p, v in zip(found.roots.tolist(), found.parts, found.values, strict=True)
    }
    assert found.representation == named and set(mine) <= set(theirs)
    for key, value in theirs.items():
        assert value == pytest.approx(mine.get(key, 0.0), abs=1e-12)
    # In another cell, with the origin anywhere.
    cell = CellChange(np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]]), 1, (0.5, 0.123, 0.1))
    moved = expand(field.grid_field((32, 32, 32), cell), named, cell).coefficients
    for root, part, value in zip(moved.roots.tolist(), moved.parts, moved.values, strict=True):
        assert value == pytest.approx(mine.get((tuple(root), int(part)), 0.0), abs=1e-12)


def _functions(field: InvariantField) -> Iterator[tuple[list[int], int, float]]:
    functions = field.functions
    return zip(functions.roots.tolist(), functions.parts, field.coefficients.tolist(), strict=True)


def test_characters_share_out_a_field() -> None:
    """Of an abelian group with real characters alone the parts with each of them add up to the field."""
    field = GridField(RNG.normal(size=(8, 12, 8)), np.diag([3, 4, 5.0]))
    for name in ("62", "45", "BNS:62.446"):
        parts = [symmetrise(field, one).values for one in representations(name)]
        if name == "62":
            np.testing.assert_allclose(sum(parts), field.values, atol=1e-13)
        for one, part in zip(representations(name), parts, strict=True):
            again = symmetrise(GridField(part, field.lattice), one)
            np.testing.assert_allclose(again.values, part, atol=1e-14)
        for i, j in ((0, 1), (1, 0)):
            other = symmetrise(GridField(parts[i], field.lattice), representations(name)[j])
            assert np.abs(other.values).max() < 1e-14


def test_the_difference_of_equivalent_points_counts_signs() -> None:
    group = operations_of(Representation.parse("136:B2g"))
    values = RNG.normal(size=(4, 4, 4))
    images = list(image_indices(values.shape, group))
    signs = np.where(group.characters24 == 0, 1, -1)
    seen = np.stack([sign * values.reshape(-1)[image] for sign, image in zip(signs, images, strict=True)])
    expansion = expand(GridField(values, np.eye(3) * 3), "136:B2g")
    assert expansion.spread == pytest.approx((seen.max(axis=0) - seen.min(axis=0)).max(), rel=1e-14)
    assert expand(expansion.symmetrised, "136:B2g").spread == pytest.approx(0, abs=1e-14)


def test_what_cannot_be_is_said() -> None:
    field = GridField(np.ones((4, 4, 4)), 3 * np.eye(3))
    for name in ("75:1E", "195:2E"):
        with pytest.raises(CharacterError, match=r"complex functions only.*fields are real"):
            expand(field, name)
        with pytest.raises(CharacterError, match=r"complex functions only.*fields are real"):
            symmetrise(field, name)
    coarse = GridField(np.ones((2, 2, 2)), 3 * np.eye(3))
    with pytest.raises(FieldError, match="too coarse for a function of 225:A1u Fm-3m"):
        expand(coarse, "225:A1u").coefficients  # noqa: B018 - computed on first use
    assert not symmetrise(coarse, "225:A1u").values.any()
    with pytest.raises(FieldError, match=r"fields are on grids of three axes, and .* has 2 dimensions"):
        expand(field, "plane:17")
    one = representations("BNS:1.3")[1]  # its translation along c reverses the field
    assert not symmetrise(field, one).values.any()
    half = CellChange(np.array([[2, 0, 0], [0, 2, 0], [0, 0, 1]]), 2)
    assert isinstance(one.setting, MagneticGroup)
    with pytest.raises(FieldError, match="a vector of the cell is a translation after which odd functions"):
        expand(GridField(np.ones((4, 4, 2)), half.lattice_of(field.lattice)), one, half)


def test_products_need_an_invariant_factor() -> None:
    lattice = 3 * np.eye(3)
    values = GridField(RNG.normal(size=(8, 8, 8)), lattice)
    wave, even = (InvariantField(expand(values, one).coefficients) for one in ("136:B1g", "136"))
    product = wave.multiply(even)
    assert product.representation == wave.representation
    fine = wave.resolving_shape(even)
    torch.testing.assert_close(product.coefficients, wave.project(wave.on_grid(fine) * even.on_grid(fine)))
    for one, other in ((wave, wave), (even, wave)):
        with pytest.raises(ValueError, match="have no product with the symmetry of the first one"):
            one.multiply(other)
    with pytest.raises(ValueError, match="same functions"):
        wave.inner(even)


@pytest.mark.parametrize("name", ["136:B1g", "BNS:136.499:odd", "BNS:62.446:even", "BNS:9.41:odd"])
def test_files_name_the_character(name: str, tmp_path: Path) -> None:
    named = Representation.parse(name)
    shape = (8, 12, 8) if named.setting.number != 136 else (8, 8, 12)
    field = GridField(RNG.normal(size=shape), np.diag([3, 3, 5.0]))
    given = expand(field, named).coefficients
    path = tmp_path / "c.h5"
    write_coefficients(path, given)
    found = read_coefficients(path)
    assert found.representation == named and found.setting == named.setting
    np.testing.assert_array_equal(found.values, given.values)
    again = InvariantField(found, dtype=torch.float64).on_grid(shape).detach().numpy()
    np.testing.assert_allclose(again, expand(field, named).symmetrised.values, atol=1e-12)
