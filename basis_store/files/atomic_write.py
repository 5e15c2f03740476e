"""Write a file in one step: it appears whole or not at all, and the previous one stays until then.

A rename replaces whatever has the name. So symbolic links are followed first, and devices and pipes are refused.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise OSError now if :func:`write_atomically` could not write there after the work."""
    target = _target(path)
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to ``path`` through a temporary file and a rename; on failure nothing is left behind.

    Raises:
        OSError: no file can be made there, or there is a folder, a device or a pipe.
    """
    target = _target(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk names no file, a rename names two
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise


def _target(path: str | os.PathLike[str]) -> Path:
    """The file to replace or to make, with the links at ``path`` resolved."""
    with contextlib.suppress(FileNotFoundError):
        # Of the path itself: if standard output is a pipe, the links of /dev/stdout lead to a name without a file.
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a file but a device or a pipe: give the name of a file", str(path))
    return Path(os.path.realpath(path))
