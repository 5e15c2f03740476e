"""Ctrl-C at any time: one line or none, never a traceback, never success."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from basis_store.files.locations import data_folder
from tests.support.command_line import error_line

# A finder of modules that comes first, and sends Ctrl-C when a certain module is imported.
INTERRUPTED_IMPORT = """
import os, signal, sys
from sgbasis.entry_point import main

class Finder:
    def find_spec(name, *rest):
        if name == target:
            os.kill(os.getpid(), signal.SIGINT)

target = sys.argv.pop(1)
sys.meta_path.insert(0, Finder)
main()
"""


def interrupted_import(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT, module, *arguments],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("sgbasis.cli", ["show", "230"]),
        ("click", ["show", "230"]),
        ("h5py.h5t", ["show", "230"]),
        ("numpy.linalg", ["show", "230"]),
        ("matplotlib.ft2font", ["plot", "230"]),
        ("torch.nn", ["encode", str(data_folder() / "crystals" / "nacl.cif")]),
    ],
)
def test_while_a_module_is_imported(module: str, command: list[str], tmp_path: Path) -> None:
    done = interrupted_import(module, *command, cwd=tmp_path)
    assert done.returncode == 130
    assert done.stderr == "Error: interrupted; nothing was left half-written\n"
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("delay", [0.05, 0.1, 0.15, 0.25, 0.5])
def test_at_any_time_after_the_start(delay: float, tmp_path: Path) -> None:
    """The delay counts from when Python itself has started, whose own messages are not under test."""
    script = "from sgbasis.entry_point import main; print(flush=True); main()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "compile", "--radius", "12", "--workers", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=300)
    assert error_line(subprocess.CompletedProcess([], running.returncode, "", errors)).startswith("interrupted;")
    assert running.returncode == 130
    assert not list(tmp_path.iterdir())


def test_jobs_that_ignore_it_continue(tmp_path: Path) -> None:
    """As a shell starts a job in the background, with nohup or without."""
    script = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{INTERRUPTED_IMPORT}"
    done = subprocess.run(
        [sys.executable, "-c", script, "click", "show", "230"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("space group    230  Ia-3d")


def test_the_installed_command_starts_there() -> None:
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    module, _, function = tomllib.loads(project.read_text())["project"]["scripts"]["sgbasis"].partition(":")
    assert (module, function) == ("sgbasis.entry_point", "main")
    script = f"from {module} import {function}; {function}()"
    done = subprocess.run([sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sgbasis, version ")
