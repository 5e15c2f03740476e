"""The crystals of benchmarks are the same in every run, on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import crystal_sample
from benchmarks.crystal_sample import sample_records
from tests.support.crystals.crystal_inputs import json_record, write_jsonl


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without development data, and without samples of other tests."""
    monkeypatch.setattr(crystal_sample, "_DEVELOPMENT_DATA", tmp_path / "absent.jsonl.gz")
    monkeypatch.delenv(crystal_sample.VARIABLE, raising=False)
    sample_records.cache_clear()


def test_made_crystals() -> None:
    few, what = sample_records(5)
    assert what == "5 made crystals over all standard settings"
    more, _ = sample_records(12)
    assert [record.identifier for record in more] == [f"made-{i}" for i in range(12)]
    assert all(np.array_equal(one.lattice, other.lattice) for one, other in zip(few, more, strict=False))
    assert len({record.setting.number for record in more}) > 6


def test_crystals_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the training split, with targets, without unreadable crystals; a short file gives a short sample."""
    records = [json_record("nacl", id=f"{i}", targets={"gap": i}, split="train") for i in range(6)]
    others = [json_record("nacl", id="held", split="val"), json_record("nacl", id="bad", species=["Xx"] * 8)]
    path = write_jsonl(tmp_path / "some.jsonl.gz", [*records, *others])
    monkeypatch.setenv(crystal_sample.VARIABLE, str(path))
    found, what = sample_records(100)
    assert what == "6 crystals of some.jsonl.gz"
    assert sorted(record.identifier for record in found) == [f"{i}" for i in range(6)]
    assert all(float(record.targets["gap"]) == int(record.identifier) for record in found)
    some, _ = sample_records(3)
    assert [one.identifier for one in some] == [one.identifier for one in found[:3]]
    assert [one.identifier for one in found] != sorted(one.identifier for one in found), "in random order"
