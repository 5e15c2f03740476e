"""``sgbasis show`` as a user runs it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from basis_store import Setting, StoreReader, all_settings
from sgbasis.cli import main


def show(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["show", *arguments])


def test_page() -> None:
    done = show("230", "--count", "2")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:5] == [
        "space group    230  Ia-3d",
        "full symbol    I 4_1/a -3 2/d",
        "Schoenflies    Oh^10",
        "Hall symbol    -I 4bd 2c 3  (hall:530)",
        "setting        standard setting",
    ]
    start = lines.index("Reflection conditions (h, k, l permutable)")
    assert lines[start + 1 : start + 6] == [
        "  hkl: h+k+l=2n",
        "  0kl: k,l=2n",
        "  hhl: 2h+l=4n",
        "  h00: h=4n  (follows)",
        "",
    ]
    assert lines[-4:] == [
        "  f1  {2 1 1}, 24 waves",
        "      -2 sqrt(2/3) [sin 2X cos Y sin Z + sin X sin 2Y cos Z + cos X sin Y sin 2Z]",
        "  f2  {2 2 0}, 12 waves",
        "      2/sqrt(3) [cos 2X cos 2Y + cos 2X cos 2Z + cos 2Y cos 2Z]",
    ]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("216", "origin shifts  1/4 1/4 1/4 (order 4)"),
        ("227:1", "setting        1  (not the standard setting)"),
        ("161", "origin shifts  any along [0 0 1]"),
        ("198", "origin shifts  1/2 1/2 1/2 (order 2)"),
        ("1", "  none"),
        ("14", "      -2 sin X sin Y"),
    ],
)
def test_lines(setting: str, line: str) -> None:
    assert line in show(setting).stdout.splitlines()


def test_shells_are_those_of_the_store(reader: StoreReader) -> None:
    for setting in (Setting.standard(14), Setting.standard(167), Setting.standard(228)):
        facts = json.loads(show(f"hall:{setting.hall_number}", "--json", "--count", "0").stdout)
        compiled = reader.read(setting)
        shells = facts["shells"]
        assert [shell["norm"] for shell in shells] == sorted({shell["norm"] for shell in shells})
        assert sum(shell["functions"] for shell in shells) == compiled.n_orbits
        assert sum(shell["waves"] for shell in shells) == len(compiled.waves)
        assert sum(shell["absent_orbits"] for shell in shells) == len(compiled.absence_sizes)
        assert facts["functions"] == []


def test_json() -> None:
    facts = json.loads(show("221", "--json", "--count", "1").stdout)
    assert (facts["number"], facts["hall_number"], facts["symbol"]) == (221, 517, "Pm-3m")
    (function,) = facts["functions"]
    assert function["text"] == "sqrt(2/3) [cos X + cos Y + cos Z]"
    assert function["latex"] == r"\sqrt{\frac{2}{3}}\,\left[\cos X + \cos Y + \cos Z\right]"
    assert (function["sign"], function["amplitude_squared"]) == (1, "2/3")
    assert function["terms"][1] == {
        "coefficient": 1,
        "factors": [{"function": "cos", "wave": [0, 1, 0], "phase24": 0}],
    }
    conditions = json.loads(show("227", "--json").stdout)["reflection_conditions"]
    assert conditions["permutable"] == "h, k, l permutable"
    assert [(one["text"], one["follows"]) for one in conditions["listed"]][1:] == [
        ("0kl: k+l=4n, k,l=2n", False),
        ("hhl: h+l=2n", True),
        ("h00: h=4n", True),
    ]
    assert conditions["conditions"][1]["zones"][0] == {
        "label": "0kl",
        "basis": [[0, 1, 0], [0, 0, 1]],
        "absent": False,
        "congruences": [{"coefficients": [0, 1, 1], "modulus": 4, "remainder": 0}],
    }


def test_latex() -> None:
    assert r"  f_{1} = \sqrt{\frac{2}{3}}\,\left[\cos X + \cos Y + \cos Z\right]" in show("221", "--latex").stdout


def test_long_formulas_are_broken_between_terms() -> None:
    lines = show("178", "--count", "40").stdout.splitlines()
    assert max(map(len, lines)) < 110
    assert not [line for line in lines if line.count("(") != line.count(")")]


def test_every_setting_has_a_page() -> None:
    for setting in all_settings()[::7]:
        done = show(f"hall:{setting.hall_number}")
        assert done.exit_code == 0, done.output
        assert f"(hall:{setting.hall_number})" in done.stdout


def test_more_functions_than_there_are() -> None:
    done = show("225", "--count", "100000")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "functions of 225 Fm-3m besides the constant, not 100000" in done.stderr


def test_show_does_not_import_torch() -> None:
    code = "import sys; from sgbasis.cli import main; main(['show', '225'], standalone_mode=False); "
    code += "sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_tables_are_printed_instead_of_functions() -> None:
    lines = show("62", "--wyckoff", "--generators").stdout.splitlines()
    assert "    4 c  .m.      (x, 1/4, z)  (-x, 3/4, -z)  (-x+1/2, 3/4, z+1/2)  (x+1/2, 1/4, -z+1/2)" in lines
    general = next(number for number, line in enumerate(lines) if "general conditions:" in line)
    assert [line.strip() for line in lines[general : general + 2]] == [
        "general conditions: 0kl: k+l=2n; hk0: h=2n; h00: h=2n (follows);",
        "0k0: k=2n (follows); 00l: l=2n (follows)",
    ]
    assert "general conditions: none" in show("1", "--wyckoff").stdout
    assert "  1  x+1/2, y, -z+1/2" in lines and not any("Functions" in line for line in lines)
    assert "Wyckoff positions, each point (0, 0, 0)+ (1/2, 1/2, 0)+" in show("5", "--wyckoff").stdout
    assert "192 i  1        (x, y, z)" in show("227", "--wyckoff").stdout
    lines = show("227", "--wyckoff").stdout.splitlines()
    assert any("... 24 more" in line for line in lines)
    below = [following.strip() for line, following in itertools.pairwise(lines) if ".-3m" in line]
    assert below == ["hkl: h=2n+1 or h,k,l=4n or h,k,l=4n+2"] * 2
    assert sum(line.strip() == "no extra conditions" for line in lines) == 3


def test_tables_of_every_kind_as_json() -> None:
    facts = json.loads(show("227", "--json", "--wyckoff", "--operations", "--generators", "--tensors").stdout)
    assert (len(facts["operations"]), len(facts["wyckoff"][0]["coordinates"])) == (192, 48)
    assert facts["wyckoff"][0]["reflection_conditions"] == []
    (condition,) = facts["wyckoff"][-1]["reflection_conditions"]
    assert condition["text"] == "hkl: h=2n+1 or h+k+l=4n"
    assert condition["alternatives"][1] == {
        "congruences": [{"coefficients": [1, 1, 1], "modulus": 4, "remainder": 0}],
        "permuted": False,
    }
    assert facts["operations"][0]["operation"] == "x, y, z" and len(facts["generators"]) < 10
    assert {one["name"]: one["dimension"] for one in facts["tensors"]} == {
        "pyroelectric": 0, "dielectric": 1, "piezoelectric": 0, "elastic": 3, "gyration": 0,
    }  # fmt: skip


def test_operations_of_a_magnetic_group_name_time_reversal() -> None:
    lines = show("BNS:P_bnma", "--operations").stdout.splitlines()
    assert sum(line.endswith("  with time reversal") for line in lines) == 8
    assert "  16  x, y+1/2, z            with time reversal" in lines
    facts = json.loads(show("BNS:P_bnma", "--operations", "--json").stdout)
    assert [one["time_reversal"] for one in facts["operations"]].count(True) == 8
    grey = show("BNS:62.442", "--operations").stdout
    assert "each with and without time reversal" in grey
