"""Ablations: a row for each property of a change, made once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from experiments import ablation
from experiments.ablation import Task
from tests.support.crystals.made_datasets import made_dataset

CONFIG = """
data = ["runs/made.h5"]
output = "runs/tiny"
batch_size = 8
[model]
width = 16
layers = 1
[[targets]]
name = "energy"
[[targets]]
name = "stiffness"
log10 = true
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made_dataset(tmp_path / "made.h5", 40)
    (tmp_path / "tiny.toml").write_text(CONFIG)
    monkeypatch.setattr(ablation, "TASKS", {"tiny": Task("tiny.toml", 1, 16)})
    places = {"data": tmp_path, "configs": tmp_path, "runs": tmp_path / "runs", "output": tmp_path / "rows.json"}
    words = [word for name, place in places.items() for word in (f"--{name}", str(place))]
    monkeypatch.setattr(sys, "argv", ["ablation", "--change", "real space", "Fourier", *words])
    return tmp_path


def test_every_property_of_every_change_has_a_row(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ablation.main()
    rows = json.loads((tiny / "rows.json").read_text())["rows"]
    assert {(row["change"], row["property"]) for row in rows} == {
        (change, name) for change in ("real space", "Fourier") for name in ("energy", "stiffness")
    }
    assert all(row["size"] == 16 and row["epochs"] == 1 and row["mae"] > 0 for row in rows)
    described = json.loads((tiny / "runs" / "tiny_Fourier_0" / "model" / "config.json").read_text())
    assert described["config"]["channels"] == 0 and described["config"]["width"] == 16
    # Again: nothing is trained.
    monkeypatch.delattr(ablation, "run_training")
    ablation.main()
    assert json.loads((tiny / "rows.json").read_text())["rows"] == rows
