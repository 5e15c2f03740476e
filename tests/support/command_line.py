"""Run the command line as a user does."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
import jaxtyping
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


def in_new_process(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``sgbasis ARGUMENTS`` in a new interpreter: standard output and error as text."""
    return subprocess.run(
        [sys.executable, "-m", "sgbasis", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


def sgbasis(
    *arguments: object,
    cwd: Path | None = None,
    standard_input: str = "",
    prepare: Callable[[], object] = lambda: None,
) -> subprocess.CompletedProcess[str]:
    """``sgbasis ARGUMENTS`` in a forked copy of this process, which has PyTorch imported already.

    Like :func:`in_new_process` it ends by itself and has streams of its own, but seconds earlier. Threads of this
    process do not exist there, so a command that trains needs a new one.

    Args:
        arguments: of the command.
        cwd: the folder to run in.
        standard_input: what it reads.
        prepare: called there before the command, to change what should be changed there alone.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        given.write(standard_input.encode())
        given.seek(0)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        child = os.fork()
        if child == 0:
            streams = [given.fileno(), output.fileno(), errors.fileno()]
            become_command(list(map(str, arguments)), lambda: _set_up(cwd, streams, prepare))
        status = os.waitpid(child, 0)[1]
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, os.waitstatus_to_exitcode(status), *texts)


def _set_up(cwd: Path | None, streams: list[int], prepare: Callable[[], object]) -> None:
    """What a command of a test has in its process: its folder, its streams, warnings as a user has them."""
    signal.alarm(300)  # a command that hangs ends with a signal
    os.chdir(cwd or ".")
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
        for number, mode in enumerate("rww")
    )
    warnings.resetwarnings()
    warnings.simplefilter("ignore", DeprecationWarning)
    jaxtyping.config.update("jaxtyping_disable", True)
    prepare()


def become_command(arguments: Sequence[str], set_up: Callable[[], object]) -> NoReturn:
    """A forked child: set it up, run ``sgbasis ARGUMENTS`` and end as an interpreter does; never return."""
    code = 70
    try:
        set_up()
        sys.argv = ["sgbasis", *arguments]
        from sgbasis.entry_point import main as enter

        enter()
        code = 0
    except SystemExit as exit_:
        if isinstance(exit_.code, str):
            print(exit_.code, file=sys.stderr)
        code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except BaseException:  # what a user would see as a traceback
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


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
