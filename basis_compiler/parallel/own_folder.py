"""A folder for intermediate files that nobody else can have written, and that one process at a time uses.

In a shared folder, others may have made a folder or a link of the same name before. What is there is used only if
it is a real folder, belongs to this user and can be changed by nobody else; its files, if they are regular files
of this user.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from basis_store import CompilationError
from basis_store.files.lock import exclusive_lock

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@contextlib.contextmanager
def own_folder(path: Path, what: str) -> Iterator[None]:
    """Make or open the folder and hold its lock.

    Args:
        path: the folder; the one above it exists.
        what: what is done there, for the message of a process that waits: ``"writes x.csv"``.

    Raises:
        CompilationError: something else is there.
        OSError: it cannot be made.
    """
    if os.name != "posix":  # folders cannot be opened, and there are no locks
        make_own(path)
        yield
        return
    while True:
        descriptor = _opened(path)
        try:
            with exclusive_lock(descriptor, what):
                # The process that had the lock before may have removed the folder.
                if _is_at(descriptor, path):
                    yield
                    return
        finally:
            os.close(descriptor)


def own_file(path: Path) -> bool:
    """Whether there is a regular file of this user; no link is followed."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and _is_ours(status)


def make_own(path: Path) -> None:
    """Make a folder that only this user can use; one that is there must be such a folder.

    Raises:
        CompilationError: something else is there.
        OSError: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise _foreign(path, "it is a link or a file, not a folder") from None
        if not _is_ours(status):
            raise _foreign(path, "it belongs to another user") from None
        if os.name == "posix" and status.st_mode & _OTHERS_MAY_WRITE:
            raise _foreign(path, "others may write to it") from None


def _opened(path: Path) -> int:
    while True:
        make_own(path)
        flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
        with contextlib.suppress(FileNotFoundError):  # removed since
            return os.open(path, flags)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _is_ours(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _foreign(path: Path, why: str) -> CompilationError:
    return CompilationError(
        f"{path} is not used for unfinished work: {why}; remove it, or write to another folder"
    )
