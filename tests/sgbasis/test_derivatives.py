"""``sgbasis.derivatives``: what it says of the crystals that a user gives, in the frame of the user's cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sgbasis
from basis_store import CrystalError, ModelError
from runtime import CompositionConfig, CompositionModel, Target, TensorTarget
from tests.support.crystals.crystal_inputs import example_path
from tests.support.tiny_models import BULK, DIELECTRIC, ENERGY, PIEZOELECTRIC, save_tiny, tiny_model

GYRATION = TensorTarget("gyration", "1", symmetry="ij=ji", axial=True)


def test_every_crystal_and_target(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "model", ENERGY, BULK, DIELECTRIC)
    paths = [example_path("quartz"), example_path("nacl")]
    found = sgbasis.derivatives(paths, folder)
    names = ["formation_energy_per_atom", "bulk_modulus_vrh", "dielectric_electronic"]
    assert [(one.source, one.property) for one in found] == [(str(path), name) for path in paths for name in names]
    assert [one.unit for one in found[:3]] == ["eV/atom", "GPa", "1"]
    for one, predicted in zip(found, sgbasis.predict(paths, folder), strict=True):
        n, shape = len(one.record), np.shape(one.value)
        np.testing.assert_allclose(one.value, predicted.value, rtol=1e-5, atol=1e-5)
        assert (one.positions.shape, one.strain.shape) == ((n, 3, *shape), (3, 3, *shape))
        assert isinstance(one.value, float) == (shape == ())


def test_several_models(tmp_path: Path) -> None:
    """By crystal, model and target, as predictions are."""
    both = [save_tiny(tmp_path / "a", ENERGY), tiny_model(BULK)]
    found = sgbasis.derivatives([example_path("quartz"), example_path("nacl")], both)
    assert [one.property for one in found] == ["formation_energy_per_atom", "bulk_modulus_vrh"] * 2
    assert [one.identifier for one in found[::2]] == [one.identifier for one in found[1::2]]
    with pytest.raises(TypeError, match=r"^a model, or the name or folder of one, is needed, not int$"):
        sgbasis.derivatives(example_path("nacl"), 7)  # type: ignore[arg-type]


def test_of_a_cell_of_your_own() -> None:
    """A crystal of ASE in any orientation: strains are along its own axes, and finite differences agree."""
    from ase.io import read

    model = tiny_model(ENERGY).double()
    atoms = read(example_path("quartz"))
    atoms.rotate(50, (1, 2, 3), rotate_cell=True)
    (found,) = sgbasis.derivatives(atoms, model)
    np.testing.assert_allclose(found.record.lattice, atoms.cell.array, atol=1e-8)
    step = 1e-4
    for strain in (np.eye(3), found.strain):
        plus, minus = atoms.copy(), atoms.copy()
        for one, sign in ((plus, 1), (minus, -1)):
            one.set_cell(atoms.cell.array @ (np.eye(3) + sign * step * strain), scale_atoms=True)
        values = [float(sgbasis.derivatives(one, model)[0].value) for one in (plus, minus)]
        expected = (found.strain * strain).sum()
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", ["quartz", "rutile", "nacl"])
@pytest.mark.parametrize("target", [ENERGY, PIEZOELECTRIC, GYRATION], ids=lambda target: target.name)
def test_of_every_atom_in_the_order_of_the_source(name: str, target: Target) -> None:
    """Against finite differences of the crystal as its source has it, one displaced atom at a time."""
    from ase.build import make_supercell
    from ase.io import read

    model, rng = tiny_model(target).double(), np.random.default_rng(0)
    atoms = make_supercell(read(example_path(name)), [[1, 0, 0], [1, 1, 0], [0, -1, 1]])
    atoms = atoms[rng.permutation(len(atoms))]
    atoms.rotate(50, (1, 2, 3), rotate_cell=True)
    (found,) = sgbasis.derivatives(atoms, model)
    of_atoms = found.of_atoms(atoms.get_scaled_positions())
    assert of_atoms.shape == (len(atoms), *found.positions.shape[1:])
    scale, step = np.abs(of_atoms).max() + np.abs(found.strain).max(), 1e-4
    for atom in rng.choice(len(atoms), 4, replace=False):
        move, values = rng.normal(size=3), []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.positions[atom] += sign * step * move
            values.append(np.asarray(sgbasis.derivatives(moved, model, tolerance=1e-7)[0].value))
        expected = np.einsum("k...,k->...", of_atoms[atom], move) / len(atoms)
        found_by_steps = (values[0] - values[1]) / (2 * step)
        np.testing.assert_allclose(found_by_steps, expected, rtol=0, atol=1e-5 * scale + 1e-9)
    with pytest.raises(CrystalError, match="away from all atoms"):
        found.of_atoms(atoms.get_scaled_positions() + 0.1)


def test_what_has_none() -> None:
    assert sgbasis.derivatives([], tiny_model()) == []
    with pytest.raises(ModelError, match=r"^CompositionModel has no derivatives by positions and strain: "):
        sgbasis.derivatives(example_path("nacl"), CompositionModel(CompositionConfig(), [ENERGY]))
    with pytest.raises(ModelError, match="no model"):
        sgbasis.derivatives(example_path("nacl"), "no_such_model")
