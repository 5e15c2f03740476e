"""Folders as inputs: every command reads the same files of them, and says what it did not read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sgbasis.cli import main
from tests.support.crystals.crystal_inputs import CRYSTALS, write_folder

NOTE = "2 subfolders (a, b) and 1 file (.json) were not read: give what is to be read by name"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two crystals, one that cannot be read, two subfolders, and files that are none of crystals."""
    made = write_folder(tmp_path / "cifs", None, names=("nacl", "cscl"))
    (made / "bad.cif").write_text("data_x\n")
    (made / "more.json").write_text("{}")
    (made / "readme.txt").write_text("x")
    for name in ("a", "b", ".hidden"):
        (made / name).mkdir()
        shutil.copy(CRYSTALS / "quartz.cif", made / name)
    return made


def run(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(main, [command, *map(str, arguments)])


def command_lines(tmp_path: Path, model: Path) -> dict[str, list[object]]:
    return {
        "encode": [],
        "reflections": ["--d-min", "2"],
        "predict": ["--model", model],
        "crystals": ["-o", tmp_path / "out.h5"],
    }


@pytest.mark.parametrize("command", ["encode", "reflections", "predict", "crystals"])
def test_a_folder_is_read_and_what_is_left_out_is_said(
    command: str, folder: Path, tmp_path: Path, model: Path
) -> None:
    more = command_lines(tmp_path, model)[command]
    done = run(command, folder, *more)
    assert done.exit_code == (command != "crystals"), done.output
    assert f"Note: {folder}: {NOTE}" in done.stderr.splitlines()
    everything = done.stdout + done.stderr
    assert ("cscl" in done.stdout or "2 crystals" in done.stdout) and "bad.cif: no cell and no atoms" in everything
    assert "quartz" not in everything and "Si" not in everything
    both = run(command, folder / "a", folder / "nacl.cif", *more)
    assert both.exit_code == 0 and "Note: " not in both.stderr


@pytest.mark.parametrize("command", ["encode", "reflections", "predict", "crystals"])
def test_a_folder_of_folders_is_an_error_that_says_what_to_do(
    command: str, folder: Path, tmp_path: Path, model: Path
) -> None:
    for path in [*folder.glob("*.cif"), folder / "more.json"]:
        path.unlink()
    done = run(command, folder, *command_lines(tmp_path, model)[command])
    assert done.exit_code == 1
    error = done.stderr.splitlines()[-1]
    assert "no crystal files; 2 subfolders (a, b) were not read: give what is to be read by name" in error
    assert not (tmp_path / "out.h5").exists()


def test_a_folder_with_a_listing_has_files_of_its_own(folder: Path, tmp_path: Path) -> None:
    (folder / "id_prop.csv").write_text("nacl,1\ncscl,2\n")
    done = run("crystals", folder, "-o", tmp_path / "out.h5")
    assert f"Note: {folder}: 2 subfolders (a, b) were not read: give what is to be read by name" in done.stderr


def test_a_folder_that_may_not_be_read_does_not_end_a_batch(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    scandir = os.scandir

    def refused(path: Any) -> Any:
        if str(path) == str(folder / "a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([path / one.name for one in refused(path)]))
    for command, more in command_lines(tmp_path, model).items():
        done = run(command, folder / "a", folder / "nacl.cif", *more)
        everything = done.stdout + done.stderr
        assert "Permission denied" in everything and "Traceback" not in everything, done.output
        assert "nacl" in done.stdout or "1 crystal" in done.stdout, done.output
