"""Which symbols and labels are elements, and which are water, dummy atoms, mixtures or molecules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from basis_compiler import Crystal, compile_dataset, read_crystals
from basis_store import CrystalError, open_crystals

TYPES = {
    "Fe": 26, "fe": 26, "FE": 26, "O": 8, "o": 8, "D": 1, "T": 1, "d": 1, "H": 1, "Fe3+": 26, "Fe+3": 26, "O2-": 8,
    "O-2": 8, "Cl1-": 17, "Cl-": 17, "Na+": 11, "Fe0": 26, "Fe0+": 26, "Mn2.5+": 25, "CO": 27, "Co": 27, "CS": 55,
    "cs": 55, "HO": 67, "W": 74, "Og": 118, "H1+": 1, "D1+": 1, "U6+": 92, "Si4+": 14, "P5+": 15, "S6+": 16,
}  # fmt: skip
"""Type symbols with their atomic numbers."""

NO_TYPES = [
    "Wat", "Wat1", "Dum", "Cat1", "Tet1", "Fe/Mn", "Fe,Mn", "Fe-Mn", "Fe+Mn", "FeMn", "Si0.75Al0.25", "NH4",
    "NH", "CN", "NO", "OH", "Ow", "OW", "H2O", "SO4", "X", "X1", "M", "Va", "Vac", "Q", "A", "Xx", "Zz", "Me",
    "R", "Ln", "Fe3", "Fe1", "O1", "Oxygen", "Iron", "26", "8", "3+", "+", "Fe 3", "Fe3++", "Fe3+x", "(Fe,Mn)",
    "Cval", "Fe_pv", "Uiso",
]  # fmt: skip
"""What a type symbol must not be."""

LABELS = {
    "Ca": 20, "Ca1": 20, "ca1": 20, "C1": 6, "C(12)": 6, "C[1]": 6, "C1A": 6, "O1'": 8, "O'": 8, 'O"': 8, "O1*": 8,
    "Si(1)": 14, "D1": 1, "H12B": 1, "N1": 7, "Nb1": 41, "ZN1": 30, "AL2": 13, "Fe2+": 26, "W1": 74, "U": 92,
    "Te1": 52, "K01": 19, "I1": 53, "In1": 49, "No1": 102, "O1W": 8, "H1N": 1, "H2N": 1, "H2A": 1, "O2-": 8,
    "C12A": 6, "C{1}": 6, "Al3+": 13,
}  # fmt: skip
"""Labels with the atomic numbers of their elements."""

WATER = {"OW": 8, "Ow": 8, "OW1": 8, "Ow2": 8, "HW": 1, "Hw": 1, "HW1": 1, "Hw2": 1, "OH": 8, "Oh": 8, "OH1": 8}

NO_LABELS = [
    "Wat1", "WAT", "Wat2", "Dum1", "DUM", "Cat1", "Tet1", "Ani1", "Oct2", "Met1", "An1", "Cent1", "Center",
    "CO1", "CA1", "HO1", "NH4", "NH1", "CN1", "NO3", "T1", "M1", "X1", "A1", "Q1", "Va1", "Vac", "Bond1",
    "Ring", "Fe_1", "Fe-1", "Cap1", "Water", "Tau1", "1Fe", "(Fe)", "Fe/Mn1", "FeMn1", "SiT1", "AlT", "Oxy1",
    "Hyd1", "Me1", "Ln1", "R1", "OWat", "Osi1", "H2O", "H2O1", "D2O", "H3O", "Fe1/Mn1", "Fe1,Mn1", "Fe1Mn1",
    "K1Na1", "Al1;Si1", "Cn1", "Cn", "Rg1", "Nh1", "Fl1", "Cg1",
]  # fmt: skip
"""Labels that name no element, or might name two."""

CELL = """data_x
_symmetry_space_group_name_H-M 'P 1'
_cell_length_a 4.1
_cell_length_b 4.2
_cell_length_c 4.3
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_"""


def quoted(text: str) -> str:
    return f"\n;{text}\n;\n" if "'" in text or '"' in text or text[:1] in "[($_#" else f"'{text}'"


def cif(folder: Path, column: str, value: str) -> Crystal:
    (folder / "x.cif").write_text(f"{CELL}{column}\n0 0 0 {quoted(value)}\n")
    return read_crystals(folder / "x.cif")[0]


def poscar(folder: Path, symbol: str) -> Crystal:
    (folder / "POSCAR").write_text(f"a comment\n1\n4 0 0\n0 4 0\n0 0 4\n{symbol}\n1\nDirect\n0 0 0\n")
    return read_crystals(folder / "POSCAR")[0]


def extxyz(folder: Path, symbol: str) -> Crystal:
    head = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=pos:R:3:species:S:1:forces:R:3'
    (folder / "x.extxyz").write_text(f"1\n{head}\n0 0 0 {symbol} 0 0 0\n")
    return read_crystals(folder / "x.extxyz")[0]


def json_line(folder: Path, symbol: str, *, structure: bool = False) -> int:
    """The atomic number that a dataset has for one atom of this species."""
    cell = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    record: dict[str, object] = {"id": "x", "lattice": cell, "species": [symbol], "frac_coords": [[0, 0, 0]]}
    if structure:
        sites = [{"species": [{"element": symbol, "occu": 1}], "abc": [0, 0, 0]}]
        record = {"id": "x", "structure": {"lattice": {"matrix": cell}, "sites": sites}}
    carbon = {"id": "y", "lattice": cell, "species": [6], "frac_coords": [[0, 0, 0]]}
    (folder / "x.jsonl").write_text(f"{json.dumps(record)}\n{json.dumps(carbon)}\n")
    compile_dataset([folder / "x.jsonl"], folder / "x.h5", workers=1)
    table = open_crystals(folder / "x.h5")
    if table.skipped:
        raise CrystalError(str(table.skipped))
    return int(table[0].numbers[0])


@pytest.mark.parametrize("symbol", TYPES)
def test_type_symbols(symbol: str, tmp_path: Path) -> None:
    for read in (poscar, extxyz):
        assert read(tmp_path, symbol).numbers.tolist() == [TYPES[symbol]]
    crystal = cif(tmp_path, "type_symbol", symbol)
    assert (crystal.numbers.tolist(), crystal.notes) == ([TYPES[symbol]], ())


@pytest.mark.parametrize("symbol", NO_TYPES)
def test_what_is_no_type_symbol_is_refused_and_named(symbol: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError) as caught:
        cif(tmp_path, "type_symbol", symbol)
    said = "is a mixed site" if symbol in ("Fe/Mn", "Si0.75Al0.25") else "_atom_site_type_symbol"
    assert repr(symbol) in str(caught.value) and said in str(caught.value)
    if " " not in symbol:
        with pytest.raises(CrystalError) as caught:
            extxyz(tmp_path, symbol)
        assert repr(symbol) in str(caught.value)
    # A pseudopotential's name, two names and a number mean something else in a POSCAR.
    if symbol not in ("Fe_pv", "Fe 3", "26", "8", "Fe/Mn"):
        with pytest.raises(CrystalError, match="line 6"):
            poscar(tmp_path, symbol)


@pytest.mark.parametrize("label", LABELS)
def test_labels(label: str, tmp_path: Path) -> None:
    crystal = cif(tmp_path, "label", label)
    assert (crystal.numbers.tolist(), crystal.notes) == ([LABELS[label]], ())


@pytest.mark.parametrize("label", WATER)
def test_labels_of_water_are_read_with_a_note(label: str, tmp_path: Path) -> None:
    crystal = cif(tmp_path, "label", label)
    assert crystal.numbers.tolist() == [WATER[label]]
    (note,) = crystal.notes
    assert label in note and "convention" in note


@pytest.mark.parametrize("label", NO_LABELS)
def test_what_is_no_label_of_an_element_is_refused_and_named(label: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError) as caught:
        cif(tmp_path, "label", label)
    assert repr(label) in str(caught.value) and "give _atom_site_type_symbol" in str(caught.value)


@pytest.mark.parametrize("structure", [False, True], ids=["arrays", "pymatgen"])
@pytest.mark.parametrize("symbol", ["D", "Fe3+", "cs", "O2-", "T"])
def test_species_of_json_lines(symbol: str, structure: bool, tmp_path: Path) -> None:
    assert json_line(tmp_path, symbol, structure=structure) == TYPES[symbol]


@pytest.mark.parametrize("structure", [False, True], ids=["arrays", "pymatgen"])
@pytest.mark.parametrize("symbol", ["Fe/Mn", "Wat", "NH4", "X", "Si0.75Al0.25"])
def test_species_of_json_lines_that_are_no_elements(symbol: str, structure: bool, tmp_path: Path) -> None:
    with pytest.raises(CrystalError, match="atom 1 is of no known element"):
        json_line(tmp_path, symbol, structure=structure)


def test_a_null_type_symbol_leaves_the_label(tmp_path: Path) -> None:
    text = f"{CELL}type_symbol\n_atom_site_label\n0 0 0 ? Cs1\n.5 .5 .5 . Cl1\n"
    (tmp_path / "x.cif").write_text(text)
    assert read_crystals(tmp_path / "x.cif")[0].numbers.tolist() == [55, 17]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("calc_flag", "dum", "dummy site"),
        ("attached_hydrogens", "2", "2 hydrogen atoms that the CIF does not list"),
    ],
)
def test_atoms_that_are_none_or_not_all_are_refused(column: str, value: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.cif").write_text(f"{CELL}label\n_atom_site_{column}\n0 0 0 O1 {value}\n")
    with pytest.raises(CrystalError, match=message):
        read_crystals(tmp_path / "x.cif")


def test_columns_of_extended_xyz_that_contradict_each_other(tmp_path: Path) -> None:
    """ASE takes the numbers, and leaves atoms without positions at 0."""
    head = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3:Z:I:1'
    path = tmp_path / "x.extxyz"
    path.write_text(f"1\n{head}\nCs 0 0 0 55\n")
    assert read_crystals(path)[0].numbers.tolist() == [55]
    path.write_text(f"1\n{head}\nCs 0 0 0 11\n")
    with pytest.raises(CrystalError, match="atom 1 is Cs but its atomic number is 11"):
        read_crystals(path)
    path.write_text(f"1\n{head.replace('pos:', 'scaled:')}\nCs 0 0 0 55\n")
    with pytest.raises(CrystalError, match="no positions"):
        read_crystals(path)
