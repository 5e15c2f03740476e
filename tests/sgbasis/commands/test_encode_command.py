"""``sgbasis encode`` as a user runs it: on the examples, and on files that are no ordered crystal."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sgbasis.cli import main
from tests.support.command_line import PIP
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS, example_path
from tests.support.crystals.magnetic_cifs import GDB4, LAMNO3, NIO

NACL = (CRYSTALS / "nacl.cif").read_text()
POSCAR = "NaCl\n1.0\n0 2.82 2.82\n2.82 0 2.82\n2.82 2.82 0\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"
OCCUPIED = NACL.replace("fract_z\n", "fract_z\n_atom_site_occupancy\n").replace("0.5 0.5 0.5", "0.5 0.5 0.5 1")

BROKEN = {
    "no_cell.cif": ("".join(f"{line}\n" for line in NACL.splitlines() if "_cell_" not in line), "no cell"),
    "impossible.cif": (NACL.replace("_alpha              90", "_alpha 1000"), "does not fit|no cell has"),
    "no_atoms.cif": (NACL.split("Na1 Na")[0], "no atoms"),
    "partial.cif": (OCCUPIED.replace("Na 0 0 0", "Na 0 0 0 0.5"), r"partial occupancy \(Na1 0.5\)"),
    "mixed.cif": (OCCUPIED.replace("Na1 Na 0 0 0", "Na1 Na 0 0 0 0.5\nK1 K 0 0 0 0.5"), "partial occupancy"),
    "unknown.cif": (NACL.replace("Na 0 0 0", "Na ? 0 0"), "coordinates of Na1 are not numbers"),
    "typed.cif": (NACL.replace("Na1 Na", "T1 Si0.75Al0.25"), "'T1' is a mixed site .*ordered supercell"),
    "dummy.cif": (NACL.replace("Na1 Na", "X1 X"), "'X1' is of no known element"),
    "copies.cif": (NACL + "K1 K 0.02 0 0\n", "K1 and its copy by symmetry are 0.160 Angstrom apart"),
    "twice.cif": (NACL + "Na2 Na 0.5 0.5 0\n", "Na1 .* and Na2 .* overlap"),
    "no_space_group.cif": (NACL.replace("F m -3 m", "F q 7").replace("225", "?"), "unknown space group"),
    "two_origins.cif": (NACL.replace("F m -3 m", "F d -3 m").replace("225", "227"), "two origin choices"),
    "misfit.cif": (NACL.replace("_length_c                 5.64", "_length_c 6.64"), "does not fit"),
    "cut.cif": (NACL[:-12], r"not a readable CIF: line \d+ \('loop_'\): wrong number of values in loop _atom_"),
    "cut_text.cif": (
        "data_x\n_publ_section_comment\n;\nLattice para\n\n",
        r"line \d \('Lattice para'\): the ';' that closes a text is missing",
    ),
    "cut_item.cif": (
        NACL.split("5.64")[0],
        r"line \d+ \('_cell_length_a'\): _cell_length_a has no value",
    ),
    "preface.cif": (
        "Dear editor,\n" + NACL,
        r"line 1 \('Dear editor,'\): something else stands before its first data_ block",
    ),
    "prose.cif": ("Dear editor,\n", "not a CIF: it has no data_ block"),
    "empty.cif": ("", "empty"),
    "table.json": ("{}", "not a CIF, POSCAR or extended XYZ file"),
    "POSCAR_flat": (POSCAR.replace("2.82 0 2.82", "0 2.82 2.82"), "no volume"),
    "POSCAR_overlap": (POSCAR.replace(".5 .5 .5", ".99 0 .01"), r"Na1 \(atom 1\) and Cl2 \(atom 2\) overlap"),
    "POSCAR_cut": (POSCAR[:30], "not a readable POSCAR"),
    "slab.extxyz": (
        '1\nLattice="3 0 0 0 3 0 0 0 9" pbc="T T F" Properties=species:S:1:pos:R:3\nPo 0 0 0\n',
        "periodic in 2 of 3 directions",
    ),
    "molecule.xyz": ("2\n\nC 0 0 0\nO 0 0 1.1\n", "no cell"),
}  # fmt: skip


def encode(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["encode", *map(str, arguments)])


@pytest.mark.parametrize("path", sorted(CRYSTALS.rglob("*.cif")), ids=lambda path: path.stem)
def test_every_example_is_encoded(path: Path) -> None:
    result = encode(path)
    assert result.exit_code == 0, result.output
    assert "other origins" in result.output


def test_what_a_user_reads() -> None:
    result = encode(OTHER_CELLS / "anatase_origin_1.cif")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0].endswith("anatase_origin_1.cif: Ti4 O8 in the cell, 2 sites")
    assert "setting 141:2 I4_1/amd (I 4_1/a 2/m 2/d, hall:427)" in lines
    assert "coordinates x, y+1/4, z+7/8 (from those of the file)" in lines
    assert "origin shift 0 1/4 7/8 (exact)" in lines
    assert "other origins 0 0 1/2 (encodings differ: --origin-free)" in lines
    assert any(line.startswith("1 4 Ti 4a -4m2 0.00000 0.25000 0.87500") for line in lines)


def test_axes_of_a_primitive_cell_are_printed() -> None:
    result = encode(OTHER_CELLS / "catio3_pbnm.cif")
    assert "axes           b, c, a  (of the setting, in the axes of the file)" in result.output
    assert "none: the origin is fixed" not in result.output
    assert "any along [0 0 1]" in encode(CRYSTALS / "wurtzite.cif").output


@pytest.mark.parametrize("name", BROKEN)
def test_bad_input_gets_one_line(name: str, tmp_path: Path) -> None:
    import re

    content, message = BROKEN[name]
    path = tmp_path / name
    path.write_text(content)
    result = encode(path)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ") and name in line
    assert re.search(message, line)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert encode(tmp_path / "none.cif").stderr == f"Error: {tmp_path}/none.cif: No such file or directory\n"
    assert encode(tmp_path).stderr == f"Error: {tmp_path}: the folder holds no crystal files\n"


def test_a_group_that_changes_near_the_tolerance_is_reported_on_standard_error() -> None:
    result = encode(OTHER_CELLS / "quartz_rounded.cif")
    assert "154 P3_221 at 0.01 Angstrom but 5:b1 C2 at 0.001" in result.stderr
    assert "Note" not in result.stdout
    assert "setting        5:b1 C2" in encode(OTHER_CELLS / "quartz_rounded.cif", "--tolerance", 0.001).stdout


def test_json_is_printed_and_saved_alike(tmp_path: Path) -> None:
    saved = tmp_path / "out.json"
    printed = json.loads(encode(CRYSTALS / "rutile.cif", CRYSTALS / "nacl.cif", "--json", "-o", saved).stdout)
    assert json.loads(saved.read_text()) == printed
    rutile, nacl = printed
    assert (rutile["space_group_number"], nacl["hall_number"]) == (136, 523)
    assert rutile["site_of_atom"] == [0, 0, 1, 1, 1, 1]
    assert min(len(site["encoding"]) for site in rutile["sites"] + nacl["sites"]) >= 65


def test_arrays_hold_an_encoding_for_every_atom(tmp_path: Path) -> None:
    saved = tmp_path / "out.npz"
    assert encode(OTHER_CELLS / "spinel_primitive.cif", "-o", saved, "--count", 8).exit_code == 0
    with np.load(saved, allow_pickle=False) as arrays:
        per_atom = arrays["0/encodings"][arrays["0/site_of_atom"]]
        assert per_atom.shape == (14, 9)
        assert arrays["0/site_element"].tolist() == ["Mg", "Al", "O"]
        assert arrays["0/site_multiplicity"].tolist() == [8, 16, 32]
        assert arrays["0/tolerance"] == 0.01


def test_the_table_has_a_row_for_every_atom(tmp_path: Path) -> None:
    saved = tmp_path / "out.csv"
    result = encode(CRYSTALS / "spinel.cif", CRYSTALS / "cscl.cif", "-o", saved, "--count", 3)
    assert result.stdout.endswith("out.csv: encodings of 58 atoms\n")
    rows = list(csv.DictReader(io.StringIO(saved.read_text())))
    assert len(rows) == 58
    assert {(row["element"], row["f1"]) for row in rows[:8]} == {("Mg", rows[0]["f1"])}
    assert rows[-1]["element"] == "Cl" and float(rows[-1]["f0"]) == 1.0


def test_origin_free_encodings_agree_between_origins() -> None:
    one, other = (
        json.loads(encode(example_path(name), "--origin-free", "--json").stdout)[0]
        for name in ("anatase", "anatase_origin_1")
    )
    for first, second in zip(one["sites"], other["sites"], strict=True):
        np.testing.assert_allclose(first["encoding"], second["encoding"], atol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--output", "x.xls"], "does not end in .npz, .json, .csv"),
        (["--radius", "1000"], "is compiled to radius"),
        (["--tolerance", "0"], "tolerance"),
        (["--tolerance", "3"], "tolerance"),
        (["--tolerance", "nan"], "nan is not a finite number"),
        (["--radius", "inf"], "inf is not a finite number"),
        (["--count", "0"], "count"),
    ],
)
def test_wrong_options(options: list[str], message: str) -> None:
    result = encode(CRYSTALS / "nacl.cif", *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_is_left_behind_when_no_crystal_is_encoded(tmp_path: Path) -> None:
    (tmp_path / "bad.cif").write_text(NACL + "Na2 Na 0.5 0.5 0\n")
    done = encode(tmp_path / "bad.cif", tmp_path / "none.cif", "-o", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[1:] == [
        f"{tmp_path}/none.cif: No such file or directory", "Error: none of 2 crystals could be encoded"
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["bad.cif"]


@pytest.mark.parametrize("form", ["text", "--json", "out.json", "out.csv", "out.npz"])
def test_a_bad_crystal_does_not_end_the_others(form: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.cif"
    bad.write_text(NACL.replace("Na1 Na", "Na1 Wat"))
    several = tmp_path / "several.cif"
    several.write_text(f"{NACL}\n{bad.read_text().replace('data_', 'data_second_')}")
    frames = tmp_path / "frames.extxyz"
    head = '1\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 pbc="T T T"\n'
    frames.write_text(f"{head}Po 0 0 0\n{head}Xx 0 0 0\n{head}Po 0 0 0\n")
    options = {"text": (), "--json": ("--json",)}.get(form, ("-o", tmp_path / form))
    done = encode(bad, CRYSTALS / "nacl.cif", several, frames, tmp_path / "none.cif", *options)
    assert done.exit_code == 1
    *failures, error = (line for line in done.stderr.splitlines() if not line.startswith("Note: "))
    assert [line.split(": ")[0] for line in failures] == [
        str(bad), f"{several} (block second_nacl)", f"{frames} (frame 2)", f"{tmp_path}/none.cif"
    ]  # fmt: skip
    assert error == "Error: 4 of 8 crystals could not be encoded; the others are"
    if form.startswith("out"):
        assert (tmp_path / form).stat().st_size > 1000
    if form == "--json":
        assert len(json.loads(done.stdout)) == 4
    else:
        assert done.stdout.count("in the cell, ") == 4


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("gemmi", "nacl.cif", f"sgbasis encode needs gemmi, which is not installed: {PIP} gemmi"),
        ("ase", "POSCAR", f"sgbasis encode needs ase, which is not installed: {PIP} ase"),
        ("ase", "nacl.cif", ""),
        ("gemmi", "POSCAR", ""),
    ],
)
def test_missing_dependencies_are_named(module: str, name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "nacl.cif").write_text(NACL)
    (tmp_path / "POSCAR").write_text(POSCAR)
    code = (
        f"import sys; sys.modules[{module!r}] = None; sys.argv = ['sgbasis', 'encode', sys.argv[1]];"
        "from sgbasis.cli import main; main()"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert found.returncode == bool(message)
    assert found.stderr == (f"Error: {message}\n" if message else "")


@pytest.mark.parametrize(
    ("text", "group", "moments"),
    [
        (LAMNO3, "62.448 Pn'ma'", "site 2 Mn  3.870 Bohr magneton, (3.870, 0.000, 0.000) on its first atom"),
        (NIO, "15.90 C_c2/c", "site 1 Ni  2.449 Bohr magneton, (1.000, 1.000, -2.000) on its first atom"),
        (GDB4, "127.395 P4/m'b'm'", "site 1 Gd  7.142 Bohr magneton, (5.050, 5.050, 0.000) on its first atom"),
    ],
)
@pytest.mark.parametrize("ending", [".mcif", ".cif"])
def test_magnetic_files(tmp_path: Path, text: str, group: str, moments: str, ending: str) -> None:
    """The group is that of the operations, found by spglib in any setting; the files have it, but for one."""
    file = tmp_path / f"one{ending}"
    file.write_text(text)
    done = encode(str(file))
    assert f"magnetic group {group}  (BNS; of the operations of the file)" in done.stdout
    assert f"moments        {moments}" in done.stdout
    (facts,) = json.loads(encode(str(file), "--json").stdout)
    assert facts["magnetic"]["bns_number"] == group.split(maxsplit=1)[0]
    assert len(facts["magnetic"]["moments"]) == len(facts["site_of_atom"])
    encode(str(file), "-o", str(tmp_path / "one.npz"))
    with np.load(tmp_path / "one.npz") as arrays:
        assert arrays["0/magnetic_moments"].shape == (len(facts["site_of_atom"]), 3)


def test_a_magnetic_file_that_names_another_group(tmp_path: Path) -> None:
    file = tmp_path / "one.mcif"
    file.write_text(LAMNO3.replace("62.448", "62.441"))
    assert (
        "62.448 Pn'ma'  (BNS; of the operations of the file; the file says BNS 62.441)" in encode(str(file)).stdout
    )


def test_operations_of_no_magnetic_group_do_not_end_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spglib.get_magnetic_spacegroup_type_from_symmetry", lambda *_, **__: None)
    (tmp_path / "one.mcif").write_text(LAMNO3)
    (tmp_path / "two.cif").write_text(NACL)
    done = encode(tmp_path / "one.mcif", tmp_path / "two.cif")
    assert done.exit_code == 1 and "two.cif: Na4 Cl4 in the cell" in done.stdout
    assert "one.mcif: its operations are those of no magnetic group" in done.stderr
