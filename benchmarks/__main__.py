"""``python -m benchmarks``: the store's figures on this machine, as medians, beside a loop over gemmi."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from basis_compiler import available_cores, compile_recipe, prove_store
from basis_store import Recipe, open_store, standard_settings
from benchmarks.gemmi_loop import gemmi_orbits
from runtime import Setting, load_store

REPEATS = 5
CORES = available_cores()


def median_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median wall time of ``work`` after one warm-up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def seconds_beyond_torch(code: str) -> float:
    """Median time that ``code``, its imports included, takes in a fresh interpreter after ``import torch``."""
    script = f"import time, torch; start = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"

    def once() -> float:
        done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
        return float(done.stdout)

    once()
    return statistics.median(once() for _ in range(2 * REPEATS - 1))


def make_store_seconds() -> float:
    """The two commands behind ``make store``, packages installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "store.h5")

        def work() -> None:
            for command in (["compile", "--output", path], ["verify", path]):
                subprocess.run([sys.executable, "-m", "sgbasis", *command], check=True, capture_output=True)

        return median_seconds(work, repeats=3)


def against_gemmi(recipe: Recipe) -> tuple[float, float]:
    """Seconds to compile and prove a recipe in one process, and of the gemmi loop over the same waves."""
    compiled = compile_recipe(recipe)
    ours = median_seconds(lambda: compile_recipe(recipe), repeats=3)
    return ours, median_seconds(lambda: [gemmi_orbits(one) for one in compiled], repeats=3)


def main() -> None:
    """Measure, print a table and write bench.json."""
    torch.set_num_threads(CORES)
    standard = standard_settings()
    store = load_store()
    x = torch.rand(1000, 3)

    use = "from runtime import load_store, Setting; load_store().basis(Setting.standard(227))"
    ours, peer = against_gemmi(Recipe(settings="standard"))
    ours_large, peer_large = against_gemmi(Recipe(settings="standard", radius=10, min_functions=0))
    bases = [store.basis(setting) for setting in standard]
    rows: list[dict[str, object]] = [
        {
            "name": "make_store",
            "what": "compile and verify, 530 settings",
            "seconds": make_store_seconds(),
            "bar": 60,
        },
        {
            "name": "compile",
            "what": f"compile and prove, 530 settings, {CORES} processes",
            "seconds": median_seconds(lambda: compile_recipe(Recipe(), workers=CORES), repeats=3),
            "bar": 15,
        },
        {
            "name": "verify",
            "what": "prove again from the tables, 530 settings",
            "seconds": median_seconds(lambda: prove_store(open_store()), repeats=3),
        },
        {
            "name": "load",
            "what": "load_store() and one basis, fresh process, beyond importing torch",
            "seconds": seconds_beyond_torch(use),
            "bar": 0.05,
        },
        {
            "name": "load_warm",
            "what": "load_store() and one basis, modules imported",
            "seconds": median_seconds(lambda: load_store().basis(Setting.standard(227))),
        },
        {
            "name": "standard_bases",
            "what": "all 230 standard bases",
            "seconds": median_seconds(lambda: [store.basis(setting) for setting in standard]),
            "bar": 1,
        },
        {
            "name": "evaluate",
            "what": "1,000 points in each of the 230 standard bases, float32",
            "seconds": median_seconds(lambda: [basis(x) for basis in bases], repeats=3),
        },
        {
            "name": "gemmi",
            "what": "default recipe, 230 groups, one process, ours with proof; gemmi in a loop",
            "seconds": ours,
            "peer_seconds": peer,
            "ratio": peer / ours,
        },
        {
            "name": "gemmi_radius_10",
            "what": "the same for radius 10 (959,000 waves)",
            "seconds": ours_large,
            "peer_seconds": peer_large,
            "ratio": peer_large / ours_large,
        },
    ]
    for row in rows:
        bar = f"  (bar {row['bar']} s)" if "bar" in row else ""
        ratio = f"  gemmi {row['peer_seconds']:.2f} s, ratio {row['ratio']:.1f}" if "ratio" in row else ""
        print(f"{row['name']:<15} {row['seconds']:8.3f} s{bar}{ratio}  {row['what']}")
    Path("bench.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
