"""Symmetrising is averaging over explicit operations, in every setting and cell (T12)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_store import TURN, FieldError, GridField, Operations, Representation, Setting, all_settings, open_store
from basis_store.array_types import FloatArray
from basis_store.fields.cell_change import CellChange
from runtime.fields.expansion import Expansion, expand
from runtime.fields.grid_lattice import GridLattice
from runtime.fields.row_average import average_rows, keeps_rows

STORE = open_store()
FIELDS = Path(__file__).resolve().parents[4] / "shared" / "fields"
RNG = np.random.default_rng(12)


def lattice_of(setting: Setting) -> FloatArray:
    """A lattice that every setting of its family preserves."""
    if setting.lattice_family == "orthogonal":
        return 3 * np.eye(3)
    return np.array([[3, 0, 0], [-1.5, 3 * 0.75**0.5, 0], [0, 0, 4]])


def points_of(shape: tuple[int, ...]) -> FloatArray:
    """(N, 3) fractional coordinates of grid points."""
    return np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, 3) / shape


def average(values: FloatArray, cell: CellChange, group: Operations) -> FloatArray:
    """The mean over the images of every grid point under every operation, looked up one by one."""
    shape = np.array(values.shape)
    x, total = points_of(values.shape), np.zeros(values.size)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        moved = cell.from_setting(cell.to_setting(x) @ rotation.T + translation / TURN) * shape
        steps = np.rint(moved).astype(int)
        assert np.abs(moved - steps).max() < 1e-9
        total += values[tuple((steps % shape).T)]
    return (total / len(group)).reshape(values.shape)


def synthesis(expansion: Expansion, points: FloatArray) -> FloatArray:
    """The field at points (n, 3) of its setting, by a direct sum over all waves of all orbits."""
    coefficients = expansion.coefficients
    group = STORE.read(coefficients.setting).operations
    total = np.zeros(len(points), complex)
    for row, c in zip(coefficients.orbits, coefficients.fourier_coefficients(), strict=True):
        root = coefficients.roots[row].astype(int)
        waves = {
            tuple(root @ rotation): np.exp(2j * np.pi * (root @ translation) / TURN)
            for rotation, translation in zip(group.rotations, group.translations24, strict=True)
        }
        assert len(waves) == coefficients.sizes[row]
        for wave, phase in waves.items():
            term = c * phase * np.exp(2j * np.pi * points @ wave)
            total += 2 * term.real if coefficients.parts[row] else term
    assert np.abs(total.imag).max() < 1e-12
    return total.real


def test_symmetrising_is_averaging_in_every_setting() -> None:
    """On both ways: by Fourier coefficients, and by rows of the grid where operations move whole ones."""
    by_rows = 0
    for setting in all_settings():
        group, cell = STORE.read(setting).operations, CellChange.conventional()
        lattice = next(one for n in (4, 6, 8, 12) if (one := GridLattice((n, n, n), cell, group)).closed)
        values = RNG.normal(size=lattice.shape)
        field = GridField(values, lattice_of(setting))
        expansion = Expansion(field, lattice, Representation(setting), symmetrised=True)
        symmetrised = expansion.symmetrised
        expected = average(values, cell, group)
        np.testing.assert_allclose(symmetrised.values, expected, atol=1e-13, err_msg=setting.label)
        if keeps_rows(lattice):
            by_rows += 1
            np.testing.assert_allclose(average_rows(values, lattice), expected, atol=1e-13, err_msg=setting.label)
            np.testing.assert_array_equal(
                average_rows(values, lattice),
                Expansion(field, lattice, Representation(setting)).symmetrised.values,
            )
        residual = np.linalg.norm(values - expected) / np.linalg.norm(values)
        assert expansion.residual.of_norm == pytest.approx(residual, rel=1e-12, abs=1e-15)
        again = Expansion(symmetrised, lattice, Representation(setting))
        np.testing.assert_allclose(again.symmetrised.values, symmetrised.values, atol=1e-14)
        assert again.residual.of_norm < 1e-14
    assert by_rows == 530 - 42 - 7  # but cubic ones and rhombohedral axes


def test_band_limited_fields_come_back_in_every_setting() -> None:
    """Coefficients -> grid, by a direct sum -> coefficients: exact, and Parseval's sum as well."""
    for setting in all_settings():
        shape = (5, 5, 5) if setting.lattice_family == "orthogonal" else (4, 4, 3)
        field = GridField(RNG.normal(size=shape), lattice_of(setting))
        lattice = GridLattice(shape, CellChange.conventional(), STORE.read(setting).operations)
        expansion = Expansion(field, lattice, Representation(setting))
        values = synthesis(expansion, points_of(shape)).reshape(shape)
        again = Expansion(GridField(values, field.lattice), lattice, Representation(setting))
        np.testing.assert_allclose(
            again.coefficients.values, expansion.coefficients.values, atol=1e-12, err_msg=setting.label
        )
        np.testing.assert_allclose(again.symmetrised.values, values, atol=1e-12)
        if (lattice.ties(expansion.coefficients.roots) == 1).all():
            assert again.coefficients.norm**2 == pytest.approx(np.square(values).mean(), rel=1e-12)


@pytest.mark.parametrize("number", [5, 14, 43, 88, 122, 146, 167, 194, 203, 205, 206, 220, 225, 227, 230])
def test_cells_and_origins_of_a_crystal_give_the_same_coefficients(number: int) -> None:
    setting = Setting.standard(number)
    compiled = STORE.read(setting)
    size = 12
    conventional = CellChange.conventional()
    values = RNG.normal(size=(size,) * 3)
    field = GridField(values, lattice_of(setting))
    named = Representation(setting)
    given = Expansion(field, GridLattice(field.shape, conventional, compiled.operations), named)
    # Only waves inside of every grid that is compared: then all are exact.
    kept = np.abs(given.coefficients.roots).max(axis=1) <= 1
    cells = [
        CellChange.primitive(setting),
        CellChange.conventional((1 / 12, 0.25, 1 / 3)),
        CellChange.primitive(setting, (0.1234, -0.2, 0.7)),
        CellChange(np.array([[2, 0, 0], [0, 1, 0], [0, 0, 1]])),
        CellChange(np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]]), 1, (0.5, 0, 0.1)),
    ]
    subset = _subset(given, kept)
    for cell in cells:
        shape = (16, 8, 8) if cell.matrix[0, 0] == 2 else (8, 8, 8)
        points = cell.to_setting(points_of(shape))
        other = GridField(synthesis(subset, points).reshape(shape), cell.lattice_of(field.lattice))
        found = Expansion(other, GridLattice(shape, cell, compiled.operations), named).coefficients
        np.testing.assert_allclose(found.lattice, field.lattice, atol=1e-12)
        rows = {tuple(root): row for row, root in enumerate(found.roots.tolist())}
        mine = [rows[tuple(root)] for root in subset.coefficients.roots.tolist()]
        np.testing.assert_allclose(found.values[mine], subset.coefficients.values, atol=1e-12)
        assert np.abs(np.delete(found.values, mine)).max(initial=0) < 1e-12


def _subset(expansion: Expansion, kept: np.ndarray) -> Expansion:
    import copy
    from dataclasses import replace

    found = copy.copy(expansion)
    names = ("roots", "sizes", "parts", "real_phases24", "values")
    columns = {name: getattr(expansion.coefficients, name)[kept] for name in names}
    vars(found)["coefficients"] = replace(expansion.coefficients, **columns)
    return found


def test_fields_of_files() -> None:
    """Densities of silicon, aluminium and titanium from plane-wave codes, in their own cells."""
    if not FIELDS.is_dir():
        pytest.skip("needs ../shared/fields")
    from basis_compiler import Crystal, standardize

    expected = {
        "si_abinit": (8, 0, 1e-13),
        "al_fcc_dftpy": (12, 9.705e-8, 1e-10),
        "ti_hcp_dftpy": (24, 3.297e-5, 1e-8),
    }
    for name, (electrons, residual, tolerance) in expected.items():
        with np.load(FIELDS / f"{name}.npz") as file:
            field = GridField(file["density"], file["lattice"], "electron density", "e/Angstrom^3")
            crystal = Crystal(lattice=file["lattice"], numbers=file["species"], coordinates=file["frac_coords"])
        standard = standardize(crystal)
        cell = CellChange(standard.change_of_basis, standard.denominator, standard.origin_shift)
        expansion = expand(field, standard.setting, cell)
        assert field.integral == pytest.approx(electrons, rel=1e-13)
        coefficients = expansion.coefficients
        assert coefficients.integral * np.linalg.det(cell.matrix) == pytest.approx(electrons, rel=1e-13)
        assert expansion.residual.of_norm == pytest.approx(residual, abs=tolerance)
        group = STORE.read(standard.setting).operations
        if expansion.closed:
            explicit = average(field.values, cell, group)
            np.testing.assert_allclose(expansion.symmetrised.values, explicit, atol=1e-13 * field.values.max())
            spread = expansion.spread
            assert spread is not None
            assert spread == pytest.approx(1.221e-7 if electrons == 12 else 1.178e-3, rel=1e-3)
        else:  # 18 x 18 x 18 points, with the origin on an atom: operations act on the Fourier interpolation
            assert name == "si_abinit" and expansion.spread is None
            moved = cell.from_setting(
                cell.to_setting(points_of(field.shape)) @ group.rotations[5].T + group.translations24[5] / TURN
            )
            values = synthesis(expansion, cell.to_setting(moved))
            np.testing.assert_allclose(values, field.values.reshape(-1), atol=1e-13)
        if expansion.residual.edge < 1e-12:
            rms = np.sqrt(np.square(expansion.symmetrised.values).mean())
            assert coefficients.norm == pytest.approx(rms, rel=1e-12)


def test_a_cell_that_does_not_fit_is_refused() -> None:
    field = GridField(np.zeros((4, 4, 4)), np.diag([3, 3, 3.1]))
    with pytest.raises(FieldError, match=r"a cell of 3 3 3.1 90 90 90 .* is no cubic cell of 225 Fm-3m: give the"):
        expand(field, "225")


def test_constant_and_zero_fields_have_no_residual() -> None:
    for value in (0.0, 2.5):
        residual = expand(GridField(np.full((4, 4, 4), value), np.eye(3)), "225").residual
        assert residual.of_norm == residual.of_fluctuation == residual.largest == 0
