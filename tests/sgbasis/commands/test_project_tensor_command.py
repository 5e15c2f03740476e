"""``sgbasis project-tensor`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_store.files.locations import data_folder
from sgbasis.cli import main

CRYSTALS = data_folder() / "crystals"


def project(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["project-tensor", *map(str, arguments)])


def assert_one_line(done: Result, *words: str) -> None:
    assert done.exit_code != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "epsilon.txt"
    path.write_text("# relative\n2.40 0.01 0\n0.01, 2.36, 0\n0 0 2.41\n\n")
    return path


def test_dielectric_tensor(noisy: Path) -> None:
    done = project(CRYSTALS / "quartz.cif", noisy)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["2.380", "0.000", "0.000"], ["0.000", "2.380", "0.000"], ["0.000", "0.000", "2.410"]
    ]  # fmt: skip
    assert lines[4].startswith("ij=ji: 2 free components; ")
    assert lines[4].endswith("is 0.0316 away, 0.0076 of its norm")


def test_json_in_and_out(tmp_path: Path) -> None:
    path = tmp_path / "stiffness.json"
    matrix = np.diag([5.0, 4.0, 3.0, 2.0, 2.0, 2.0])
    path.write_text(json.dumps(matrix.tolist()))
    done = project(CRYSTALS / "nacl.cif", path, "--json")
    facts = json.loads(done.stdout)
    np.testing.assert_allclose(facts["tensor"], np.diag([4.0] * 3 + [2.0] * 3), atol=1e-9)
    assert facts["formula"] == "ijkl=jikl=klij"
    assert facts["dimension"] == 3
    assert facts["distance"] == pytest.approx(2**0.5)


def test_what_must_vanish(tmp_path: Path) -> None:
    path = tmp_path / "e.txt"
    path.write_text("1 2 3 4 5 6\n" * 3)
    done = project(CRYSTALS / "nacl.cif", path)
    assert done.stdout.splitlines()[0].split() == ["0.000"] * 6
    assert "0 free components" in done.stdout


def test_another_order_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    # Trigonal, with C14, as VASP orders it: xx yy zz xy yz xz.
    path.write_text(
        "87 7 12 0 -18 0\n7 87 12 0 18 0\n12 12 106 0 0 0\n0 0 0 40 0 -18\n-18 18 0 0 58 0\n0 0 0 -18 0 58\n"
    )
    done = project(CRYSTALS / "quartz.cif", path)
    assert "read in the order xx yy zz xy yz xz (as VASP" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 3\n4 5\n", "not a matrix"),
        ("[[1, 2], [3, 4]", "not a matrix"),
        ("[1, 2, 3]", "not a matrix"),
        ("a b c", "not a matrix"),
        ("1 2\n3 4\n", "a tensor of shape (2, 2) is not known"),
    ],
)
def test_bad_matrices(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    assert_one_line(project(CRYSTALS / "nacl.cif", path), words)


def test_missing_files(noisy: Path, tmp_path: Path) -> None:
    assert_one_line(project(tmp_path / "no.cif", noisy), "No such file")
    assert_one_line(project(CRYSTALS / "nacl.cif", tmp_path / "no.txt"), "No such file")


def test_what_a_reader_should_know(tmp_path: Path) -> None:
    lopsided = np.diag([50.0, 50, 50, 12, 12, 12])
    lopsided[0, 1] = 30
    soft = np.diag([50.0, 50, 50, -4, -4, -4])  # twice that is an eigenvalue of Mandel's matrix
    printed = []
    for name, matrix in (("lopsided", lopsided), ("soft", soft)):
        np.savetxt(tmp_path / f"{name}.txt", matrix)
        printed.append(project(CRYSTALS / "nacl.cif", tmp_path / f"{name}.txt").stdout)
    assert "lopsided.txt: not symmetric: entries differ from those across the diagonal by up to 30" in printed[0]
    assert (
        "soft.txt: the nearest stiffness is not that of a stable crystal: its smallest eigenvalue is -8"
        in printed[1]
    )
    assert "stable" not in printed[0]
