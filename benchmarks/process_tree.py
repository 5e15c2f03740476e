"""Time and memory of a command with all processes that it starts (Linux: from /proc)."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_INTERVAL = 0.1


class Usage(NamedTuple):
    """Resources that a command used.

    Attributes:
        seconds: wall time.
        processor_seconds: of all its processes that were waited for.
        peak_bytes: largest sum over its processes at one time, sampled ten times a second; shared memory is
            counted once (PSS).
        output: its standard output.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str


def run_measured(command: Sequence[str]) -> Usage:
    """Run a command and wait for it.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    start, before, peak = time.perf_counter(), _processor_seconds(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        while True:
            peak = max(peak, sum(map(_memory, _tree(running.pid))))
            with contextlib.suppress(subprocess.TimeoutExpired):
                output, _ = running.communicate(timeout=_INTERVAL)
                break
    seconds = time.perf_counter() - start
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    return Usage(seconds, _processor_seconds() - before, peak, output)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(process: int) -> Iterator[int]:
    yield process
    with contextlib.suppress(OSError):  # the process has ended
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


def _memory(process: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
