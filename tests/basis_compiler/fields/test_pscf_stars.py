"""PSCF's basis: compared with what PSCF 1.3.3 lists, its manual, and explicit averages over operations."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.fields.pscf_groups import cell_of, group_name, setting_of_group, system_of
from basis_compiler.fields.pscf_stars import StarBasis, check_mesh, star_basis
from basis_store import Setting
from basis_store.errors import FieldError

LISTED = [line.split() for line in Path(__file__).with_name("pscf_stars.txt").read_text().splitlines()]
"""Of each group of PSCF: its name, a mesh, the number of functions, and a digest of what PSCF lists for them."""

CELLS = {
    "cubic": [3.1], "tetragonal": [3.1, 4.7], "orthorhombic": [2.9, 3.7, 4.3], "hexagonal": [3.3, 5.1],
    "rhombohedral": [3.2, 1.3], "monoclinic": [2.9, 3.7, 4.3, 1.8], "triclinic": [2.9, 3.7, 4.3, 0.4, 0.3, 1.7],
}  # fmt: skip


def system(setting: Setting) -> str:
    if setting.number >= 143 and setting.number <= 194:
        return "rhombohedral" if setting.choice == "R" else "hexagonal"
    limits = {2: "triclinic", 15: "monoclinic", 74: "orthorhombic", 142: "tetragonal", 230: "cubic"}
    return next(name for limit, name in limits.items() if setting.number <= limit)


def digest(basis: StarBasis) -> str:
    rows = np.column_stack([basis.sizes, basis.inversion, basis.waves]).tolist()
    present = basis.function >= 0
    waves = np.column_stack([basis.indices, basis.phase24])[present].tolist()
    return hashlib.sha256((repr(rows) + repr(sorted(waves))).encode()).hexdigest()[:16]


def test_every_group_of_pscf_has_its_stars_sizes_order_and_phases() -> None:
    assert len(LISTED) == 260  # PSCF stops at R_3_c:H, where it rounds the phase 1/2 to both sides
    wrong = []
    for name, *numbers, expected in LISTED:
        first, second, third, count = map(int, numbers)
        setting = setting_of_group(name, 3, "test")
        assert group_name(setting, 3, "test") == name
        lattice = cell_of(system(setting), CELLS[system(setting)], 3, "test")
        basis = star_basis(operations(setting), (first, second, third), lattice)
        if (len(basis), digest(basis)) != (count, expected):
            wrong.append(name)
    assert wrong == []


def test_the_examples_of_the_manual() -> None:
    gyroid = star_basis(operations("Ia-3d"), (28, 28, 28), np.eye(3) * 3.6735414146)
    assert len(gyroid) == 235
    rows = [(*wave, size) for wave, size in zip(gyroid.waves.tolist(), gyroid.sizes.tolist(), strict=True)]
    assert rows[:8] == [
        (0, 0, 0, 1), (2, 1, 1, 24), (2, 2, 0, 12), (3, 2, 1, 48), (4, 0, 0, 6), (4, 2, 0, 24), (3, 3, 2, 24),
        (4, 2, 2, 24),
    ]  # fmt: skip
    assert rows[-2:] == [(14, 14, 8, 6), (14, 14, 12, 6)]
    lamellar = star_basis(operations("P-1"), (40, 1, 1), np.diag([1.3835952906, 1.0, 1.0]))
    assert lamellar.waves[:, 0].tolist() == list(range(21))
    assert lamellar.sizes.tolist() == [1, *[2] * 19, 1]


def mesh_of(setting: Setting) -> tuple[int, int, int]:
    for mesh in itertools.chain([(4, 5, 3), (4, 4, 3), (4, 4, 4), (6, 6, 4)], [(n, n, n) for n in (6, 8, 12)]):
        try:
            check_mesh(operations(setting), mesh)
        except FieldError:
            continue
        return mesh
    return (6, 6, 12)


def test_coefficients_are_those_of_the_mean_over_all_operations(setting: Setting) -> None:
    """In all 530 settings, also those that PSCF has no name for; with Parseval's equation, and back."""
    group = operations(setting)
    mesh = mesh_of(setting)
    metric = np.einsum("gij,ik,gkl->jl", group.rotations, np.diag([9.0, 14.0, 17.0]), group.rotations) / len(group)
    basis = star_basis(group, mesh, np.linalg.cholesky(metric))
    rng = np.random.default_rng(setting.hall_number)
    field = rng.normal(size=mesh)
    points = np.stack(np.meshgrid(*map(np.arange, mesh), indexing="ij"), axis=-1)
    mean = np.zeros(mesh)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        moved = points / mesh @ rotation.T + translation / 24
        index = np.rint(moved * mesh).astype(int) % mesh
        mean += field[tuple(np.moveaxis(index, -1, 0))] / len(group)
    coefficients = basis.expand(field)
    np.testing.assert_allclose(basis.evaluate(coefficients), mean, atol=1e-12)
    np.testing.assert_allclose(coefficients @ coefficients, (mean**2).mean(), rtol=1e-12)
    random = rng.normal(size=len(basis))
    np.testing.assert_allclose(basis.expand(basis.evaluate(random)), random, atol=1e-12)


def test_a_mesh_that_the_group_moves_is_an_error() -> None:
    with pytest.raises(FieldError, match="230 Ia-3d does not map a mesh of 18 x 18 x 18 points to itself"):
        star_basis(operations("Ia-3d"), (18, 18, 18), np.eye(3))
    with pytest.raises(FieldError, match="the cell does not have the shape that 230 Ia-3d needs"):
        star_basis(operations("Ia-3d"), (16, 16, 16), np.diag([1.0, 1.0, 2.0]))
    with pytest.raises(FieldError, match="more than are read"):
        star_basis(operations("P1"), (2000, 2000, 2000), np.eye(3))


def test_plane_groups_are_read_and_named() -> None:
    for name, number in {"p_6_m_m": 183, "p_4_g_m": 100, "c_2_m_m": 35, "p_g": 7, "p_2": 3}.items():
        setting = setting_of_group(name, 2, "test")
        assert setting.number == number
        assert group_name(setting, 2, "test") == name
    with pytest.raises(FieldError, match="'p_7' is no name of a group of PSCF in 2 dimensions"):
        setting_of_group("p_7", 2, "test")
    with pytest.raises(FieldError, match="PSCF has no name for 62:cab Pbnm"):
        group_name(Setting.parse("62:cab"), 3, "x.bf")


@pytest.mark.parametrize("name", CELLS)
def test_cells_come_back_from_their_metric(name: str) -> None:
    lattice = cell_of(name, CELLS[name], 3, "test")
    found, parameters = system_of(lattice, None, 3, "test")
    assert found == name
    np.testing.assert_allclose(parameters, CELLS[name], rtol=1e-12)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    np.testing.assert_allclose(system_of(lattice @ turn, None, 3, "test")[1], CELLS[name], rtol=1e-9)
    with pytest.raises(FieldError, match="left-handed"):
        system_of(-lattice, None, 3, "test")
