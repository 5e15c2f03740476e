"""Work in parallel in processes that end with their parent, also when it is killed."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from basis_compiler.parallel.window import bounded_window
from basis_store import CompilationError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_AHEAD = 3
"""Tasks under way per process: one that is computed, the others wait for it."""


def available_cores() -> int:
    """Cores this process may use; the default number of workers."""
    if hasattr(os, "sched_getaffinity"):  # Linux: respects container and job limits
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(
    function: Callable[[_Task], _Result], tasks: Iterable[_Task], *, workers: int, hint: str
) -> Iterator[_Result]:
    """Results of ``function`` on each of the tasks, in any order; no worker is left running, also after an error.

    Args:
        function: a function of a module, or a ``partial`` of one.
        tasks: its arguments, one each; taken as they are needed.
        workers: processes.
        hint: what helps when the kernel kills one, in addition to using fewer.

    Raises:
        CompilationError: a worker was killed.
    """
    left = iter(tasks)
    first = list(itertools.islice(left, workers))
    if not first:
        return
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(len(first), initializer=initialize_worker) as pool:
        try:
            yield from bounded_window(
                itertools.chain(first, left),
                submit=lambda task: pool.submit(function, task),
                wait=functools.partial(wait, return_when=FIRST_COMPLETED),
                most=lambda: _AHEAD * workers,
            )
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise CompilationError(
                    f"a worker process was killed, perhaps for lack of memory: use fewer workers or {hint}"
                ) from error
            raise


def initialize_worker() -> None:
    """Let the parent alone end this process: by what it does, or by its own end."""
    # Ctrl-C goes to the whole process group; the parent alone reports it and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """A parent that is killed cannot end its workers: they watch it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
