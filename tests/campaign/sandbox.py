"""Run the command line in a forked copy of this process, with limits on time and memory.

A fork has all modules imported already, so that one run takes milliseconds. The sandbox never raises: how the run
ended is part of its result.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import basis_compiler
import basis_store
import runtime
import sgbasis
from tests.support.command_line import become_command

SECONDS = 20
"""A run that needs more processor time hangs, and so does one that takes ten times as long without."""

MEMORY = 1 << 29
"""Bytes of resident memory that no small input may need, beside what the process that forks has."""

_POLL = 0.002
_PAGE = resource.getpagesize()
_OUTPUT_LIMIT = 64 << 20


@dataclass(frozen=True)
class Run:
    """One run of the command.

    Attributes:
        exit_code: negative, if a signal ended it.
        output: standard output.
        errors: standard error.
        peak: bytes of resident memory, without those that it began with.
        ended: ``"exit"``, ``"time"`` or ``"memory"``: by itself, or which limit ended it.
    """

    exit_code: int
    output: str
    errors: str
    peak: int
    ended: str


def preload() -> None:
    """Import every module of the project that can be imported, so that no run of the command has to."""
    for package in (basis_store, basis_compiler, runtime, sgbasis):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                with contextlib.suppress(ImportError):  # of an optional dependency
                    importlib.import_module(module.name)


def run_forked(arguments: Sequence[str], folder: Path) -> Run:
    """``sgbasis ARGUMENTS`` in ``folder``; standard input is empty."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        sys.stdout.flush()
        sys.stderr.flush()
        # A fork begins with all that its parent holds: after a thousand other tests that is more than any limit.
        begun_with = _resident(os.getpid())
        child = os.fork()
        if child == 0:
            become_command(arguments, lambda: _set_up(folder, output.fileno(), errors.fileno()))
        status, peak, ended = _wait(child, begun_with)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read(_OUTPUT_LIMIT).decode("utf-8", "surrogateescape"))
    return Run(os.waitstatus_to_exitcode(status), texts[0], texts[1], peak, ended)


def _wait(child: int, begun_with: int) -> tuple[int, int, str]:
    """Wait for the child, and kill its whole group beyond a limit: status, peak memory, how it ended."""
    end = time.monotonic() + 10 * SECONDS
    ended = "exit"
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
                ended = "time"
            peak = max(usage.ru_maxrss * 1024 - begun_with, 0)
            return status, peak, "memory" if ended == "exit" and peak > MEMORY else ended
        if ended == "exit":
            if time.monotonic() > end:
                ended = "time"
            elif _resident(child) - begun_with > MEMORY:
                ended = "memory"
            if ended != "exit":
                _kill(child)
        time.sleep(_POLL)


def _kill(child: int) -> None:
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:  # it has not become the leader of a group yet
        os.kill(child, signal.SIGKILL)


def _resident(child: int) -> int:
    try:
        return int(Path(f"/proc/{child}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _set_up(folder: Path, output: int, errors: int) -> None:
    """What the command has in the child: a group of its own, its folder and streams, and the limits."""
    os.setsid()
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT_LIMIT, _OUTPUT_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Of the processor, since other programs may keep it from this one.
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
