"""Gaussian cube files: units of length, data sets, origins, and ASE as an oracle."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import read_field, read_fields, write_field
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

BOHR = 0.529177210903
HEAD = "density of something\nfrom a program\n"
VALUES = np.arange(24.0).reshape(2, 3, 4)
ATOM = "    8    8.0    0.5   0.0   0.0\n"


def cube(
    counts: tuple[int, int, int] = (2, 3, 4),
    atoms: str = f"1 0 0 0\n{ATOM}",
    values: object = None,
    sets: str = "",
) -> str:
    head, _, rest = atoms.partition("\n")
    rows = [f"{n} {' '.join(str(0.5 * (i == j)) for j in range(3))}" for i, n in enumerate(counts)]
    numbers = VALUES if values is None else values
    words = " ".join(f"{one:g}" for one in np.asarray(numbers).ravel())
    return f"{HEAD}{head}\n" + "\n".join(rows) + f"\n{rest}{sets}{words}\n"


def read(tmp_path: Path, text: str, **options: str) -> GridField:
    path = tmp_path / "a.cube"
    path.write_text(text)
    return read_field(path, **options)


def test_lengths_are_in_bohr_or_in_angstrom(tmp_path: Path) -> None:
    in_bohr = read(tmp_path, cube())
    np.testing.assert_allclose(in_bohr.lattice, np.diag([1.0, 1.5, 2.0]) * BOHR)
    np.testing.assert_allclose(in_bohr.coordinates, [[0.5, 0, 0]])
    np.testing.assert_array_equal(in_bohr.values, VALUES)
    in_angstrom = read(tmp_path, cube((-2, -3, -4)))
    np.testing.assert_allclose(in_angstrom.lattice, np.diag([1.0, 1.5, 2.0]))
    np.testing.assert_allclose(in_angstrom.coordinates, [[0.5, 0, 0]])
    with pytest.raises(FieldError, match="some numbers of points are negative"):
        read(tmp_path, cube((-2, 3, 4)))


def test_densities_are_declared_in_their_unit(tmp_path: Path) -> None:
    found = read(tmp_path, cube(), unit="e/Bohr^3")
    assert found.unit == "e/Angstrom^3"
    assert found.integral == pytest.approx(VALUES.mean() * 3.0)  # the cell has 3 cubic Bohr


def test_data_sets_of_orbitals(tmp_path: Path) -> None:
    both = np.stack([VALUES, -VALUES], axis=-1)
    path = tmp_path / "a.cube"
    for atoms, sets, keys in (
        (f"-1 0 0 0\n{ATOM}", "2 17 18\n", ["17", "18"]),
        (f"-1 0 0 0 2\n{ATOM}", "2 17\n 18\n", ["17", "18"]),
        (f"1 0 0 0 2\n{ATOM}", "", ["1", "2"]),
    ):
        path.write_text(cube(atoms=atoms, sets=sets, values=both))
        found = read_fields(path)
        assert list(found.fields) == keys
        for one, expected in zip(found.fields.values(), (VALUES, -VALUES), strict=True):
            np.testing.assert_array_equal(one.values, expected)


def test_grids_that_begin_elsewhere(tmp_path: Path) -> None:
    """A grid that contains the origin is permuted; any other keeps its order, and atoms count from its start."""
    moved = read(tmp_path, cube(atoms=f"1 -0.5 0 1.0\n{ATOM}"))
    np.testing.assert_array_equal(moved.values[1, 0, 0], VALUES[0, 0, 2])  # at (0.5, 0, 0) Bohr
    np.testing.assert_array_equal(moved.values[0, 0, 0], VALUES[1, 0, 2])
    np.testing.assert_allclose(moved.coordinates, [[0.5, 0, 0]])
    path = tmp_path / "a.cube"
    path.write_text(cube(atoms=f"1 0.25 0 0\n{ATOM}"))
    found = read_fields(path)
    np.testing.assert_array_equal(found.first.values, VALUES)
    np.testing.assert_allclose(found.first.coordinates, [[0.25, 0, 0]])
    assert "the grid begins at 0.132294 0 0 Angstrom, between its points" in found.notes[-1]


def test_ghost_atoms_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.cube"
    path.write_text(cube(atoms=f"2 0 0 0\n 0 0.0 0.1 0.2 0.3\n{ATOM}"))
    found = read_fields(path)
    assert found.first.elements.tolist() == [8]
    assert "1 atoms without a nucleus are left out" in found.notes


def test_castep_repeats_the_first_points(tmp_path: Path) -> None:
    periodic = np.pad(VALUES, ((0, 1), (0, 1), (0, 1)), mode="wrap")
    text = cube((3, 4, 5), values=periodic).replace("from a program", "Created by castep2cube")
    found = read(tmp_path, text)
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_allclose(found.lattice, np.diag([1.0, 1.5, 2.0]) * BOHR)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (cube(values=VALUES.ravel()[:-1]), "cut off: 2 x 3 x 4 grid points need 24 values, it has 23"),
        (cube(values=np.append(VALUES, 1)), "more values follow than the grid has"),
        (cube((2, 3, 400000000)), "need 2,400,000,000 values, but the file ends after"),
        (cube().replace("from a program", "OUTER LOOP: Z, MIDDLE LOOP: Y, INNER LOOP: X"), "only X, Y, Z is read"),
        (cube(atoms="999999999 0 0 0\n"), "999999999 atoms and 1 values per point are too many"),
        (cube(atoms=f"-1 0 0 0\n{ATOM}", sets="5000 1\n"), "5000 data sets with 1 values per point"),
        (cube(atoms=f"1 0 0 inf\n{ATOM}"), "an origin is needed: 3 numbers"),
        (cube().replace("0.5 0.0 0.0\n3", "0.0 0.0 0.0\n3"), "the steps of the grid span no cell"),
        (cube().replace("23\n", "1e400\n"), "value 24 of the grid is inf"),
        ("\n".join(cube().splitlines()[:6]), "room|ends"),
    ],
)
def test_damaged_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FieldError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.oracle
def test_ase_reads_the_same(tmp_path: Path) -> None:
    cube_module = pytest.importorskip("ase.io.cube")
    lattice = np.array([[3.0, 0.1, 0], [-1, 4, 0.2], [0.3, 0.2, 5]])
    given = GridField(VALUES, lattice, "field", "1", np.array([8]), np.array([[0.1, 0.2, 0.3]]))
    write_field(tmp_path / "a.cube", given)
    other = cube_module.read_cube(io.StringIO((tmp_path / "a.cube").read_text()))
    np.testing.assert_allclose(other["data"], VALUES, rtol=1e-11)
    np.testing.assert_allclose(other["atoms"].cell.array, lattice, rtol=1e-7)
    np.testing.assert_allclose(other["atoms"].get_scaled_positions(), given.coordinates, rtol=1e-7)
