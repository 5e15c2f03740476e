"""The axes in which tables and reports give tensors: --frame."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from sgbasis import predict
from sgbasis.prediction.forms.tensor_axes import AXES
from tests.support.command_line import run_predict
from tests.support.tiny_models import ELASTIC, PIEZOELECTRIC, save_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "tensors", ELASTIC, PIEZOELECTRIC)


@pytest.fixture(scope="module")
def primitive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Zinc blende in a primitive cell whose first vector is along x."""
    cell = 2.7 * np.array([[2, 0, 0], [1, 3**0.5, 0], [1, 3**-0.5, (8 / 3) ** 0.5]]) / 2**0.5
    rows = "\n".join(" ".join(f"{entry:.12f}" for entry in row) for row in cell)
    path = tmp_path_factory.mktemp("cells") / "POSCAR"
    path.write_text(f"ZnS\n1.0\n{rows}\nZn S\n1 1\nDirect\n0 0 0\n.25 .25 .25\n")
    return path


def test_a_cubic_crystal_in_a_primitive_cell(model: Path, primitive: Path, tmp_path: Path) -> None:
    found = {}
    for axes in AXES:
        result = run_predict(primitive, "--model", model, "--wide", "--frame", axes)
        head, row = csv.reader(io.StringIO(result.stdout))
        found[axes] = dict(zip(head, row, strict=True))
    file, ieee = found["file"], found["ieee"]
    assert ieee["C12 (GPa)"] == ieee["C13 (GPa)"] and ieee["C11 (GPa)"] == ieee["C33 (GPa)"]
    assert file["C12 (GPa)"] != file["C13 (GPa)"]
    # Exactly 0, not rounding.
    assert {ieee[name] for name in ("C14 (GPa)", "C16 (GPa)", "e11 (C/m^2)", "e33 (C/m^2)")} == {"0"}
    assert ieee["e14 (C/m^2)"] == ieee["e36 (C/m^2)"] != "0"
    for name in ("K_hill (GPa)", "G_hill (GPa)", "E_hill (GPa)"):
        assert (not ieee[name] and not file[name]) or float(ieee[name]) == pytest.approx(float(file[name]), 1e-4)


def test_lines_of_json_have_both(model: Path, primitive: Path) -> None:
    line, _ = map(json.loads, run_predict(primitive, "--model", model, "--json").stdout.splitlines())
    assert line["value_ieee"][0][1] == line["value_ieee"][0][2] and line["value"][0][1] != line["value"][0][2]
    value = predict(primitive, model)[0].value
    assert line["value"][0][1] == pytest.approx(value[0, 0, 1, 1], rel=1e-5)


@pytest.mark.parametrize("axes", AXES)
def test_files_say_which_axes(axes: str, model: Path, primitive: Path, tmp_path: Path) -> None:
    openpyxl, _ = pytest.importorskip("openpyxl"), pytest.importorskip("matplotlib")
    for ending in ("xlsx", "html"):
        result = run_predict(primitive, "--model", model, "--frame", axes, "-o", tmp_path / f"out.{ending}")
        assert result.exit_code == 0, result.output
    lines = [row[0].value for row in openpyxl.load_workbook(tmp_path / "out.xlsx")["about"].rows]
    assert any(AXES[axes] in line for line in lines)
    assert AXES[axes] in (tmp_path / "out.html").read_text()
