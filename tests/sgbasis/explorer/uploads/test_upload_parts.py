"""What is shown of a file: the same as ``sgbasis encode`` and ``sgbasis predict`` say, with something to draw."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import runtime
from basis_compiler import read_field, write_fields
from basis_store import data_folder
from sgbasis.cli import main
from sgbasis.explorer.uploads.crystal_view import FUNCTIONS
from sgbasis.explorer.uploads.prediction_view import shipped_job
from sgbasis.explorer.uploads.upload_names import kind_of_name
from sgbasis.explorer.uploads.upload_parts import Upload, upload_parts
from sgbasis.prediction.job import loaded
from sgbasis.prediction.predicted_value import LoadedModel
from tests.support import hostile_texts

CASES = Path(__file__).parents[3] / "basis_compiler/crystals/formats/cases"
CRYSTALS = data_folder() / "crystals"


@pytest.fixture(scope="module")
def models() -> Sequence[LoadedModel]:
    job = shipped_job()
    return loaded(job.models, job.device)


def view(path: Path, models: Sequence[LoadedModel] = (), **choice: Any) -> dict[str, Any]:
    """All parts of a file as one value, as it comes out of JSON."""
    found: dict[str, Any] = {}
    upload = Upload(path, "name <b>", kind_of_name(path.name), **choice)
    for part in upload_parts(upload, models, runtime.load_store()):
        found |= json.loads(json.dumps(part, allow_nan=False))
    return found


@pytest.mark.parametrize("path", sorted(CASES.glob("*/*")), ids=lambda path: path.name)
def test_cases_agree_with_encode(path: Path) -> None:
    done = CliRunner().invoke(main, ["encode", str(path), "--json", "--count", str(FUNCTIONS)])
    found = view(path)
    if done.exit_code:
        assert found == {"error": done.stderr.removeprefix("Error: ").strip().replace(str(path), "name <b>")}
    else:
        (expected,) = json.loads(done.stdout)
        assert found["crystal"]["encode"] == expected | {"name": "name <b>"}
        assert not found["problems"]


@pytest.mark.parametrize(
    "name", ["nul.cif", "spaces.cif", "utf_16.cif", "wide.vasp", "columns.xyz", "nested.json"]
)
def test_hostile_texts_are_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes((hostile_texts.crystal_files() | hostile_texts.json_files())[name])
    (error,) = view(path).values()
    assert error.startswith("name <b>: ") and error.isprintable() and str(tmp_path) not in error


def test_predictions_are_those_of_predict(models: Sequence[LoadedModel]) -> None:
    path = CRYSTALS / "quartz.cif"
    done = CliRunner().invoke(main, ["predict", str(path), "--json"])
    expected = [json.loads(line) for line in done.stdout.splitlines()]
    found = view(path, models)["predictions"]
    keys = ("property", "value", "unit", "notes", "low", "high", "class", "formula", "space_group")
    assert [{key: one.get(key) for key in keys} for one in found] == [
        {key: one.get(key) for key in keys} for one in expected
    ]
    surfaces = {one["property"]: one["surface"] for one in found if one.get("surface")}
    assert set(surfaces) == {"elastic_tensor", "dielectric_electronic"}
    epsilon = np.array(next(one["value"] for one in found if one["property"] == "dielectric_electronic"))
    values = np.array(surfaces["dielectric_electronic"]["values"])
    # The pole of the surface is the c axis, which of quartz is z of the file as well.
    np.testing.assert_allclose([values[0, 0], values[18].mean()], [epsilon[2, 2], epsilon[0, 0]], rtol=1e-4)


def test_several_crystals_can_be_chosen(tmp_path: Path) -> None:
    text = "".join((CRYSTALS / name).read_text() for name in ("rutile.cif", "spinel.cif"))
    path = tmp_path / "two.cif"
    path.write_text(text + hostile_texts.GOOD_CIF.replace("alpha 90", "alpha nan"))
    first, second = view(path), view(path, number=1)
    assert [first["crystal"]["formula"], second["crystal"]["formula"]] == ["TiO2", "MgAl2O4"]
    assert second["chosen"] == 1
    assert [set(one) for one in first["crystals"]] == [{"name"}, {"name"}, {"error"}]
    assert "alpha" in view(path, number=2)["error"]
    assert "no number 9" in view(path, number=8)["error"]


def test_a_density_is_drawn_as_it_is(shared: Path, tmp_path: Path) -> None:
    field = read_field(shared / "fields/si_abinit.npz")
    path = tmp_path / "CHGCAR"
    write_fields(path, {"total": field})
    found = view(path)
    assert found["crystal"]["setting"]["number"] == 227 and not found["problems"]
    drawn = found["field"]
    grid = drawn["grid"]
    n = grid["points"]
    values = np.frombuffer(base64.b64decode(grid["values"]), "<f4").reshape(n, n, n)
    assert (values.min(), values.max()) == pytest.approx((grid["minimum"], grid["maximum"]))
    assert grid["minimum"] < grid["level"] < grid["bright"] <= grid["maximum"]
    # The number of electrons of the conventional cell: four times that of the file's primitive one.
    volume = abs(np.linalg.det(np.array(drawn["lattice"])))
    assert values.mean() * volume == pytest.approx(4 * field.integral, rel=1e-4)
    # Bonds of silicon: the density is large in the middle of each, in the frame of the atoms.
    x, bonds = np.array(found["crystal"]["drawn"]["coordinates"]), found["crystal"]["drawn"]["bonds"]
    middles = np.rint([(x[i] + x[j]) / 2 * n for i, j in bonds]).astype(int) % n
    assert len(bonds) >= 4 and (values[tuple(middles.T)] > 0.9 * values.max()).all()
    assert any("functions" in line for line in drawn["expansion"])


def test_a_field_without_atoms_is_shown_in_its_own_cell(shared: Path, tmp_path: Path) -> None:
    field = read_field(shared / "fields/al_fcc_dftpy.npz")
    path = tmp_path / "map.ccp4"
    write_fields(path, {"total": field})
    found = view(path)
    assert "crystal" not in found and "predictions" not in found
    assert any("lists no atoms" in note for note in found["field"]["notes"])
    assert found["field"]["grid"]["mean"] == pytest.approx(field.values.mean(), rel=1e-4)


def test_a_workbook_is_called_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "upload", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    (error,) = view(tmp_path / "upload").values()
    assert "a ZIP archive, as .xlsx and .docx files are, not a CIF" in error


def test_what_a_name_does_not_say_the_content_does(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes((shared / "fields/si_abinit.npz").read_bytes())
    assert "field" in view(path)
