"""The file of benchmarks: rows that were measured again replace the old ones, the others stay."""

from __future__ import annotations

import json
from pathlib import Path

from basis_store.version import VERSION
from benchmarks.machine import Machine
from benchmarks.row import Row, write_rows


def test_rows_of_parts_are_joined(tmp_path: Path) -> None:
    path, machine = tmp_path / "speed.json", Machine(bandwidth=2e10, flops=1e11)
    one = Row(name="one", what="a", ours=2.0, peer=6.0, peer_name="b", limit=0.5, peak_bytes=1e6)
    rate = Row(name="rate", what="c", unit="crystals/s", ours=6.0, peer=2.0, limit=12.0)
    write_rows(path, machine.description(), [one, rate])
    write_rows(path, machine.description(), [Row(name="one", what="a", ours=3.0, peer=6.0)])
    found = json.loads(path.read_text())
    assert [row["name"] for row in found["rows"]] == ["one", "rate"]
    assert [row["ratio"] for row in found["rows"]] == [2.0, 3.0]
    assert [row["share_of_limit"] for row in found["rows"]] == [None, 0.5]
    assert found["machine"]["sgbasis"] == VERSION
    assert found["machine"]["bandwidth"] == 2e10
