"""``sgbasis tensor`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_store import Recipe, Setting, StoreReader, all_settings
from basis_store.tensors.index_symmetry import PROPERTIES
from sgbasis.cli import main
from tests.support.command_line import error_line, sgbasis
from tests.support.compiled import write_compiled


def tensor(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["tensor", *map(str, arguments)])


def test_page() -> None:
    done = tensor(225, "ijkl=jikl=klij")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "setting        225 Fm-3m  (hall:523)",
        "point group    m-3m, cubic",
        "frame          e1 along a, e3 along c*, e2 = e3 x e1",
        "tensor         ijkl=jikl=klij, polar",
        "dimension      3",
        "",
        "C11  C12  C12    0    0    0",
        "C12  C11  C12    0    0    0",
        "C12  C12  C11    0    0    0",
        "  0    0    0  C44    0    0",
        "  0    0    0    0  C44    0",
        "  0    0    0    0    0  C44",
        "",
        "Rows and columns 1 to 6 are xx yy zz yz xz xy; entries are components, as for stiffnesses. In the",
        "matrix of compliances, entries with one index of 4 to 6 are twice the component, with two four",
        "times.",
    ]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["152", "elastic"], ["C14  -C14    0   C44    0            0", "dimension      6"]),
        (["194", "elastic"], ["  0    0    0    0    0  (C11-C12)/2"]),
        (["152", "piezoelectric"], ["e11  -e11  0  e14     0     0", "  0     0  0    0  -e14  -e11"]),
        (["hall:461", "ij=ji"], ["frame          e1 along a - b, e3 along a + b + c, e2 = e3 x e1"]),
        (["P21/c", "ij=ji"], ["T11    0  T13", "  0  T22    0", "T13    0  T33"]),
        (
            ["82", "ij=ji", "--axial"],
            ["tensor         ij=ji, axial", "T11   T12  0", "T12  -T11  0", "  0     0  0"],
        ),
        (["4", "i"], ["0  T2  0"]),
        (["195", "ijk"], ["xyz = yzx = zxy", "xzy = yxz = zyx", "the other 21 components are 0"]),
        (["207", "ijk=-jik=-ikj"], ["xyz = -xzy = -yxz = yzx = zxy = -zyx", "the other 21 components are 0"]),
        (["177", "ijkl=klij"], ["xxxx = yyyy", "xyyx = xxxx-xxyy-xyxy", "yxxy = xxxx-xxyy-xyxy"]),
    ],
)
def test_lines(arguments: list[str], lines: list[str]) -> None:
    done = tensor(*arguments)
    assert done.exit_code == 0, done.output
    assert set(lines) <= set(done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["225", "piezoelectric"], "m-3m has the inversion, which reverses polar tensors of odd rank."),
        (["14", "ij=ji", "--axial"], "2/m has the inversion, which reverses axial tensors of even rank."),
        (["207", "piezoelectric"], "none is invariant under all operations of 432."),
        (["16", "i"], "none is invariant under all operations of 222."),
        (["1", "ijkl=-jikl=-ikjl=-ijlk"], "in three dimensions the index symmetry alone leaves none."),
    ],
)
def test_a_tensor_that_must_vanish_says_why(arguments: list[str], reason: str) -> None:
    lines = tensor(*arguments).stdout.splitlines()
    assert "dimension      0" in lines
    assert lines[-1] == f"All components are exactly 0: {reason}"


def test_every_setting_has_a_page() -> None:
    for setting in all_settings()[::23]:
        for formula in ("ij=ji", "ijk=ikj", "elastic", "ijkl"):
            done = tensor(f"hall:{setting.hall_number}", formula)
            assert done.exit_code == 0, done.output
            assert max(map(len, done.stdout.splitlines())) <= 110


def test_json_is_the_exact_basis(reader: StoreReader) -> None:
    facts = json.loads(tensor("hall:430", "elastic", "--json").stdout)
    assert (facts["number"], facts["hall_number"], facts["point_group"]) == (143, 430, "3")
    assert facts["frame"] == {"e1": [1, 0, 0], "e3": [0, 0, 1], "text": "e1 along a, e3 along c*"}
    assert (facts["formula"], facts["axial"], facts["dimension"]) == ("ijkl=jikl=klij", False, 7)
    assert facts["matrix"][5][5] == "(C11-C12)/2"
    basis = reader.tensor_basis(Setting.standard(143), "elastic")
    for i, terms in enumerate(facts["basis"]):
        for name, value in terms.items():
            place = int("".join(str("xyz".index(letter)) for letter in name), 3)
            assert Fraction(value) == Fraction(int(basis.numerators[i, place]), int(basis.denominators[i, place]))
        assert len(terms) == (basis.numerators[i] != 0).sum()
        assert terms[facts["parameters"][i]] == "1"
    assert json.loads(tensor("1", "ijk", "--json").stdout)["matrix"] is None


def test_errors_are_one_line(tmp_path: Path) -> None:
    assert "no index symmetry: try ij, ij=ji" in error_line(sgbasis("tensor", 225, "ij+ji"))
    assert "leaves nothing" in error_line(sgbasis("tensor", 225, "ij=-ij"))
    assert "there is no space group 231" in error_line(sgbasis("tensor", 231, "ij"))
    assert "Missing argument 'FORMULA'" in error_line(sgbasis("tensor", 225))
    recipe = Recipe(radius=1, min_functions=0, settings=(1,))
    write_compiled(tmp_path / "newer.h5", recipe)
    with h5py.File(tmp_path / "newer.h5", "r+") as file:
        file.attrs["format_version"] = np.bytes_(b"2.0")
    line = error_line(sgbasis("tensor", 1, "ij", "--store", tmp_path / "newer.h5"))
    assert "store format 2.0 cannot be read by this release, which reads 1.x: upgrade sgbasis" in line


def test_it_imports_neither_torch_nor_the_compiler() -> None:
    code = (
        "import sys; from sgbasis.cli import main; main(['tensor', '225', 'elastic'], standalone_mode=False); "
        "sys.exit(bool({'torch', 'sympy', 'networkx', 'spglib', 'basis_compiler', 'pooch'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("symbol", ["m-3m", "-3m", "-43m", "mm2", "6/mmm", "-1", "m3m", "2/m", "-42m", "32"])
def test_a_point_group_in_the_orientation_of_its_first_space_group(symbol: str) -> None:
    setting = Setting.of_point_group(symbol)
    # 32 is also the number of Pba2.
    if symbol == "32":
        assert tensor(symbol, "elastic").stdout == tensor("Pba2", "elastic").stdout
        return
    done = tensor(symbol, "elastic")
    assert done.exit_code == 0, done.output
    assert done.stdout == tensor(setting.number, "elastic").stdout
    assert f"{symbol} is a point group; it is given the orientation that it has in {setting.label}" in done.stderr


@pytest.mark.parametrize("spelling", ["P2(1)/c", "P 2_1/c", "P21/c"])
def test_other_spellings_of_a_space_group(spelling: str) -> None:
    assert tensor(spelling, "dielectric").stdout == tensor(14, "dielectric").stdout


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("thermal", "thermal expansion (ij=ji), thermal conductivity (ij=ji)"), ("pizoelectric", "piezoelectric"),
        ("elastic_moduli", "elastic (ijkl=jikl=klij)"), ("stiffnes", "stiffness"),
        ("strains", "strain (ij=ji)"), ("gyrations", "gyration (ij=ji, axial)"),
    ],
)  # fmt: skip
def test_an_unknown_property_gets_near_names(word: str, near: str) -> None:
    done = tensor("m-3m", word)
    assert done.exit_code == 1
    assert f"{word!r} is no index symmetry and no name of one; did you mean" in done.stderr
    assert near in done.stderr


def test_help_lists_the_names_of_properties_that_are_taken() -> None:
    text = " ".join(CliRunner().invoke(main, ["tensor", "--help"]).output.lower().split())
    for name, (formula, axial) in PROPERTIES.items():
        assert name in text
        assert tensor(186, name).stdout == tensor(186, formula, *["--axial"] * axial).stdout


@pytest.mark.parametrize(
    ("group", "taken", "written"),
    [("1", "1 P1", "P1"), ("2", "2 P-1", "P2"), ("3", "3:b P2", "P3"), ("4", "4:b P2_1", "P4"),
     ("6", "6:b Pm", "P6"), ("23", "23 I222", "P23"), ("32", "32 Pba2", "P312"), ("222", "222:2 Pn-3n", "P222")],
)  # fmt: skip
def test_a_number_that_is_a_point_group_as_well(group: str, taken: str, written: str) -> None:
    done = CliRunner().invoke(main, ["tensor", group, "dielectric"])
    assert done.stderr.startswith(f"Note: {group} is taken as space group {taken} (point group ")
    assert done.stderr.endswith(f"for the point group {group} write {written}\n")
    assert taken in done.stdout
    assert Setting.parse(written).point_group == group
    assert CliRunner().invoke(main, ["tensor", "225", "dielectric"]).stderr == ""
