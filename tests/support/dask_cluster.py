"""A real Dask cluster on this machine, started as users start it, whose processes can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Cluster:
    """A scheduler with its workers, each a process that a nanny starts again when it dies."""

    address: str
    scheduler: subprocess.Popen[bytes]
    folder: Path

    def client(self) -> Any:
        """A new client, as a context."""
        import distributed

        return distributed.Client(self.address, timeout=120, set_as_default=False)

    def run(self, function: Any) -> dict[str, Any]:
        """What a function returns on each worker."""
        with self.client() as client:
            results: dict[str, Any] = client.run(function)
            return results

    def kill_a_worker(self) -> int:
        """As the kernel does when memory runs out; its process number."""
        process = next(iter(self.run(os.getpid).values()))
        os.kill(process, signal.SIGKILL)
        return int(process)

    def tasks(self) -> int:
        """How many tasks the scheduler still has."""
        with self.client() as client:
            return int(client.run_on_scheduler(_number_of_tasks))

    def wait_for_tasks(self) -> None:
        """Until a run has submitted some of its tasks."""
        deadline = time.monotonic() + 120
        while not self.tasks():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def is_idle(self, within: float = 120.0) -> bool:
        """Whether it has nothing left to do, after some seconds at most."""
        deadline = time.monotonic() + within
        while (left := self.tasks()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left == 0


def _number_of_tasks(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


@contextmanager
def dask_cluster(
    folder: Path, *, workers: int = 2, threads: int = 1, preload: str = "", allowed_failures: int = 3
) -> Iterator[Cluster]:
    """``dask scheduler`` and ``dask worker`` in a new folder, which holds none of the inputs.

    Args:
        folder: to be made.
        workers: processes; 0 for none.
        threads: of each worker.
        preload: Python code that each worker runs before anything else, perhaps twice.
        allowed_failures: how many workers a task may kill before it is given up.
    """
    folder.mkdir()
    (folder / "preload.py").write_text(preload)
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        with (folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"],
                cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    known = folder / "scheduler.json"
    started = [start("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", known)]
    try:
        if workers:
            started.append(
                start(
                    "worker", "--scheduler-file", known, "--host", "127.0.0.1", "--nworkers", workers,
                    "--nthreads", threads, "--local-directory", folder, "--preload", folder / "preload.py",
                )
            )  # fmt: skip
        deadline = time.monotonic() + 300
        while not known.exists() or not known.read_text():
            assert time.monotonic() < deadline, (folder / "log.txt").read_text()
            time.sleep(0.1)
        cluster = Cluster(json.loads(known.read_text())["address"], started[0], folder)
        if workers:
            with cluster.client() as client:
                client.wait_for_workers(workers, timeout=300)
        yield cluster
    finally:
        for process in started:
            _signal_group(process, signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and all that it started, if it is still there."""
    if process.poll() is None:
        os.killpg(process.pid, number)
