"""``make bench``: ours beside peers and beside the limits of this machine, all measured in one run.

Prints a table and writes bench.json. ``python -m benchmarks encoding loading`` measures some parts only, and then
writes nothing.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from basis_compiler import available_cores
from basis_store.files.atomic_write import write_atomically
from benchmarks.machine import Machine
from benchmarks.row import Row

PARTS = ("compiling", "loading", "encoding", "pairs", "training", "predicting")
OUTPUT = Path("bench.json")

_HEADINGS = ("name", "ours", "peer", "ratio", "limit", "share of limit")


def main() -> None:
    """Measure part by part."""
    chosen = sys.argv[1:] or PARTS
    if unknown := [part for part in chosen if part not in PARTS]:
        sys.exit(f"no benchmark is called {unknown[0]}; there are {', '.join(PARTS)}")
    torch.set_num_threads(available_cores())
    machine = Machine.measure()
    speeds = f"{machine.bandwidth / 1e9:.1f} GB/s, {machine.flops / 1e9:.0f} GFLOP/s in float32"
    print(f"{available_cores()} cores, {speeds}\n{_line(_HEADINGS)}", flush=True)
    found: list[Row] = []
    for part in chosen:
        measure: Callable[[Machine], list[Row]] = importlib.import_module(f"benchmarks.{part}").rows
        rows = measure(machine)
        for row in rows:
            print(_text(row), flush=True)
        found += rows
    if not sys.argv[1:]:
        write_atomically(OUTPUT, json.dumps([row.to_json() for row in found], indent=2).encode() + b"\n")
        print(f"{OUTPUT}: written")


def _text(row: Row) -> str:
    def value(number: float | None) -> str:
        return "" if number is None else f"{number:.3g} {row.unit}"

    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    share = "" if row.share_of_limit is None else f"{row.share_of_limit:.1%}"
    cells = (row.name, value(row.ours), value(row.peer), ratio, value(row.limit), share)
    beside = f"\n    beside {row.beside}" if row.beside else ""
    limited = f"\n    limited by {row.limited_by}" if row.limited_by else ""
    return f"{_line(cells)}\n    {row.what}{beside}{limited}"


def _line(cells: tuple[str, ...]) -> str:
    widths = (20, 22, 22, 8, 22, 0)
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))


if __name__ == "__main__":
    main()
