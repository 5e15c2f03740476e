"""``sgbasis evaluate`` as a user runs it: figures by hand, values left out, data that cannot be compared."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from basis_compiler import compile_dataset
from runtime import save_pretrained
from sgbasis import predict
from sgbasis.cli import main
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.tiny_models import BULK, DOMAIN, ENERGY, save_tiny, tiny_model

# Known minus predicted, by example; the last two lack a valid value.
ERRORS = {"nacl": 1.0, "spinel": -2.0, "rutile": 0.5, "quartz": 0.25}


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "both", ENERGY, BULK)


@pytest.fixture(scope="module")
def data(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = []
    for name, error in ERRORS.items():
        energy, modulus = (one.value for one in predict(CRYSTALS / f"{name}.cif", model))
        targets = {
            "formation_energy_per_atom": energy + error if name != "quartz" else None,
            "bulk_modulus_vrh": modulus * 10**error if name != "rutile" else -3.0,
        }
        records.append(json_record(name, targets=targets, split="train" if name == "nacl" else "val"))
    records.append({"id": "bad", "split": "val"})
    return write_jsonl(tmp_path_factory.mktemp("data") / "data.jsonl.gz", records)


def report(*arguments: object) -> dict[str, object]:
    result = evaluate(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_the_figures(model: Path, data: Path) -> None:
    found = report("--model", model, "--data", data)
    assert found["model"] == str(model)
    assert (found["target"], found["unit"], found["n"]) == ("formation_energy_per_atom", "eV/atom", 3)
    assert found["mae"] == pytest.approx(3.5 / 3, rel=1e-5)
    assert found["rmse"] == pytest.approx(math.sqrt(5.25 / 3), rel=1e-5)
    assert found["mae_interval"][0] == pytest.approx(0.5, rel=1e-4)
    assert found["mae_interval"][1] == pytest.approx(2.0, rel=1e-4)
    assert found["left_out"] == {
        "without a value": 1, "not positive": 0, "invalid": 0, "not compiled": 1,
    }  # fmt: skip
    systems, groups = found["crystal_systems"], found["space_groups"]
    assert {name: one["n"] for name, one in systems.items()} == {"tetragonal": 1, "cubic": 2}
    assert {name: round(one["mae"], 4) for name, one in groups.items()} == {"136": 0.5, "225": 1.0, "227": 2.0}


def test_a_split_of_a_compiled_dataset(model: Path, data: Path, tmp_path: Path) -> None:
    compile_dataset([data], tmp_path / "data.h5")
    found = report("--model", model, "--data", tmp_path / "data.h5", "--split", "val")
    assert (found["n"], found["split"]) == (2, "val")
    assert found["mae"] == pytest.approx(1.25, rel=1e-5)
    assert found == report("--model", model, "--data", data, "--split", "val") | {
        "data": str(tmp_path / "data.h5")
    }


def test_only_the_split_is_compiled(model: Path, data: Path, tmp_path: Path) -> None:
    """Crystals of other splits are not read: here none of them could be."""
    records = [json_record("rutile", id="r", targets={"formation_energy_per_atom": -1.0}, split="val")]
    good = write_jsonl(tmp_path / "x.jsonl", records)
    expected = report("--model", model, "--data", good)
    records += [json_record("nacl", id=f"b{i}", species=["Xx"] * 8, split="train") for i in range(9)]
    found = report("--model", model, "--data", write_jsonl(good, records), "--split", "val")
    assert found == expected | {"split": "val"}


def test_a_fold(model: Path, data: Path, tmp_path: Path) -> None:
    table = compile_dataset([data], tmp_path / "data.h5", folds=3)
    found = [report("--model", model, "--data", tmp_path / "data.h5", "--fold", i) for i in (0, 1, 2)]
    known = [table.folds[table.identifiers.index(name)] for name in ("nacl", "spinel", "rutile")]
    assert [one["n"] for one in found] == [known.count(i) for i in (0, 1, 2)]
    assert [one["fold"] for one in found] == [0, 1, 2]
    result = evaluate("--model", model, "--data", tmp_path / "data.h5", "--fold", known[0])
    assert f"fold {known[0]} of {tmp_path / 'data.h5'}" in result.stdout
    assert "was trained without folds; it may have been trained on fold" in result.stderr
    result = evaluate("--model", model, "--data", tmp_path / "data.h5", "--fold", 3)
    assert "data.h5 has the folds 0 to 2: there is no fold 3" in result.stderr
    result = evaluate("--model", model, "--data", data, "--fold", 0)
    assert f"{data} has no folds (sgbasis crystals --folds 5 makes them): there is no fold 0" in result.stderr


def test_what_the_model_was_trained_on_is_said(model: Path, data: Path, tmp_path: Path) -> None:
    """Errors on crystals of the training split are too small, with or without a note from elsewhere."""
    compiled = tmp_path / "data.h5"
    table = compile_dataset([data], compiled)
    trained = {"data": {"data.h5": table.content_hash}, "configuration": {"fold": -1, "hold_out_groups": []}}
    own = tmp_path / "own"
    save_pretrained(tiny_model(ENERGY), own, card="# Own", domain=DOMAIN, training=trained)
    result = evaluate("--model", own, "--data", compiled)
    assert result.stderr.splitlines() == [
        f"Note: 1 of these 3 crystals are in the training split of this dataset, which {own} was trained on, so "
        "these errors are too small: take --split val"
    ]
    assert evaluate("--model", own, "--data", compiled, "--split", "val").stderr == ""
    compile_dataset([data], compiled, split=(0.5, 0.25, 0.25))
    assert (
        f"Note: {own} was trained on data.h5: errors on crystals that were there are too small"
        in evaluate("--model", own, "--data", compiled).stderr
    )
    # Groups that were held out were not trained on, and neither was a fold that was kept apart.
    trained["configuration"] = {"fold": -1, "hold_out_groups": [225]}
    save_pretrained(tiny_model(ENERGY), own, card="# Own", domain=DOMAIN, training=trained)
    compile_dataset([data], compiled)
    assert evaluate("--model", own, "--data", compiled).stderr == ""


def test_logarithms(model: Path, data: Path) -> None:
    found = report("--model", model, "--data", data, "--target", "bulk_modulus_vrh")
    assert (found["unit"], found["target_unit"], found["n"]) == ("log10 GPa", "GPa", 3)
    assert found["mae"] == pytest.approx(3.25 / 3, rel=1e-5)
    assert found["left_out"] == {
        "without a value": 0, "not positive": 1, "invalid": 0, "not compiled": 1,
    }  # fmt: skip


def test_what_a_user_reads(model: Path, data: Path) -> None:
    result = evaluate("--model", model, "--data", data)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == f"{model} on {data}: formation_energy_per_atom, 3 crystals"
    assert lines[1].startswith("MAE 1.16667 eV/atom (95 %: 0.50000 to 2.00000)")
    assert lines[3] == "left out: 1 without a value, 1 not compiled"
    assert lines[5:11] == [
        "crystal system n MAE 95 % RMSE",
        "tetragonal 1 0.50000 0.50000 to 0.50000 0.50000",
        "cubic 2 1.50000 1.00000 to 2.00000 1.58114",
        "",
        "largest errors:",
        "identifier formula space group true predicted",
    ]
    assert len(lines) == 11 + 3
    assert "this includes the split 'train'" in result.stderr
    assert evaluate("--model", model, "--data", data, "--split", "val").stderr == ""


def test_a_table_of_all_crystals(model: Path, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    result = evaluate("--model", model, "--data", data, "--target", "bulk_modulus_vrh", "-o", table)
    assert result.exit_code == 0, result.output
    rows = {row["identifier"]: row for row in csv.DictReader(io.StringIO(table.read_text()))}
    assert {name: row["split"] for name, row in rows.items()} == {
        "nacl": "train",
        "spinel": "val",
        "quartz": "val",
    }
    for name, row in rows.items():
        assert float(row["true"]) / float(row["predicted"]) == pytest.approx(10 ** ERRORS[name], rel=1e-4)
        assert float(row["error"]) == pytest.approx(float(row["predicted"]) - float(row["true"]), rel=1e-4)
        assert (row["low"], row["high"], row["unit"]) == ("", "", "GPa")
        assert row["space_group"].split()[0] in ("225", "227", "154") and row["formula"]
    worst = report("--model", model, "--data", data, "--target", "bulk_modulus_vrh")["worst"]
    assert isinstance(worst, list)
    sizes = [abs(math.log10(one["predicted"] / one["true"])) for one in worst]
    assert len(sizes) == 3 and sizes == sorted(sizes, reverse=True)
    result = evaluate("--model", model, "--data", data, "-o", tmp_path / "table.txt")
    assert result.exit_code == 2 and "does not end in .csv" in result.stderr


@pytest.mark.parametrize("target", ["bulk_modulus_vrh", "formation_energy_per_atom"])
def test_a_parity_plot_and_the_largest_errors(target: str, model: Path, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = evaluate("--model", model, "--data", data, "--target", target, "--plot", tmp_path / "plot.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    lines = result.stdout.splitlines()
    assert lines[lines.index("largest errors:") + 1].split()[-2:] == ["true", "predicted"]
    result = evaluate("--model", model, "--data", data, "--plot", tmp_path / "plot.txt")
    assert result.exit_code == 2 and "does not end in .png" in result.stderr


def test_groups_of_ten_have_a_row(model: Path, tmp_path: Path) -> None:
    records = [json_record("nacl", id=str(i), targets={"formation_energy_per_atom": -1.0}) for i in range(10)]
    lines = write_jsonl(tmp_path / "ten.jsonl", [*records, json_record("rutile", formation_energy_per_atom=-2.0)])
    text = evaluate("--model", model, "--data", lines).stdout.partition("largest errors")[0]
    assert "\n225 Fm-3m" in text and "136" not in text.replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--split", "test"], "no crystal of the data is in the split 'test'; there are train, val"),
        (["--target", "band_gap"], "both does not predict 'band_gap'; it predicts formation_energy_per_atom"),
        (["--data", "absent.h5"], "absent.h5: No such file or directory"),
        (["--data", "absent.jsonl"], "absent.jsonl: No such file or directory"),
        (
            ["--data", str(CRYSTALS / "nacl.cif")],
            "nacl.cif has no target 'formation_energy_per_atom'; it has no targets",
        ),
        (["--model", "absent"], "there is no model 'absent'"),
    ],
)
def test_what_cannot_be_compared(options: list[str], message: str, model: Path, data: Path) -> None:
    result = evaluate("--model", model, "--data", data, *options)
    assert result.exit_code == 1
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_another_unit_is_noticed(model: Path, data: Path, tmp_path: Path) -> None:
    compile_dataset([data], tmp_path / "data.h5", units={"formation_energy_per_atom": "meV/atom"})
    result = evaluate("--model", model, "--data", tmp_path / "data.h5")
    assert "data.h5 has 'formation_energy_per_atom' in 'meV/atom', not in 'eV/atom'" in result.stderr
