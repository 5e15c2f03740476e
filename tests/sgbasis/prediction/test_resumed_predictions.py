"""``sgbasis predict`` after it was stopped: it resumes, and the output has the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.sgbasis.commands.test_compile_command import processes_of_group
from tests.support.command_line import error_line, run_predict
from tests.support.crystals.crystal_inputs import json_record, write_jsonl
from tests.support.tiny_models import ENERGY, save_tiny

# Small slow chunks, so that runs can be stopped in the middle. ``before`` runs in the worker.
SLOW = """
import os, signal, time, sgbasis.prediction.predict_many as many, sgbasis.prediction.chunk_results as results
many.CHUNK = 4
chunk_result = results.chunk_result
def slow(job, chunk):
    {before}
    return chunk_result(job, chunk)
slow.__module__, slow.__qualname__ = results.__name__, "chunk_result"
results.chunk_result = slow
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
    """A run, in a new process group, when so many chunks are finished."""
    command = slowly(many, model, output, "time.sleep(0.4)")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        deadline = time.monotonic() + 3000
        while len(chunks(output)) < finished and time.monotonic() < deadline:
            time.sleep(0.05)
        yield running


@pytest.fixture(scope="module")
def expected(many: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The output of an undisturbed run with one process."""
    output = tmp_path_factory.mktemp("expected") / "whole.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sgbasis.prediction.predict_many.CHUNK", 4)
        run_predict(many, "--model", model, "-o", output, "--workers", 1)
    return output.read_bytes()


def finish(many: Path, model: Path, output: Path, expected: bytes) -> None:
    done = subprocess.run(slowly(many, model, output, "pass"), capture_output=True, text=True, check=False)
    assert error_line(done).startswith("2 of 42 crystals"), done.stderr
    assert output.read_bytes() == expected
    there = {path.name for path in output.parent.iterdir()}
    assert there == {output.name, f"{output.name}.unreadable.txt"}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_a_killed_run_is_resumed(many: Path, model: Path, expected: bytes, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with in_the_middle(many, model, output) as running:
        running.send_signal(signal.SIGKILL)
        running.wait()
    deadline = time.monotonic() + 300
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


def test_an_interrupted_run_is_resumed(many: Path, model: Path, expected: bytes, tmp_path: Path) -> None:
    """Ctrl-C, sent to the whole process group as a terminal does."""
    output = tmp_path / "out.csv"
    with in_the_middle(many, model, output) as running:
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=300)
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
        "a worker process was killed, perhaps for lack of memory: use fewer workers or run the same command again"
    )
    assert not output.exists()
    finish(many, model, output, expected)


@pytest.mark.usefixtures("small_chunks")
def test_chunks_of_other_runs_are_not_used(
    many: Path, model: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of other models, tolerances, devices, forms and inputs, nor damaged ones."""
    other = save_tiny(tmp_path / "other", ENERGY, seed=1)
    changed = write_jsonl(tmp_path / "changed.jsonl", [json_record("nacl")])
    names: dict[str, set[str]] = {}

    def interrupted(*_: object) -> None:
        raise OSError("stop")

    def folder(*arguments: object) -> str:
        output = tmp_path / "out.csv"
        with monkeypatch.context() as patch:
            patch.setattr("sgbasis.prediction.predict_many._write_output", interrupted)
            result = run_predict(*arguments, "-o", output)
        assert "stop" in result.stderr
        found = {path.name for path in (tmp_path / "out.csv.chunks").iterdir()}
        (new,) = found - set().union(*names.values())
        names[new] = found
        return new

    one = folder(many, "--model", model)
    folder(many, "--model", other)
    folder(many, "--model", model, "--tolerance", "0.02")
    with monkeypatch.context() as patch:  # values are rounded otherwise on another device
        patch.setattr("runtime.device.find_device", lambda name, **_: torch.device("cpu", 0))
        folder(many, "--model", model, "--device", "cuda")
    folder(changed, "--model", model)
    write_jsonl(changed, [json_record("quartz")])
    folder(changed, "--model", model)
    # One of them damaged, one missing: these two are done again, and only these.
    kept = sorted((tmp_path / "out.csv.chunks" / one).iterdir())
    text = kept[3].read_text()
    kept[3].write_text(text.replace("NaCl", "NaBr"))
    kept[5].unlink()
    done: list[int] = []

    def spy(function: Callable[[Any], Any], tasks: Iterable[tuple[int, Any]], **_: object) -> Iterator[Any]:
        for task in tasks:
            done.append(task[0])
            yield function(task)

    monkeypatch.setattr("basis_compiler.parallel.resumable.parallel_map", spy)
    run_predict(many, "--model", model, "-o", tmp_path / "out.csv")
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
def test_a_foreign_file_among_the_chunks_stays(many: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv.chunks").mkdir()
    (tmp_path / "out.csv.chunks" / "mine.txt").write_text("mine")
    run_predict(many, "--model", model, "-o", tmp_path / "out.csv")
    assert [path.name for path in (tmp_path / "out.csv.chunks").iterdir()] == ["mine.txt"]
