"""Run the command line as a user does."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner, Result

from sgbasis.cli import main


def leaf_commands() -> dict[str, click.Command]:
    """Every command by what is typed behind ``sgbasis``: ``"show"``, ``"field info"``."""
    return dict(_leaves("", main))


def _leaves(prefix: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(f"{prefix}{name} ", command)
        else:
            yield f"{prefix}{name}", command


PIP = f"{shlex.quote(sys.executable)} -m pip install"
"""How hints on missing packages begin."""


PRINT_PEAK = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
"""Code that prints the peak memory of a new program in kB: getrusage includes the process that started it."""


def sgbasis(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``sgbasis ARGUMENTS`` in a new process: standard output and error as text."""
    return subprocess.run(
        [sys.executable, "-m", "sgbasis", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


def error_line(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a command that failed; asserts that it failed with one line and without a traceback."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0].removeprefix("Error: ")


def run_predict(*arguments: object) -> Result:
    """``sgbasis predict`` in this process."""
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])
