"""Loading bases from a store of integers, compared with reading dense routing matrices."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from basis_store import CompiledSetting, standard_settings
from basis_store.bases.schema import COLUMNS
from benchmarks.machine import Machine
from benchmarks.row import Row, median_seconds, side_by_side
from runtime import Setting, load_store

_USE = "from runtime import load_store, Setting; load_store().basis(Setting.standard(227))"
_DENSE = (230, 514, 514)
_REPEATS = 5


def rows(machine: Machine) -> list[Row]:
    """One basis in a fresh process and in a warm one, and all standard bases."""
    store, standard = load_store(), standard_settings()
    compiled = [store.compiled(setting) for setting in standard]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "routing.npy"
        np.save(table, np.ones(_DENSE, np.complex64))

        def load_all() -> None:
            fresh = load_store()
            for setting in standard:
                fresh.basis(setting)

        bases, dense = side_by_side([load_all, lambda: torch.from_numpy(np.load(table))], _REPEATS)
    one = machine.seconds(bytes_moved=_bytes(store.compiled(Setting.standard(227))))
    return [
        Row(
            name="load",
            what="load_store() and one basis in a fresh process, beyond importing torch",
            ours=_seconds_beyond_torch(_USE),
            limit=one,
            limited_by="reading its integers from memory",
        ),
        Row(
            name="load_warm",
            what="load_store() and one basis, modules imported",
            ours=median_seconds(lambda: load_store().basis(Setting.standard(227))),
            limit=one,
            limited_by="reading its integers from memory",
        ),
        Row(
            name="load_all",
            what="load_store() and all 230 standard bases",
            ours=bases,
            peer=dense,
            peer_name="numpy.load of the dense routing matrices, 486 MB, from the page cache",
            limit=machine.seconds(bytes_moved=sum(map(_bytes, compiled))),
            limited_by="reading their integers from memory",
        ),
    ]


def _bytes(compiled: CompiledSetting) -> int:
    return sum(getattr(compiled, column.name).nbytes for column in COLUMNS)


def _seconds_beyond_torch(code: str) -> float:
    """Median time that ``code``, its imports included, takes in a fresh interpreter after ``import torch``.

    Modules are compiled, as in an installed package.
    """
    # After so many new objects Python looks through all that torch made (75 ms): once before, not by chance.
    begin = "import gc, time, torch; gc.collect(); start = time.perf_counter()"
    script = f"{begin}\n{code}\nprint(time.perf_counter() - start)"

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def once() -> float:
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return float(done.stdout)

    once()
    return statistics.median(once() for _ in range(2 * _REPEATS - 1))
