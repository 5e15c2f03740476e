"""``make bench``: our times compared with peers and with the limits of this machine, all measured in one run.

Prints a table and writes bench.json. ``python -m benchmarks encoding loading`` measures some parts only, and
replaces their rows in the file that ``--output`` names. ``python -m benchmarks gpu`` checks and measures a GPU.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from basis_compiler import available_cores
from benchmarks.machine import Machine
from benchmarks.row import HEADINGS, Row, line, write_rows

PARTS = {
    "compiling": "compile and prove stores, and a loop over gemmi",
    "loading": "load bases, and read dense matrices",
    "encoding": "WaveEncoder, dense routing, and means over all operations",
    "pairs": "pair kernels over orbits, over all waves, and over pairs of atoms",
    "fields": "symmetrise and expand fields on grids, averages over operations, and the FFT alone",
    "training": "steps on sites, on full cells, and of a CGCNN",
    "predicting": "predictions in batches and one by one; start of commands",
}
"""Modules with a function ``rows``, and what they measure."""

ALONE = {
    "compiling --large [RADIUS ...]": "time and memory of 'sgbasis compile' and 'verify' at large radii",
    "fields GROUP SIZE WORK": "memory to 'expand' or 'symmetrise' a field, in bytes",
    "pairs": "growth of the cost of pair kernels with the number of atoms",
    "kernel_sides DATASET": "sums over images and over waves, by the width of a Gaussian",
}
"""Further measurements, with their arguments: ``python -m benchmarks.NAME``."""

ON_GPU = {"gpu [PART ...]": "check and measure a GPU in minutes, write bench-gpu.json; has its own --help"}

OUTPUT = Path("bench.json")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure part by part."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["gpu"]:
        from benchmarks.gpu.run import main as on_gpu

        sys.exit(on_gpu(given[1:]))
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure all parts and write bench.json, or measure the given parts only and write nothing.",
        epilog="".join([
            listed("parts:", PARTS), listed("\non a GPU:", ON_GPU),
            listed("\nalone, as python -m benchmarks.NAME:", ALONE),
        ]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write rows to FILE, and keep those of parts not measured now"
    )
    options = parser.parse_args(given)
    chosen = options.parts or list(PARTS)
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    torch.set_num_threads(available_cores())
    machine = Machine.measure()
    speeds = f"{machine.bandwidth / 1e9:.1f} GB/s, {machine.flops / 1e9:.0f} GFLOP/s in float32"
    print(f"{available_cores()} cores, {speeds}\n{line(HEADINGS)}", flush=True)
    found: list[Row] = []
    for part in chosen:
        measure: Callable[[Machine], list[Row]] = importlib.import_module(f"benchmarks.{part}").rows
        rows = measure(machine)
        for row in rows:
            print(row, flush=True)
        found += rows
    if options.output or not options.parts:
        write_rows(options.output or OUTPUT, machine.description(), found)
        print(f"{options.output or OUTPUT}: written")


def listed(heading: str, lines: dict[str, str]) -> str:
    """Lines of a help text."""
    return "\n".join([heading, *(f"  {name:<31} {what}" for name, what in lines.items()), ""])


if __name__ == "__main__":
    main()
