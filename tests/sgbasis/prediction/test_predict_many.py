"""``sgbasis predict`` for many crystals: the same bytes for any number of processes and however it was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from sgbasis.cli import main
from tests.sgbasis.commands.test_compile_command import processes_of_group
from tests.support.command_line import error_line
from tests.support.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.tiny_models import BULK, ENERGY, save_tiny

NAMES = ("nacl", "quartz", "rutile", "spinel")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "energy")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """42 lines, two of which hold no crystal."""
    records = [json_record(NAMES[i % 4], id=f"{i}") for i in range(40)]
    path = tmp_path_factory.mktemp("lines") / "many.jsonl"
    return write_jsonl(path, [*records[:11], "{", *records[11:], json_record("nacl", species=["Xx"] * 8)])


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sgbasis.prediction.predict_many.CHUNK", 4)


def predict(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_any_number_of_processes(suffix: str, many: Path, model: Path, tmp_path: Path) -> None:
    for workers in (1, 2, 3):
        result = predict(many, "--model", model, "-o", tmp_path / f"{workers}.{suffix}", "--workers", workers)
        assert "40 predictions for 40 crystals, 30 of them outside" in result.stdout
        *failures, error = result.stderr.splitlines()
        assert [line.removeprefix(str(many)).split(": ")[:2] for line in failures] == [
            [":12", "not JSON"],
            ["", "nacl"],
        ]
        assert error == "Error: 2 of 42 crystals could not be read; the others are predicted"
    first, *others = (tmp_path / f"{workers}.{suffix}" for workers in (1, 2, 3))
    assert len(list(tmp_path.iterdir())) == 3, "chunks are gone"
    assert all(other.read_bytes() == first.read_bytes() for other in others)
    lines = first.read_text().splitlines()[suffix == "csv" :]
    identifiers = [json.loads(line)["identifier"] if suffix == "jsonl" else line.split(",")[1] for line in lines]
    assert identifiers == [str(i) for i in range(40)]


@pytest.mark.usefixtures("small_chunks")
def test_what_is_printed_stays_in_order(many: Path, model: Path) -> None:
    printed = [predict(many, "--model", model, "--workers", workers).stdout for workers in (1, 2)]
    assert printed[0] == printed[1]
    tables = [table.splitlines() for table in printed[0].split("\n\n")]
    assert len(tables) == 11
    assert all(table[0].startswith("file ") for table in tables)
    assert [row.split()[1] for table in tables for row in table[1:]] == [str(i) for i in range(40)]


@pytest.mark.usefixtures("small_chunks")
def test_chunks_may_come_in_any_order(many: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = predict(many, "--model", model, "--workers", 1)

    def shuffled(function: Callable[[Any], Any], tasks: Sequence[Any], **_: object) -> Iterator[Any]:
        return (function(tasks[i]) for i in (3, 1, 0, 2, 10, 9, 8, 4, 5, 7, 6))

    monkeypatch.setattr("sgbasis.prediction.predict_many.parallel_map", shuffled)
    result = predict(many, "--model", model)
    assert (result.stdout, result.stderr) == (expected.stdout, expected.stderr)


@pytest.mark.usefixtures("small_chunks")
def test_many_failures_are_listed_in_a_file(model: Path, tmp_path: Path) -> None:
    good, bad = json_record("nacl"), [f"[{i}]" for i in range(50)]
    lines, output = tmp_path / "some.jsonl", tmp_path / "out.csv"
    listing = tmp_path / "out.csv.unreadable.txt"
    write_jsonl(lines, [*bad, good])
    result = predict(lines, "--model", model, "-o", output)
    *named, more, error = result.stderr.splitlines()
    assert len(named) == 20
    assert more == f"... and 30 more; all are listed in {listing}"
    assert error == "Error: 50 of 51 crystals could not be read; the others are predicted"
    listed = listing.read_text().splitlines()
    assert listed[:20] == named
    assert listed == [f"{lines}:{i}: not a JSON object" for i in range(1, 51)]
    # None of them is left after a run that can name them all.
    write_jsonl(lines, [*bad[:20], good])
    result = predict(lines, "--model", model, "-o", output)
    assert len(result.stderr.splitlines()) == 21
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "some.jsonl"]
    # Printed, there is no file to list them in; and nothing is written when nothing is predicted.
    write_jsonl(lines, [*bad, good])
    assert "\n... and 30 more\n" in predict(lines, "--model", model).stderr
    write_jsonl(lines, bad)
    before = output.read_bytes()
    result = predict(lines, "--model", model, "-o", output)
    assert result.stderr.splitlines()[20:] == [
        "... and 30 more",
        "Error: none of 50 inputs holds a crystal that can be read",
    ]
    assert output.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "some.jsonl"]


def test_a_process_computes_with_one_thread(tmp_path: Path) -> None:
    """Rounding may depend on their number, and processes are as many as there are cores."""
    fresh = save_tiny(tmp_path / "fresh")
    torch.set_num_threads(2)
    try:
        assert predict(CRYSTALS / "nacl.cif", "--model", fresh).exit_code == 0
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(1)


# Small chunks that take their time, so that there is a middle to be stopped in. ``before`` runs in the worker.
SLOW = """
import os, signal, time, sgbasis.prediction.predict_many as many
many.CHUNK = 4
encoded_result = many.encoded_result
def slow(job, chunk):
    {before}
    return encoded_result(job, chunk)
slow.__module__, slow.__qualname__ = many.__name__, "encoded_result"
many.encoded_result = slow
from sgbasis.cli import main; main(prog_name="sgbasis")
"""


def slowly(many: Path, model: Path, output: Path, before: str) -> list[str]:
    arguments = ["predict", str(many), "--model", str(model), "--output", str(output), "--workers", "2"]
    return [sys.executable, "-c", SLOW.format(before=before), *arguments]


def chunks(output: Path) -> dict[Path, int]:
    """Finished ones, with the times of their making."""
    found = output.parent.glob(f"{output.name}.chunks/*/[0-9]*")
    return {path: path.stat().st_mtime_ns for path in found}


@contextmanager
def in_the_middle(many: Path, model: Path, output: Path, finished: int = 2) -> Iterator[subprocess.Popen[str]]:
    """A run, in a process group of its own, when so many chunks are finished."""
    command = slowly(many, model, output, "time.sleep(0.4)")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        deadline = time.monotonic() + 60
        while len(chunks(output)) < finished and time.monotonic() < deadline:
            time.sleep(0.05)
        yield running


@pytest.fixture(scope="module")
def expected(many: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The output of a run of one process that nothing disturbed."""
    output = tmp_path_factory.mktemp("expected") / "whole.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sgbasis.prediction.predict_many.CHUNK", 4)
        predict(many, "--model", model, "-o", output, "--workers", 1)
    return output.read_bytes()


def finish(many: Path, model: Path, output: Path, expected: bytes) -> None:
    done = subprocess.run(slowly(many, model, output, "pass"), capture_output=True, text=True, check=False)
    assert error_line(done).startswith("2 of 42 crystals"), done.stderr
    assert output.read_bytes() == expected
    assert [path.name for path in output.parent.iterdir()] == [output.name]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_a_killed_run_goes_on(many: Path, model: Path, expected: bytes, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with in_the_middle(many, model, output) as running:
        running.send_signal(signal.SIGKILL)
        running.wait()
    deadline = time.monotonic() + 30
    while processes_of_group(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_of_group(running.pid), "workers end with their parent"
    assert not output.exists()
    kept = chunks(output)
    assert 2 <= len(kept) < 9
    with in_the_middle(many, model, output, len(kept) + 2) as running:
        running.kill()
    assert kept.items() < chunks(output).items(), "finished chunks are not done again"
    finish(many, model, output, expected)


def test_an_interrupted_run_goes_on(many: Path, model: Path, expected: bytes, tmp_path: Path) -> None:
    """Ctrl-C, sent to the whole process group as a terminal does."""
    output = tmp_path / "out.csv"
    with in_the_middle(many, model, output) as running:
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.splitlines() == [
        f"Run again, the same command resumes with what is in {output}.chunks.",
        "Error: interrupted; nothing was left half-written",
    ]
    assert not output.exists()
    finish(many, model, output, expected)


def test_a_killed_worker_is_one_line(many: Path, model: Path, expected: bytes, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    before = "if chunk[0].start == 24: os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run(slowly(many, model, output, before), capture_output=True, text=True, check=False)
    assert error_line(done) == (
        "a worker process was killed, perhaps for want of memory: use fewer workers or run the same command again"
    )
    assert not output.exists()
    finish(many, model, output, expected)


@pytest.mark.usefixtures("small_chunks")
def test_other_chunks_are_not_taken_for_these(
    many: Path, model: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of other models, tolerances, forms and inputs, nor damaged ones."""
    other = save_tiny(tmp_path / "other", ENERGY, seed=1)
    changed = write_jsonl(tmp_path / "changed.jsonl", [json_record("nacl")])
    names: dict[str, set[str]] = {}

    def interrupted(*_: object) -> None:
        raise OSError("stop")

    def folder(*arguments: object) -> str:
        output = tmp_path / "out.csv"
        with monkeypatch.context() as patch:
            patch.setattr("sgbasis.prediction.predict_many._write_output", interrupted)
            result = predict(*arguments, "-o", output)
        assert "stop" in result.stderr
        found = {path.name for path in (tmp_path / "out.csv.chunks").iterdir()}
        (new,) = found - set().union(*names.values())
        names[new] = found
        return new

    one = folder(many, "--model", model)
    folder(many, "--model", other)
    folder(many, "--model", model, "--tolerance", "0.02")
    folder(changed, "--model", model)
    write_jsonl(changed, [json_record("quartz")])
    folder(changed, "--model", model)
    # One of them damaged, one missing: these two are done again, and only these.
    kept = sorted((tmp_path / "out.csv.chunks" / one).iterdir())
    text = kept[3].read_text()
    kept[3].write_text(text.replace("NaCl", "NaBr"))
    kept[5].unlink()
    done: list[int] = []

    def spy(function: Callable[[Any], Any], tasks: Sequence[tuple[int, Any]], **_: object) -> Iterator[Any]:
        done.extend(number for number, _ in tasks)
        yield from map(function, tasks)

    monkeypatch.setattr("basis_compiler.parallel.resumable.parallel_map", spy)
    predict(many, "--model", model, "-o", tmp_path / "out.csv")
    assert done == [3, 5]
    assert (tmp_path / "out.csv").read_bytes() == expected
    assert not (tmp_path / "out.csv.chunks").exists(), "those of other runs have gone as well"


@pytest.mark.parametrize("limit", [2000, 6000])
def test_a_full_disk_is_one_line(limit: int, many: Path, model: Path, tmp_path: Path) -> None:
    """In a chunk, or when there is room for each of them but not for all together."""
    script = (
        # Python would write cut-off byte code, too, which the next process would read.
        "import resource, signal, sys; sys.dont_write_bytecode = True\n"
        "import sgbasis.prediction.predict_many as many; many.CHUNK = 16\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "from sgbasis.cli import main; main()"
    )
    output = tmp_path / "x.csv"
    (tmp_path / "x.csv").write_text("before")
    arguments = ["predict", str(many), "--model", str(model), "-o", str(output), "--workers", "2"]
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert "File too large" in error_line(done)
    assert output.read_text() == "before"
    assert bool(chunks(output)) == (limit == 6000)
    assert not list(tmp_path.glob("**/output")) and not list(tmp_path.glob("**/*.part"))


@pytest.mark.usefixtures("small_chunks")
def test_links_are_followed(many: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "out.csv"
    link.symlink_to(tmp_path / "elsewhere" / "real.csv")
    predict(many, "--model", model, "-o", link)
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["real.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "out.csv"]


@pytest.mark.usefixtures("small_chunks")
def test_a_foreign_file_among_the_chunks_stays(many: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv.chunks").mkdir()
    (tmp_path / "out.csv.chunks" / "mine.txt").write_text("mine")
    predict(many, "--model", model, "-o", tmp_path / "out.csv")
    assert [path.name for path in (tmp_path / "out.csv.chunks").iterdir()] == ["mine.txt"]


@pytest.mark.usefixtures("small_chunks")
def test_several_models_and_bad_files_in_the_middle(many: Path, tmp_path: Path) -> None:
    """Crystals in the order of the files, models in their order for each; the bad ones cost nothing but a line."""
    both = save_tiny(tmp_path / "both", ENERGY, BULK)
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    inputs = [
        CRYSTALS / "nacl.cif",
        tmp_path / "empty.jsonl",
        many,
        tmp_path / "cut.jsonl.gz",
        CRYSTALS / "cscl.cif",
    ]
    result = predict(*inputs, "--model", both, "-o", tmp_path / "out.csv", "--workers", 2)
    assert "84 predictions for 42 crystals" in result.stdout
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        str(inputs[1]), f"{many}:12", str(many), str(inputs[3]), "Error",
    ]  # fmt: skip
    found = [
        line.split(",")[:2] + line.split(",")[4:5] for line in (tmp_path / "out.csv").read_text().splitlines()
    ]
    names = ["nacl", *map(str, range(40)), "cscl"]
    assert [identifier for _, identifier, _ in found[1:]] == [name for name in names for _ in range(2)]
    assert {kind for _, _, kind in found[1::2]} == {"formation_energy_per_atom"}


def test_a_picture_needs_a_single_crystal(
    many: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgbasis.prediction.inputs.CHUNK", 4)
    result = predict(many, "--model", model, "--plot", tmp_path / "out.png")
    assert result.exit_code == 2
    assert "--plot draws one tensor of one crystal, but there are more than 4 crystals" in result.stderr
