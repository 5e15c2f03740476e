"""``sgbasis predict`` and ``predict``: every kind of input, and no crystal lost."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import compile_dataset, read_crystals
from basis_compiler.crystals.crystal import ELEMENTS
from basis_store import CrystalError, ModelError, open_crystals
from basis_store.files.locations import data_folder
from sgbasis import predict
from tests.support.command_line import error_line, run_predict, sgbasis
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS, json_record, write_jsonl
from tests.support.tiny_models import BULK, ENERGY, save_tiny

COLUMNS = [
    *("file", "identifier", "formula", "space_group", "property", "value", "unit", "notes"),
    *("class", "low", "high"),
]


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def frames_of(name: str, count: int) -> str:
    """An example as an extended XYZ file of so many equal frames."""
    (crystal,) = read_crystals(CRYSTALS / f"{name}.cif")
    cell = " ".join(map(str, crystal.lattice.ravel()))
    points = "".join(
        f"{ELEMENTS[number]} {' '.join(map(str, point))}\n"
        for number, point in zip(crystal.numbers, crystal.coordinates @ crystal.lattice, strict=True)
    )
    return f'{len(crystal)}\nLattice="{cell}" Properties=species:S:1:pos:R:3\n{points}' * count


def value(name: str, model: Path) -> float:
    return predict(CRYSTALS / f"{name}.cif", model)[0].value


def test_what_a_user_reads(model: Path) -> None:
    result = run_predict(CRYSTALS / "nacl.cif", CRYSTALS / "rutile.cif", "--model", model)
    assert result.exit_code == 0, result.output
    *table, empty, last = result.stdout.splitlines()
    head, nacl, rutile = map(str.split, table)
    assert head == ["file", "identifier", "formula", "space", "group", "property", "value", "unit", "notes"]
    assert nacl[1:6] == ["nacl", "NaCl", "225", "Fm-3m", "formation_energy_per_atom"]
    assert float(nacl[6]) == pytest.approx(value("nacl", model), rel=1e-5)
    assert nacl[7:] == ["eV/atom"]
    assert " ".join(rutile[8:]) == "no training crystal has Ti; no training crystal has space group 136 P4_2/mnm"
    why = "no intervals for formation_energy_per_atom: the model was saved without a calibration"
    assert empty == "" and last.startswith(why)


def test_every_kind_of_input(model: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("nacl", "quartz"):
        (tmp_path / "folder" / f"{name}.cif").write_text((CRYSTALS / f"{name}.cif").read_text())
    lines = write_jsonl(tmp_path / "lines.jsonl.gz", [json_record(name) for name in ("rutile", "rutile")])
    compile_dataset([tmp_path / "folder"], tmp_path / "set.h5")
    (tmp_path / "frames.extxyz").write_text(frames_of("cscl", 2))
    rock_salt = "NaCl\n1.0\n0 2.82 2.82\n2.82 0 2.82\n2.82 2.82 0\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"
    (tmp_path / "POSCAR").write_text(rock_salt)
    inputs = [tmp_path / "folder", lines, tmp_path / "set.h5", tmp_path / "frames.extxyz", tmp_path / "POSCAR"]
    output = tmp_path / "out.csv"
    result = run_predict(*inputs, "--model", model, "--output", output)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{output}: 9 predictions for 9 crystals, 6 of the predictions outside")
    found = rows(output)
    assert list(found[0]) == COLUMNS
    assert [Path(row["file"]).name for row in found] == [
        "nacl.cif", "quartz.cif", "lines.jsonl.gz", "lines.jsonl.gz", "set.h5", "set.h5", "frames.extxyz",
        "frames.extxyz", "POSCAR",
    ]  # fmt: skip
    assert [row["formula"] for row in found] == [
        "NaCl", "SiO2", "TiO2", "TiO2", "NaCl", "SiO2", "CsCl", "CsCl", "NaCl",
    ]  # fmt: skip
    examples = ["nacl", "quartz", "rutile", "rutile", "nacl", "quartz", "cscl", "cscl", "nacl"]
    expected = [value(name, model) for name in examples]
    np.testing.assert_allclose([float(row["value"]) for row in found], expected, rtol=1e-5)


def test_a_bad_input_does_not_stop_the_others(model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.cif").write_text("")
    (tmp_path / "store.h5").write_bytes((data_folder() / "default.h5").read_bytes())
    records = [json_record("nacl"), "{", json_record("quartz", lattice=[[1, 0, 0]] * 3), json_record("rutile")]
    lines = write_jsonl(tmp_path / "some.jsonl", records)
    inputs = [
        tmp_path / "absent.cif",
        CRYSTALS / "spinel.cif",
        tmp_path / "empty.cif",
        tmp_path / "store.h5",
        lines,
    ]
    done = sgbasis("predict", *inputs, "--model", model, "-o", tmp_path / "out.csv")
    assert error_line(done) == "5 of 8 crystals could not be read; the others are predicted"
    assert done.returncode == 1
    reasons = done.stderr.splitlines()[:-1]
    starts = ["absent.cif: ", "empty.cif: ", "store.h5 is ", "some.jsonl:2: ", "some.jsonl: quartz: "]
    for line, start in zip(reasons, starts, strict=True):
        assert line.startswith(str(tmp_path / start))
    ends = ["No such file or directory", "the file is empty", "not an sgbasis crystal dataset", "", "in one plane"]
    for line, end in zip(reasons, ends, strict=True):
        assert line.endswith(end)
    assert [row["identifier"] for row in rows(tmp_path / "out.csv")] == ["spinel", "nacl", "rutile"]


def test_nothing_is_written_when_nothing_is_predicted(model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.cif").write_text("Dear editor,\n")
    done = sgbasis("predict", tmp_path / "bad.cif", "--model", model, "-o", tmp_path / "out.csv")
    assert error_line(done) == f"{tmp_path / 'bad.cif'}: not a CIF: it has no data_ block"
    assert done.stderr.count("\n") == 1
    result = run_predict(
        tmp_path / "bad.cif", tmp_path / "absent.cif", "--model", model, "-o", tmp_path / "out.csv"
    )
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "Error: none of 2 inputs holds a crystal that can be read"
    assert [path.name for path in tmp_path.iterdir()] == ["bad.cif"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--property", "melting_point"], "there is no model 'melting_point': it does not ship"),
        (["--model", "absent"], "there is no model 'absent'"),
        (["--model", str(CRYSTALS)], "it has no config.json"),
        (["--output", "x.json"], "does not end in .csv"),
        (["--output", "absent/x.csv"], "No such file or directory"),
        (["--tolerance", "3"], "tolerance"),
    ],
)
def test_wrong_options_fail_at_once(options: list[str], message: str) -> None:
    result = run_predict(CRYSTALS / "nacl.cif", *options)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.stderr


def test_models_that_ship_are_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.pretrained.locate.data_folder", lambda: tmp_path)
    result = run_predict(CRYSTALS / "nacl.cif")
    assert "no models ship with this package: give --model FOLDER" in result.stderr
    save_tiny(tmp_path / "models" / "formation_energy", ENERGY)
    save_tiny(tmp_path / "models" / "bulk_modulus", BULK, seed=1)
    own = save_tiny(tmp_path / "own", ENERGY, BULK)
    result = run_predict(CRYSTALS / "nacl.cif", CRYSTALS / "cscl.cif", "-o", tmp_path / "all.csv")
    assert result.exit_code == 0, result.output
    facts = [(row["identifier"], row["property"], row["unit"]) for row in rows(tmp_path / "all.csv")]
    both = [("bulk_modulus", "GPa"), ("formation_energy", "eV/atom")]
    assert facts == [(name, *one) for name in ("nacl", "cscl") for one in both]
    options = ["--property", "formation_energy", "--model", own]
    assert run_predict(CRYSTALS / "nacl.cif", *options, "-o", tmp_path / "some.csv").exit_code == 0
    assert [row["property"] for row in rows(tmp_path / "some.csv")] == [
        "formation_energy", "formation_energy_per_atom", "bulk_modulus_vrh",
    ]  # fmt: skip


def test_many_crystals_are_read_in_processes_and_stay_in_order(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgbasis.prediction.predict_many.CHUNK", 2)
    names = ["nacl", "rutile", "quartz", "spinel", "nacl"]
    records = [json_record(name, id=f"{i}-{name}") for i, name in enumerate(names)]
    lines = write_jsonl(tmp_path / "some.jsonl", [*records[:3], "[]", *records[3:]])
    result = run_predict(lines, "--model", model, "-o", tmp_path / "out.csv")
    assert "1 of 6 crystals could not be read" in result.stderr
    found = rows(tmp_path / "out.csv")
    assert [row["identifier"] for row in found] == [record["id"] for record in records]
    assert found[0]["value"] == found[4]["value"]


def test_objects_of_other_packages(model: Path) -> None:
    ase = pytest.importorskip("ase.build")
    expected = value("nacl", model)
    atoms = ase.bulk("NaCl", "rocksalt", a=5.64)
    found = predict([atoms, atoms.repeat((1, 2, 1)), OTHER_CELLS / "nacl_primitive.cif"], model)
    np.testing.assert_allclose([one.value for one in found], expected, rtol=1e-5)
    assert {(one.formula, one.setting.number, one.unit) for one in found} == {("NaCl", 225, "eV/atom")}


def test_pymatgen_structures(model: Path) -> None:
    pytest.importorskip("pymatgen.core")
    from pymatgen.core import Lattice, Structure

    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    for one in (structure, structure.get_primitive_structure()):
        assert predict(one, model)[0].value == pytest.approx(value("nacl", model), rel=1e-5)


def test_records_and_datasets(model: Path, tmp_path: Path) -> None:
    compile_dataset([CRYSTALS / "nacl.cif", CRYSTALS / "rutile.cif"], tmp_path / "set.h5")
    table = open_crystals(tmp_path / "set.h5")
    one, other = predict([*table], model)
    assert predict(table[1], model)[0].value == pytest.approx(other.value, rel=1e-5)
    assert [found.value for found in predict(tmp_path / "set.h5", model)] == [one.value, other.value]
    assert (one.source, one.identifier, one.notes) == ("", "nacl", ())


def test_errors_in_python(model: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        predict(tmp_path / "absent.cif", model)
    (tmp_path / "bad.cif").write_text("Dear editor,\n")
    with pytest.raises(CrystalError, match="not a CIF"):
        predict([CRYSTALS / "nacl.cif", tmp_path / "bad.cif"], model)
    with pytest.raises(TypeError, match="not int"):
        predict(3, model)
    with pytest.raises(ModelError, match="there is no model"):
        predict(CRYSTALS / "nacl.cif", "absent")
