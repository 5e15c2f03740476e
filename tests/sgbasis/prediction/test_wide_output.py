"""One row for each crystal: the columns of tensors, in all formats, and as tables of pandas."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from basis_store import IndexSymmetry
from basis_store.tensors.voigt_pattern import named_components
from runtime.targets.class_target import ClassTarget
from sgbasis import predict
from sgbasis.prediction.forms.workbook import number_format
from tests.support.command_line import run_predict
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.tiny_models import DIELECTRIC, ELASTIC, ENERGY, PIEZOELECTRIC, save_tiny

FORMULA = "=cmd()"


@pytest.fixture(scope="module")
def tensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    metal = ClassTarget("is_metal", classes=("insulator", "metal"))
    folder = tmp_path_factory.mktemp("models") / "tensors"
    return save_tiny(folder, ENERGY, ELASTIC, PIEZOELECTRIC, DIELECTRIC, metal)


@pytest.mark.parametrize(
    ("formula", "count", "some"),
    [
        ("ijkl=jikl=klij", 21, ["11", "12", "16", "22", "66"]),
        ("ijk=ikj", 18, ["11", "16", "21", "31", "36"]),
        ("ij=ji", 6, ["11", "12", "13", "22", "23", "33"]),
        ("ijkl=jikl=ijlk", 36, ["12", "21"]),
        ("ij", 9, ["12", "21"]),
        ("ij=-ji", 3, ["12", "13", "23"]),
        ("i", 3, ["1", "2", "3"]),
        ("ijk=jik=ikj", 10, ["xxx", "xyz"]),
    ],
)
def test_every_independent_component_has_one_name(formula: str, count: int, some: list[str]) -> None:
    symmetry = IndexSymmetry.parse(formula)
    found = dict(named_components(symmetry))
    assert len(found) == count == len(symmetry.components)
    assert set(some) <= set(found)
    related = {indices: number for number, orbit in enumerate(symmetry.orbits) for indices, _ in orbit}
    assert sorted(related[indices] for indices in found.values()) == list(range(count))


def test_all_formats_have_the_numbers_of_the_prediction(tensors: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    files = [CRYSTALS / "quartz.cif", CRYSTALS / "nacl.cif"]
    for ending in ("csv", "jsonl", "xlsx"):
        result = run_predict(*files, "--model", tensors, "--wide", "-o", tmp_path / f"out.{ending}")
        assert result.exit_code == 0, result.output
    heads, *rows = csv.reader(io.StringIO((tmp_path / "out.csv").read_text()))
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    cells = [[cell.value for cell in row] for row in sheet.rows]
    frame = predict(files, tensors).to_dataframe(wide=True)
    assert len(rows) == len(lines) == len(cells) - 1 == len(frame) == 2
    assert heads == list(lines[0]) == cells[0]
    units = frame.attrs["units"]
    named = [f"{name} ({units[name]})" if units.get(name, "1") != "1" else name for name in frame.columns]
    assert named == heads and {"C11 (GPa)", "e36 (C/m^2)", "eps12", "is_metal_class"} <= set(heads)
    value = predict(files[0], tensors)[1].value
    assert float(rows[0][heads.index("C12 (GPa)")]) == pytest.approx(value[0, 0, 1, 1], rel=1e-5)
    assert float(rows[0][heads.index("C14 (GPa)")]) == pytest.approx(value[0, 0, 1, 2], rel=1e-5)
    for i, row in enumerate(rows):
        for name, text in zip(heads, row, strict=True):
            if name in ("file", "notes"):
                continue
            if name == "unlike_training":
                assert (text == "yes") == any(one.is_outside for one in predict(files[i], tensors))
            in_sheet = cells[i + 1][heads.index(name)]
            if isinstance(in_sheet, str) or in_sheet is None:
                assert (in_sheet or "") == text == (lines[i][name] or "")
            else:
                assert float(text) == pytest.approx(in_sheet, rel=1e-5) == lines[i][name]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0, "1", "0.000"),
        (1e-17, "1", "0.000"),
        (0.5, "1", "0.5000"),
        (12.3456, "K", "12.35"),
        (123456.7, "K", "123457"),
        (1.2345e7, "K", "1.234E+07"),
        (-3e-6, "1/K", "-3.000E-06"),
        (-123.456, "GPa", "-123.5"),
        (0.0123, "GPa", "0.0"),
        (0.0123, "eV", "0.012"),
    ],
)
def test_a_workbook_shows_the_digits_that_mean_something(value: float, unit: str, shown: str) -> None:
    form = number_format(value, unit)
    zeros = form.partition("E")[0].partition(".")[2]
    assert f"{value:.{len(zeros)}{'E' if 'E' in form else 'f'}}" == shown and set(form) <= set("0.E+")


def test_a_workbook_is_laid_out_for_reading(tensors: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    run_predict(CRYSTALS / "quartz.cif", "--model", tensors, "-o", tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["predictions", "about"] and book.active.title == "predictions"
    about = [row[0].value for row in book["about"].rows]
    assert any("Tensors and classes have no intervals" in line for line in about)
    assert not any("PBE" in line for line in about)  # of which only the models that ship are known to be
    sheet = book.active
    assert sheet.freeze_panes == "D2"  # file, identifier and formula stay in sight
    assert sheet.auto_filter.ref == sheet.dimensions
    head, row = sheet.rows
    for heading, cell in zip(head, row, strict=True):
        width = sheet.column_dimensions[heading.column_letter].width
        assert heading.font.bold and width >= max(map(len, heading.value.split()))
        assert (cell.number_format == "General") == (cell.data_type == "s" or cell.value is None), heading.value
    (modulus,) = (cell for heading, cell in zip(head, row, strict=True) if heading.value == "C11 (GPa)")
    assert modulus.number_format == "0.0" and round(modulus.value, 1) != modulus.value


@pytest.mark.parametrize("ending", ["xlsx", "html"])
def test_files_say_what_the_properties_are(ending: str, tmp_path: Path) -> None:
    openpyxl, _ = pytest.importorskip("openpyxl"), pytest.importorskip("matplotlib")
    names = ["--property", "band_gap", "--property", "dielectric_electronic"]
    run_predict(CRYSTALS / "nacl.cif", *names, "-o", tmp_path / f"out.{ending}")
    if ending == "html":
        text = (tmp_path / "out.html").read_text()
    else:
        rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["about"].rows
        text = " ".join(row[0].value for row in rows)
    assert "band_gap: of PBE" in text and "not the static dielectric tensor" in text


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_name_is_never_a_formula(ending: str, model: Path, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "in.jsonl", [json_record("nacl", id=FORMULA), "{"])
    output = tmp_path / f"out.{ending}"
    result = run_predict(path, "--model", model, "--wide", "-o", output)
    assert result.exit_code == 1 and "1 of 2 crystals could not be read" in result.stderr
    if ending == "xlsx":
        (_, row) = pytest.importorskip("openpyxl").load_workbook(output)["not read"].values
        assert row[0] == f"{path}:2" and row[1]
    if ending == "csv":
        assert list(csv.reader(io.StringIO(output.read_text())))[1][1] == f"'{FORMULA}"
        return
    cell = pytest.importorskip("openpyxl").load_workbook(output).active["B2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (FORMULA, "s", True)


@pytest.mark.usefixtures("small_chunks")
def test_chunks_make_one_table(many: Path, model: Path, tmp_path: Path) -> None:
    printed = run_predict(many, "--model", model, "--wide").stdout
    run_predict(many, "--model", model, "--wide", "-o", tmp_path / "out.csv", "--workers", 1)
    assert printed == (tmp_path / "out.csv").read_text()
    heads, *rows = csv.reader(io.StringIO(printed))
    assert [row[1] for row in rows] == [str(i) for i in range(40)] and set(map(len, rows)) == {len(heads)}
    long = run_predict(many, "--model", model, "--format", "csv").stdout
    run_predict(many, "--model", model, "-o", tmp_path / "long.csv")
    assert long == (tmp_path / "long.csv").read_text() and long.count("property") == 1


def test_two_models_for_one_property_have_columns_of_their_own(tensors: Path, tmp_path: Path) -> None:
    other = shutil.copytree(tensors, tmp_path / "other")
    result = run_predict(CRYSTALS / "nacl.cif", "--model", tensors, "--model", other, "--wide")
    heads, row = csv.reader(io.StringIO(result.stdout))
    assert len(set(heads)) == len(heads) == len(row)
    assert "elastic_tensor_11 (GPa)" in heads and "elastic_tensor_2_11 (GPa)" in heads
    assert row[-1].count("one of 2 models for elastic_tensor") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "xlsx"], "xlsx is not printed: give --output FILE.xlsx"),
        (["-o", "x.txt"], "does not end in .csv, .jsonl, .xlsx"),
        (["--json", "--format", "csv"], "--json prints"),
    ],
)
def test_formats_that_do_not_fit(arguments: list[str], message: str, model: Path) -> None:
    result = run_predict(CRYSTALS / "nacl.cif", "--model", model, *arguments)
    assert result.exit_code == 2 and message in result.stderr


def test_a_list_of_predictions_is_a_table(tensors: Path) -> None:
    pytest.importorskip("pandas")
    found = predict([CRYSTALS / "quartz.cif", CRYSTALS / "nacl.cif"], tensors)
    long = found.to_dataframe()
    assert len(long) == 10 and list(long["property"][:2]) == ["formation_energy_per_atom", "elastic_tensor"]
    assert long["value"][1].shape == (6, 6) and long["value"][2].shape == (3, 6)
    assert np.isnan(long["low"][0]) and long["class"][4] in ("metal", "insulator")
    assert len(type(found)().to_dataframe(wide=True)) == len(type(found)().to_dataframe()) == 0
    assert (
        "SiO<sub>2</sub>" in found._repr_html_() and repr(found) == "<Predictions: 10 predictions for 2 crystals>"
    )
    with pytest.raises(ValueError, match="the same properties"):
        found[:7].to_dataframe(wide=True)
