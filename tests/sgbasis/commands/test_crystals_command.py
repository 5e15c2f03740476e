"""``sgbasis crystals`` as a user runs it: what is printed, what fails in one line, what survives a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from basis_store import open_crystals
from basis_store.files.locations import default_store_path
from sgbasis.cli import main
from tests.sgbasis.commands.test_compile_command import processes_of_group
from tests.support.command_line import PIP, error_line, sgbasis
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_folder, write_jsonl


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    records = [
        json_record("nacl", targets={"band_gap": 8.5, "t": [[1, 2], [3, 4]]}, split="train"),
        json_record("rutile", targets={"band_gap": 3.0, "t": None}, split="val"),
        json_record("quartz", id="bad", species=["Xx"] * 9),
        json_record("quartz", id="worse", species=["Xy"] * 9),
        "{broken",
    ]
    return write_jsonl(tmp_path / "some.jsonl", records)


def test_what_a_user_reads(lines: Path, tmp_path: Path) -> None:
    output = tmp_path / "some.h5"
    result = run("crystals", lines, "--output", output, "--workers", 1, "--target-unit", "t=GPa")
    assert result.exit_code == 0, result.output
    table = open_crystals(output)
    printed = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert printed[:2] == [
        "2 crystals in 2 space groups: 4 sites, 14 atoms in the conventional cells",
        "splits: train 1, val 1",
    ]
    assert "band_gap eV number 2 3 8.5" in printed
    assert "t GPa 2 x 2 1 1 4" in printed
    assert "skipped: 3" in printed
    assert "2 bad: atom 1 is of no known element ('Xx'): give one element per site, no dummy atoms" in printed
    assert any(line.startswith("1 some.jsonl:5: not JSON: ") for line in printed)
    assert f"content {table.content_hash}" in result.stdout
    assert printed[-1].startswith("Compiled 2 crystals in ")
    assert table.skipped[0] == (
        "bad",
        "atom 1 is of no known element ('Xx'): give one element per site, no dummy atoms",
    )


def test_a_missing_input_of_several_is_left_out(lines: Path, tmp_path: Path) -> None:
    """It is said, and listed in the dataset; the exit code is that of a dataset that was written."""
    done = sgbasis("crystals", lines, "none.cif", "-o", "x.h5", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1  none.cif: No such file or directory" in done.stdout
    assert open_crystals(tmp_path / "x.h5").skipped[-1] == ("none.cif", "No such file or directory")
    message = "none of 2 crystals could be compiled; the first, a.cif: No such file or directory"
    assert message in error_line(sgbasis("crystals", "a.cif", "b.cif", "-o", "y.h5", cwd=tmp_path))


def test_info(lines: Path, tmp_path: Path) -> None:
    output = tmp_path / "some.h5"
    run("crystals", lines, "--output", output, "--workers", 1)
    described = run("info", output)
    assert described.exit_code == 0, described.output
    assert "2 crystals in 2 space groups" in described.stdout
    assert open_crystals(output).content_hash in described.stdout
    facts = json.loads(run("info", output, "--json").stdout)
    assert facts["crystals"] == 2
    assert facts["tolerance"] == 0.01
    assert list(facts["inputs"]) == ["some.jsonl"]
    assert json.loads(run("info", "--json").stdout)["settings"] == 530
    assert "530" in run("info", default_store_path()).stdout


def test_splits_and_folds(lines: Path, tmp_path: Path) -> None:
    """What was asked for and what was got is said, stored, and shown by ``info``."""
    records = [json_record(name, id=f"{name}-{i}") for name in ("nacl", "rutile", "quartz") for i in range(2)]
    some = write_jsonl(tmp_path / "six.jsonl", records)
    result = run("crystals", some, "-o", tmp_path / "x.h5", "--split", "0.5,0.25,0.25", "--seed", 3)
    assert result.exit_code == 0, result.output
    said = "splits: train 2 (33.3%), val 2 (33.3%), test 2 (33.3%); asked for 0.5, 0.25, 0.25 by structure, seed 3"
    note = "note: split: 6 crystals are 3 structures, of which each is on one side"
    facts = json.loads(run("info", tmp_path / "x.h5", "--json").stdout)
    for text in (result.stdout, run("info", tmp_path / "x.h5").stdout):
        assert said in text.splitlines() and note in text.splitlines()
    assert facts["splits"] == {"train": 2, "val": 2, "test": 2} and facts["seed"] == 3
    assert facts["asked"] == {"train": 0.5, "val": 0.25, "test": 0.25} and "folds" not in facts
    result = run("crystals", some, "-o", tmp_path / "y.h5", "--folds", 3)
    assert "folds: 0 to 2 of 2, 2, 2 crystals, by structure, seed 0" in result.stdout.splitlines()
    facts = json.loads(run("info", tmp_path / "y.h5", "--json").stdout)
    assert facts["folds"] == {"0": 2, "1": 2, "2": 2} and facts["splits"] == {"without": 6}
    shared = run("crystals", lines, some, "-o", tmp_path / "z.h5")
    assert "note: " not in shared.stdout, "those without a split are on no side"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.h5", b"", "x.h5 is not an sgbasis file (not an HDF5 file)"),
        ("x.h5", b"\x89HDF\r\n\x1a\n", "x.h5 is damaged"),
        ("none.h5", None, "none.h5: No such file or directory"),
    ],
)
def test_info_of_other_files(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert message in error_line(sgbasis("info", tmp_path / name))


def test_info_of_other_hdf5_files(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = 1
    assert "x.h5 is an HDF5 file, but not an sgbasis store" in error_line(sgbasis("info", tmp_path / "x.h5"))


def test_a_folder_with_two_processes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "cifs", "id,band_gap\nnacl,8.5\nquartz,6\n")
    done = sgbasis("crystals", folder, CRYSTALS / "pyrite.cif", "-o", tmp_path / "out.h5", "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert open_crystals(tmp_path / "out.h5").identifiers == ("nacl", "quartz", "pyrite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cifs", "out.h5"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["some.jsonl"], "Missing option '--output'"),
        (["-o", "x.h5"], "Missing argument"),
        (["none.jsonl", "-o", "x.h5"], "none.jsonl: No such file or directory"),
        (["some.jsonl", "-o", "missing/x.h5"], "missing/x.h5: No such file or directory"),
        (["some.jsonl", "-o", "."], "directory"),
        (["some.jsonl", "-o", "/proc/x.h5"], "/proc/x.h5"),
        (["some.jsonl", "-o", "x.h5", "--tolerance", "0"], "tolerance"),
        (["some.jsonl", "-o", "x.h5", "--tolerance", "1"], "tolerance"),
        (["some.jsonl", "-o", "x.h5", "--workers", "0"], "workers"),
        (["some.jsonl", "-o", "x.h5", "--target-unit", "eV"], "'eV' is not of the form NAME=UNIT"),
        (["some.jsonl", "-o", "x.h5", "--split", "0.8,0.2"], "a split is the shares of train, val and test"),
        (["some.jsonl", "-o", "x.h5", "--split", "80,10,10"], "which add up to 1, such as 0.8,0.1,0.1"),
        (["some.jsonl", "-o", "x.h5", "--split", "a,b,c"], "'a,b,c' is not of the form 0.8,0.1,0.1"),
        (["some.jsonl", "-o", "x.h5", "--split", "0.8,nan,0.2"], "not 0.8,nan,0.2"),
        (
            ["some.jsonl", "-o", "x.h5", "--split", "0.8,0.1,0.1"],
            "need as many different structures, but there are 2",
        ),
        (["some.jsonl", "-o", "x.h5", "--folds", "2"], "2 is not in the range 3<=x<=1000"),
        (["some.jsonl", "-o", "x.h5", "--folds", "4"], "4 folds need as many different structures"),
        (["some.jsonl", "-o", "x.h5", "--seed", "1"], "--seed is that of --split and --folds"),
        (["empty.jsonl", "-o", "x.h5"], "empty.jsonl: the file is empty"),
        (
            ["broken.jsonl", "-o", "x.h5"],
            "none of 1 crystal could be compiled; the first, broken.jsonl:1: not",
        ),
    ],
)
def test_what_fails_leaves_nothing(tmp_path: Path, lines: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "broken.jsonl").write_text("{")
    before = sorted(tmp_path.iterdir())
    assert message in error_line(sgbasis("crystals", *arguments, cwd=tmp_path))
    assert sorted(tmp_path.iterdir()) == before


# Small, slow chunks, so that a run can be interrupted in the middle.
SLOW = """
import time, basis_compiler.datasets.compiler as dataset
dataset._CHUNK = 4
compile_chunk = dataset.compile_chunk
def slow(*arguments):
    time.sleep({delay})
    return compile_chunk(*arguments)
slow.__module__, slow.__qualname__ = dataset.__name__, "compile_chunk"
dataset.compile_chunk = slow
from sgbasis.cli import main; main(prog_name="sgbasis")
"""


def slowly(lines: Path, output: Path, delay: float) -> list[str]:
    arguments = ["crystals", str(lines), "--output", str(output), "--workers", "2"]
    return [sys.executable, "-c", SLOW.format(delay=delay), *arguments]


@contextmanager
def in_the_middle(lines: Path, output: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has finished some of its chunks, in a new process group."""
    with subprocess.Popen(
        slowly(lines, output, 0.5), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        deadline = time.monotonic() + 60
        while len(list(output.parent.glob("*.chunks/*/*.h5"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        yield running


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "many.jsonl", [json_record("quartz", id=f"q{i}", x=i) for i in range(40)])


@pytest.fixture
def expected(many: Path, tmp_path: Path) -> str:
    """The content hash of a run without interruptions."""
    done = subprocess.run(slowly(many, tmp_path / "whole.h5", 0), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return open_crystals(tmp_path / "whole.h5").content_hash


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_a_killed_run_resumes(many: Path, expected: str, tmp_path: Path) -> None:
    output = tmp_path / "out.h5"
    with in_the_middle(many, output) as running:
        running.send_signal(signal.SIGKILL)
        running.wait()
    deadline = time.monotonic() + 30
    while processes_of_group(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_of_group(running.pid), "workers end with their parent"
    assert not output.exists()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out.h5.chunks/*/*.h5")}
    assert 2 <= len(kept) < 10
    with in_the_middle(many, output) as running:
        assert {path: path.stat().st_mtime_ns for path in kept} == kept, "finished chunks are not done again"
        assert running.wait(timeout=60) == 0
    assert open_crystals(output).content_hash == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many.jsonl", "out.h5", "whole.h5"]


def test_an_interrupted_run_resumes(many: Path, expected: str, tmp_path: Path) -> None:
    """Ctrl-C, sent to the whole process group as a terminal does."""
    output = tmp_path / "out.h5"
    with in_the_middle(many, output) as running:
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert "Error: interrupted; nothing was left half-written" in errors
    assert f"the same command resumes with what is in {output}.chunks" in errors
    assert not output.exists()
    done = subprocess.run(slowly(many, output, 0), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert open_crystals(output).content_hash == expected


def test_a_full_disk_is_one_line(lines: Path, tmp_path: Path) -> None:
    """A file-size limit makes the kernel refuse the write half-way, as a full disk does."""
    script = (
        # Python would write cut-off byte code, too, which the next process would read.
        "import resource, signal, sys; sys.dont_write_bytecode = True\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from sgbasis.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "crystals", str(lines), "-o", str(tmp_path / "x.h5"), "--workers", "2"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "File too large" in error_line(done)
    assert not (tmp_path / "x.h5").exists()


def test_nothing_but_the_outcome_is_on_standard_error(lines: Path, tmp_path: Path) -> None:
    """Spglib's C library would print its failed attempts; progress bars are for terminals."""
    done = sgbasis("crystals", lines, "-o", tmp_path / "x.h5")
    assert done.returncode == 0
    assert done.stderr == ""


def test_missing_dependencies_are_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules['gemmi'] = None; from sgbasis.cli import main; main()"
    arguments = ["crystals", str(CRYSTALS / "nacl.cif"), "-o", str(tmp_path / "x.h5"), "--workers", "1"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert error_line(done) == f"sgbasis crystals needs gemmi, which is not installed: {PIP} gemmi"
    assert not list(tmp_path.iterdir())
