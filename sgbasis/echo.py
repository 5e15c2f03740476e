"""How commands print: nothing that names from files hold reaches the terminal as a command to it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from basis_store.printable import lines_text, short_line


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text whose line breaks are meant; everything else that is not printable is escaped.

    Names within the text have passed :func:`basis_store.printable.printable`, which escapes their line breaks.

    Args:
        text: one or more lines.
        err: whether to standard error.
        nl: whether to end the last line.
    """
    click.echo(lines_text(text.split("\n")), err=err, nl=nl)


def echo_line(text: str, *, err: bool = False) -> None:
    """Print an error, a note or another sentence with names in it, as one line of bounded length."""
    click.echo(short_line(text), err=err)


@contextlib.contextmanager
def resume_hint(output: Path | None) -> Iterator[None]:
    """A context that says on Ctrl-C where the finished part of ``output`` is kept, if there is one."""
    try:
        yield
    except KeyboardInterrupt:
        from tqdm import tqdm

        from basis_compiler.parallel.resumable import chunk_folder

        if output is not None and (kept := chunk_folder(output)).exists():
            hint = short_line(f"Run again, the same command resumes with what is in {kept}.")
            tqdm.write(hint, file=sys.stderr)  # next to a progress bar
        raise
