"""Work in parallel on the workers of a running Dask cluster.

Tasks and results are sent through the scheduler: a worker needs the same packages as this process, but no shared
disk. The tasks of a lost worker are done by another. The function is sent once, and workers get it from each
other: it may hold large data, such as models.
"""

from __future__ import annotations

import asyncio
import functools
import json
import pickle
import platform
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any, TypeVar

from basis_compiler.parallel.window import bounded_window
from basis_store import CompilationError
from basis_store.extras import needed_for
from basis_store.files.hdf5_file import provenance

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_AHEAD = 2
"""Tasks under way per thread of a worker: one that is computed, one that waits for it."""

_TIMEOUT = 10.0
"""Seconds in which a scheduler answers, and between checks of the cluster while no result comes."""

_PATIENCE = 60.0
"""Seconds to wait for a worker when the cluster has none."""


def on_cluster(
    function: Callable[[_Task], _Result], tasks: Iterable[_Task], *, scheduler: str, hint: str
) -> Iterator[_Result]:
    """Results of ``function`` on each task, in any order; the cluster is left unchanged, even after an error.

    Args:
        function: a function of a module, or a ``partial`` of one.
        tasks: its arguments, one each; taken as they are needed.
        scheduler: address of the cluster's scheduler, such as ``"tcp://host:8786"``.
        hint: what helps when workers run out of memory, in addition to larger ones.

    Raises:
        CompilationError: there is no scheduler, it or all workers were lost, one task killed several workers, or a
            worker lacks packages of this process.
        MissingDependencyError: distributed is not installed.
    """
    with needed_for("a Dask cluster"):
        import dask  # noqa: PLC0415 - optional
        import distributed  # noqa: PLC0415 - optional
        from distributed.comm import CommClosedError  # noqa: PLC0415 - optional
    _check_scheduler(scheduler)
    client = distributed.Client(scheduler, timeout=_TIMEOUT, set_as_default=False)

    def send(into: Callable[..., Any], data: bytes, **options: Any) -> Any:
        # Not scattered: data on one worker only is lost with it. Their number is bounded, and so their size.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            return client.submit(into, data, key=f"sgbasis-{uuid.uuid4().hex}", **options)

    sent: list[Any] = []

    def submit(task: _Task) -> Any:
        if not sent:
            sent.append(send(bytes, pickle.dumps(function)))
        return send(pickle.loads, _call(task), buffers=sent)

    def wait(futures: set[Any]) -> Any:
        seen = time.monotonic()
        while True:
            try:
                with client.as_current():
                    return distributed.wait(futures, timeout=_TIMEOUT, return_when="FIRST_COMPLETED")
            except TimeoutError:
                if client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() > seen + _PATIENCE:
                    raise CompilationError(
                        f"the Dask cluster at {scheduler} has no workers: start some with: dask worker {scheduler}"
                    ) from None

    try:
        yield from bounded_window(
            tasks, submit=submit, wait=wait, most=lambda: 1 + _AHEAD * sum(client.nthreads().values())
        )
    except distributed.KilledWorker as error:
        raise CompilationError(
            f"a task killed several workers of the Dask cluster at {scheduler}, perhaps for lack of memory: "
            f"give them more or use {hint}"
        ) from error
    except (CancelledError, CommClosedError, TimeoutError) as error:
        raise CompilationError(
            f"the Dask cluster at {scheduler} was lost: see the log of its scheduler, then run this again"
        ) from error
    except ImportError as error:
        raise CompilationError(
            f"a worker of the Dask cluster at {scheduler} cannot do this ({error}): install the same sgbasis there"
        ) from error
    finally:
        client.close()


def _call(task: object) -> bytes:
    """What performs a task when it is unpickled with the pickled function as its only buffer.

    Scheduler and workers see bytes only: objects that they cannot unpickle would break their connections.
    """
    return pickle.dumps(_Call(task), protocol=5, buffer_callback=lambda function: None)


class _Call:
    """A call that is made where this is unpickled; unpickling returns its result."""

    def __init__(self, task: object) -> None:
        self._task = task

    def __reduce__(self) -> tuple[Any, ...]:
        # A buffer outside of the pickle stands for the function; which one it is, is said when this is unpickled.
        return _perform, (_versions(), pickle.PickleBuffer(b""), pickle.dumps(self._task))


def _perform(versions: Mapping[str, str], function: bytes, task: bytes) -> Any:
    """Check that this worker has the versions of the client, then unpickle the call and make it."""
    check_versions(versions, _versions())
    return pickle.loads(function)(pickle.loads(task))


def check_versions(versions: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Compare the packages of this worker.

    Args:
        versions: of the client, by the names of packages.
        own: of this worker.

    Raises:
        CompilationError: they differ.
    """
    differing = [
        f"{name} {own.get(name, 'missing')} instead of {versions.get(name, 'none')}"
        for name in sorted({*own, *versions})
        if own.get(name) != versions.get(name)
    ]
    if differing:
        raise CompilationError(f"a worker on {platform.node()} has {', '.join(differing)}: install the same there")


@functools.cache
def _versions() -> Mapping[str, str]:
    """Versions of the packages that decide the outcome; those of the client are written into the file."""
    versions: dict[str, str] = json.loads(provenance())
    return versions


def _check_scheduler(address: str) -> None:
    """Ask for the kind of server first: a client that is refused prints tracebacks."""
    with ThreadPoolExecutor(1) as thread:  # this thread may have an event loop, as in a notebook
        try:
            kind = thread.submit(asyncio.run, _identity(address)).result()["type"]
        except Exception as error:  # another kind of server may send anything
            reason = str(error) or f"no answer within {_TIMEOUT:.0f} s"
            raise CompilationError(f"there is no Dask scheduler at {address!r}: {reason}") from error
    if kind != "Scheduler":
        raise CompilationError(f"at {address!r} there is a Dask {kind.lower()}: give the address of the scheduler")


async def _identity(address: str) -> Any:
    from distributed.core import rpc  # noqa: PLC0415 - optional
    from distributed.security import Security  # noqa: PLC0415 - optional

    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=_TIMEOUT, connection_args=arguments) as peer:
        return await asyncio.wait_for(peer.identity(), _TIMEOUT)
