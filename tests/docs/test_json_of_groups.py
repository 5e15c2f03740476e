"""The guide explains every key of `sgbasis show --json`, and no other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from sgbasis.cli import main
from tests.support.source_tree import ROOT

GROUPS = (
    ["99"],
    ["123:B1g"],
    ["75:1E"],
    ["plane:17"],
    ["BNS:62.448"],
    ["99", "--wyckoff", "--operations", "--generators", "--tensors"],
    ["BNS:62.448", "--wyckoff", "--operations", "--generators"],
)


def test_every_key_is_in_the_table_and_no_other() -> None:
    pytest.importorskip("spglib")
    text = (ROOT / "docs" / "guides" / "settings.md").read_text(encoding="utf-8")
    conditions, _, groups = text.partition("### The JSON of a group")
    of_positions = set(_keys(conditions.partition("### Reflection conditions as JSON")[2]))
    explained = set(_keys(groups))
    found: set[str] = set()
    for arguments in GROUPS:
        done = CliRunner().invoke(main, ["show", *arguments, "--json"])
        assert done.exit_code == 0, done.output
        found |= set(_paths(json.loads(done.stdout), ""))
    conditions_of_positions = "wyckoff.reflection_conditions."
    special = {one for one in found if one.startswith(conditions_of_positions)}
    assert {one.rpartition(".")[2] for one in special} <= of_positions
    # The keys of ``conditions`` are those of ``listed``.
    same = {one.replace("s.conditions.", "s.listed.") for one in found - special}
    assert same - explained == set()
    assert explained - same == set()


def _keys(table: str) -> list[str]:
    """What the first columns of tables have as code."""
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    return [key for row in rows for key in re.findall(r"`([\w.]+)`", row)]


def _paths(value: Any, start: str) -> list[str]:
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in (start + key, *_paths(inner, f"{start}{key}."))]
    return [one for inner in value for one in _paths(inner, start)] if isinstance(value, list) else []
