"""A predicted tensor that was not finite ended the whole batch with an error on its entries.

It is written without values, and with the note that the model gives none; the other crystals are predicted.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import run_predict
from tests.support.crystals.crystal_inputs import CRYSTALS
from tests.support.tiny_models import ELASTIC, save_tiny

NOTE = "the model gives no finite value for this crystal"


@pytest.mark.parametrize("ending", ["", "csv", "jsonl", "html"])
def test_other_crystals_are_predicted(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if ending == "html":
        pytest.importorskip("matplotlib")
    model, output = save_tiny(tmp_path / "model", ELASTIC), tmp_path / f"out.{ending}"
    components = np.full((2, 21), np.nan)
    components[1] = 0.0  # the logarithm of the unit tensor
    monkeypatch.setattr("runtime.prediction.predict_prepared", lambda *_, **__: components)
    files = (CRYSTALS / "nacl.cif", CRYSTALS / "spinel.cif")
    result = run_predict(*files, "--model", model, *(("-o", output) if ending else ()))
    assert result.exit_code == 0, result.output
    text = output.read_text(encoding="utf-8") if ending else result.stdout
    assert NOTE in text and "MgAl" in text
    if ending == "jsonl":
        first, second = map(json.loads, text.splitlines())
        assert first["value"] == [[None] * 6] * 6 and second["value"][0][0] == 1
