"""Validation errors anew: over all files of a model, and file by file."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.pages import evaluations
from tests.support.crystals.crystal_inputs import json_record, write_jsonl


def test_only_the_validation_split_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "shipped_models", lambda: ["bulk_modulus"])
    for stem, values in (("mp_moduli", (25.0, 250.0)), ("mp_moduli_binary", (100.0,))):
        records = [
            json_record("nacl", id=f"{stem}-{number}", split="val", targets={"bulk_modulus_vrh": value})
            for number, value in enumerate(values)
        ]
        other = json_record("nacl", id="seen", split="train", targets={"bulk_modulus_vrh": 1e-9})
        write_jsonl(tmp_path / f"{stem}.jsonl.gz", [*records, other])
    found = evaluations.evaluations(tmp_path)["bulk_modulus"]
    one, two = found["mp_moduli"], found["mp_moduli_binary"]
    assert (found["n"], one["n"], two["n"]) == (3, 2, 1)
    assert found["mae"] == pytest.approx((2 * one["mae"] + two["mae"]) / 3)
    assert one["mae"] < 1.5
