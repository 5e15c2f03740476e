"""Locks between processes: the operating system releases them when a process ends, however it ends."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def exclusive_lock(descriptor: int, what: str) -> Iterator[bool]:
    """Hold the lock on an open file or folder; says on standard error if it has to wait.

    Args:
        descriptor: of the file or folder.
        what: what the other process does, for the message: ``"writes x.csv"``.

    Yields:
        Whether there is a lock: Windows and some network disks have none.
    """
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        yield False
        return
    try:
        _wait(fcntl, descriptor, what)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _wait(fcntl: Any, descriptor: int, what: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Waiting for another process that {what} ...", file=sys.stderr, flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
