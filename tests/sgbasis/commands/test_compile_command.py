from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from basis_store import Recipe, open_store
from tests.support.command_line import error_line, sgbasis


def test_compile_verify_info(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    done = sgbasis("compile", "-o", path, "--settings", "227,hall:525,R-3c:R", "--radius", 4, "--min-functions", 5)
    assert done.returncode == 0, done.stderr
    assert "cubic" in done.stdout
    assert "trigonal" in done.stdout
    store = open_store(path)
    assert store.recipe == Recipe(radius=4, min_functions=5, settings=(461, 525, 526))
    assert store.content_hash in done.stdout
    verified = sgbasis("verify", path)
    assert verified.returncode == 0
    assert "3 settings proved, tensors of 2 orientations, 24 Wyckoff positions, in " in verified.stdout
    assert store.content_hash in verified.stdout
    described = sgbasis("info", path)
    assert "radius 4" in described.stdout
    assert store.content_hash in described.stdout


def test_a_larger_recipe_with_workers(tmp_path: Path) -> None:
    path = tmp_path / "large.h5"
    done = sgbasis(
        "compile", "-o", path, "--settings", "225,194", "--radius", 16, "--min-functions", 256, "--workers", 2
    )
    assert done.returncode == 0, done.stderr
    assert all(one.n_orbits >= 256 and one.norm_limit >= 768 for one in open_store(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--settings", "231"], "there is no space group 231: they run from 1 to 230"),
        (["--settings", "hall:531"], "there is no Hall number 531"),
        (["--settings", "227,Xyz"], "unknown space-group setting 'Xyz'"),
        (["--radius", "0"], "0 is not in the range 1<=x<=100"),
        (["--radius", "x"], "'x' is not a valid integer"),
        (["--workers", "0"], "range"),
        (["-o", "missing/store.h5"], "missing"),
        (["-o", "."], "directory"),
    ],
)
def test_bad_options(options: list[str], message: str, tmp_path: Path) -> None:
    assert message in error_line(sgbasis("compile", *options, cwd=tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "Permission denied" in error_line(sgbasis("compile", "-o", tmp_path / "store.h5"))


def test_an_unwritable_output(tmp_path: Path) -> None:
    """Nobody can create files in /proc, not even root."""
    assert error_line(sgbasis("compile", "-o", "/proc/store.h5")).startswith("/proc/")


def processes_of_group(group: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


def wait_for_workers(running: subprocess.Popen[Any]) -> None:
    """Until its two workers run."""
    deadline = time.monotonic() + 60
    while len(processes_of_group(running.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(processes_of_group(running.pid)) >= 3, "the workers run"


NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")


@NEEDS_PROC
def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C, sent to the whole process group as a terminal does: one line, exit code 130, nothing written."""
    path = tmp_path / "store.h5"
    with subprocess.Popen(
        [sys.executable, "-m", "sgbasis", "compile", "-o", str(path), "--radius", "40", "--workers", "2"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        wait_for_workers(running)
        time.sleep(0.5)  # some bases are computed
        os.killpg(running.pid, signal.SIGINT)
        interrupted = time.monotonic()
        _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert time.monotonic() - interrupted < 20, "workers are ended, not waited for"
    assert "Traceback" not in errors
    assert "interrupted; nothing was left half-written" in errors
    assert not list(tmp_path.iterdir())


@NEEDS_PROC
def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sgbasis", "compile", "-o", str(tmp_path / "s.h5"), "--radius", "30"],
        stderr=subprocess.DEVNULL, start_new_session=True,
    ) as running:  # fmt: skip
        wait_for_workers(running)
        running.kill()
        running.wait()
    deadline = time.monotonic() + 60
    while processes_of_group(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_of_group(running.pid)
    assert not list(tmp_path.iterdir())


def test_a_killed_worker_is_reported_in_one_line(tmp_path: Path) -> None:
    """As when the kernel kills it because memory is exhausted."""
    script = (
        "import os, signal, basis_compiler.bases.compiler as compiler\n"
        "def compile_bundle(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        "compile_bundle.__module__ = compiler.__name__\n"
        "compiler.compile_bundle = compile_bundle\n"
        "from sgbasis.cli import main; main(prog_name='sgbasis')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "compile", "-o", str(tmp_path / "s.h5"), "--workers", "2"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "a worker process was killed" in error_line(done)
    assert not list(tmp_path.iterdir())
