"""``python -m experiments.extinction_classes DATASET.h5``: how often measured reflections lead to the right class.

Simulates reflections of crystals of a compiled dataset (those that are not for training; see
:mod:`experiments.measured_reflections`), asks :func:`basis_compiler.groups_for`, and writes
``docs/figures/extinction_classes.json``: how often the true extinction class, its Laue class included, is first
and among the first three, of all crystals and of those for which intensities without violations can decide; and
every failure, with the logarithm of the likelihood of the true class over that of the first, for somebody who knew
the intensities of the crystal.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from basis_compiler import groups_for
from basis_store import CrystalRecord, open_crystals
from basis_store.files.atomic_write import write_atomically
from experiments.measured_reflections import MEAN_COUNTS, log_likelihood_ratio, measure, undecided

_OUTPUT = Path(__file__).parents[1] / "docs" / "figures" / "extinction_classes.json"


def rows(records: Iterable[CrystalRecord], seed: int) -> Iterator[dict[str, Any]]:
    """For each crystal the rank of its class, and why it could not be first."""
    for record in records:
        # Of its own, so that a crystal does not depend on those before it.
        random = np.random.default_rng([seed, *record.identifier.encode()])
        measured = measure(record, random)
        found = groups_for(measured.data)
        own = [one.rank for one in found.classes if one.extinction is measured.truth]
        rank = own[0] + sum(one.rank == own[0] for one in found.classes) - 1 if own else None
        row = {
            "crystal": record.identifier,
            "group": record.setting.label,
            "reflections": len(measured.data),
            "mean_counts": round(float(measured.expected.mean()), 1),
            "true": f"{measured.truth.symbol}, {measured.truth.laue.name}",
            "first": f"{found.best.symbol}, {found.best.laue.name}",
            "rank": rank,
            "undecided": undecided(measured),
        }
        if rank != 1:
            row["log_ratio"] = round(log_likelihood_ratio(measured, found.best, random), 1)
        yield row


def by_counts(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shares by the mean number of counts of a reflection, in powers of ten."""
    least = 10.0 ** np.arange(np.log10(MEAN_COUNTS[0]), np.log10(MEAN_COUNTS[1]))
    rows = []
    for start in least.tolist():
        among = [row for row in results if start <= row["mean_counts"] < 10 * start]
        shares = {key: value for key, value in summary(among).items() if isinstance(value, float)}
        rows.append({"counts_from": start, "counts_to": 10 * start, "crystals": len(among), **shares})
    return rows


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares of all crystals and of those that can be decided."""
    decided = [row for row in results if not row["undecided"]]

    def share(among: list[dict[str, Any]], rank: int) -> float:
        placed = [row for row in among if row["rank"] is not None and row["rank"] <= rank]
        return len(placed) / max(len(among), 1)

    return {
        "crystals": len(results),
        "first": share(results, 1),
        "among_three": share(results, 3),
        "decidable": len(decided) / max(len(results), 1),
        "first_of_decidable": share(decided, 1),
        "among_three_of_decidable": share(decided, 3),
        "undecided": dict(Counter(row["undecided"] for row in results if row["undecided"])),
        "failures": [row for row in results if row["rank"] != 1],
    }


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m experiments.extinction_classes", description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--crystals", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="0: the crystals that the method was adjusted on")
    parser.add_argument("--output", type=Path, default=_OUTPUT)
    options = parser.parse_args()
    table = open_crystals(options.dataset)
    pool = np.array([place for place, split in enumerate(table.splits) if split != "train"])
    chosen = np.random.default_rng(options.seed).choice(pool, min(options.crystals, len(pool)), replace=False)
    results = []
    for row in rows((table[int(place)] for place in chosen), options.seed):
        results.append(row)
        if row["rank"] != 1:
            print(json.dumps(row), flush=True)
    content = {
        "command": f"python -m experiments.extinction_classes {Path(options.dataset).name} --seed {options.seed}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "dataset": table.content_hash,
        "seed": options.seed,
        **summary(results),
        "by_counts": by_counts(results),
    }
    write_atomically(options.output, (json.dumps(content, indent=1) + "\n").encode())
    print({key: value for key, value in content.items() if key not in ("failures", "dataset")})


if __name__ == "__main__":
    main()
