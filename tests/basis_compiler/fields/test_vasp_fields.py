"""Files of VASP: the factor of the volume, spin, augmentation, and ASE as an oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import read_field, read_fields, write_field
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

SHAPE = (2, 3, 4)
VOLUME = 2.0 * 3.0 * 4.0
POSCAR = "Ti O\n1.0\n2 0 0\n0 3 0\n0 0 4\n Ti O\n 1 1\nDirect\n 0 0 0\n 0.5 0.5 0.5\n"


def block(values: np.ndarray, per_line: int = 5) -> str:
    words = [f" {one:.11E}" for one in values.ravel(order="F")]
    lines = ["".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return " ".join(map(str, values.shape)) + "\n" + "\n".join(lines) + "\n"


def augmentation(sign: float = 1.0) -> str:
    rows = "  0.1E+01 -0.2E-03  0.3E+00\n"
    return "".join(f"augmentation occupancies {i} 3\n{rows}" for i in (1, 2)) + f" {sign} 0.5\n"


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, *SHAPE))


def test_a_spin_polarised_density(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "mp-1_CHGCAR"
    path.write_text(f"{POSCAR}\n{block(values[0])}{augmentation()}{block(values[1])}{augmentation(-1)}")
    found = read_fields(path)
    assert list(found.fields) == ["total", "magnetisation"]
    np.testing.assert_allclose(found.fields["total"].values, values[0] / VOLUME, atol=1e-11)
    np.testing.assert_allclose(found.fields["magnetisation"].values, values[1] / VOLUME, atol=1e-11)
    assert found.fields["magnetisation"].quantity == "spin density"
    assert found.first.integral == pytest.approx(values[0].mean())
    assert found.first.elements.tolist() == [22, 8]
    assert found.notes == ("augmentation occupancies are left out: the field is that on the grid",)


def test_potentials_are_not_divided_by_the_volume(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "LOCPOT"
    path.write_text(f"{POSCAR}\n{block(values[0])}  1.0 1.0\n{block(values[1])}")
    found = read_fields(path)
    assert list(found.fields) == ["spin up", "spin down"]
    np.testing.assert_allclose(found.first.values, values[0], atol=1e-11)
    assert (found.first.quantity, found.first.unit) == ("potential", "eV")


def test_four_blocks_of_a_calculation_with_spin_orbit_coupling(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "CHG"
    path.write_text(POSCAR + "\n" + "".join(block(one, 10) for one in values))
    found = read_fields(path)
    assert list(found.fields) == ["total", "magnetisation x", "magnetisation y", "magnetisation z"]
    np.testing.assert_allclose(read_field(path, "magnetisation z").values, values[3] / VOLUME, atol=1e-11)


def test_numbers_as_fortran_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "CHGCAR"
    path.write_text(f"{POSCAR}\n1 1 3\n 0.12345678901-100  0.5D+01 -.25E+02\n")
    np.testing.assert_allclose(read_field(path).values.ravel() * VOLUME, [0.12345678901e-100, 5, -25], rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{POSCAR}\n2 2 2\n1.0 2 3 4 5 6 7.0\n", "cut off: 2 x 2 x 2 grid points need 8 values, it has 7"),
        (
            f"{POSCAR}\n900000 900000 900000\n1 2 3\n",
            "need 729,000,000,000,000,000 values, but the file ends after 3",
        ),
        (f"{POSCAR}\n2 1 1\n1.0 nan\n", "value 2 of the grid is nan, not a number"),
        (
            f"{POSCAR}\n2 1 1\n1.0 ****\n",
            r"line 13: '\*\*\*\*' among the values of the grid is a number that did not",
        ),
        (f"{POSCAR}\n2 1 1\n(1.0,0.0) (1.0,1.0)\n", "is a complex number, and fields are real"),
        (f"{POSCAR}\n2 0 1\n1\n", "2 x 0 x 1 grid points are none"),
        (f"{POSCAR}\n2 1\n1 1\n", "the grid is needed: 3 integers, not '2 1'"),
        (f"{POSCAR}\n1 1 1\n1\n{POSCAR}\n1 1 1\n1\n", "comes 'Ti': one crystal is read"),
        (f"{POSCAR}\n1 1 1\n1\n1 1 1\n1\n1 1 1\n2\n", "files of VASP have 1, 2 or 4: it may be cut off"),
        (POSCAR, "the file ends before the grid"),
        (POSCAR.replace("0 3 0", "0 6 0\n") + "\n1 1 1\n1\n", "POSCAR"),
    ],
)
def test_damaged_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "CHGCAR"
    path.write_text(text)
    with pytest.raises(FieldError, match=message) as caught:
        read_fields(path)
    assert "\n" not in str(caught.value)


def test_the_name_says_what_a_file_of_vasp_holds(tmp_path: Path) -> None:
    path = tmp_path / "unnamed.vasp"
    path.write_text(f"{POSCAR}\n1 1 1\n24\n")
    with pytest.raises(FieldError, match="says by its name what it holds: call it CHGCAR, PARCHG, LOCPOT"):
        read_fields(path)
    assert read_field(path, unit="e/Angstrom^3").values.item() == pytest.approx(1)
    assert read_field(path, unit="eV").values.item() == pytest.approx(24)


@pytest.mark.oracle
def test_ase_reads_the_same_density(tmp_path: Path, values: np.ndarray) -> None:
    vasp = pytest.importorskip("ase.calculators.vasp")
    given = GridField(
        values[0],
        np.diag([2.0, 3.0, 4.0]),
        "electron density",
        "e/Angstrom^3",
        np.array([22, 8]),
        np.zeros((2, 3)),
    )
    path = tmp_path / "CHGCAR"
    write_field(path, given)
    other = vasp.VaspChargeDensity(str(path))
    np.testing.assert_allclose(other.chg[0], given.values, atol=1e-11)
    assert other.atoms[0].get_chemical_symbols() == ["Ti", "O"]
