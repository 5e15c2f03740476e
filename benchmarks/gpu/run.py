"""``python -m benchmarks gpu``: all checks, then all rows; what fails is a line, and does not stop the rest."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from basis_compiler import available_cores
from benchmarks.crystal_sample import VARIABLE
from benchmarks.gpu.setup import Setup
from benchmarks.machine import Machine, triton_version
from benchmarks.row import HEADINGS, Row, line, write_rows

PARTS = {
    "encode": "WaveEncoder: values, gradients, second derivatives; dense routing",
    "basis": "Basis of one setting, in eager and compiled PyTorch",
    "neighbours": "neighbours of many crystals at once",
    "train": "training steps, as CUDA graphs and not; memory, how busy the GPU is",
    "predict": "predictions of a compiled dataset",
}
"""Modules of this folder, with a tuple ``CHECKS`` and a function ``rows``."""

OUTPUT = Path("bench-gpu.json")


@dataclass
class Results:
    """What a run found.

    Attributes:
        rows: that were measured.
        checks: by name ``"passed"``, or the traceback of what failed.
        failures: a line for each check or part that failed.
    """

    rows: list[Row] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def fail(self, name: str, words: str, error: Exception) -> None:
        """Note what failed, and print it."""
        self.checks[name] = traceback.format_exc()
        self.failures.append(f"FAILED {words}: {type(error).__name__}: {' '.join(str(error).split())}"[:300])
        print(self.failures[-1], flush=True)


def main(arguments: Sequence[str]) -> int:
    """Check and measure; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks gpu",
        description=(
            "Check the runtime on a GPU against the CPU, measure it, print a table and write bench-gpu.json,\n"
            "in at most 8 minutes. Needs PyTorch, Triton, h5py, lazy_loader and safetensors. With parts,\n"
            "check and measure these only and write nothing."
        ),
        epilog="\n".join(["parts:", *(f"  {name:<31} {what}" for name, what in PARTS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument(
        "--data", type=Path, metavar="FILE.h5", default=_data_of_environment(),
        help=f"compiled dataset to take crystals from; default: {VARIABLE} where it names one, else made crystals",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write rows to FILE, and keep those of parts not measured now"
    )
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    if options.data is not None and not options.data.is_file():
        parser.error(f"there is no dataset {options.data}")
    if not torch.cuda.is_available():
        print("Error: PyTorch finds no CUDA GPU here; python -m benchmarks measures the CPU", file=sys.stderr)
        return 1
    torch.set_num_threads(available_cores())
    device = torch.device("cuda", torch.cuda.current_device())
    output = options.output or (None if options.parts else OUTPUT)
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(device=device, machine=Machine.measure(device), folder=Path(folder), data=options.data)
        results = measure(setup, options.parts or list(PARTS), output)
    return 1 if results.failures else 0


def measure(setup: Setup, parts: Sequence[str], output: Path | None = None) -> Results:
    """Run the checks of some parts, then measure them; print everything as it is found.

    Args:
        setup: where and how much.
        parts: names in :data:`PARTS`.
        output: a file, which is written anew after each part.
    """
    results, start = Results(), time.perf_counter()
    modules = {part: importlib.import_module(f"benchmarks.gpu.{part}") for part in parts}
    _print_machine(setup)
    for part, module in modules.items():
        for check in module.CHECKS:
            _check(f"{part}.{check.__name__.removeprefix('check_')}", check, setup, results)
    print(line(HEADINGS), flush=True)
    for part, module in modules.items():
        _measure_part(part, module, setup, results)
        if output is not None:
            write_rows(output, setup.machine.description(), results.rows, checks=results.checks)
    print(f"{len(results.checks)} checks, {len(results.rows)} rows in {time.perf_counter() - start:.0f} s")
    if output is not None:
        print(f"{output}: written")
    for failure in results.failures:
        print(failure)
    return results


def _check(name: str, check: Any, setup: Setup, results: Results) -> None:
    start = time.perf_counter()
    try:
        check(setup)
    except Exception as error:
        results.fail(name, f"check {name}", error)
        return
    results.checks[name] = "passed"
    print(f"passed check {name}: {_first_line(check)} ({time.perf_counter() - start:.0f} s)", flush=True)


def _measure_part(part: str, module: Any, setup: Setup, results: Results) -> None:
    try:
        for row in module.rows(setup):
            results.rows.append(row)
            print(row, flush=True)
    except Exception as error:
        results.fail(f"{part}.rows", f"to measure {part}", error)
    if setup.device.type == "cuda":
        with contextlib.suppress(RuntimeError):  # after an error of the GPU itself, which is reported already
            torch.cuda.empty_cache()


def _print_machine(setup: Setup) -> None:
    machine = setup.machine
    name = torch.cuda.get_device_name(setup.device) if setup.device.type == "cuda" else "CPU"
    speeds = [f"{machine.bandwidth / 1e12:.2f} TB/s copied", f"{machine.flops / 1e12:.3g} TFLOP/s in float32"]
    if machine.bfloat16_flops is not None:
        speeds.append(f"{machine.bfloat16_flops / 1e12:.3g} in bfloat16")
    versions = f"PyTorch {torch.__version__}, {f'Triton {triton_version()}' if triton_version() else 'no Triton'}"
    print(f"{name}, {', '.join(speeds)}, {versions}", flush=True)


def _data_of_environment() -> Path | None:
    path = os.environ.get(VARIABLE, "")
    return Path(path) if path.endswith(".h5") else None


def _first_line(check: Any) -> str:
    return (check.__doc__ or "").partition("\n")[0].rstrip(".")
