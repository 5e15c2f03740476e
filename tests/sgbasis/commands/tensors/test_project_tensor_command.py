"""``sgbasis project-tensor`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_store.files.locations import data_folder
from sgbasis.cli import main

CRYSTALS = data_folder() / "crystals"


def project(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["project-tensor", *map(str, arguments)])


def assert_one_line(done: Result, *words: str) -> None:
    assert done.exit_code != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "epsilon.txt"
    path.write_text("# relative\n2.40 0.01 0\n0.01, 2.36, 0\n0 0 2.41\n\n")
    return path


def test_dielectric_tensor(noisy: Path) -> None:
    done = project(CRYSTALS / "quartz.cif", noisy)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["2.380", "0.000", "0.000"], ["0.000", "2.380", "0.000"], ["0.000", "0.000", "2.410"]
    ]  # fmt: skip
    assert lines[4] == "154 P3_221, point group 32: a tensor ij=ji has 2 free components"
    assert lines[5] == (
        f"distance: {noisy} differs from the tensor above by 0.0316 (Frobenius norm over all indices), 0.76% of "
        "its own norm"
    )
    assert lines[6:] == ["frame: a along x, b in the plane of x and y, c along z"]


def test_json_in_and_out(tmp_path: Path) -> None:
    path = tmp_path / "stiffness.json"
    matrix = np.diag([5.0, 4.0, 3.0, 2.0, 2.0, 2.0])
    path.write_text(json.dumps(matrix.tolist()))
    done = project(CRYSTALS / "nacl.cif", path, "--json")
    facts = json.loads(done.stdout)
    np.testing.assert_allclose(facts["tensor"], np.diag([4.0] * 3 + [2.0] * 3), atol=1e-9)
    assert facts["formula"] == "ijkl=jikl=klij"
    assert facts["dimension"] == 3
    assert facts["distance"] == pytest.approx(2**0.5)


def test_what_must_vanish(tmp_path: Path) -> None:
    path = tmp_path / "e.txt"
    path.write_text("1 2 3 4 5 6\n" * 3)
    done = project(CRYSTALS / "nacl.cif", path)
    assert done.stdout.splitlines()[0].split() == ["0.000"] * 6
    assert "0 free components" in done.stdout


def test_another_order_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    # Trigonal, with C14, as VASP orders it: xx yy zz xy yz xz.
    path.write_text(
        "87 7 12 0 -18 0\n7 87 12 0 18 0\n12 12 106 0 0 0\n0 0 0 40 0 -18\n-18 18 0 0 58 0\n0 0 0 -18 0 58\n"
    )
    done = project(CRYSTALS / "quartz.cif", path)
    assert "read in the order xx yy zz xy yz xz (as VASP" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 3\n4 5\n", "not a matrix"),
        ("[[1, 2], [3, 4]", "not a matrix"),
        ("[1, 2, 3]", "not a matrix"),
        ("a b c", "not a matrix"),
        ("1 2\n3 4\n", "a tensor of shape (2, 2) is not known"),
    ],
)
def test_bad_matrices(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    assert_one_line(project(CRYSTALS / "nacl.cif", path), words)


def test_missing_files(noisy: Path, tmp_path: Path) -> None:
    assert_one_line(project(tmp_path / "no.cif", noisy), "No such file")
    assert_one_line(project(CRYSTALS / "nacl.cif", tmp_path / "no.txt"), "No such file")


def test_what_a_reader_should_know(tmp_path: Path) -> None:
    lopsided = np.diag([50.0, 50, 50, 12, 12, 12])
    lopsided[0, 1] = 30
    soft = np.diag([50.0, 50, 50, -4, -4, -4])  # twice that is an eigenvalue of Mandel's matrix
    printed = []
    for name, matrix in (("lopsided", lopsided), ("soft", soft)):
        np.savetxt(tmp_path / f"{name}.txt", matrix)
        printed.append(project(CRYSTALS / "nacl.cif", tmp_path / f"{name}.txt").stdout)
    assert "note: not symmetric: entries that ijkl=jikl=klij makes equal differ by up to 30" in printed[0]
    assert (
        "note: the nearest stiffness is not that of a stable crystal: its smallest eigenvalue is -8" in printed[1]
    )
    assert "stable" not in printed[0]


MONOCLINIC = """data_x
_cell_length_a 5.1
_cell_length_b 5.2
_cell_length_c 5.3
_cell_angle_beta 99
_space_group_name_H-M_alt 'P 1 21/c 1'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Zr1 0.27 0.04 0.21
O1 0.07 0.33 0.34
O2 0.45 0.76 0.48
"""


def test_the_frame_that_a_cif_is_given(tmp_path: Path) -> None:
    """A CIF has no axes: in ours, ASE's and gemmi's frame a is along x, in pymatgen's c along z."""
    cif = tmp_path / "x.cif"
    cif.write_text(MONOCLINIC)
    ours = (
        "a along x, b in the plane of x and y (as CIFs are read here, which have no axes; pymatgen puts c along z)"
    )
    # Allowed in the frame of pymatgen: c along z, b along y, a in the plane of x and z.
    beta = np.radians(99)
    matrix = np.array([[4.0, 0, 1.5], [0, 9, 0], [1.5, 0, 2]])
    np.savetxt(tmp_path / "e.txt", matrix)
    done = project(cif, tmp_path / "e.txt", "--json")
    facts = json.loads(done.stdout)
    assert facts["frame"] == ours
    assert (facts["space_group"], facts["point_group"]) == ("14 P2_1/c", "2/m")
    assert facts["notes"] == []
    assert f"frame: {ours}" in project(cif, tmp_path / "e.txt").stdout
    poscar = tmp_path / "POSCAR"
    pymatgen_rows = [[5.1 * np.sin(beta), 0, 5.1 * np.cos(beta)], [0, 5.2, 0], [0, 0, 5.3]]
    for rows, expected in (
        (pymatgen_rows, "c along z, a in the plane of x and z (as pymatgen reads CIFs)"),
        (np.roll(pymatgen_rows, 1, axis=1), "that of the cell vectors a = (-0.7978 5.0372 0.0000), b = ("),
    ):
        cell = "\n".join(" ".join(map(str, row)) for row in np.array(rows).tolist())
        poscar.write_text(f"x\n1.0\n{cell}\nPo\n1\nDirect\n0 0 0\n")
        assert json.loads(project(poscar, tmp_path / "e.txt", "--json").stdout)["frame"].startswith(expected)


@pytest.mark.parametrize("program", ["ours", "pymatgen"])
def test_a_tensor_in_the_frame_of_pymatgen_is_noticed(program: str, tmp_path: Path) -> None:
    cif = tmp_path / "x.cif"
    angles = ("alpha", "beta", "gamma")
    cell = "".join(f"_cell_length_{x} 5\n_cell_angle_{angle} 70\n" for x, angle in zip("abc", angles, strict=True))
    atoms = MONOCLINIC[MONOCLINIC.index("loop_") : MONOCLINIC.index("Zr1")] + "Bi1 0.23 0.23 0.23\n"
    cif.write_text(f"data_x\n{cell}_space_group_name_H-M_alt 'R -3 m:R'\n{atoms}")
    cos, sin = np.cos(np.radians(70)), np.sin(np.radians(70))
    turn = (cos - cos * cos) / sin  # of b against the plane of a and c, as of c against that of a and b
    height = np.sqrt(sin**2 - turn**2)
    rows = {
        "ours": [[1, 0, 0], [cos, sin, 0], [cos, turn, height]],
        "pymatgen": [[sin, 0, cos], [turn, height, cos], [0, 0, 1]],
    }[program]
    axis = np.sum(rows, axis=0)
    np.savetxt(tmp_path / "e.txt", 2 * np.eye(3) + np.outer(axis, axis))
    notes = json.loads(project(cif, tmp_path / "e.txt", "--json").stdout)["notes"]
    if program == "ours":
        assert notes == []
    else:
        (note,) = notes
        assert note.startswith("read in the frame of pymatgen's CIFs (c along z, a in the plane of x and z), the")


def test_zeros_of_symmetry_are_zeros(tmp_path: Path) -> None:
    """Not 2.7e-33, in whatever frame the axes lie along those of the crystal."""
    rng = np.random.default_rng(0)
    np.savetxt(tmp_path / "c.txt", np.diag([50.0] * 6) + rng.normal(size=(6, 6)))
    np.savetxt(tmp_path / "e.txt", rng.normal(size=(3, 6)))
    for path in sorted(CRYSTALS.glob("*.cif")):
        for name in ("c.txt", "e.txt"):
            done = project(path, tmp_path / name, "--json")
            values = np.abs(json.loads(done.stdout)["tensor"])
            assert ((values == 0) | (values > 1e-6)).all(), (path, values)
