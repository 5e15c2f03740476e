"""Moments from extended XYZ files, objects of ASE, and texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, read_crystals, read_magnetic_crystals
from basis_store import CrystalError

RUTILE = Path(__file__).resolve().parents[4] / "data" / "crystals" / "rutile.cif"


def frame(column: str, rows: list[str]) -> str:
    head = f'Lattice="4 0 0 0 4 0 0 0 3" Properties=species:S:1:pos:R:3:{column} pbc="T T T"'
    return f"2\n{head}\nMn 0 0 0 {rows[0]}\nMn 2 2 1.5 {rows[1]}\n"


@pytest.mark.parametrize("name", ["magmoms", "initial_magmoms", "magmom"])
def test_extended_xyz(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.extxyz"
    path.write_text(frame(f"{name}:R:1", ["4.5", "-4.5"]))
    (found,) = read_magnetic_crystals(path)
    assert found.moments.tolist() == [[0, 0, 4.5], [0, 0, -4.5]] and not found.has_directions
    path.write_text(frame(f"{name}:R:3", ["1 2 3", "-1 -2 -3"]))
    (found,) = read_magnetic_crystals(path)
    assert found.moments.tolist() == [[1, 2, 3], [-1, -2, -3]] and found.has_directions
    assert found.operations is None


def test_objects_of_ase() -> None:
    ase = pytest.importorskip("ase")
    atoms = ase.Atoms("Fe2", positions=[[0, 0, 0], [1.4, 1.4, 1.4]], cell=[2.8] * 3, pbc=True, magmoms=[2.2, 2.2])
    (found,) = read_magnetic_crystals(atoms)
    assert np.allclose(found.moments[:, 2], 2.2)
    (given,) = read_magnetic_crystals(atoms, [1, -1])
    assert np.allclose(given.moments[:, 2], [1, -1])
    with pytest.raises(CrystalError, match="no magnetic moments"):
        read_magnetic_crystals(ase.Atoms("Fe", cell=[2.8] * 3, pbc=True))


@pytest.mark.parametrize(
    "text", ["1,-1,0,0,0,0", "Ti=1,-1", " Ti = 1 , -1 ; O=0", "O=0 Ti=1,-1", "+1, -1e0,0,0,.0,0."]
)
def test_texts(text: str) -> None:
    (found,) = read_magnetic_crystals(RUTILE, text)
    assert found.moments[:, 2].tolist() == [1, -1, 0, 0, 0, 0]


def test_one_number_for_all_atoms_of_an_element() -> None:
    (found,) = read_magnetic_crystals(RUTILE, "Ti=2.5")
    assert found.moments[:, 2].tolist() == [2.5, 2.5, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,-1", "2 moments, but 6 atoms in the cell: give one for each, in the order Ti"),
        ("Ti=1,-1,1", "3 moments, but 2 atoms of Ti in the cell"),
        ("Mn=1,-1", "no atom has the element or the label 'Mn': it has Ti, O"),
        ("1,-1,0,0,0,x", "a moment is a number, not 'x'"),
        ("1,-1,0,0,0,nan", "a moment is a number, not 'nan'"),
        ("1,-1,0,0,0,1e999", "(atom 6) is no number"),
        ("Ti=1,-1 Ti=2", "two moments are given for Ti"),
        ("Ti=1 5", "'5' is no part such as Mn=1,-1"),
        ("", "moments are written"),
        ("1," * 60_000, "moments are written"),
        ("Ti=1e300", "is 1e+300 Bohr magneton: no atom has one above 20"),
    ],
)
def test_wrong_texts(text: str, message: str) -> None:
    with pytest.raises(CrystalError) as error:
        read_magnetic_crystals(RUTILE, text)
    assert message in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 600


def test_files_without_moments() -> None:
    with pytest.raises(CrystalError, match=r"rutile.cif: no magnetic moments: give them with --moments"):
        read_magnetic_crystals(RUTILE)
    (crystal,) = read_crystals(RUTILE)
    assert isinstance(crystal, Crystal)
    (found,) = read_magnetic_crystals(crystal, [1, -1, 0, 0, 0, 0])
    assert found.moments[1, 2] == -1


def test_other_moments_for_a_magnetic_cif(tmp_path: Path) -> None:
    from tests.support.crystals.magnetic_cifs import LAMNO3

    path = tmp_path / "a.mcif"
    path.write_text(LAMNO3)
    with pytest.raises(CrystalError, match="has moments"):
        read_magnetic_crystals(path, "Mn=1")


def test_several_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.extxyz"
    path.write_text(frame("magmoms:R:1", ["1", "1"]) + frame("magmoms:R:1", ["1", "-1"]))
    assert len(read_magnetic_crystals(path)) == 2
    with pytest.raises(CrystalError, match="2 crystals"):
        read_magnetic_crystals(path, "Mn=1,-1")
