"""Where the command starts. From here on Ctrl-C ends it without a traceback, also while modules are imported."""

from __future__ import annotations

try:
    import signal
    import sys

    from sgbasis.interrupt import interrupt, report_interrupt
except KeyboardInterrupt:
    raise SystemExit(130) from None


def main() -> None:
    """Run the command line; Ctrl-C ends it with one line on standard error and exit code 130."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # jobs in the background ignore Ctrl-C
            signal.signal(signal.SIGINT, interrupt)
        from sgbasis.own_packages import check_own_packages

        try:
            check_own_packages()
        except ImportError as error:
            sys.exit(f"Error: {error}")
        from sgbasis.cli import main as run

        run(prog_name="sgbasis")
    except KeyboardInterrupt:
        sys.exit(report_interrupt())
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:  # the work is finished; only the interpreter shuts down
            signal.signal(signal.SIGINT, signal.SIG_DFL)
