"""What ``sgbasis predict`` proposes, prefers and prints as JSON, and how it reads standard input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from basis_store import ModelError
from sgbasis import predict
from sgbasis.cli import main
from tests.support.command_line import run_predict
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS, json_record
from tests.support.tiny_models import BULK, save_tiny


def test_near_names_are_proposed() -> None:
    result = run_predict(CRYSTALS / "nacl.cif", "--property", "bandgap")
    assert result.exit_code == 1 and "did you mean band_gap?" in result.stderr
    with pytest.raises(ModelError, match=r"did you mean bulk_modulus or shear_modulus\?"):
        predict(CRYSTALS / "nacl.cif", "Bulk modulus")


def test_several_models_in_python(model: Path) -> None:
    file, folder = CRYSTALS / "nacl.cif", model
    names = [one.property for one in predict(file, ["bulk_modulus", "elastic_tensor"])]
    assert names == ["bulk_modulus", "elastic_tensor"]
    twice = predict(file, [folder, folder])
    assert len(twice) == 2 and all(f"one of 2 models for {one.property}: {folder}" in one.notes for one in twice)


def test_moduli_that_disagree_are_noted(tmp_path: Path) -> None:
    """On the tensor only, once; not where the tensor's K is in the interval of the other model."""
    names = ["--property", "bulk_modulus", "--property", "elastic_tensor"]
    note = "is outside the 90 % interval of bulk_modulus ("
    options = [CRYSTALS / "rutile.cif", *names]
    assert run_predict(*options).stdout.count(note) == 1
    for line in run_predict(*options, "--json").stdout.splitlines():
        found = json.loads(line)
        assert found["unit"] == "GPa"
        assert any(note in one for one in found["notes"]) == (found["property"] == "elastic_tensor")
    result = run_predict(*options, "-o", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().count(note) == 1
    assert "2 predictions for 1 crystal, 0 of the predictions outside" in result.stdout
    assert note not in run_predict(*options[:1], "--property", "elastic_tensor").stdout
    assert note not in run_predict(CRYSTALS / "nacl.cif", *names).stdout
    one = run_predict(*options[:3], "-o", tmp_path / "out.csv")
    assert "1 prediction for 1 crystal, " in one.stdout


@pytest.mark.parametrize("form", ["jsonl", "cif", "poscar"])
def test_standard_input(form: str, model: Path, tmp_path: Path) -> None:
    poscar = "NaCl\n1\n0 2.82 2.82\n2.82 0 2.82\n2.82 2.82 0\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"
    text = {
        "jsonl": json.dumps(json_record("nacl")) + "\n",
        "cif": (CRYSTALS / "nacl.cif").read_text(),
        "poscar": poscar,
    }[form]
    options = ["predict", "-", "--json", "--model", str(model)]
    named = CliRunner().invoke(main, [*options, "--input-format", form], input=text)
    assert named.exit_code == 0, named.output
    found = json.loads(named.stdout)
    assert (found["file"], found["formula"], found["unit"]) == ("-", "NaCl", "eV/atom")
    alone = CliRunner().invoke(main, options, input=text)
    if form == "poscar":
        assert (
            alone.exit_code == 1
            and "neither lines of JSON nor a CIF: name the format with --input-format poscar" in alone.stderr
        )
    else:
        assert alone.stdout == named.stdout


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["-"], "", "-: standard input is empty"),
        (["-", "-"], "{}", "can be read once only"),
        (["-"], "{}\n", "-:1: "),
        (["-"], "data_x\n", "-: "),
        (["x.cif", "--input-format", "cif"], "", "--input-format is that of standard input"),
        (["-", "--json", "-o", "x.csv"], "", "--json prints"),
    ],
)
def test_wrong_standard_input(arguments: list[str], text: str, message: str, model: Path) -> None:
    options = ["predict", *arguments, "--model", str(model)]
    result = CliRunner().invoke(main, options, input=text)
    assert result.exit_code != 0 and message in result.stderr
    assert "/tmp" not in result.output and "sgbasis-" not in result.output


@pytest.mark.parametrize("file", [CRYSTALS / "corundum.cif", OTHER_CELLS / "spinel_primitive.cif"], ids=["c", "s"])
def test_what_symmetry_forbids_is_exactly_0(file: Path) -> None:
    names = ["elastic_tensor", "dielectric_electronic", "piezoelectric_tensor"]
    for one in predict(file, names):
        sizes = np.abs(one.value)
        assert not ((sizes > 0) & (sizes < 1e-9 * sizes.max())).any(), one.property


@pytest.mark.parametrize(("mean", "value"), [(400.0, None), (float("nan"), None), (2.0, 100.0)])
def test_a_value_that_is_not_finite_is_null_and_noted(
    mean: float, value: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = save_tiny(tmp_path / "bulk", BULK)
    monkeypatch.setattr("runtime.prediction.predict_prepared", lambda *_, **__: np.array([[mean]]))
    result = CliRunner().invoke(main, ["predict", str(CRYSTALS / "nacl.cif"), "--json", "--model", str(model)])
    found = json.loads(result.stdout)
    assert found["value"] == value
    assert ("the model gives no finite value for this crystal" in found["notes"]) == (value is None)
