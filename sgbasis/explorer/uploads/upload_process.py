"""The process in which uploaded files are read: limited in memory, killed when it takes too long.

Files come from strangers, and what reads them is long. What a file breaks is one process, which is replaced. It
has the models in memory, so that a file takes no longer than its own work, and reads one file at a time.
"""

from __future__ import annotations

import collections
import contextlib
import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_compiler.parallel.processes import initialize_worker
from basis_store.errors import SgbasisError, error_text

if TYPE_CHECKING:
    from sgbasis.explorer.uploads.upload_parts import Part, Upload

TIME_LIMIT = 60.0
"""Seconds for one file."""

MEMORY_LIMIT = 3_000_000_000
"""Bytes that the process may use for a file, beyond what it has before."""

_START_LIMIT = 120.0
"""Seconds in which the process has to be ready."""

_WAIT_LIMIT = 15.0
"""Seconds that a file waits for those before it."""

_STATM = Path("/proc/self/statm")
"""Of this process: its first number is the pages of its address space."""

_STEP = 0.25
"""Seconds between two looks at whether the browser is still there."""


class BusyError(Exception):
    """Another file is being read."""


class UploadProcess:
    """The process, which is started in advance and after each end; :meth:`close` ends it.

    Args:
        time_limit: seconds for one file.
        memory_limit: bytes for one file.
    """

    def __init__(self, *, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT) -> None:
        self._time_limit, self._memory_limit = time_limit, memory_limit
        self._in_use = threading.Lock()
        self._start()

    def view(self, upload: Upload, *, is_wanted: Callable[[], bool] = lambda: True) -> Part:
        """What is shown of a file, with all of its parts; what is missing is among the ``problems``.

        Args:
            upload: the file.
            is_wanted: whether anyone still waits for the result; if not, the work is given up.

        Raises:
            BusyError: the process is at work on another file, and stays so for a while.
        """
        if not self._in_use.acquire(timeout=_WAIT_LIMIT):
            raise BusyError
        try:
            return self._view(upload, is_wanted)
        finally:
            self._in_use.release()

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of the server's threads
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_work, args=(other, self._memory_limit), daemon=True)
        self._process.start()
        other.close()
        self._is_ready = False

    def _restart(self) -> None:
        self.close()
        self._start()

    def _view(self, upload: Upload, is_wanted: Callable[[], bool]) -> Part:
        found: Part = {"problems": []}
        try:
            if not self._is_ready:
                first = self._receive(time.monotonic() + _START_LIMIT, is_wanted)
                if "error" in first:
                    self._restart()
                    return first
                self._is_ready = True
            self._connection.send(upload)
            end = time.monotonic() + self._time_limit
            while part := self._receive(end, is_wanted):
                found |= part | {"problems": [*found["problems"], *part.get("problems", [])]}
            return found
        except TimeoutError:
            reason = (
                f"more than {self._time_limit:.0f} s were needed, and the explorer gave up; sgbasis encode and "
                "sgbasis predict have no limit of time"
            )
        except (EOFError, OSError):
            reason = "the process that read the file ended, perhaps for lack of memory"
        self._restart()
        return found | _given_up(found, f"{upload.name}: {reason}")

    def _receive(self, end: float, is_wanted: Callable[[], bool]) -> Part:
        """The next message of the process; raises TimeoutError, EOFError, OSError."""
        while not wait([self._connection], _STEP):
            if time.monotonic() > end or not is_wanted():
                raise TimeoutError
        message: Part = json.loads(self._connection.recv_bytes())
        return message


def _given_up(found: Part, reason: str) -> Part:
    """What the user is told: an error if there is nothing to show, else a problem."""
    if "crystal" in found or "field" in found:
        return {"problems": [*found["problems"], reason]}
    return {"error": reason}


def _work(connection: Connection, memory_limit: int) -> None:
    """The process: it says that it is ready; then for each upload it sends parts, and an empty one at the end."""
    initialize_worker()
    from basis_store import data_folder
    from runtime import load_store
    from sgbasis.explorer.uploads.prediction_view import shipped_job
    from sgbasis.explorer.uploads.upload_parts import Upload, upload_parts
    from sgbasis.prediction.job import loaded

    with contextlib.suppress(EOFError, OSError):  # the server ended
        try:
            job, store = shipped_job(), load_store()
            models = loaded(job.models, job.device)
            first = Upload(data_folder() / "crystals" / "rutile.cif", "", "crystal")
            collections.deque(upload_parts(first, models, store), 0)  # what is slow at first is so now
        except (SgbasisError, ImportError) as error:  # a damaged store or model, or a package that is missing
            _send(connection, {"error": error_text(error)})
            return
        _limit_memory(memory_limit)
        _send(connection, {"ready": True})
        while True:
            for part in upload_parts(connection.recv(), models, store):
                _send(connection, part)
            _send(connection, {})


def _send(connection: Connection, part: dict[str, Any]) -> None:
    connection.send_bytes(json.dumps(part, allow_nan=False).encode())


def _limit_memory(limit: int) -> None:
    """Let this process have so many bytes beyond what it has now; where the system can do it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):
        pages = int(_STATM.read_text().split()[0]) if _STATM.exists() else 0
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + limit, most))
