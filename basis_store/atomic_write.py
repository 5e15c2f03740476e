"""Put a file in place in one step: it appears whole or not at all, and what was there before stays until then."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> None:
    """Fail before the work, not after it: raise OSError unless a file can be created beside ``path``."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Put ``content`` at ``path`` through a temporary file and a rename; on failure nothing is left behind."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk names no file, a rename names two
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise
