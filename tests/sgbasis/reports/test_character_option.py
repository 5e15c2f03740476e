"""``--character`` of `sgbasis show` and `plot`, and ``--characters`` of `compile`, as a user runs them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import compile_setting
from basis_store import open_store
from sgbasis.cli import main
from sgbasis.pictures.style import character_mathtext
from sgbasis.pictures.wave_sum import WaveSum
from sgbasis.reports.groups.character_text import value_text

needs_plot = pytest.mark.skipif(
    not (importlib.util.find_spec("matplotlib") and importlib.util.find_spec("skimage")), reason="no extra plot"
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_page() -> None:
    done = run("show", "136", "--character", "B1g", "--count", 1)
    lines = done.stdout.splitlines()
    assert lines[0] == "space group    136  P4_2/mnm"
    start = lines.index("character      B1g, real: f(g x) = chi(g) f(x), with chi")
    assert lines[start + 1] == "               -1  for  y+1/2, -x+1/2, z+1/2"
    assert lines[-2:] == ["  f0  {1 0 1}, 8 waves", "      sqrt(2) [cos X cos Z - cos Y cos Z]"]
    assert "Reflection conditions" not in done.stdout
    assert run("show", "136:B1g", "--count", 1).stdout == done.stdout
    plain = run("show", "136").stdout.splitlines()
    assert "characters     A1g A2g B1g B2g A1u A2u B1u B2u" in plain


def test_complex_functions_are_written_as_plane_waves() -> None:
    lines = run("show", "75:1E", "--count", 1).stdout.splitlines()
    assert lines[-2] == "  f0  {1 0 0}, 4 waves, complex"
    assert lines[-1] == "      1/2 [exp i(X) + exp i(Y - pi/2) + exp i(-Y + pi/2) + exp i(-X + pi)]"
    latex = run("show", "75:1E", "--count", 1, "--latex").stdout.splitlines()[-1]
    assert r"\frac{1}{2}\,\left[e^{i(X)} + e^{i(Y - \frac{\pi}{2})}" in latex


def test_json() -> None:
    facts = json.loads(run("show", "146", "--character", "2E", "--count", 1, "--json").stdout)
    assert (facts["character"]["symbol"], facts["character"]["real"]) == ("2E", False)
    assert facts["reflection_conditions"]["conditions"] == [
        {"text": "hkil: -h+k+l=3n", "kind": "integral"} | facts["reflection_conditions"]["conditions"][0],
        {"text": "000l: absent", "kind": "serial"} | facts["reflection_conditions"]["conditions"][1],
    ]
    (function,) = facts["functions"]
    compiled = compile_setting("146:2E")
    assert function["number"] == 0 and function["root"] == compiled.roots[0].tolist()
    assert [one["wave"] for one in function["exponentials"]] == compiled.waves[: compiled.orbit_sizes[0]].tolist()
    plain = json.loads(run("show", "146", "--count", 1, "--json").stdout)
    assert plain["character"]["symbol"] == "A" and plain["functions"][0]["number"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["136", "--character", "B3g"], "136 P4_2/mnm has no one-dimensional character 'B3g': those of its point"),
        (["221:T1u"], "221 Pm-3m has no one-dimensional character 'T1u'"),
        (["136:B1g", "--character", "A2g"], "136:B1g names a character already: leave out --character."),
        (["136:B9x"], "unknown space-group setting '136:B9x'"),
        (["136:B1g", "--count", "100000"], "functions of 136:B1g P4_2/mnm, not 100000"),
    ],
)
def test_errors_are_one_line(arguments: list[str], message: str) -> None:
    done = run("show", *arguments)
    assert done.exit_code != 0 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert message in line


@needs_plot
@pytest.mark.parametrize("name", ["123:B1g", "174:1E''"])
def test_picture(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("plot", name)
    assert done.exit_code == 0, done.output
    (path,) = tmp_path.iterdir()
    assert path.name == name.replace(":", "-").replace("'", "p") + "-0.png"
    assert "function 0 of " + name in done.stdout
    refused = run("plot", name, "--function", 100_000)
    assert refused.exit_code == 1 and "has functions 0 to" in refused.stderr


def test_the_real_part_of_complex_functions_is_drawn() -> None:
    compiled = compile_setting("168:1E1", radius=2, min_functions=8)
    x = np.random.default_rng(0).random((5, 3))
    for function in range(compiled.n_functions):
        rows = slice(*compiled.orbit_starts[[function, function + 1]])
        psi = np.exp(2j * np.pi * (x @ compiled.waves[rows].T + compiled.phases24[rows] / 24)).sum(axis=1)
        drawn = WaveSum.of(compiled, function).values(x)
        np.testing.assert_allclose(drawn, psi.real / np.sqrt(compiled.orbit_sizes[function]), atol=1e-12)


def test_a_store_with_characters(tmp_path: Path) -> None:
    path = tmp_path / "characters.h5"
    recipe = ("--settings", "75,62", "--characters", "all", "--radius", 2, "--min-functions", 1)
    done = run("compile", *recipe, "--output", path, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "Compiled and proved 2 settings with 12 characters" in done.stdout
    with open_store(path) as store:
        assert len(store) == 12 and len(store.settings) == 2
    assert "2 settings with 12 characters proved" in run("verify", path).stdout
    facts = json.loads(run("info", path, "--json").stdout)
    assert (facts["recipe"]["characters"], facts["settings"], facts["format"]) == ("all", 2, "1.1")
    # What the store has is read from it, and what it lacks is not compiled behind its back.
    assert "compiled to 2.00)" in run("show", "62:B1g", "--store", path, "--count", 1).stdout
    assert "holds no basis for 136:B1g" in run("show", "136:B1g", "--store", path).stderr


def test_texts() -> None:
    assert [value_text(c) for c in (0, 4, 6, 8, 12, 16, 18, 20)] == [
        "1", "exp(pi i/3)", "i", "exp(2 pi i/3)", "-1", "exp(-2 pi i/3)", "-i", "exp(-pi i/3)",
    ]  # fmt: skip
    assert character_mathtext("2E1g") == "${}^{2}E_{1g}$"
    assert character_mathtext("A1''") == "$A_{1}''$"
