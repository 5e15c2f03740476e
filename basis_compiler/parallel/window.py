"""A bounded number of tasks under way, so that neither tasks nor results accumulate."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

_Task = TypeVar("_Task")


def bounded_window(
    tasks: Iterable[_Task],
    *,
    submit: Callable[[_Task], Any],
    wait: Callable[[set[Any]], tuple[set[Any], set[Any]]],
    most: Callable[[], int],
) -> Iterator[Any]:
    """Results of the tasks in any order, with a bounded number of them under way.

    Args:
        tasks: taken one by one, when they are submitted.
        submit: starts a task and returns its future.
        wait: for the first of some futures; returns those that are done and those that are not.
        most: how many may be under way now; 1 or more.
    """
    left = iter(tasks)
    futures: set[Any] = set()
    while True:
        futures.update(map(submit, itertools.islice(left, max(0, most() - len(futures)))))
        if not futures:
            return
        done, futures = wait(futures)
        while done:
            yield done.pop().result()
