"""Every layout of crystals in files and folders becomes a dataset with their targets and splits."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import compile_dataset
from basis_compiler.crystals.formats.sources import read_source
from basis_compiler.datasets.targets import UNITS
from basis_store import CrystalError, RecipeError
from tests.support.crystals.crystal_inputs import (
    CRYSTALS,
    GROUPS,
    compile_inputs,
    example,
    group_numbers,
    json_record,
    structure,
    write_folder,
    write_jsonl,
    write_table,
)


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz"])
def test_lines_of_json(tmp_path: Path, ending: str) -> None:
    records = [
        json_record(
            name, targets={"band_gap": gap, "note": "text"}, split=split, verified=gap > 1, spacegroup_number=1
        )
        for (name, gap), split in zip({"nacl": 8.5, "rutile": 3.0}.items(), ("train", "validation"), strict=True)
    ]
    records[0] |= {"species": [{11: "Na", 17: "Cl"}[number] for number in records[0]["species"]]}
    records += [{"id": 7, "structure": structure("quartz")}]
    table = compile_inputs(tmp_path, write_jsonl(tmp_path / f"some{ending}", [*records, ""]))
    assert group_numbers(table) == {"nacl": 225, "rutile": 136, "7": 154}
    assert table.splits == ("train", "val", "")
    np.testing.assert_array_equal(table.targets["band_gap"], [8.5, 3.0, np.nan])
    np.testing.assert_array_equal(table.targets["verified"], [1, 1, np.nan])
    assert table.units == {"band_gap": "eV", "verified": "true/false"}
    assert table.notes == ("note: text, not a number, in 2 crystals",)
    assert table.skipped == ()
    assert [one.name for one in table.recipe.inputs] == [f"some{ending}"]


def test_a_table_of_matbench(tmp_path: Path) -> None:
    data = [[structure(name), gap] for name, gap in {"nacl": 8.5, "spinel": None}.items()]
    path = write_table(
        tmp_path / "matbench_gap.json.gz", index=[0, 1], columns=["structure", "gap pbe"], data=data
    )
    table = compile_inputs(tmp_path, path, units={"gap pbe": "eV", "other": "m"})
    assert group_numbers(table) == {"matbench_gap-0": 225, "matbench_gap-1": 227}
    np.testing.assert_array_equal(table.targets["gap pbe"], [8.5, np.nan])
    assert table.units == {"gap pbe": "eV"}
    assert table.notes == ("other: it has a unit, but no values",)


def test_a_table_of_matminer_has_identifiers_and_more_columns(tmp_path: Path) -> None:
    tensor = np.diag([1.0, 2, 3]).tolist()
    path = write_table(
        tmp_path / "dielectric.json",
        index=["first"],
        columns=["material_id", "formula", "space_group", "structure", "e_total", "ok"],
        data=[["mp-1", "SiO2", 154, structure("quartz"), tensor, True]],
    )
    path.write_bytes(gzip.decompress(path.read_bytes()))
    table = compile_inputs(tmp_path, path)
    assert group_numbers(table) == {"mp-1": 154}
    assert {name: values.tolist() for name, values in table.targets.items()} == {"e_total": [tensor], "ok": [1.0]}
    assert table.notes == ("formula: text, not a number, in 1 crystal",)


def test_pymatgen_writes_such_structures(tmp_path: Path) -> None:
    core = pytest.importorskip("pymatgen.core")
    crystal = example("rutile")
    one = core.Structure(crystal.lattice, [f"{label[:-1]}" for label in crystal.labels], crystal.coordinates)
    one.add_oxidation_state_by_element({"Ti": 4, "O": -2})
    mixed = core.Structure(crystal.lattice, [{"Ti": 0.5, "Zr": 0.5}], [[0, 0, 0]])
    data = [[one.as_dict()], [mixed.as_dict()]]
    path = write_table(tmp_path / "t.json.gz", index=[0, 1], columns=["structure"], data=data)
    table = compile_inputs(tmp_path, path)
    assert group_numbers(table) == {"t-0": 136}
    ((identifier, reason),) = table.skipped
    assert identifier == "t-1"
    assert reason.startswith("partial occupancy (Ti 0.5, Zr 0.5)")


LISTING = "nacl,8.5,1\nrutile.cif,3.0,\nspinel,8,2\n"


def test_a_folder_of_cifs(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "cifs", LISTING + "none,1,2\nquartz,1\n", names=(*GROUPS, "calcite"))
    table = compile_inputs(tmp_path, folder)
    assert group_numbers(table) == {"nacl": 225, "rutile": 136, "spinel": 227}
    np.testing.assert_array_equal(table.targets["target_1"], [8.5, 3, 8])
    np.testing.assert_array_equal(table.targets["target_2"], [1, np.nan, 2])
    assert table.skipped == (
        ("none", "id_prop.csv lists it, but there is no such file"),
        ("quartz.cif", "its line in id_prop.csv has 2 entries, not 3"),
        ("calcite.cif", "id_prop.csv does not list it"),
    )


def test_a_folder_with_a_header_and_splits(tmp_path: Path) -> None:
    listing = "id,band_gap,split\nnacl,8.5,train\nrutile,3.0,test\nquartz,x,valid\nspinel,,\n"
    table = compile_inputs(tmp_path, write_folder(tmp_path / "cifs", listing))
    assert table.splits == ("train", "test", "val", "")
    np.testing.assert_array_equal(table.targets["band_gap"], [8.5, 3.0, np.nan, np.nan])
    assert table.units == {"band_gap": "eV"}
    assert table.notes == ("band_gap: text, not a number, in 1 crystal",)


def test_a_first_line_that_names_a_file_is_no_header(tmp_path: Path) -> None:
    table = compile_inputs(
        tmp_path, write_folder(tmp_path / "cifs", "nacl,cubic\nrutile,1\n", names=["nacl", "rutile"])
    )
    assert table.identifiers == ("nacl", "rutile")
    np.testing.assert_array_equal(table.targets["target"], [np.nan, 1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_listings_as_spreadsheets_write_them(tmp_path: Path, separator: str, encoding: str) -> None:
    listing = "id,gap,a;b\r\nnacl,8.5,x\r\nrutile.cif,3.0,y\r\n".replace(",", separator)
    folder = write_folder(tmp_path / "cifs", None, names=["nacl", "rutile"])
    (folder / "id_prop.csv").write_bytes(listing.replace("a;b", "text").encode(encoding))
    rows = list(read_source(folder).entries)
    assert [dict(row.targets) for row in rows] == [{"gap": 8.5, "text": "x"}, {"gap": 3.0, "text": "y"}]
    (folder / "id_prop.csv").write_bytes(listing[listing.index("nacl") :].replace(".5", "").encode(encoding))
    assert [row.targets["target_1"] for row in read_source(folder).entries] == [8, 3]


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (b"nacl;1,5\n", "id_prop.csv, line 1: 1,5 has a comma: write numbers with a decimal point"),
        (b"nothing;1,5\n", "line 1: 1,5 has a comma"),
        (b"id;gap;n\nnacl;-1.234,5e-3;2\n", "line 2: -1.234,5e-3 has a comma"),
        (b'id,gap\nnacl,"1,234"\n', "line 2: 1,234 has a comma"),
        (b"nacl\t,5\n", "line 1: ,5 has a comma"),
        ("id;g\xe4p\nnacl;1\n".encode("latin-1"), "id_prop.csv: not UTF-8 text: save it as CSV in UTF-8"),
        (b"nacl 1.5\n", "lists it, but there is no such file: separate its entries by commas"),
    ],
)
def test_a_number_in_a_listing_is_never_guessed(tmp_path: Path, listing: bytes, message: str) -> None:
    folder = write_folder(tmp_path / "cifs", None, names=["nacl"])
    (folder / "id_prop.csv").write_bytes(listing)
    with pytest.raises(CrystalError, match=re.escape(message)):
        compile_inputs(tmp_path, folder)


def test_names_of_files_may_have_semicolons(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "cifs", "a;b,8.5\n", names=["nacl"])
    (folder / "nacl.cif").rename(folder / "a;b.cif")
    (entry,) = read_source(folder).entries
    assert dict(entry.targets) == {"target": 8.5}


def test_one_column_is_the_target(tmp_path: Path) -> None:
    table = compile_inputs(tmp_path, write_folder(tmp_path / "cifs", "nacl,8.5\n", names=["nacl"]))
    assert {name: values.tolist() for name, values in table.targets.items()} == {"target": [8.5]}


def test_a_folder_without_listing_and_single_files(tmp_path: Path) -> None:
    ase_io = pytest.importorskip("ase.io")
    folder = write_folder(tmp_path / "cifs", None, names=["nacl"])
    ase_io.write(folder / "POSCAR", ase_io.read(CRYSTALS / "rutile.cif"), format="vasp")
    (folder / "notes.txt").write_text("no crystal")
    table = compile_inputs(tmp_path, folder, CRYSTALS / "quartz.cif", folder / "POSCAR")
    assert group_numbers(table) == {"POSCAR": 136, "nacl": 225, "quartz": 154}
    assert table.skipped == (("POSCAR", "a crystal of this identifier came before"),)
    assert table.targets == {}
    assert [one.name for one in table.recipe.inputs] == ["cifs", "quartz.cif", "POSCAR"]


def test_frames_of_extended_xyz(tmp_path: Path) -> None:
    ase_io = pytest.importorskip("ase.io")
    frames = [ase_io.read(CRYSTALS / f"{name}.cif") for name in ("nacl", "rutile")]
    for atoms in frames:
        atoms.info = {}
    frames[0].info = {"id": "salt", "split": "train", "gap": 8.5, "dipole": [1.0, 2.0, 3.0]}
    frames[1].info = {"gap": 3.0}
    ase_io.write(tmp_path / "some.extxyz", frames, format="extxyz")
    table = compile_inputs(tmp_path, tmp_path / "some.extxyz")
    assert group_numbers(table) == {"salt": 225, "some-2": 136}
    assert table.splits == ("train", "")
    np.testing.assert_array_equal(table.targets["gap"], [8.5, 3.0])
    np.testing.assert_array_equal(table.targets["dipole"], [[1, 2, 3], [np.nan] * 3])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "a.jsonl: the file is empty"),
        ("a.jsonl", b" \n\n", "a.jsonl: the file is empty"),
        ("a.jsonl.gz", gzip.compress(b"\n", mtime=0), "a.jsonl.gz: it holds no crystals"),
        ("a.jsonl.gz", gzip.compress(b'{"id": 1}\n' * 99, mtime=0)[:-9], "a.jsonl.gz: damaged or cut off"),
        ("a.jsonl.gz", b"no gzip", "a.jsonl.gz: damaged or cut off"),
        ("a.json", b"{", "a.json: not JSON"),
        ("a.json", b"[1]", "a.json: not a table of pandas"),
        ("a.json", b'{"columns": ["x"], "data": [[1, 2]]}', "rows do not all have 1 columns"),
        ("a.json", b'{"columns": ["x"], "data": [[1]]}', "no column of it holds structures of pymatgen or JARVIS"),
        ("a.jsonl", b'{"id": "x"}\n', r"none of 1 crystal could be compiled; the first, x: it has no 'lattice'"),
        ("a.cif", b"data_x\n", r"none of 1 crystal could be compiled; the first, a.cif: no cell and no atoms"),
        ("a.extxyz", b"x\n", "frame 1 does not begin with its number of atoms"),
        ("a.extxyz", b"2\n\nPo 0 0 0\n", "frame 1 is cut off"),
        ("a.extxyz", b"999999999\n\nPo 0 0 0\n", "frame 1 is cut off"),
    ],
)
def test_inputs_that_hold_nothing(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CrystalError, match=message):
        compile_dataset([tmp_path / name], tmp_path / "out.h5")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    for listing, message in ((None, "holds no id_prop.csv and no crystal files"), ("", "the file is empty")):
        folder = write_folder(tmp_path / f"folder{listing}", listing, names=())
        with pytest.raises(CrystalError, match=message):
            compile_dataset([folder], tmp_path / "out.h5")
    with pytest.raises(FileNotFoundError):
        compile_dataset([tmp_path / "none.cif"], tmp_path / "out.h5")
    with pytest.raises(RecipeError, match="tolerance"):
        compile_dataset([CRYSTALS / "nacl.cif"], tmp_path / "out.h5", tolerance=0.3)


def test_one_bad_input_of_several_is_left_out(tmp_path: Path) -> None:
    """Whatever is wrong with it: only when no crystal is left is that an error."""
    reasons = {
        "empty.cif": "the file is empty",
        "cut.jsonl.gz": "damaged or cut off",
        "none.cif": "No such file or directory",
        "loop.cif": "Too many levels of symbolic links",
        "pipe.cif": "Not a regular file but a pipe, a socket or a device",
        "folder": "the folder holds no id_prop.csv and no crystal files",
    }
    (tmp_path / "empty.cif").touch()
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (tmp_path / "loop.cif").symlink_to("loop.cif")
    os.mkfifo(tmp_path / "pipe.cif")
    (tmp_path / "folder").mkdir()
    bad = [tmp_path / name for name in reasons]
    table = compile_inputs(tmp_path, *bad[:3], CRYSTALS / "nacl.cif", *bad[3:])
    assert group_numbers(table) == {"nacl": 225}
    assert {name: reason.split(": ")[0].split(" (")[0] for name, reason in table.skipped} == reasons
    with pytest.raises(CrystalError, match=r"none of 6 crystals .* the first, empty\.cif: the file is empty"):
        compile_dataset(bad, tmp_path / "other.h5")
    assert not (tmp_path / "other.h5").exists()


def test_units_are_known_for_the_shared_data(shared: Path, tmp_path: Path) -> None:
    """Every file, the first crystals of it; flags are kept in addition to the targets."""
    for path in sorted((shared / "data").glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            records = [json.loads(next(lines)) for _ in range(5)]
        table = compile_inputs(tmp_path, write_jsonl(tmp_path / path.stem, records))
        assert len(table) == 5
        known = {name for record in records for name in record["targets"]}
        assert known <= set(table.targets)
        assert known - {"total_magnetization"} <= set(UNITS)
        flags = {"mp_elastic_tensor": "mechanically_stable", "mp_piezo_tensor": "frame_verified"}
        assert flags.get(path.name.split(".")[0], "volume") in {*table.targets, "volume"}
        assert not any(name.startswith("spacegroup") for name in table.targets)
        assert [record.setting.number for record in table] == [record["spacegroup_number"] for record in records]
        shapes = {name: values.shape[1:] for name, values in table.targets.items() if values.ndim > 1}
        expected = {
            "mp_elastic_tensor": {"elastic_tensor_voigt_GPa": (6, 6)},
            "mp_piezo_tensor": {"piezo_tensor_voigt_C_per_m2": (3, 6)},
            "mp_dielectric_tensor": {"dielectric_electronic": (3, 3), "dielectric_total": (3, 3)},
        }
        assert shapes == expected.get(path.name.split(".")[0], {})
