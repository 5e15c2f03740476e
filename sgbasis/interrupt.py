"""How Ctrl-C ends the command: with one line on standard error and exit code 130, never with a traceback."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = "interrupted; nothing was left half-written"
EXIT_CODE = 130
"""128 plus the number of SIGINT, as shells expect."""


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt as Python does, but never through an import: a handler of SIGINT.

    A compiled module that is interrupted while it is imported crashes, or reports a missing dependency.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            os._exit(report_interrupt())
        frame = frame.f_back
    signal.default_int_handler(number, frame)


def report_interrupt() -> int:
    """Print the line, without any of Python's buffers, and return the exit code."""
    os.write(2, f"Error: {INTERRUPTED}\n".encode())
    return EXIT_CODE
