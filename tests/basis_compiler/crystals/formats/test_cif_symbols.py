"""Names of space groups in CIFs, and signs of structures that have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from basis_compiler import Crystal, read_crystals, standardize
from basis_store import CrystalError

CELL = """data_x
_cell_length_a 30
_cell_length_b 30
_cell_length_c 30
_cell_angle_alpha 90
_cell_angle_beta {}
_cell_angle_gamma {}"""
ATOMS = """loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Zr1 .157 .041 .177
O1 .31 .36 .08"""


def read(folder: Path, names: str, *, beta: float = 90, gamma: float = 90, more: str = "") -> Crystal:
    items = [CELL.format(beta, gamma), names, more, ATOMS, ""]
    (folder / "x.cif").write_text("\n".join(items))
    (crystal,) = read_crystals(folder / "x.cif")
    return crystal


def symbol(text: str, number: object = "?") -> str:
    return f"_symmetry_space_group_name_H-M '{text}'\n_symmetry_Int_Tables_number {number}"


@pytest.mark.parametrize(
    ("text", "number", "beta"),
    [
        ("F m 3 m", 225, 90), ("Fm3m", 225, 90), ("I a 3 d", 230, 90), ("P a 3", 205, 90), ("Pa3", 205, 90),
        ("I m 3 m", 229, 90), ("P m 3", 200, 90), ("I a 3", 206, 90), ("F m 3 c", 226, 90),
        ("P m 3 n", 223, 90), ("P2(1)/c", 14, 95), ("P 2(1)/n", 14, 95), ("P2_1/n", 14, 95),
        ("P 1 2(1)/c 1", 14, 95), ("C 2/c", 15, 95), ("P 2_1", 4, 95), ("P 2(1)2(1)2(1)", 19, 90),
        ("P_21_21_21", 19, 90), ("P n m a", 62, 90), ("P 2_1/a", 14, 95), ("C -1", 2, 90), ("F -1", 2, 90),
        ("F 4/m m m", 139, 90), ("F_m_-3_m", 225, 90), ("P 21/c (No. 14)", 14, 95), ("I 1 2/c 1", 15, 95),
        ("I -1", 2, 90), ("Cmca", 64, 90), ("F d 3 m:2", 227, 90), ("F d 3 m Z", 227, 90),
    ],
)  # fmt: skip
def test_symbols_in_old_and_other_spellings(text: str, number: int, beta: float, tmp_path: Path) -> None:
    for beside in ("?", number):
        crystal = read(tmp_path, symbol(text, beside), beta=beta)
        assert standardize(crystal).setting.number == number
        assert crystal.notes == ()


def test_the_cell_choice_of_an_old_spelling_counts(tmp_path: Path) -> None:
    one, other, same = (read(tmp_path, symbol(text, 14), beta=95) for text in ("P2(1)/c", "P2(1)/n", "P 1 21/n 1"))
    assert other.coordinates.tolist() == same.coordinates.tolist() != one.coordinates.tolist()


@pytest.mark.parametrize("text", ["P 63 m c", "P63mc", "P6(3)mc", "P 6_3 m c"])
def test_hexagonal_symbols(text: str, tmp_path: Path) -> None:
    assert standardize(read(tmp_path, symbol(text), gamma=120)).setting.number == 186


@pytest.mark.parametrize("text", ["unknown", "Fm-3mm", "F something", "n/a", "Q"])
def test_a_number_beside_an_unknown_symbol_counts_with_a_note(text: str, tmp_path: Path) -> None:
    crystal = read(tmp_path, symbol(text, 225))
    assert standardize(crystal).setting.number == 225
    assert repr(text) in crystal.notes[0] and "225 Fm-3m" in crystal.notes[0]


@pytest.mark.parametrize(
    ("text", "number", "message"),
    [
        ("F q 7", "?", "unknown space group 'F q 7'"), ("C 1 21/c 1", 14, "unknown space group 'C 1 21/c 1'"),
        ("I q q q", 62, "unknown space group"), ("F m -3 m", 227, "'F m -3 m' is not space group 227"),
        ("F m -3 m", 999, "'F m -3 m' is not space group 999"), ("F d -3 m", 227, "two origin choices"),
        ("F d 3 m", "?", "two origin choices"), ("unknown", 227, "two origin choices"),
        ("?", 231, "unknown space group"), ("P 63/m m c", "?", "the cell does not fit"),
    ],
)  # fmt: skip
def test_names_that_do_not_name_one_setting(text: str, number: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError, match=message):
        read(tmp_path, symbol(text, number).replace("'?'", "?"))


@pytest.mark.parametrize(
    ("hall", "rest", "message"),
    [
        ("-F 4 2 3", symbol("P m m m"), "'-F 4 2 3' is not 'P m m m'"),
        ("-P 2ybc", symbol("P 21/c", 4), "'-P 2ybc' is not space group 4"),
        ("-P nonsense", "", "unknown space group '-P nonsense'"),
    ],
)
def test_hall_symbols_that_contradict(hall: str, rest: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError, match=message):
        read(tmp_path, f"_symmetry_space_group_name_Hall '{hall}'\n{rest}")


@pytest.mark.parametrize(("hall", "number"), [("-F 4 2 3", 225), ("-C 1", 2), ("-P 2xa", 11), ("P 1 (1 2 3)", 1)])
def test_hall_symbols_of_any_setting(hall: str, number: int, tmp_path: Path) -> None:
    crystal = read(tmp_path, f"_space_group_name_Hall '{hall}'")
    assert standardize(crystal).setting.number == number


MODULATED = {
    "name": "_space_group_ssg_name 'Pnma(00g)0s0'",
    "dotted name": "_space_group_ssg.name 'Pnma(00g)0s0'",
    "IT name": "_space_group_ssg_name_IT '62.1.9.1'",
    "operations": "loop_\n_space_group_symop_ssg_operation_algebraic\nx1,x2,x3,x4\n-x1,-x2,-x3,-x4",
    "dimension": "_cell_modulation_dimension 1",
    "wave vector": "loop_\n_cell_wave_vector_seq_id\n_cell_wave_vector_x\n_cell_wave_vector_z\n1 0 .38",
    "Fourier": "loop_\n_atom_site_Fourier_wave_vector_seq_id\n_atom_site_Fourier_wave_vector_z\n1 .38",
    "displacement": "loop_\n_atom_site_displace_Fourier_id\n_atom_site_displace_Fourier_axis\n1 x",
    "occupation": "loop_\n_atom_site_occ_Fourier_id\n_atom_site_occ_Fourier_atom_site_label\n1 Zr1",
    "subsystem": "loop_\n_cell_subsystem_code\n_cell_subsystem_matrix_W_1_1\n1 1",
}
MAGNETIC = {
    "number": "_space_group_magn.number_BNS 62.448",
    "name": "_space_group_magn.name_BNS \"P n' m a'\"",
    "operations": "loop_\n_space_group_symop_magn_operation.xyz\nx,y,z,+1\n-x,-y,-z,-1",
    "old operations": "loop_\n_space_group_symop.magn_operation_xyz\nx,y,z,+1\n-x,-y,-z,-1",
    "centrings": "loop_\n_space_group_symop_magn_centering.xyz\nx,y,z,+1\nx+1/2,y,z,-1",
    "moments": "loop_\n_atom_site_moment.label\n_atom_site_moment.crystalaxis_x\nZr1 1.5",
    "old moments": "loop_\n_atom_site_moment_label\n_atom_site_moment_crystalaxis_x\nZr1 1.5",
    "parent": "_parent_space_group.name_H-M_alt 'P n m a'",
}


@pytest.mark.parametrize("listed", [False, True], ids=["alone", "with operations"])
@pytest.mark.parametrize("name", MODULATED)
def test_modulated_structures_are_refused_by_every_sign(name: str, listed: bool, tmp_path: Path) -> None:
    names = symbol("P -1", 2) + "\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,-z" * listed
    with pytest.raises(CrystalError, match=r"a modulated structure \(superspace group\)"):
        read(tmp_path, names, more=MODULATED[name])


@pytest.mark.parametrize("listed", [False, True], ids=["alone", "with operations"])
@pytest.mark.parametrize("name", MAGNETIC)
def test_magnetic_structures_are_refused_by_every_sign(name: str, listed: bool, tmp_path: Path) -> None:
    names = symbol("P -1", 2) + "\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,-z" * listed
    with pytest.raises(CrystalError, match="a magnetic structure"):
        read(tmp_path, names, more=MAGNETIC[name])


def test_an_mcif_is_refused_for_its_magnetism_and_not_for_its_name(tmp_path: Path) -> None:
    read(tmp_path, symbol("P 1"))
    (tmp_path / "x.cif").rename(tmp_path / "x.mcif")
    assert len(read_crystals(tmp_path / "x.mcif")[0]) == 2
    text = (tmp_path / "x.mcif").read_text().replace("data_x\n", f"data_x\n{MAGNETIC['number']}\n")
    (tmp_path / "x.mcif").write_text(text)
    with pytest.raises(CrystalError, match="a magnetic structure") as caught:
        read_crystals(tmp_path / "x.mcif")
    assert "convert" not in str(caught.value) and "*.cif" not in str(caught.value)
