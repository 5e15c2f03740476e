"""Magnetic CIFs: moments of all images, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler import MagneticCrystal, operations, read_magnetic_crystals
from basis_store import TURN, CrystalError, MagneticGroup
from basis_store.groups.representation import Representation
from tests.support.crystals.magnetic_cifs import GDB4, LAMNO3, LAMNO3_OPERATIONS, NIO, magnetic_cif


def read(tmp_path: Path, text: str, name: str = "x.mcif") -> MagneticCrystal:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (found,) = read_magnetic_crystals(path)
    return found


@pytest.mark.parametrize(
    ("text", "atoms", "group", "count"),
    [(LAMNO3, 20, "BNS 62.448", 8), (NIO, 64, "BNS 15.90", 128), (GDB4, 20, "", 16)],
)
def test_structures_of_magndata(tmp_path: Path, text: str, atoms: int, group: str, count: int) -> None:
    found = read(tmp_path, text)
    assert len(found.crystal) == atoms and found.group == group and found.has_directions
    assert found.operations is not None and len(found.operations.rotations) == count
    # Every operation maps the whole of it to itself.
    x, lattice = found.crystal.coordinates, found.crystal.lattice
    for rotation, shift24, sign in zip(*found.operations, strict=True):
        gaps = (x @ rotation.T + shift24 / TURN)[:, None] - x[None]
        gaps -= np.rint(gaps)
        distances = np.linalg.norm(gaps @ lattice, axis=2)
        assert distances.min(axis=1).max() < 1e-6
        turned = lattice.T @ rotation @ np.linalg.inv(lattice.T)
        moved = sign * round(np.linalg.det(rotation)) * found.moments @ turned.T
        assert np.allclose(found.moments[distances.argmin(axis=1)], moved, atol=1e-9)


@pytest.mark.parametrize("text", [LAMNO3, NIO, GDB4])
@pytest.mark.filterwarnings("ignore")
def test_moments_equal_those_of_pymatgen(tmp_path: Path, text: str) -> None:
    cif = pytest.importorskip("pymatgen.io.cif", reason="pymatgen is not installed")
    found = read(tmp_path, text)
    (structure,) = cif.CifParser(tmp_path / "x.mcif").parse_structures(primitive=False)
    theirs = {tuple(np.round(site.frac_coords % 1, 3) % 1): site.properties["magmom"] for site in structure}
    for x, moment in zip(found.crystal.coordinates, found.moments, strict=True):
        if moment.any():
            given = theirs[tuple(np.round(x % 1, 3) % 1)]
            assert np.allclose(np.array(getattr(given, "moment", given), dtype=float), moment, atol=1e-3)


def test_components_are_along_the_axes_of_the_cell(tmp_path: Path) -> None:
    """A moment (1, 1, 0) along hexagonal axes is the sum of two unit vectors at 120 degrees."""
    text = magnetic_cif((4, 4, 7, 90, 90, 120), ["x,y,z,+1", "-y,x-y,z,+1", "-x+y,-x,z,+1"],
                        ["Mn Mn 0.3 0.1 0"], ["Mn 1 1 0"])  # fmt: skip
    found = read(tmp_path, text)
    assert np.allclose(found.moments[0], [0.5, 3**0.5 / 2, 0])
    # Turned by 120 degrees each: they add to 0.
    assert np.allclose(found.moments.sum(axis=0), 0) and np.allclose(np.linalg.norm(found.moments, axis=1), 1)


def test_mirrors_turn_moments_as_axial_vectors(tmp_path: Path) -> None:
    text = magnetic_cif((4, 5, 6, 90, 90, 90), ["x,y,z,+1", "-x,y,z,-1"], ["Mn Mn 0.3 0.1 0"], ["Mn 1 2 3"])
    assert np.allclose(read(tmp_path, text).moments, [[1, 2, 3], [-1, 2, 3]])


@pytest.mark.parametrize("uni_number", range(3, 1651, 97))
def test_groups_of_all_types(tmp_path: Path, uni_number: int) -> None:
    """An atom anywhere: one image for each operation, whose signs are those of the table of groups."""
    group = MagneticGroup(uni_number=uni_number)
    if group.type == 2:
        return
    odd = operations(Representation(group, 1 if group.type > 2 else 0))
    texts = []
    from sgbasis.reports.change_of_basis import triplet_text

    for rotation, shift24, c in zip(odd.rotations, odd.translations24, odd.characters24, strict=True):
        texts.append(f"{triplet_text(rotation, shift24 / TURN).replace(' ', '')},{'-1' if c else '+1'}")
    system = group.crystal_system
    cell = {"cubic": (30, 30, 30, 90, 90, 90), "tetragonal": (20, 20, 30, 90, 90, 90)}.get(system)
    cell = cell or ((20, 20, 30, 90, 90, 120) if group.lattice_family == "hexagonal" else (16, 20, 24, 90, 90, 90))
    found = read(tmp_path, magnetic_cif(cell, texts, ["Mn Mn 0.123 0.217 0.314"], ["Mn 1 2 3"]))
    assert len(found.crystal) == len(odd.rotations)
    assert found.operations is not None
    ours = {(r.tobytes(), t.tobytes()): s for r, t, s in zip(*found.operations, strict=True)}
    for rotation, shift24, c in zip(odd.rotations, odd.translations24, odd.characters24, strict=True):
        assert ours[rotation.tobytes(), shift24.tobytes()] == (-1 if c else 1)


CELL = (4, 4, 6, 90, 90, 90)
ATOM = ["Mn Mn 0 0 0"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAMNO3.replace("symop_magn_operation", "symop_other"), "no magnetic operations: a magnetic CIF"),
        (magnetic_cif(CELL, ["x,y,z,+1", "-x,-y,z,+1"], ATOM, ["Mn 1 0 0"]), "does not allow the moment"),
        (magnetic_cif(CELL, ["x,y,z,+1", "-x,-y,-z,-1"], ATOM, ["Mn 0 0 1"]), "does not allow the moment"),
        (magnetic_cif(CELL, ["x,y,z,+1", "x,y,z,-1"], ATOM, ["Mn 0 0 1"]), "a grey group"),
        (magnetic_cif(CELL, ["x,y,z,+1", "-y,x,z,+1"], ATOM, ["Mn 0 0 1"]), "are not a group"),
        (magnetic_cif(CELL, ["x,y,z,+1", "-x,-y,z"], ATOM, ["Mn 0 0 1"]), "time reversal is missing"),
        (magnetic_cif(CELL, ["x,y,z,+1", "-x,y+1/5,z,-1"], ATOM, ["Mn 0 0 1"]), "is not"),
        (magnetic_cif(CELL, ["x,y,z,+1", "2x,y,z,-1"], ATOM, ["Mn 0 0 1"]), "is not a symmetry operation"),
        (magnetic_cif((4, 5, *CELL[2:]), ["x,y,z,+1", "y,x,-z,+1"], ATOM, ["Mn 0 0 1"]),
         "the cell does not fit the magnetic operations"),
        (magnetic_cif(CELL, ["x,y,z,+1"], ATOM, ["Mn 0 0 nan"]), "the moment of Mn is no number"),
        (magnetic_cif(CELL, ["x,y,z,+1"], ATOM, ["Mn 0 0 1e6"]), "1e+06 Bohr magneton"),
        (magnetic_cif(CELL, ["x,y,z,+1"], ATOM, ["Fe 0 0 1"]), "no atom has the label 'Fe' of a moment"),
        (magnetic_cif(CELL, ["x,y,z,+1"], ATOM, ["Mn 0 0 1", "Mn 0 0 1"]), "have the label 'Mn'"),
        (LAMNO3.replace("_atom_site_moment.", "_atom_site_other."), "no moments"),
        (LAMNO3 + "_cell_modulation_dimension 1\n", "incommensurate"),
        (magnetic_cif(CELL, ["x,y,z,+1"], ATOM, ["Mn 0 0 1"], centrings=["x,y,z,+1", "-x,-y,z,-1"]),
         "is no centring"),
        ("data_x\n_cell_length_a 4\n", "no atoms"),
        ("", "is empty"),
        (LAMNO3[:200], "no atoms"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CrystalError) as error:
        read(tmp_path, text)
    assert message in str(error.value) and "\n" not in str(error.value) and "x.mcif" in str(error.value)


def test_rounded_moments_are_put_on_what_the_site_allows(tmp_path: Path) -> None:
    found = read(tmp_path, magnetic_cif(CELL, ["x,y,z,+1", "y,x,-z,+1"], ATOM, ["Mn 2.17 2.18 0"]))
    assert np.allclose(found.moments, [[2.175, 2.175, 0]])


def test_blocks_and_the_order_of_operations(tmp_path: Path) -> None:
    lines = LAMNO3.splitlines(keepends=True)
    first = lines.index(f"1 '{LAMNO3_OPERATIONS[0]}'\n")
    lines[first : first + 8] = lines[first : first + 8][::-1]
    mixed = "".join(lines)
    one, other = read(tmp_path, LAMNO3), read(tmp_path, mixed)
    order = [
        np.abs((x - one.crystal.coordinates + 0.5) % 1 - 0.5).sum(axis=1).argmin()
        for x in other.crystal.coordinates
    ]
    assert np.allclose(other.moments, one.moments[order])
    (tmp_path / "two.mcif").write_text(LAMNO3 + NIO.replace("data_test", "data_nio"))
    assert [len(found.crystal) for found in read_magnetic_crystals(tmp_path / "two.mcif")] == [20, 64]
