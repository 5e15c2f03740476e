"""No text takes a gigabyte, a minute or a batch with it: one line says what is wrong, and the others are done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from basis_store import open_crystals
from tests.support import hostile_texts
from tests.support.command_line import PRINT_PEAK
from tests.support.tiny_models import save_tiny

GIGABYTE = 1_000_000_000
DRIVER = """
import json, sys
from click.testing import CliRunner
from sgbasis.cli import main
for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(main, arguments)
    text = "" if done.exception is None or isinstance(done.exception, SystemExit) else repr(done.exception)
    print(json.dumps([done.exit_code, done.stdout, done.stderr, text]), flush=True)
"""


def run(*commands: list[str]) -> list[tuple[int, str, str]]:
    """Exit code and texts of some commands, done in one new process that may use a gigabyte.

    Fails on a traceback, a warning, and an error line without bound.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER + PRINT_PEAK, json.dumps(commands)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(timeout=400)
    finally:
        process.kill()
    assert not err, err.decode()[-2000:]
    found = []
    *lines, kilobytes = out.decode().splitlines()
    for line, command in zip(lines, commands, strict=True):
        code, stdout, stderr, exception = json.loads(line)
        assert not exception, (command, exception)
        assert "Traceback" not in stderr and "Warning" not in stderr, stderr
        assert max(map(len, stderr.splitlines()), default=0) < 1500, (command, stderr[:3000])
        found.append((code, stdout, stderr))
    peak = int(kilobytes) * 1024
    assert peak < GIGABYTE, f"{peak / 1e6:.0f} MB"
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "energy")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of hostile files, pipes and devices, and one crystal."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in hostile_texts.crystal_files().items():
        (folder / name).write_bytes(content)
    (folder / "good.cif").write_text(hostile_texts.GOOD_CIF)
    os.mkfifo(folder / "pipe.cif")
    (folder / "device.cif").symlink_to("/dev/zero")
    (folder / "nothing.cif").symlink_to(folder / "absent")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "socket.cif"))
    (folder / "folder.cif").mkdir()
    return folder


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .jsonl file of hostile lines, and one crystal."""
    path = tmp_path_factory.mktemp("lines") / "lines.jsonl"
    path.write_bytes(b"\n".join([*hostile_texts.lines().values(), hostile_texts.good_line()]) + b"\n")
    return path


def bad_names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.name != "good.cif" and not one.is_dir())


def test_a_folder_of_hostile_files_is_compiled(files: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.h5"
    ((code, _, _),) = run(["crystals", str(files), "-o", str(output), "--workers", "1"])
    assert code == 0
    table = open_crystals(output)
    assert table.identifiers == ("good",)
    skipped = [identifier for identifier, _ in table.skipped]
    # A frame is called by the name of its file without ending.
    missing = [name for name in bad_names(files) if not {name, f"{name.split('.')[0]}-1"} & set(skipped)]
    assert missing == []
    assert len(skipped) == len(bad_names(files))
    assert all(0 < len(reason) < 700 for _, reason in table.skipped)


def test_a_folder_of_hostile_files_is_predicted(files: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    command = ["predict", str(files), "--model", str(model), "-o", str(output), "--workers", "1"]
    ((code, _, stderr),) = run(command)
    assert code == 1 and "could not be read; the others are predicted" in stderr
    assert len(output.read_text().splitlines()) == 2
    listed = output.with_name("out.csv.unreadable.txt").read_text().splitlines()
    assert len(listed) == len(bad_names(files))
    for name, line in zip(bad_names(files), listed, strict=True):
        assert line.startswith(f"{files / name}: ") and len(line) < 1500


def test_hostile_files_are_encoded_and_projected(files: Path, tmp_path: Path) -> None:
    (tmp_path / "matrix").write_text("1 0 0\n0 1 0\n0 0 1\n")
    names = bad_names(files)
    encoded, *projected = run(
        ["encode", *(str(files / name) for name in [*names, "good.cif"]), "--json"],
        *(["project-tensor", str(files / name), str(tmp_path / "matrix")] for name in names),
    )  # fmt: skip
    code, stdout, stderr = encoded
    assert code == 1 and len(json.loads(stdout)) == 1
    assert len([line for line in stderr.splitlines() if not line.startswith("Note:")]) == len(names) + 1
    for name, (code, _, stderr) in zip(names, projected, strict=True):
        assert code == 1 and len(stderr.splitlines()) == 1, (name, stderr)
        assert stderr.startswith(f"Error: {files / name}: "), stderr


def test_hostile_lines(texts: Path, model: Path, tmp_path: Path) -> None:
    output, table = tmp_path / "out.csv", tmp_path / "out.h5"
    compiled, predicted = run(
        ["crystals", str(texts), "-o", str(table), "--workers", "1"],
        ["predict", str(texts), "--model", str(model), "-o", str(output), "--workers", "1"],
    )
    assert compiled[0] == 0 and predicted[0] == 1
    count = len(hostile_texts.lines())
    assert open_crystals(table).identifiers == ("good",)
    assert len(open_crystals(table).skipped) == count
    # What is wrong with targets and splits does not matter to predictions.
    harmless = sum(name.split()[0] in ("split",) or name == "long split" for name in hostile_texts.lines())
    assert 1 <= len(output.read_text().splitlines()) - 1 <= 1 + harmless


def test_hostile_json_and_bombs(model: Path, tmp_path: Path) -> None:
    names = []
    for name, content in (hostile_texts.json_files() | hostile_texts.bombs()).items():
        (tmp_path / name).write_bytes(content)
        names.append(name)
    good = tmp_path / "good.cif"
    good.write_text(hostile_texts.GOOD_CIF)
    paths = [str(tmp_path / name) for name in names]
    predicted, *compiled = run(
        ["predict", *paths, str(good), "--model", str(model), "-o", str(tmp_path / "out.csv"), "--workers", "1"],
        *(["crystals", path, "-o", str(tmp_path / "out.h5"), "--workers", "1"] for path in paths),
    )
    assert predicted[0] == 1
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 2
    for name, (code, _, stderr) in zip(names, compiled, strict=True):
        assert code == 1 and len(stderr.splitlines()) == 1, (name, stderr)
        assert name.split(".")[0] in stderr
    assert not (tmp_path / "out.h5").exists() and not (tmp_path / "out.h5.chunks").exists()
    for name in ("one_line.jsonl.gz", "blank.jsonl.gz", "table.json.gz"):
        assert "inflates to more than 100 times its size" in compiled[names.index(name)][2]


def target_lines() -> Iterator[tuple[Any, str]]:
    """Targets that cannot be columns, with the note on them; the crystal is compiled all the same."""
    nested: Any = 1.0
    for _ in range(20):
        nested = [nested]
    yield {"": 1}, "a target without a proper name: left out, in 1 crystal"
    yield {"\ud800": 1}, "a target without a proper name: left out, in 1 crystal"
    yield {"a\0": 1}, "a target without a proper name: left out, in 1 crystal"
    yield {"x" * 1000: 1}, "a target without a proper name: left out, in 1 crystal"
    yield {"a": nested}, "a: lists in lists, more than 8 deep, in 1 crystal"
    yield {"a": [[0.0] * 1000] * 1000}, "a: more than 10000 numbers, in 1 crystal"
    yield {"a": [[1], 2]}, "a: not an array of numbers, in 1 crystal"
    yield {"a": 10**400}, "a: not an array of numbers, in 1 crystal"


def test_hostile_targets(tmp_path: Path) -> None:
    cases = list(target_lines())
    commands = []
    for i, (targets, _) in enumerate(cases):
        (tmp_path / f"{i}.jsonl").write_bytes(hostile_texts.good_line(targets=targets))
        commands.append(["crystals", str(tmp_path / f"{i}.jsonl"), "-o", str(tmp_path / f"{i}.h5")])
    for i, (code, _, stderr) in enumerate(run(*commands)):
        assert code == 0, stderr
        table = open_crystals(tmp_path / f"{i}.h5")
        assert len(table) == 1 and cases[i][1] in table.notes


def test_more_columns_than_a_dataset_has(tmp_path: Path) -> None:
    path, output = tmp_path / "wide.jsonl", tmp_path / "wide.h5"
    lines = [
        hostile_texts.good_line(id=f"{i}", targets={f"t{j}": 1 for j in range(i * 400, i * 400 + 800)})
        for i in range(6)
    ]
    path.write_bytes(b"\n".join(lines))
    ((code, _, stderr),) = run(["crystals", str(path), "-o", str(output)])
    assert code == 0, stderr
    table = open_crystals(output)
    assert len(table) == 6 and 800 <= len(table.targets) <= 1000
    assert any("only 1000 are kept" in note for note in table.notes)


def test_a_hostile_matrix(tmp_path: Path) -> None:
    good = tmp_path / "good.cif"
    good.write_text(hostile_texts.GOOD_CIF)
    os.mkfifo(tmp_path / "pipe")
    contents = {
        "deep": b"[" * 100_000, "long": b"1 " * 2_000_000, "digits": b"[[" + b"9" * 5000 + b"]]", "nan": b"nan",
        "bytes": b"\xff\xfe", "nul": b"\0", "object": b'[{"a": 1}]', "big": b"[[1" + b"0" * 400 + b"]]",
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    matrices = [*(str(tmp_path / name) for name in contents), str(tmp_path / "pipe"), "/dev/zero"]
    for matrix, (code, _, stderr) in zip(
        matrices, run(*(["project-tensor", str(good), one] for one in matrices)), strict=True
    ):
        assert code == 1 and len(stderr.splitlines()) == 1 and matrix in stderr


def test_listings(tmp_path: Path) -> None:
    """id_prop.csv beyond bounds: a file without end, lines without files, cells without end."""
    contents = {
        "lines": b"a\n" * 3_000_000, "cells": b"a" + b",1" * 1_000_000, "field": b"a," + b"1" * 1_000_000,
        "long": b"a,1\n" * 3_000_000, "bytes": b"\xff\xff", "nul": b"\0\0\0", "quote": b'"' + b"a,1\n" * 100_000,
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "id_prop.csv").write_bytes(content)
        (tmp_path / name / "good.cif").write_text(hostile_texts.GOOD_CIF)
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "id_prop.csv")
    (tmp_path / "pipe" / "good.cif").write_text(hostile_texts.GOOD_CIF)
    folders = [tmp_path / name for name in [*contents, "pipe"]]
    commands = [["crystals", str(one), "-o", str(tmp_path / "out.h5")] for one in folders]
    for folder, (code, _, stderr) in zip(folders, run(*commands), strict=True):
        assert code == 1 and len(stderr.splitlines()) == 1, (folder, stderr)


def test_a_limit_is_raised(tmp_path: Path) -> None:
    """Ten megabytes of comments are no reason to refuse a crystal for ever."""
    path = tmp_path / "long.cif"
    path.write_text(hostile_texts.GOOD_CIF + "# more\n" * 1_700_000)
    refused, read = run(["encode", str(path)], ["encode", str(path), "--max-file-size", "20", "--json"])
    assert refused[0] == 1 and "more than 10 MB of text" in refused[2] and "--max-file-size" in refused[2]
    assert read[0] == 0 and len(json.loads(read[1])) == 1
