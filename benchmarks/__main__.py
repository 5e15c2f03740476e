"""``make bench``: our times compared with peers and with the limits of this machine, all measured in one run.

Prints a table and writes bench.json. ``python -m benchmarks encoding loading`` measures some parts only, and
replaces their rows in the file that ``--output`` names.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from basis_compiler import available_cores
from basis_store.files.atomic_write import write_atomically
from benchmarks.machine import Machine
from benchmarks.row import Row

PARTS = {
    "compiling": "compile and prove stores, and a loop over gemmi",
    "loading": "load bases, and read dense matrices",
    "encoding": "WaveEncoder, dense routing, and means over all operations",
    "pairs": "pair kernels over orbits, over all waves, and over pairs of atoms",
    "training": "steps on sites, on padded cells, and of a CGCNN",
    "predicting": "predictions in batches and one by one; start of commands",
}
"""Modules with a function ``rows``, and what they measure."""

ALONE = {
    "compiling --large [RADIUS ...]": "time and memory of 'sgbasis compile' and 'verify' at large radii",
    "pairs": "growth of the cost of pair kernels with the number of atoms",
    "kernel_sides DATASET": "sums over images and over waves, by the width of a Gaussian",
}
"""Further measurements, with their arguments: ``python -m benchmarks.NAME``."""

OUTPUT = Path("bench.json")

_HEADINGS = ("name", "ours", "peer", "ratio", "limit", "share of limit")


def main() -> None:
    """Measure part by part."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure all parts and write bench.json, or measure the given parts only and write nothing.",
        epilog=_listed("parts:", PARTS) + _listed("\nalone, as python -m benchmarks.NAME:", ALONE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write rows to FILE, and keep those of parts not measured now"
    )
    arguments = parser.parse_args()
    given, output = arguments.parts, arguments.output
    chosen = given or list(PARTS)
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
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
    if output or not given:
        write_rows(output or OUTPUT, machine, found)
        print(f"{output or OUTPUT}: written")


def write_rows(path: Path, machine: Machine, rows: Sequence[Row]) -> None:
    """Write rows and the machine; rows of other names that the file has already are kept."""
    new = {row.name: row.to_json() for row in rows}
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    kept = {row["name"]: row for row in old}
    content = {"machine": machine.description(), "rows": list((kept | new).values())}
    write_atomically(path, json.dumps(content, indent=2).encode() + b"\n")


def _listed(heading: str, lines: dict[str, str]) -> str:
    return "\n".join([heading, *(f"  {name:<31} {what}" for name, what in lines.items()), ""])


def _text(row: Row) -> str:
    def value(number: float | None) -> str:
        return "" if number is None else f"{number:.3g} {row.unit}"

    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    share = "" if row.share_of_limit is None else f"{row.share_of_limit:.1%}"
    cells = (row.name, value(row.ours), value(row.peer), ratio, value(row.limit), share)
    peer = f"\n    peer: {row.peer_name}" if row.peer_name else ""
    limited = f"\n    limited by {row.limited_by}" if row.limited_by else ""
    return f"{_line(cells)}\n    {row.what}{peer}{limited}"


def _line(cells: tuple[str, ...]) -> str:
    widths = (20, 22, 22, 8, 22, 0)
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))


if __name__ == "__main__":
    main()
