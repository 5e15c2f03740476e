"""``sgbasis groups-for`` as a user runs it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import groups_for
from basis_compiler.reflections.extinctions.condition_table import condition_table
from basis_store import ReflectionData, Setting
from basis_store.files.locations import data_folder
from sgbasis.cli import main
from sgbasis.reports.diffraction.groups_for_report import groups_for_lines
from tests.support.crystals.general_positions import general_intensities, half_sphere

CELL = ("7", "8", "9", "90", "90", "90")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["groups-for", *map(str, arguments)])


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Pnma, with noise and one forbidden reflection that is there."""
    random = np.random.default_rng(1)
    hkl = half_sphere(np.array([7.0, 8, 9, 90, 90, 90]), 1.3)
    intensities = general_intensities(Setting.standard(62), hkl, random)
    intensities *= 100 / intensities.mean()
    intensities[(hkl == (0, 1, 2)).all(axis=1)] = 80
    noisy = intensities + random.normal(size=len(hkl))
    lines = [f"{h:4d}{k:4d}{l:4d}{i:8.2f}{1:8.2f}" for (h, k, l), i in zip(hkl.tolist(), noisy, strict=True)]  # noqa: E741
    path = tmp_path / "a.hkl"
    path.write_text("\n".join([*lines, f"{0:4d}{0:4d}{0:4d}{0:8.2f}{0:8.2f}"]) + "\n")
    return path


def test_a_list_of_shelx(measured: Path) -> None:
    result = run(measured, "--cell", *CELL)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("a.hkl: ") and "unique in mmm; cell 7 8 9 90 90 90" in lines[0]
    (first,) = (line for line in lines if line.split()[:1] == ["1"])
    assert "P n - a" in first and first.endswith("Pn2_1a (33), Pnma (62)")
    assert max(map(len, lines[: lines.index("")])) < 115
    (row,) = (line.split() for line in lines if line.strip().startswith("0kl: k+l=2n"))
    assert row[3] == "1" and row[-3:] == ["0", "1", "2"]
    assert "Observed although P n - a forbids them (1; multiple scattering?)" in result.stdout
    facts = json.loads(run(measured, "--cell", *CELL, "--json").stdout)
    best = facts["classes"][0]
    assert best["extinction_symbol"] == "P n - a" and best["space_groups"] == ["Pn2_1a (33)", "Pnma (62)"]
    assert facts["against"] == [[0, 1, 2]]
    assert len(facts["classes"]) == 111 + 3 * 14 + 1


def test_the_strongest_are_different_reflections_not_equivalents_of_one(measured: Path) -> None:
    """In a list of all measurements the strongest have equivalents and Friedel mates that are as strong."""
    facts = json.loads(run(measured, "--cell", *CELL, "--json").stdout)
    shown = [[tuple(map(abs, hkl)) for hkl in row["strongest"]] for row in facts["conditions"]]
    assert max(map(len, shown)) == 5
    assert all(len(set(row)) == len(row) for row in shown)


def test_instructions_beside_the_list_give_the_cell(measured: Path) -> None:
    measured.with_suffix(".ins").write_text("CELL 0.71073 7 8 9 90 90 90\nHKLF 4\n")
    result = run(measured, "--system", "orthorhombic", "--count", "2")
    assert result.exit_code == 0 and "the cell comes from a.ins" in result.stdout
    assert len(json.loads(run(measured, "--laue", "mmm", "--json").stdout)["classes"]) == 111


def test_the_list_that_reflections_writes_is_read_with_its_absences(tmp_path: Path) -> None:
    crystals = [str(data_folder() / "crystals" / f"{name}.cif") for name in ("quartz", "catio3")]
    for count, path in ((1, tmp_path / "one.csv"), (2, tmp_path / "two.csv")):
        command = ["reflections", *crystals[:count], "--d-min", "0.9", "--absences", "-o", str(path)]
        assert CliRunner().invoke(main, command).exit_code == 0
    cell = ("4.916", "4.916", "5.4054", "90", "90", "120")
    best = json.loads(run(tmp_path / "one.csv", "--cell", *cell, "--json").stdout)["classes"][0]
    assert best["extinction_symbol"] == "P 31 - -"
    result = run(tmp_path / "two.csv", "--cell", *cell)
    assert result.exit_code != 0 and "another crystal than in the lines before" in result.stderr


def test_a_list_without_absent_reflections_says_what_it_does_not_decide(measured: Path) -> None:
    lines = measured.read_text().splitlines()
    measured.write_text(
        "\n".join(line for line in lines if float(line[12:20]) > 3 or line.endswith("0.00")) + "\n"
    )
    facts = json.loads(run(measured, "--cell", *CELL, "--laue", "mmm", "--json").stdout)
    text = run(measured, "--cell", *CELL, "--laue", "mmm").stdout
    untested = sum(not row["forbidden"] for row in facts["conditions"])
    assert untested > 2
    (note,) = (line for line in text.splitlines() if "not decided" in line)
    assert f"{untested} reflection conditions, for which the list has only observed reflections" in note
    assert "give those that were looked for and not observed as well, with an intensity of about 0" in note


def test_conditions_that_follow_are_shown_if_nothing_tests_them() -> None:
    hkl = half_sphere(np.array([7.0, 7, 7, 90, 90, 90]), 1.3)
    hkl = hkl[(hkl.sum(axis=1) % 2 == 0)]
    intensities = general_intensities(Setting.standard(229), hkl, np.random.default_rng(1))
    data = ReflectionData(hkl, intensities=intensities, sigmas=np.full(len(hkl), 1e-3), cell=[7, 7, 7, 90, 90, 90])
    found = groups_for(data, laue="m-3m")
    required = replace(found, classes=sorted(found.classes, key=lambda one: one.extinction.symbol != "I - - -"))
    assert required.best.symbol == "I - - -"
    _, orbits = required.best.laue.representatives(hkl)
    rows = condition_table(required.best, hkl, orbits, intensities, intensities, required.best.allows(hkl))
    lines = list(groups_for_lines(replace(required, conditions=rows), name="x", count=1))
    (at,) = (i for i, line in enumerate(lines) if line.startswith("Required by I - - -"))
    assert "no condition" not in lines[at] and lines[at + 2].split()[-2:] == ["not", "tested"]


def test_peaks(tmp_path: Path) -> None:
    path = tmp_path / "si.txt"
    path.write_text("2theta\n28.44\n47.30\n56.12\n69.13\n76.37\n")
    result = run("--peaks", path, "--cell", *["5.431"] * 3, *["90"] * 3, "--wavelength", "1.5406")
    assert result.exit_code == 0, result.output
    assert "si.txt: 5 of " in result.stdout
    (first, *_) = (line for line in result.stdout.splitlines() if line.split()[:1] == ["1"])
    assert "F d - -" in first
    assert "Not observed although F d - - allows them (1): 2 2 2" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Give a file of reflections, or --peaks FILE."),
        (("none.hkl",), "none.hkl: No such file or directory"),
        (("a.hkl",), "the reflections have no cell: give it with --cell"),
        (("a.hkl", "--cell", *CELL, "--wavelength", "1"), "belong to --peaks"),
        (("a.hkl", "--cell", *CELL, "--laue", "mm2"), "there is no Laue class 'mm2'"),
        (("a.hkl", "--cell", *CELL, "--system", "cubic"), "has not the symmetry of cubic"),
        (("a.hkl", "--cell", "7", "8", "9", "10", "20", "150"), "no cell has the angles"),
        (("a.hkl", "--cell", "7", "8", "nan", "90", "90", "90"), "nan is not a finite number"),
        (("--peaks", "a.hkl"), "--peaks needs --cell"),
        (("--peaks", "a.hkl", "--cell", *CELL), "not the position of a peak"),
    ],
)
def test_what_is_wrong_is_one_line(
    measured: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(measured.parent)
    result = run(*arguments)
    assert result.exit_code != 0
    (line,) = (line for line in result.output.splitlines() if line.startswith("Error: "))
    assert says in line, result.output
