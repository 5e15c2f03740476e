"""The guide lists every name that has a unit without being told, with this unit."""

from __future__ import annotations

import re

from basis_compiler.datasets.targets import UNITS
from tests.support.source_tree import ROOT


def test_the_guide_lists_all_names_with_units() -> None:
    text = (ROOT / "docs" / "guides" / "models.md").read_text(encoding="utf-8")
    table = text.partition("| unit | names that have it")[2].partition("\n\n")[0]
    listed = {
        name: unit
        for unit, names in re.findall(r"^\| `([^`]+)` \| (.*) \|$", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == UNITS
