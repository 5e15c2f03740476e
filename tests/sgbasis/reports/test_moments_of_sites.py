"""The table of sites and moments on the page of a magnetic group."""

from __future__ import annotations

import json

from click.testing import CliRunner

from sgbasis.cli import main


def _shown(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["show", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_page_of_a_magnetic_group_lists_sites_and_moments() -> None:
    page = _shown("BNS:62.448", "--count", "0")
    assert "Sites and the magnetic moments that they allow, in components along a, b and c" in page
    assert "  4  c  x, 1/4, z  0, my, 0\n" in page
    assert "moments" not in _shown("62", "--count", "0")


def test_json_has_the_same() -> None:
    facts = json.loads(_shown("BNS:194.268", "--json"))
    found = next(one for one in facts["moments"] if one["letter"] == "g")
    assert found["moment"] == "mx, 2mx, mz" and found["moments"] == [[1, 2, 0], [0, 0, 1]]
    assert json.loads(_shown("194", "--json"))["moments"] is None


def test_all_points_with_their_moments() -> None:
    page = _shown("BNS:136.499", "--wyckoff")
    assert "  2 a  (0, 0, 0)        (0, 0, mz)\n         (1/2, 1/2, 1/2)  (0, 0, -mz)\n" in page
    facts = json.loads(_shown("BNS:225.121", "--wyckoff", "--json"))["wyckoff"]
    assert len(facts[0]["points"]) == facts[0]["multiplicity"] == 384
    assert "... 360 more" in _shown("BNS:225.121", "--wyckoff")
