"""Work spread over processes that end when their parent does, however it ends."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from basis_store import CompilationError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def available_cores() -> int:
    """Cores this process may use; the default number of workers."""
    if hasattr(os, "sched_getaffinity"):  # Linux: respects container and job limits
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(
    function: Callable[[_Task], _Result], tasks: Sequence[_Task], *, workers: int, remedy: str
) -> Iterator[_Result]:
    """Results of ``function`` on each of the tasks, as they come; however this ends, no worker is left running.

    Args:
        function: a function of a module, or a ``partial`` of one.
        tasks: what to call it with.
        workers: processes.
        remedy: what helps when the kernel kills one, besides using fewer.

    Raises:
        CompilationError: a worker was killed.
    """
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(min(workers, len(tasks)), initializer=_initialize_worker) as pool:
        futures = [pool.submit(function, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise CompilationError(
                    f"a worker process was killed, perhaps for want of memory: use fewer workers or {remedy}"
                ) from error
            raise


def _initialize_worker() -> None:
    # Ctrl-C goes to the whole process group; the parent alone reports it and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """A parent that is killed cannot end its workers: they watch it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
