"""Where the command starts: from here on Ctrl-C ends it without a traceback, also while modules are imported."""

from __future__ import annotations

try:
    import os
    import signal
    import sys
    from types import FrameType
except KeyboardInterrupt:
    raise SystemExit(130) from None

INTERRUPTED = "interrupted; nothing was left half-written"


def main() -> None:
    """Run the command line; Ctrl-C ends it with one line on standard error and exit code 130."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # jobs in the background ignore Ctrl-C
            signal.signal(signal.SIGINT, _interrupt)
        from sgbasis.cli import main as run

        run(prog_name="sgbasis")
    except KeyboardInterrupt:
        sys.exit(_say_interrupted())
    finally:
        if signal.getsignal(signal.SIGINT) is _interrupt:  # all is done; the interpreter is only tidying up
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt as Python does, but never through an import.

    Compiled modules that are interrupted while they are being imported crash, or take it for a missing dependency.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            os._exit(_say_interrupted())
        frame = frame.f_back
    signal.default_int_handler(number, frame)


def _say_interrupted() -> int:
    os.write(2, f"Error: {INTERRUPTED}\n".encode())
    return 130
