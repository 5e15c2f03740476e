"""What several tests of predictions share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crystals.crystal_inputs import json_record, write_jsonl
from tests.support.tiny_models import save_tiny

NAMES = ("nacl", "quartz", "rutile", "spinel")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "energy")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """42 lines, two of which hold no crystal."""
    records = [json_record(NAMES[i % 4], id=f"{i}") for i in range(40)]
    path = tmp_path_factory.mktemp("lines") / "many.jsonl"
    return write_jsonl(path, [*records[:11], "{", *records[11:], json_record("nacl", species=["Xx"] * 8)])


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sgbasis.prediction.predict_many.CHUNK", 4)
