"""Differences of fields: exact on any grids, and in any cells and origins of one crystal."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from basis_store import CellChange, FieldError, GridField, Setting, all_settings
from runtime import InvariantField, load_store
from sgbasis.fields.cell_relation import relation
from sgbasis.fields.field_difference import difference
from sgbasis.fields.given_field import GivenField
from sgbasis.pictures.cell_drawing import drawn_lattice

DENSITY = ("electron density", "e/Angstrom^3")
# All lattice systems, centrings and several origins: crystals of hundreds of atoms take a second each.
SOME = sorted({one.number: one for one in list(all_settings())[3::23]}.values(), key=lambda one: one.hall_number)


def given(field: GridField, name: str = "one") -> GivenField:
    return GivenField(field, name)


def waves_field(shape: tuple[int, int, int], lattice: np.ndarray, atoms: np.ndarray | None = None) -> GridField:
    x, y, z = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"))
    values = 2 + np.cos(2 * np.pi * (x + y)) + 0.5 * np.sin(2 * np.pi * (z - 2 * x)) + 0.2 * np.cos(2 * np.pi * y)
    listed = ([], []) if atoms is None else ([14] * len(atoms), atoms)
    return GridField(values, lattice, *DENSITY, *listed)


def crystal_field(setting: Setting, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    """A function of a cell of one crystal with random general positions and a random invariant field."""
    compiled = load_store().compiled(setting)
    group = compiled.operations
    rotations, translations = np.array(group.rotations), np.array(group.translations24) / 24
    lattice = drawn_lattice(compiled) * 1.9 * (4 * len(rotations)) ** (1 / 3)
    while True:
        images = (np.einsum("gij,nj->ngi", rotations, rng.random((2, 3))) + translations).reshape(-1, 3) % 1
        apart = images[:, None] - images
        apart = np.linalg.norm((apart - np.rint(apart)) @ lattice, axis=-1) + 9 * np.eye(len(images))
        if apart.min() > 0.8:
            break
    elements = np.repeat([8, 14], len(rotations))
    module = InvariantField.from_basis(load_store().basis(setting, count=9), lattice, dtype=torch.float64)
    with torch.no_grad():
        module.coefficients.copy_(torch.from_numpy(rng.normal(size=len(module.coefficients))))

    def in_cell(cell: CellChange, shape: tuple[int, int, int]) -> GridField:
        steps = np.array(list(itertools.product(range(-2, 3), repeat=3)))
        places = cell.from_setting((images[:, None] + steps).reshape(-1, 3))
        inside = ((places > -1e-7) & (places < 1 - 1e-7)).all(axis=1)
        values = module.on_grid(shape, cell).detach().numpy()
        atoms = np.repeat(elements, len(steps))[inside], places[inside]
        return GridField(values, cell.lattice_of(lattice), *DENSITY, *atoms)

    return in_cell


@pytest.mark.parametrize("setting", SOME, ids=lambda one: one.label)
def test_a_field_minus_itself_in_another_cell_is_nothing(setting: Setting) -> None:
    rng = np.random.default_rng(setting.hall_number)
    in_cell = crystal_field(setting, rng)
    one = in_cell(CellChange.conventional(rng.random(3)), (20, 21, 22))
    other = in_cell(CellChange.primitive(setting, rng.random(3)), (21, 20, 24))
    for first, second in ((one, other), (other, one)):
        found = difference(given(first, "a"), given(second, "b"))
        assert np.abs(found.field.values).max() < 1e-9 * np.abs(one.values).max()
        assert found.field.quantity == "electron density difference"
        np.testing.assert_array_equal(found.field.lattice, first.lattice)
        np.testing.assert_array_equal(found.field.coordinates, first.coordinates)
        assert [note for note in found.notes if note.startswith("b: brought to the cell and origin of a")]


def test_grids_of_one_cell_may_differ() -> None:
    lattice = np.diag([4.0, 5.0, 6.0])
    one, other = waves_field((8, 6, 5), lattice), waves_field((6, 9, 12), lattice)
    found = difference(given(one), given(other))
    assert found.field.shape == (8, 9, 12)
    assert np.abs(found.field.values).max() < 1e-12
    assert found.notes == ()
    # What only the finer one has stays.
    values = other.values + 0.25 * np.cos(2 * np.pi * 5 * np.arange(12) / 12)
    found = difference(given(one), given(GridField(values, lattice, *DENSITY)))
    assert found.field.values[0, 0, 0] == pytest.approx(-0.25)
    same = difference(given(one), given(one))
    assert not same.field.values.any() and same.field.shape == one.shape


def test_units_are_converted_and_compared() -> None:
    one = waves_field((6, 6, 6), 4 * np.eye(3))
    bohr = GridField(one.values * 0.529177210903**3, one.lattice, "electron density", "e/Bohr^3")
    assert np.abs(difference(given(one), given(bohr)).field.values).max() < 1e-12
    potential = GridField(one.values, one.lattice, "potential", "eV")
    with pytest.raises(
        FieldError, match=r"two: its values are in eV, which is no electron density in e/Angstrom\^3"
    ):
        difference(given(one), given(potential, "two"))
    twice = difference(given(difference(given(one), given(bohr)).field), given(one)).field
    assert twice.quantity == "electron density difference"


def test_a_larger_cell_does_not_fit_a_smaller_one() -> None:
    """A superstructure in a supercell, less the basic structure, but not the other way round."""
    lattice = np.diag([4.0, 4.4, 4.8])
    atoms = np.array([[0.1, 0.2, 0.3], [0.6, 0.45, 0.55], [0.3, 0.8, 0.15]])
    basic = waves_field((6, 6, 8), lattice, atoms)
    double = np.concatenate([atoms * [0.5, 1, 1], (atoms + np.array([1, 0, 0])) * [0.5, 1, 1]])
    tiled = GridField(np.tile(basic.values, (2, 1, 1)), lattice * [[2], [1], [1]], *DENSITY, [14] * 6, double)
    wave = 0.1 * np.cos(2 * np.pi * np.arange(12) / 12)[:, None, None]
    changed = GridField(tiled.values + wave, tiled.lattice, *DENSITY, [14] * 6, double)
    assert np.abs(difference(given(tiled), given(basic)).field.values).max() < 1e-12
    assert np.abs(difference(given(basic), given(tiled)).field.values).max() < 1e-12
    found = difference(given(changed), given(basic)).field
    assert found.values.max() == pytest.approx(0.1) and found.values.min() == pytest.approx(-0.1)
    with pytest.raises(FieldError, match=r"two: it does not repeat with the cell of one .* larger cell first"):
        difference(given(basic), given(changed, "two"))


def test_other_crystals_are_refused() -> None:
    lattice = np.diag([4.0, 4.4, 4.8])
    atoms = np.array([[0.1, 0.2, 0.3], [0.6, 0.45, 0.55], [0.3, 0.8, 0.15]])
    one = waves_field((6, 6, 6), lattice, atoms)
    bare = waves_field((6, 6, 6), 1.2 * lattice)
    with pytest.raises(FieldError, match="two: it has another cell than one, and two lists no atoms"):
        difference(given(one), given(bare, "two"))
    larger = waves_field((6, 6, 6), 1.2 * lattice, atoms)
    with pytest.raises(FieldError, match="two: its lattice is not that of one"):
        difference(given(one), given(larger, "two"))
    elsewhere = waves_field((6, 6, 6), lattice, atoms[:, ::-1])
    with pytest.raises(FieldError, match="two: it is another crystal than one"):
        difference(given(one), given(elsewhere, "two"))
    shifted = atoms + np.array([[0, 0, 0.05], [0, 0, 0], [0, 0, 0]])
    moved = relation(given(one), given(waves_field((6, 6, 6), lattice, shifted), "two"))
    assert moved.is_identity and "up to 0.24 Angstrom" in moved.notes[0]
    # Parts of a crystal, in its cell: a molecule and its atoms.
    part = GridField(one.values / 2, lattice, *DENSITY, [14], atoms[:1])
    assert difference(given(one), given(part)).field.values == pytest.approx(one.values / 2)
