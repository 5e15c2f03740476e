"""Compiling and proving stores, compared with a loop over gemmi without proof.

``python -m benchmarks.compiling --large`` runs ``sgbasis compile --radius 20`` and ``sgbasis verify`` instead, and
prints time, memory of all their processes, and the size of the file; other radii may follow.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from basis_compiler import available_cores, compile_recipe, prove_store
from basis_compiler.parallel.parallel_map import parallel_map
from basis_store import CompiledSetting, Recipe, Setting, open_store
from benchmarks.machine import Machine
from benchmarks.peers.gemmi_loop import gemmi_orbits
from benchmarks.process_tree import run_measured
from benchmarks.row import Row, median_seconds, side_by_side

_REPEATS = 3
_WAVE_BYTES = 7
"""Three indices of 16 bits and a phase."""
_WAVE_OPERATIONS = 24
"""Multiplications and additions in k R (nine of each) and k.t (three)."""
_LIMITED_BY = "applying every operation to every wave once: 7 bytes read, 7 written, 24 operations"


def rows(machine: Machine) -> list[Row]:
    """All settings and one group of the default recipe, a finer ball, and the proof by itself."""
    cores = available_cores()
    with open_store() as store:
        verifying = median_seconds(lambda: prove_store(store), _REPEATS)
        default = list(store)
    return [
        _row(machine, "compile", "530 settings, default recipe", Recipe(), cores),
        _row(
            machine, "compile_225", "group 225, default recipe",
            Recipe(settings=(Setting.standard(225).hall_number,)), 1,
        ),
        _row(
            machine, "compile_radius_10", "230 groups, ball of radius 10",
            Recipe(radius=10, min_functions=0, settings="standard"), cores,
        ),
        Row(
            name="verify",
            what="prove the default store again from the space-group tables, one process",
            ours=verifying,
            limit=_min_seconds(machine, default),
            limited_by=_LIMITED_BY,
        ),
    ]  # fmt: skip


def _row(machine: Machine, name: str, what: str, recipe: Recipe, workers: int) -> Row:
    compiled = compile_recipe(recipe)

    def loop_over_gemmi() -> None:
        for _ in parallel_map(_gemmi, compiled, workers=workers, hint=""):
            pass

    ours, theirs = side_by_side([lambda: compile_recipe(recipe, workers=workers), loop_over_gemmi], _REPEATS)
    waves = sum(len(one.waves) + len(one.absent_waves) for one in compiled)
    return Row(
        name=name,
        what=f"compile and prove: {what}, {waves:,} waves, {workers} process{'es' * (workers > 1)}",
        ours=ours,
        peer=theirs,
        peer_name="a loop over gemmi in as many processes: orbits, phases and absences, no proof",
        limit=_min_seconds(machine, compiled),
        limited_by=_LIMITED_BY,
    )


def _gemmi(compiled: CompiledSetting) -> int:
    orbits, absent = gemmi_orbits(compiled)
    return len(orbits) + absent


def _min_seconds(machine: Machine, compiled: Iterable[CompiledSetting]) -> float:
    pairs = sum((len(one.waves) + len(one.absent_waves)) * len(one.rotations) for one in compiled)
    return machine.seconds(bytes_moved=2 * _WAVE_BYTES * pairs, operations=_WAVE_OPERATIONS * pairs)


def large(radii: Iterable[int]) -> None:
    """Print time and memory of compiling and verifying large recipes for all settings, as a user runs them."""
    print(f"{available_cores()} cores; compile, then verify: wall time, time of all processors, peak memory")
    print(f"{'radius':>6} {'waves':>12} {'file/MB':>8}" + 2 * f" {'seconds':>8} {'processor':>9} {'GiB':>5}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.h5")
        sgbasis = [sys.executable, "-m", "sgbasis"]
        for radius in radii:
            compiling = run_measured([*sgbasis, "compile", "--radius", str(radius), "--output", str(path)])
            verifying = run_measured([*sgbasis, "verify", str(path)])
            with open_store(path) as store:
                waves = sum(len(one.waves) + len(one.absent_waves) for one in store)
            line = f"{radius:6} {waves:12,} {path.stat().st_size / 1e6:8.1f}"
            for used in (compiling, verifying):
                line += f" {used.seconds:8.1f} {used.processor_seconds:9.1f} {used.peak_bytes / 2**30:5.2f}"
            print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] != ["--large"]:
        sys.exit("usage: python -m benchmarks.compiling --large [RADIUS ...]; the rest is in python -m benchmarks")
    large(map(int, sys.argv[2:] or ["20"]))
