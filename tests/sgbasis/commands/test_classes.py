"""A class from files to predictions: compiled, trained, evaluated and predicted by the commands."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sgbasis import predict
from sgbasis.cli import main
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl

NAMES = ("nacl", "rutile", "quartz", "spinel", "cscl", "corundum", "diamond", "wurtzite")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Oxides and others in cells of several sizes, the dataset of them, and a model of the class ``oxide``."""
    made = tmp_path_factory.mktemp("classes")
    records = []
    for i, size in enumerate(np.linspace(0.9, 1.2, 12)):
        for name in NAMES:
            record = json_record(name, id=f"{name}-{i}")
            record["lattice"] = (size * np.array(record["lattice"])).tolist()
            record["targets"] = {"oxide": (8 in record["species"]) if i != 5 else None, "size": float(size)}
            records.append(record)
    lines = write_jsonl(made / "oxides.jsonl", records)
    done = run("crystals", lines, "-o", made / "oxides.h5", "--split", "0.6,0.2,0.2", "--workers", 1)
    assert done.exit_code == 0, done.output
    (made / "run.toml").write_text(
        f'data = "{made / "oxides.h5"}"\noutput = "{made / "run"}"\narchitecture = "CompositionModel"\n'
        'epochs = 30\nbatch_size = 8\n[[targets]]\nname = "oxide"\nclasses = ["other", "oxide"]\n'
        '[[targets]]\nname = "size"\nunit = "1"\n'
    )
    done = run("train", made / "run.toml", "--device", "cpu")
    assert done.exit_code == 0, done.output
    return made


def test_info_says_what_the_column_is(folder: Path) -> None:
    text = run("info", folder / "oxides.h5").stdout
    assert ["oxide", "true/false", "number", "88", "0", "1"] in [line.split() for line in text.splitlines()]
    assert "oxide (true/false)" in text


def test_it_learns(folder: Path) -> None:
    done = run(
        "evaluate", "--model", folder / "run/model", "--data", folder / "oxides.h5", "--split", "test", "--json"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["target"], found["unit"], found["target_unit"]) == ("oxide", "1", "probability of oxide")
    assert found["roc_auc"] > 0.95 and found["accuracy"] > 0.9 > found["majority"]
    assert found["roc_auc_interval"][0] <= found["roc_auc"] <= found["roc_auc_interval"][1]
    assert found["notes"] == []
    text = run(
        "evaluate", "--model", folder / "run/model", "--data", folder / "oxides.h5", "--split", "test"
    ).stdout
    assert "ROC AUC " in text and "accuracy " in text and "MAE" not in text and "log10" not in text


def test_the_card(folder: Path) -> None:
    card = (folder / "run/model/README.md").read_text()
    assert "Predicts `oxide` (other or oxide) and `size` of a crystal" in card
    assert "The number is the probability of oxide" in card
    assert "cross-entropy of oxide on the validation split" in card and "mean absolute error of size" in card
    assert '"roc_auc", "accuracy", "mae"' in card
    report = json.loads((folder / "run/report.json").read_text())
    assert report["val"]["oxide"]["overall"]["roc_auc"] > 0.9


def test_predictions(folder: Path, tmp_path: Path) -> None:
    files = [CRYSTALS / "nacl.cif", CRYSTALS / "rutile.cif"]
    model = folder / "run/model"
    found = [one for one in predict(files, model) if one.property == "oxide"]
    assert [one.label for one in found] == ["other", "oxide"]
    assert found[0].value < 0.5 < found[1].value and found[0].unit == "probability of oxide"
    text = run("predict", *files, "--model", model).stdout
    assert f"{found[0].value:.6g} (other)" in text and f"{found[1].value:.6g} (oxide)" in text
    run("predict", *files, "--model", model, "-o", tmp_path / "x.csv")
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert [(row["property"], row["class"]) for row in rows] == [
        ("oxide", "other"), ("size", ""), ("oxide", "oxide"), ("size", ""),
    ]  # fmt: skip
    run("predict", *files, "--model", model, "-o", tmp_path / "x.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [line.get("class") for line in lines] == ["other", None, "oxide", None]
    assert lines[0]["value"] == pytest.approx(found[0].value, rel=1e-5)


def test_options_suffice(folder: Path, tmp_path: Path) -> None:
    done = run(
        "train", "--data", folder / "oxides.h5", "--target", "oxide", "--architecture", "CompositionModel",
        "--epochs", 1, "-o", tmp_path / "run", "--device", "cpu",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    config = json.loads((tmp_path / "run/model/config.json").read_text())
    assert config["targets"][0]["classes"] == ["false", "true"]
    done = run("train", "--data", folder / "oxides.h5", "--target", "class:size", "-o", tmp_path / "other")
    assert done.exit_code == 1
    assert "has 'size'" in done.stderr or "values that are neither 0 nor 1, such as 0.9" in done.stderr


def test_a_column_of_0_and_1_without_a_unit(folder: Path, tmp_path: Path) -> None:
    """``class:`` takes it as it is, and nothing is said of units."""
    records = [
        json_record(NAMES[i % 4], id=str(i), flag=i % 4 % 2, split="val" if i % 5 < 2 else "train")
        for i in range(40)
    ]
    lines = write_jsonl(tmp_path / "flags.jsonl", records)
    assert run("crystals", lines, "-o", tmp_path / "x.h5", "--workers", 1).exit_code == 0
    done = run(
        "train", "--data", tmp_path / "x.h5", "--target", "class:flag", "--architecture", "CompositionModel",
        "--epochs", 1, "-o", tmp_path / "run", "--device", "cpu",
    )  # fmt: skip
    assert done.exit_code == 0 and "unit" not in done.output, done.output
    done = run("evaluate", "--model", tmp_path / "run/model", "--data", lines, "--split", "val")
    assert "ROC AUC" in done.stdout and "unit" not in done.output


def test_a_column_of_words(tmp_path: Path) -> None:
    records = [json_record("nacl", id=str(i), word=("a", "b")[i % 2], x=i, split="train") for i in range(4)]
    run("crystals", write_jsonl(tmp_path / "x.jsonl", records), "-o", tmp_path / "x.h5", "--workers", 1)
    done = run("train", "--data", tmp_path / "x.h5", "--target", "class:word", "-o", tmp_path / "run")
    assert (
        "has no target 'word'; it was left out of the dataset (word: text, not a number, in 4 crystals)"
        in done.stderr
    )
