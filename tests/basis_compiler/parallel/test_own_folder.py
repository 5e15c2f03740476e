"""Unfinished work is neither read from nor written to what others may have made, nor by two processes at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from basis_compiler import compile_dataset
from basis_compiler.parallel.own_folder import own_file, own_folder
from basis_compiler.parallel.resumable import ResumableChunks
from basis_store import CompilationError, open_crystals
from sgbasis.prediction.inputs import cut, readings, survey
from tests.support.hostile_texts import GOOD_CIF, good_line


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "chunks"
    for _ in range(2):  # new, then there
        with own_folder(path, "tests"):
            assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["link", "open", "file"])
def test_links_and_folders_that_others_may_change_are_refused(kind: str, tmp_path: Path) -> None:
    elsewhere, chunks = tmp_path / "elsewhere", tmp_path / "out.h5.chunks"
    elsewhere.mkdir()
    if kind == "link":
        chunks.symlink_to(elsewhere)
    elif kind == "open":
        chunks.mkdir()
        chunks.chmod(0o777)
    else:
        chunks.touch()
    with pytest.raises(CompilationError, match="others may write" if kind == "open" else "a link or a file"):
        compile_dataset(_input(tmp_path), tmp_path / "out.h5")
    assert list(elsewhere.iterdir()) == [] and not (tmp_path / "out.h5").exists()


def test_links_in_the_folder_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    with ResumableChunks(tmp_path / "out", count=1, decided_by=["x"]) as chunks:
        chunks.paths[0].symlink_to(victim)
        assert not own_file(chunks.paths[0])
        assert chunks.missing(lambda path: True) == [0]
        chunks.compute(bytes.upper, [(0, b"new")], content=bytes, finished=lambda number: None, hint="")
        assert chunks.paths[0].read_bytes() == b"NEW"
        chunks.remove()
    assert victim.read_text() == "precious"


def test_two_equal_commands_wait_for_each_other(tmp_path: Path) -> None:
    (path,) = _input(tmp_path)
    output = tmp_path / "out.h5"
    command = [sys.executable, "-m", "sgbasis", "crystals", str(path), "-o", str(output), "--workers", "1"]
    with own_folder(tmp_path / "out.h5.chunks", "tests"):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert process.stderr.readline() == "Waiting for another process that writes out.h5 ...\n"
        time.sleep(0.2)
        assert process.poll() is None and not output.exists()
    process.communicate(timeout=200)
    assert process.returncode == 0 and len(open_crystals(output)) == 1
    assert not (tmp_path / "out.h5.chunks").exists()


def test_an_input_that_is_replaced_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "good.cif"
    path.write_text(GOOD_CIF)
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(good_line())
    files = survey([path, lines])
    path.write_text(GOOD_CIF.replace("Cs1", "Rb1"))
    ((source, crystal),) = readings(cut(files[:1], 10)[0], tolerance=0.01)
    assert source == str(path) and "it was changed while it was read" in str(crystal)
    lines.write_bytes(good_line(id="evil"))
    ((_, crystal),) = readings(cut(files[1:], 10)[0], tolerance=0.01)
    assert "it was changed while it was read" in str(crystal)


def _input(folder: Path) -> list[Path]:
    path = folder / "in.jsonl"
    path.write_bytes(good_line())
    return [path]
