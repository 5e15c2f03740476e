"""A function on many tasks: in this process, in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

from basis_compiler.parallel.processes import in_processes

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def parallel_map(
    function: Callable[[_Task], _Result],
    tasks: Iterable[_Task],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    hint: str,
) -> Generator[_Result, None, None]:
    """Results of ``function`` on each of the tasks, in any order; close the iterator to end the work.

    Args:
        function: a function of a module, or a ``partial`` of one.
        tasks: its arguments, one each; taken as they are needed.
        workers: processes of this machine.
        scheduler: address of the scheduler of a Dask cluster that does the work instead.
        hint: what helps when a worker runs out of memory, in addition to fewer or larger workers.

    Raises:
        CompilationError: the workers were lost, or cannot do the work.
        MissingDependencyError: there is a scheduler, but distributed is not installed.
    """
    if scheduler is not None:
        from basis_compiler.parallel.dask_cluster import on_cluster  # noqa: PLC0415 - loads asyncio

        yield from on_cluster(function, tasks, scheduler=scheduler, hint=hint)
    elif workers > 1:
        yield from in_processes(function, tasks, workers=workers, hint=hint)
    else:
        yield from map(function, tasks)


def numbered(function: Callable[[_Task], _Result], task: tuple[int, _Task]) -> tuple[int, _Result]:
    """The result of a task with its number; with a ``partial`` of it, results in any order are told apart."""
    number, one = task
    return number, function(one)
