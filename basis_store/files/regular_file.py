"""Read regular files only, up to a size: a pipe or a device may never answer, or never end."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

MAX_SMALL_FILE = 16 << 20
"""Bytes. Configurations, descriptions, reports, matrices: files that are read whole and that people look at."""


def check_regular(path: str | os.PathLike[str]) -> None:
    """Raise OSError unless ``path``, or what a link there leads to, is a regular file; opens nothing.

    For libraries that open files by name. It says what :func:`open_regular` says.

    Raises:
        FileNotFoundError: there is nothing.
        IsADirectoryError: it is a folder.
        OSError: it is a pipe, a socket or a device.
    """
    _check_mode(Path(path).stat().st_mode, path)


def open_regular(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a regular file for reading bytes; never waits for anything else to answer.

    Raises:
        OSError: as :func:`check_regular`, or it may not be read.
    """
    check_regular(path)  # before it is opened, which some devices take for a command
    # What is replaced by a pipe in between does not block: O_NONBLOCK does not matter to regular files.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        _check_mode(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_regular(path: str | os.PathLike[str], *, limit: int = MAX_SMALL_FILE) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises:
        OSError: as :func:`open_regular`, or the file is larger.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise too_large(path, limit)
    return content


def too_large(path: str | os.PathLike[str], limit: int) -> OSError:
    """The error for a file of more than ``limit`` bytes."""
    return OSError(errno.EFBIG, f"The file is larger than {limit / 1e6:.4g} MB", os.fspath(path))


def _check_mode(mode: int, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "A folder, where a file is needed", os.fspath(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file but a pipe, a socket or a device", os.fspath(path))
