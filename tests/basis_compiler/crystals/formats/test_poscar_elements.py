"""POSCAR: elements stand in a line that consists of them, never among the words of a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from basis_compiler import Crystal, read_crystals
from basis_store import CrystalError

COMMENTS = [
    "P 21/c structure", "In situ data", "No name given", "O vacancy removed", "POSCAR for Ti O", "Ti O from PBE",
    "NaCl", "Na1 Cl1", "Na1Cl1", "Na-Cl", "Na_Cl", "Na, Cl", "Na Cl cell", "cell of Na Cl", "I am a comment",
    "He said so", "As published by U. S. K.", "C2/m setting", "Fm-3m", "F m -3 m", "Pd C O", "Na", "Na Cl O",
    "in as", "no i", "NA CL", "na cl", "Na+ Cl-", "H-bonded, B site", "unknown", "1 2", "", "# Na Cl",
    "Co-P alloy, W. B. Pearson", "V5+ site", "K. Li and Y. Xu",
]  # fmt: skip
"""First lines that do not consist of two elements."""

BODY = "1.0\n4 0 0\n0 4 0\n0 0 4\n{}1 1\nDirect\n0 0 0\n.5 .5 .5\n"


def read(folder: Path, comment: str, elements: str = "", name: str = "POSCAR") -> Crystal:
    (folder / name).write_text(f"{comment}\n{BODY.format(elements)}")
    (crystal,) = read_crystals(folder / name)
    return crystal


@pytest.mark.parametrize("comment", COMMENTS)
def test_words_of_a_comment_are_no_elements(comment: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError, match=r"POSCAR names (no|\d) elements?") as caught:
        read(tmp_path, comment)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("comment", [*COMMENTS, "P O", "In No"])
def test_no_comment_disturbs_a_line_of_elements(comment: str, tmp_path: Path) -> None:
    crystal = read(tmp_path, comment, "Cs Cl\n")
    assert (crystal.numbers.tolist(), crystal.notes) == ([55, 17], ())


@pytest.mark.parametrize(
    "elements",
    ["Cs Cl", "cs cl", "CS CL", "  Cs   Cl  ", "Cs Cl ! from PBE", "Cs Cl # In As", "Cs_sv Cl", "Cs1+ Cl1-",
     "Cs_sv/6a2f546d Cl/9e01", "Cs_sv_GW Cl_h"],
)  # fmt: skip
def test_lines_of_elements(elements: str, tmp_path: Path) -> None:
    assert read(tmp_path, "x", f"{elements}\n").numbers.tolist() == [55, 17]


@pytest.mark.parametrize(
    ("elements", "message"),
    [("Cs", "names 1 element "), ("Cs Cl O", "names 3 elements"), ("Cs X", "'X' in line 6"), ("Cs Wat", "'Wat'"),
     ("Fe/Mn, Cl", "'Fe/Mn,'"), ("Caesium Cl", "'Caesium'"), ("Cs1 Cl1", "'Cs1'"), ("Fe/Mn Cl", "'Fe/Mn'"),
     ("Fe_Mn Cl", "'Fe_Mn'"), ("H.75 Cl", "'H.75'")],
)  # fmt: skip
def test_other_lines_are_refused(elements: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError, match=message):
        read(tmp_path, "Cs Cl", f"{elements}\n")


def test_a_first_line_of_elements_counts_as_in_vasp_4_and_a_note_says_so(tmp_path: Path) -> None:
    crystal = read(tmp_path, "Cs Cl")
    assert crystal.numbers.tolist() == [55, 17]
    assert "its first line counts: Cs Cl" in crystal.notes[0]


BODIES = {
    "one number": (".5 .5 .5", ".5", r"the row of atom 2 has no three coordinates: '\.5'"),
    "two numbers": (".5 .5 .5", ".5 .5", "the row of atom 2 has no three coordinates"),
    "fractions": (".5 .5 .5", "1/2 1/2 1/2", "the row of atom 2 has no three coordinates"),
    "words": (".5 .5 .5", "half half half", "the row of atom 2 has no three coordinates"),
    "missing": ("0 0 0\n", "", "1 rows of coordinates for 2 atoms|is cut off"),
    "more": (".5 .5 .5", ".5 .5 .5\n.25 .25 .25", r"more rows of coordinates follow than there are atoms \(2\)"),
    "another element": (".5 .5 .5", ".5 .5 .5 Br", "atom 2 is Cl by line 6 but Br by its own row"),
    "swapped elements": ("0 0 0", "0 0 0 Cl", "atom 1 is Cs by line 6 but Cl by its own row"),
    "selective, another element": (
        "Direct\n0 0 0\n.5 .5 .5", "Selective\nDirect\n0 0 0 T T F Cs\n.5 .5 .5 T T T O", "by line 6 but O by"
    ),
    "no mode": ("Direct\n", "", "1 rows of coordinates for 2 atoms|is cut off"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_rows_that_are_not_those_of_the_atoms(name: str, tmp_path: Path) -> None:
    old, new, message = BODIES[name]
    assert old in BODY
    (tmp_path / "POSCAR").write_text("x\n" + BODY.format("Cs Cl\n").replace(old, new))
    with pytest.raises(CrystalError, match=message):
        read_crystals(tmp_path / "POSCAR")


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("0 0 0\n.5 .5 .5", "0 0 0 Cs\n.5 .5 .5 Cl"),
        BODY.replace("0 0 0\n.5 .5 .5", "0 0 0 F F F\n.5 .5 .5 T T T"),
        BODY.replace("Direct\n0 0 0\n.5 .5 .5", "Selective dynamics\nDirect\n0 0 0 F F F\n.5 .5 .5 T T T Cl"),
        BODY.replace(".5 .5 .5", ".5 .5 .5 ! the second atom"),
        BODY + "\n0 0 0\n0 0 0\n",
        BODY + "Cartesian\n0 0 0\n0 0 0\n",
        BODY.replace("Direct\n0 0 0\n.5 .5 .5", "cart\n0 0 0\n2 2 2"),
        BODY.replace("Direct\n0 0 0\n.5 .5 .5", "Konventional\n0 0 0\n2 2 2"),
    ],
)
def test_what_may_stand_in_and_below_the_rows(body: str, tmp_path: Path) -> None:
    (tmp_path / "POSCAR").write_text("x\n" + body.format("Cs Cl\n"))
    (crystal,) = read_crystals(tmp_path / "POSCAR")
    assert crystal.numbers.tolist() == [55, 17]
    assert crystal.coordinates[1].tolist() == [0.5, 0.5, 0.5]


def test_other_files_of_the_folder_are_not_asked(tmp_path: Path) -> None:
    (tmp_path / "POTCAR").write_text("   TITEL  = PAW_PBE Na 08Apr2002\n   TITEL  = PAW_PBE Cl 08Apr2002\n")
    with pytest.raises(CrystalError, match="names no elements"):
        read(tmp_path, "rock salt")
