"""A bounded window of tasks: each is done once, and never too many are under way."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from basis_compiler.parallel.parallel_map import parallel_map
from basis_compiler.parallel.processes import in_processes
from basis_compiler.parallel.window import bounded_window


@pytest.mark.parametrize("most", [1, 3, 100])
def test_tasks_are_taken_when_there_is_room(most: int) -> None:
    taken = 0
    under_way: set[Future[int]] = set()

    def tasks() -> Iterator[int]:
        nonlocal taken
        while taken < 40:
            taken += 1
            yield taken

    def submit(task: int) -> Future[int]:
        future: Future[int] = Future()
        under_way.add(future)
        assert len(under_way) <= most
        future.set_result(task * task)
        return future

    def wait(futures: set[Any]) -> tuple[set[Any], set[Any]]:
        assert futures == under_way
        done = set(random.Random(taken).sample(sorted(futures, key=id), min(2, len(futures))))
        under_way.difference_update(done)
        return done, futures - done

    found = []
    for result in bounded_window(tasks(), submit=submit, wait=wait, most=lambda: most):
        found.append(result)
        assert taken <= len(found) + most + 1
    assert sorted(found) == [n * n for n in range(1, 41)]


def test_room_may_change() -> None:
    room = itertools.chain([3, 1, 5, 2], itertools.repeat(4))
    sizes = []

    def submit(task: int) -> Future[int]:
        future: Future[int] = Future()
        future.set_result(task)
        return future

    def wait(futures: set[Any]) -> tuple[set[Any], set[Any]]:
        sizes.append(len(futures))
        (done, *rest) = futures
        return {done}, set(rest)

    assert sorted(bounded_window(range(9), submit=submit, wait=wait, most=lambda: next(room))) == list(range(9))
    assert sizes[:4] == [3, 2, 5, 4]


@pytest.mark.parametrize("workers", [1, 2])
def test_here_and_in_processes(workers: int) -> None:
    assert sorted(parallel_map(abs, iter([-3, 2, -1]), workers=workers, hint="less")) == [1, 2, 3]
    assert list(parallel_map(abs, [], workers=workers, hint="less")) == []


def test_processes_do_not_swallow_all_tasks() -> None:
    tasks = iter(range(1000))
    results = in_processes(abs, tasks, workers=2, hint="less")
    next(results)
    results.close()
    assert next(tasks) < 20
