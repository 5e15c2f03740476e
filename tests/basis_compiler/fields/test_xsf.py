"""XSF: repeated end points, several grids, and ASE as an oracle."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import read_fields, write_field
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

VALUES = np.random.default_rng(2).normal(size=(2, 3, 4)).round(6)
PERIODIC = np.pad(VALUES, ((0, 1), (0, 1), (0, 1)), mode="wrap")
CRYSTAL = "# a comment\nCRYSTAL\nPRIMVEC\n2 0 0\n0 3 0\n0 0 4\nPRIMCOORD\n2 1\nTi 0 0 0\n8 1 0 0 0.1 0.2 0.3\n"


def grid(values: np.ndarray = PERIODIC, vectors: str = "2 0 0\n0 3 0\n0 0 4", origin: str = "0 0 0") -> str:
    words = " ".join(f"{one:.6f}" for one in values.ravel(order="F"))
    shape = " ".join(map(str, values.shape))
    return f"BEGIN_DATAGRID_3D_rho\n{shape}\n{origin}\n{vectors}\n{words}\nEND_DATAGRID_3D\n"


def block(*grids: str) -> str:
    return "BEGIN_BLOCK_DATAGRID_3D\nanything\n" + "".join(grids) + "END_BLOCK_DATAGRID_3D\n"


def read(tmp_path: Path, text: str) -> GridField:
    path = tmp_path / "a.xsf"
    path.write_text(text)
    return read_fields(path).first


def test_end_points_are_removed(tmp_path: Path) -> None:
    found = read(tmp_path, CRYSTAL + block(grid()))
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_array_equal(found.lattice, np.diag([2.0, 3.0, 4.0]))
    assert found.elements.tolist() == [22, 8]
    np.testing.assert_allclose(found.coordinates, [[0, 0, 0], [0.5, 0, 0]])


def test_end_points_that_differ_are_an_error(tmp_path: Path) -> None:
    wrong = PERIODIC.copy()
    wrong[1, -1, 2] += 0.01
    with pytest.raises(FieldError, match=r"the last points along axis 2 do not repeat the first .* up to 0.01"):
        read(tmp_path, CRYSTAL + block(grid(wrong)))


def test_several_grids_and_other_origins(tmp_path: Path) -> None:
    (tmp_path / "a.xsf").write_text(CRYSTAL + block(grid(), grid(-PERIODIC)))
    found = read_fields(tmp_path / "a.xsf")
    assert list(found.fields) == ["rho", "rho 2"]
    np.testing.assert_array_equal(found.fields["rho 2"].values, -VALUES)
    moved = read(tmp_path, CRYSTAL + block(grid(origin="1 0 0")))
    np.testing.assert_array_equal(moved.values, VALUES[::-1])


def test_a_grid_of_another_cell_has_no_atoms(tmp_path: Path) -> None:
    (tmp_path / "a.xsf").write_text(CRYSTAL + block(grid(vectors="4 0 0\n0 3 0\n0 0 4")))
    found = read_fields(tmp_path / "a.xsf")
    assert len(found.first.elements) == 0
    assert "another cell than PRIMVEC" in found.notes[-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CRYSTAL, "it has no three-dimensional grid"),
        (
            CRYSTAL + block(grid())[:-120],
            "among the values of the grid is no number|cut off: 3 x 4 x 5 grid points need 60",
        ),
        (
            CRYSTAL + block(grid().replace("END_DATAGRID_3D", "1.0\nEND_DATAGRID_3D")),
            "END_DATAGRID_3D should follow",
        ),
        (CRYSTAL + block(grid().replace("3 4 5", "30000 40000 50000")), "need 60,000,000,000,000 values"),
        (CRYSTAL + block(grid(vectors="2 0 0\n4 0 0\n0 0 4")), "have no volume"),
        (CRYSTAL.replace("8 1 0 0", "Xx 1 0 0") + block(grid()), "'Xx' is no element"),
        (CRYSTAL.replace("CRYSTAL", "CRYSTAL\nMOLECULE") + block(grid()), "only crystals"),
    ],
)
def test_damaged_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FieldError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.oracle
def test_ase_reads_the_same(tmp_path: Path) -> None:
    xsf = pytest.importorskip("ase.io.xsf")
    given = GridField(VALUES, np.diag([2.0, 3.0, 4.0]), "field", "1", np.array([8]), np.array([[0.1, 0.2, 0.3]]))
    write_field(tmp_path / "a.xsf", given)
    values, *_, atoms = xsf.read_xsf(io.StringIO((tmp_path / "a.xsf").read_text()), read_data=True)
    np.testing.assert_allclose(np.asarray(values)[:2, :3, :4], VALUES, rtol=1e-10)
    np.testing.assert_allclose(atoms.get_scaled_positions(), given.coordinates, atol=1e-10)
