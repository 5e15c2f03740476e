"""Symmetrising vector fields on grids: against averages over points that are computed one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from basis_compiler import compile_vector_basis, operations
from basis_store import (
    CellChange,
    CharacterError,
    FieldError,
    MagneticGroup,
    Representation,
    Setting,
    SettingError,
    VectorField,
    magnetic_groups,
)
from basis_store.array_types import FloatArray
from runtime import symmetrise_vector_field, vector_functions

CUBIC, HEXAGONAL = np.eye(3), np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, 1.6]])
# In an orientation of no meaning, so that Cartesian axes are not cell axes.
TURN = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]


def _setting_of(named: Representation) -> Setting:
    return named.setting.setting if isinstance(named.setting, MagneticGroup) else named.space_setting


def _lattice(setting: Setting) -> FloatArray:
    """A lattice of a setting, as general as its system allows."""
    if setting.lattice_family == "hexagonal":
        return 4 * HEXAGONAL @ TURN
    lengths = {"cubic": [1, 1, 1], "tetragonal": [1, 1, 1.3]}.get(setting.crystal_system, [1, 1.2, 1.5])
    lattice = 4 * np.diag(lengths)
    if setting.crystal_system == "monoclinic":
        lattice[2, 0] = -1.1
    if setting.crystal_system == "triclinic":
        lattice[1:, 0], lattice[2, 1] = 0.7, -0.9
    return lattice @ TURN


def _brute(field: VectorField, named: Representation, cell: CellChange, axial: bool) -> FloatArray:
    """The average over operations and conventional translations, point by point in floating point."""
    group, shape = operations(named), np.array(field.first.shape)
    lattice = cell.setting_lattice(field.first.lattice)
    points = cell.to_setting(np.array(list(itertools.product(*map(range, shape)))) / shape)
    values = field.values.reshape(3, -1)
    total, count = np.zeros_like(values), 0
    more = range(round(np.linalg.det(cell.matrix)) if np.linalg.det(cell.matrix) > 1.5 else 1)
    for rotation, shift, c in zip(group.rotations, group.translations24 / 24, group.characters24, strict=True):
        turned = lattice.T @ rotation @ np.linalg.inv(lattice.T)
        sign = (np.linalg.det(turned) if axial else 1) * (-1 if c else 1)
        for extra in itertools.product(more, repeat=3):
            moved = cell.from_setting(points @ rotation.T + shift + extra) * shape
            index = np.rint(moved).astype(int)
            assert np.abs(moved - index).max() < 1e-6
            image = values[:, np.ravel_multi_index(tuple(index.T % shape[:, None]), tuple(shape))]
            total += sign * np.linalg.inv(turned) @ image
            count += 1
    return (total / count).reshape(field.values.shape)


def _random(shape: tuple[int, int, int], lattice: FloatArray) -> VectorField:
    return VectorField.of_values(np.random.default_rng(6).normal(size=(3, *shape)), lattice)


@pytest.mark.parametrize("kind", ["conventional", "primitive", "supercell", "origin"])
@pytest.mark.parametrize("name", ["62.448:odd", "15.90:odd", "227.131:odd", "166.101:odd", "198:A", "136:B1g"])
@pytest.mark.parametrize("axial", [True, False])
def test_it_is_the_average_over_images_of_points(name: str, kind: str, axial: bool) -> None:
    named = Representation.parse(name)
    setting = _setting_of(named)
    cell = {
        "conventional": CellChange.conventional(),
        "primitive": CellChange.primitive(setting),
        "supercell": CellChange(np.diag([1, 1, 2])),
        "origin": CellChange.conventional((1 / 12, 0, 1 / 4)),
    }[kind]
    shape = {"conventional": (12, 12, 12), "supercell": (12, 12, 24)}.get(kind, (12, 12, 12))
    if kind == "supercell" and setting.lattice_family == "hexagonal":
        shape = (6, 6, 12)
    field = _random(shape, cell.lattice_of(_lattice(setting)))
    if kind == "origin" and not name.startswith(("15", "62")):
        cell = CellChange.conventional()
    found = symmetrise_vector_field(field, named, cell, axial=axial)
    assert np.abs(found.field.values - _brute(field, named, cell, axial)).max() < 1e-12
    rest = field.values - found.field.values
    assert abs((rest * found.field.values).sum()) < 1e-9  # orthogonal
    assert np.isclose(found.of_norm, np.linalg.norm(rest) / np.linalg.norm(field.values))
    assert np.isclose(found.largest, np.linalg.norm(rest, axis=0).max())
    again = symmetrise_vector_field(found.field, named, cell, axial=axial)
    assert np.abs(again.field.values - found.field.values).max() < 1e-12
    assert again.of_norm < 1e-12 or not found.field.values.any()


def _small_shape(named: Representation) -> tuple[int, int, int]:
    """A grid that operations map to itself, of at least three points along each axis."""
    group = operations(named)
    steps = [24 // int(np.gcd.reduce(np.append(column, 24))) for column in group.translations24.T]
    system = named.setting.crystal_system
    if system not in ("triclinic", "monoclinic", "orthorhombic"):
        equal = 3 if system == "cubic" else 2
        steps[:equal] = [int(np.lcm.reduce(steps[:equal]))] * equal
    one, two, three = (n * (-(-3 // n)) for n in steps)
    return one, two, three


def test_every_magnetic_group_on_a_small_grid() -> None:
    """On the smallest grid: functions of the exact basis do not change, noise becomes its average over images."""
    tried = 0
    for group in magnetic_groups()[::7]:
        if group.type == 2:
            continue
        named = Representation.of(group, "odd")
        basis = compile_vector_basis(named, axial=True, radius=1)
        shape = _small_shape(named)
        lattice = _lattice(group.setting)
        points = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
        values = np.asarray(vector_functions(basis, torch.from_numpy(points)) @ torch.from_numpy(lattice))
        weights = np.random.default_rng(7).normal(size=len(basis))
        made = np.einsum("xyzfi,f->ixyz", values, weights)
        field, noise = VectorField.of_values(made, lattice), _random(shape, lattice)
        assert np.abs(symmetrise_vector_field(field, named, axial=True).field.values - made).max() < 1e-9
        found = symmetrise_vector_field(noise, named, axial=True).field.values
        assert np.abs(found - _brute(noise, named, CellChange.conventional(), True)).max() < 1e-12
        tried += 1
    assert tried > 200


def test_what_does_not_fit_is_said() -> None:
    def refused(
        message: str, name: str, lattice: FloatArray, shape: tuple[int, int, int] = (4, 4, 4), **more
    ) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(FieldError, match=message):
            symmetrise_vector_field(_random(shape, lattice), name, axial=True, **more)

    refused("no orthorhombic cell", "62.448:odd", HEXAGONAL)
    refused("lead between the points.*fit: 6 x 4 x 4", "62.448:odd", np.diag([1, 2, 3.0]), (5, 4, 4))
    half = CellChange(np.diag([1, 2, 2]), 2)
    refused("a of the cell.*no lattice translation", "62.448:odd", np.diag([0.5, 2, 3.0]), cell=half)
    # The translation c/2 of P_S-1 is combined with time reversal, so that half of the cell has no moments.
    assert MagneticGroup.parse("2.7").reversed_translation24 == (0, 0, 12)
    half = CellChange(np.diag([2, 2, 1]), 2)
    refused("c of the cell.*time reversal", "2.7:odd", np.diag([1, 2, 1.5]), cell=half)
    with pytest.raises(SettingError, match="grey"):
        symmetrise_vector_field(_random((4, 4, 4), np.diag([1, 2, 3.0])), "62.442:odd", axial=True)
    with pytest.raises(CharacterError):
        symmetrise_vector_field(_random((4, 4, 4), np.eye(3)), "75:1E", axial=True)
    with pytest.raises(FieldError, match="shape"):
        VectorField.of_values(np.zeros((4, 4, 4)), np.eye(3))
